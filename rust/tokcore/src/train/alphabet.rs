//! The order of the 256 single bytes, which settles ties between merges.

/// `ALPHABET[id]` is the byte of that id: the bytes that GPT-2 shows as themselves come first, then the others, which
/// it shows as characters from U+0100 on. Hugging Face's trainer sorts its alphabet by those characters, and r50k_base
/// and cl100k_base have the same order.
pub(crate) const ALPHABET: [u8; 256] = {
    let ranges = [(0x21, 0x7E), (0xA1, 0xAC), (0xAE, 0xFF), (0x00, 0x20), (0x7F, 0xA0), (0xAD, 0xAD)];
    let mut alphabet = [0; 256];
    let (mut id, mut range) = (0, 0);
    while range < ranges.len() {
        let mut byte = ranges[range].0;
        while byte <= ranges[range].1 {
            alphabet[id] = byte as u8;
            id += 1;
            byte += 1;
        }
        range += 1;
    }
    alphabet
};

/// `BYTE_IDS[byte]` is the id of that byte.
pub(crate) const BYTE_IDS: [u32; 256] = {
    let mut ids = [0; 256];
    let mut id = 0;
    while id < 256 {
        ids[ALPHABET[id] as usize] = id as u32;
        id += 1;
    }
    ids
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_id() {
        let mut bytes = ALPHABET;
        bytes.sort_unstable();
        assert!(bytes.iter().enumerate().all(|(i, &b)| i == usize::from(b)));
        assert_eq!(
            [BYTE_IDS[b'!' as usize], BYTE_IDS[0xA1], BYTE_IDS[b' ' as usize], BYTE_IDS[0xAD]],
            [0, 94, 220, 255]
        );
    }
}
