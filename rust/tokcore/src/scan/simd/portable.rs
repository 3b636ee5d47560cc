//! The tier for any processor: plain loops that compilers vectorise as far as the target allows.

use super::bits::Ones;
use super::vector::Vector;

/// Needs nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portable;

/// Gathers the lowest bits of eight bytes, the first byte lowest.
const GATHER: u64 = 0x0102_0408_1020_4080;

#[inline(always)]
fn mask(block: [u8; 64], test: impl Fn(u8) -> bool) -> u64 {
    let flags = block.map(|byte| u8::from(test(byte)));
    let (words, _) = flags.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, word| mask << 8 | u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56)
}

impl Vector for Portable {
    type Block = [u8; 64];
    type Bits = u64;

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> [u8; 64] {
        *bytes
    }

    #[inline(always)]
    fn equal(self, block: [u8; 64], byte: u8) -> u64 {
        mask(block, |it| it == byte)
    }

    #[inline(always)]
    fn within(self, block: [u8; 64], low: u8, high: u8) -> u64 {
        mask(block, |it| it.wrapping_sub(low) <= high - low)
    }

    #[inline(always)]
    fn places(self, mask: u64, base: u32, out: &mut [u32; 64]) -> usize {
        for (place, slot) in Ones(mask).zip(out) {
            *slot = base + place;
        }
        mask.count_ones() as usize
    }
}
