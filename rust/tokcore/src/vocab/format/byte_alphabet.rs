//! The printable character that stands for each byte in GPT-2's and Hugging Face's vocabulary files: the byte's own
//! Latin-1 character where that is printable and no space, else the next free one from U+0100 on.
//!
//! Source: `bytes_to_unicode` in GPT-2's encoder.py, restated as a rule.

use std::sync::LazyLock;

static CHARACTERS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut free = '\u{100}'..;
    std::array::from_fn(|byte| match byte as u8 {
        own @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => own as char,
        _ => free.next().unwrap_or(char::REPLACEMENT_CHARACTER),
    })
});

/// `token` as the files spell it.
pub(super) fn spell(token: &[u8]) -> String {
    token.iter().map(|&byte| CHARACTERS[byte as usize]).collect()
}

/// The bytes that `spelling` stands for; `None` if it has a character that stands for no byte.
pub(super) fn bytes(spelling: &str) -> Option<Vec<u8>> {
    static BYTES: LazyLock<[Option<u8>; 0x144]> = LazyLock::new(|| {
        let mut bytes = [None; 0x144];
        for (byte, &character) in CHARACTERS.iter().enumerate() {
            bytes[character as usize] = Some(byte as u8);
        }
        bytes
    });
    spelling.chars().map(|character| *BYTES.get(character as usize)?).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_every_byte_and_reads_it_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes(&spell(&all)).unwrap(), all);
        assert_eq!(spell(b" a\n\x00\x7F\xA0\xAD"), "\u{120}a\u{10A}\u{100}\u{121}\u{142}\u{143}");
        assert_eq!((bytes("a b"), bytes("\u{144}"), bytes("\u{AD}")), (None, None, None));
    }
}
