//! What a block of 64 bytes must be able to do.

use super::beyond::{Near, one_by_one};
use super::bits::{Bits, Ones};
use crate::scan::cuts::CutFilter;

/// An instruction set, as a value that exists only where the processor has it.
pub(super) trait Vector: Copy {
    /// 64 bytes in registers.
    type Block: Copy;

    /// Masks of so many blocks as are worth being worked on together.
    type Bits: Bits;

    /// The block that holds `bytes`.
    fn load(self, bytes: &[u8; 64]) -> Self::Block;

    /// Which bytes are `byte`.
    fn equal(self, block: Self::Block, byte: u8) -> u64;

    /// Which bytes are in `low..=high`.
    fn within(self, block: Self::Block, low: u8, high: u8) -> u64;

    /// The bits of the numbers of the classes of the characters that begin at `leads`, by their lengths from two on; at
    /// their first bytes.
    #[inline(always)]
    fn find(self, near: &Near, [two, three, four]: [u64; 3]) -> [u64; 3] {
        one_by_one(near, two | three | four)
    }

    /// Writes `base` plus the place of each one of `mask` to the front of `out`, which has room for 64 numbers, and
    /// may write over the rest of those 64. Returns how many there are.
    fn places(self, mask: u64, base: u32, out: &mut [u32; 64]) -> usize;

    /// Which of `pairs` are cuts: first bytes, in the block at `at`, of three-byte characters right after three-byte
    /// characters.
    #[inline(always)]
    fn cuts(self, cuts: &CutFilter, text: &[u8], at: usize, pairs: u64) -> u64 {
        let mut found = 0;
        for place in Ones(pairs) {
            let pair = six_bytes(text, at + place as usize - 3);
            found |= u64::from(cuts.is_cut(pair)) << place;
        }
        found
    }
}

/// The bytes from `at` on, the first lowest; at least six of them must be there.
#[inline(always)]
fn six_bytes(text: &[u8], at: usize) -> u64 {
    match text[at..].first_chunk::<8>() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => text[at..].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}
