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

/// Spans of 512 code points that text of many scripts has some of: Latin for Vietnamese, punctuation, kana with the punctuation
/// of Han, full-width forms. Of each first byte there is one at most.
const COMMON_SPANS: [usize; 4] = [0x1E00 / 512, 0x2000 / 512, 0x3000 / 512, 0xFE00 / 512];

/// A row of the common spans.
pub(in crate::scan) static COMMON_ROW: Row = {
    let mut row = Row([[0; 256]; 3]);
    let mut at = 0;
    while at < 3 * 256 {
        let (bit, byte, span) = (at / 256, at % 256, COMMON_SPANS[at % 256 / 64]);
        row.0[bit][byte] = ROWS[span / 4].0[bit][span % 4 * 64 + byte % 64];
        at += 1;
    }
    row
};

/// For each first byte of three-byte characters, the lowest in front, which of the eight spans that it begins is common, and
/// what takes the place of the upper bits of second bytes in the row of common spans.
pub(in crate::scan) static COMMON: [[u8; 16]; 2] = {
    let mut common = [[0; 16]; 2];
    let mut at = 0;
    while at < COMMON_SPANS.len() {
        common[0][COMMON_SPANS[at] / 8] = 1 << (COMMON_SPANS[at] % 8);
        common[1][COMMON_SPANS[at] / 8] = 8 * at as u8;
        at += 1;
    }
    common
};

/// For each first byte of three-byte characters, the lowest in front, which of the eight spans of 512 code points that it
/// begins are all letters without case, and which are all other.
pub(in crate::scan) static SPANS: [[u8; 16]; 2] = {
    let mut spans = [[0; 16]; 2];
    let mut at = 0;
    while at < 16 * 8 {
        let class = class_of_all(at);
        spans[0][at / 8] |= (class == Class::Uncased as u8) as u8 * (1 << (at % 8));
        spans[1][at / 8] |= (class == Class::Other as u8) as u8 * (1 << (at % 8));
        at += 1;
    }
    spans
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
            for (whole, class) in SPANS.iter().zip([Class::Uncased, Class::Other]) {
                assert!(whole[code / 4096] >> (code / 512 % 8) & 1 == 0 || Class::of(code as u32) == class);
            }
        }
        assert_eq!(SPANS[0][6], 0xFF);
    }
}
