//! The class table once more, as bitmaps that vector code looks many characters up in.

use super::Class;
use super::table::{BLOCKS, INDEX};

/// The classes of 2,048 code points in a row, a bitmap for each of the bits of a class's number: code point `8 * i + n`
/// of them is bit `n` of byte `i`.
#[derive(Debug)]
#[repr(align(64))]
pub(in crate::scan) struct Row(pub(in crate::scan) [[u8; 256]; 3]);

/// The rows of all code points whose characters have two or three bytes.
pub(in crate::scan) static ROWS: [Row; 32] = {
    let blocks = bitmaps();
    let mut rows = [const { Row([[0; 256]; 3]) }; 32];
    let mut at = 0;
    while at < 3 * 8 * 1024 {
        let (bit, byte) = (at / (8 * 1024), at % (8 * 1024));
        rows[byte / 256].0[bit][byte % 256] = blocks[INDEX[byte / 8] as usize][bit][byte % 8];
        at += 1;
    }
    rows
};

/// For each first byte of three-byte characters, the lowest in front, which of the eight spans of 512 code points it begins
/// are all letters without case, and which all other.
pub(in crate::scan) static WHOLE: [[u8; 16]; 2] = {
    let mut whole = [[0; 16]; 2];
    let mut span = 0;
    while span < 16 * 8 {
        let class = class_of_all(span);
        whole[0][span / 8] |= (class == Class::Uncased as u8) as u8 * (1 << (span % 8));
        whole[1][span / 8] |= (class == Class::Other as u8) as u8 * (1 << (span % 8));
        span += 1;
    }
    whole
};

/// The bitmaps of the table's blocks.
const fn bitmaps() -> [[[u8; 8]; 3]; BLOCKS.len()] {
    let mut maps = [[[0; 8]; 3]; BLOCKS.len()];
    let mut at = 0;
    while at < 64 * BLOCKS.len() {
        let class = BLOCKS[at / 64][at % 64];
        let mut bit = 0;
        while bit < 3 {
            maps[at / 64][bit][at % 64 / 8] |= (class >> bit & 1) << (at % 8);
            bit += 1;
        }
        at += 1;
    }
    maps
}

/// The class that all code points `512 * span..512 * span + 512` have, or one that none of them can have.
const fn class_of_all(span: usize) -> u8 {
    let class = BLOCKS[INDEX[span * 8] as usize][0];
    let mut at = 0;
    while at < 512 {
        if BLOCKS[INDEX[span * 8 + at / 64] as usize][at % 64] != class {
            return Class::Newline as u8;
        }
        at += 1;
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmaps_are_the_table() {
        for code in 0..0x1_0000 {
            let (Row(row), at) = (&ROWS[code / 2048], code % 2048);
            let class = (0..3).map(|bit| (row[bit][at / 8] >> (at % 8) & 1) << bit).sum::<u8>();
            assert_eq!(class, Class::of(code as u32) as u8, "U+{code:04X}");
            for (whole, class) in WHOLE.iter().zip([Class::Uncased, Class::Other]) {
                assert!(whole[code / 4096] >> (code / 512 % 8) & 1 == 0 || Class::of(code as u32) == class);
            }
        }
        assert_eq!(WHOLE[0][6], 0xFF);
    }
}
