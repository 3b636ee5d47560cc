//! The masks of four blocks in a register.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::ops::{BitAnd, BitOr, BitXor, Not};

use super::bits::{Bits, operators};

/// Masks of four blocks. Only code of the AVX2 tier may use it: no other names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Four(__m256i);

/// A one in the lanes of each set of lanes.
static ONES_IN: [[u64; 4]; 16] = {
    let mut ones = [[0; 4]; 16];
    let mut at = 0;
    while at < 64 {
        ones[at / 4][at % 4] = (at as u64 / 4) >> (at % 4) & 1;
        at += 1;
    }
    ones
};

operators!(Four: _mm256_and_si256, _mm256_or_si256, _mm256_xor_si256);

impl Bits for Four {
    type Lanes = [u64; 4];

    #[inline(always)]
    fn new(lanes: &[u64; 4]) -> Self {
        // SAFETY: AVX2 by this type's condition; 32 bytes are read from 32.
        Self(unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) })
    }

    #[inline(always)]
    fn lanes(self) -> [u64; 4] {
        // SAFETY: 32 bytes of integers each.
        unsafe { std::mem::transmute::<__m256i, [u64; 4]>(self.0) }
    }

    #[inline(always)]
    fn which(self) -> u32 {
        // SAFETY: AVX2 by this type's condition.
        unsafe { lanes_of_ones(_mm256_cmpeq_epi64(self.0, _mm256_setzero_si256())) ^ 0xF }
    }

    #[inline(always)]
    fn last(self) -> u64 {
        // SAFETY: AVX2 by this type's condition.
        unsafe { _mm256_extract_epi64::<3>(self.0).cast_unsigned() }
    }

    #[inline(always)]
    fn after(self, before: Self) -> Self {
        // SAFETY: AVX2 by this type's condition.
        unsafe {
            // The lane before each.
            let (own, last) = (_mm256_permute4x64_epi64::<0b10_01_00_00>(self.0), before.last_everywhere());
            let lanes = _mm256_blend_epi32::<0b11>(own, last);
            Self(_mm256_or_si256(_mm256_add_epi64(self.0, self.0), _mm256_srli_epi64::<63>(lanes)))
        }
    }

    #[inline(always)]
    fn ahead(self) -> Self {
        // SAFETY: AVX2 by this type's condition.
        unsafe {
            // The lane behind each.
            let own = _mm256_permute4x64_epi64::<0b11_11_10_01>(self.0);
            let lanes = _mm256_blend_epi32::<0b1100_0000>(own, _mm256_setzero_si256());
            Self(_mm256_or_si256(_mm256_srli_epi64::<1>(self.0), _mm256_slli_epi64::<63>(lanes)))
        }
    }

    #[inline(always)]
    fn may_be_ahead(self) -> Self {
        // SAFETY: AVX2 by this type's condition.
        Self(unsafe { _mm256_or_si256(_mm256_srli_epi64::<1>(self.0), _mm256_set1_epi64x(i64::MIN)) })
    }

    #[inline(always)]
    fn fill(self, within: Self, before: Self) -> Self {
        // SAFETY: AVX2 by this type's condition; 32 bytes are read from 32.
        let (events, sum) = unsafe {
            let first = _mm256_blend_epi32::<0b11>(_mm256_setzero_si256(), before.last_everywhere());
            let events = self | Self(_mm256_srli_epi64::<63>(first)) & within;
            // As with one lane, but that the sum carries on from lane to lane: from those that run over, through those
            // that are all ones.
            let sum = _mm256_add_epi64(within.0, events.0);
            // Compared without signs.
            let least = _mm256_set1_epi64x(i64::MIN);
            let over =
                lanes_of_ones(_mm256_cmpgt_epi64(_mm256_xor_si256(within.0, least), _mm256_xor_si256(sum, least)));
            let full = lanes_of_ones(_mm256_cmpeq_epi64(sum, _mm256_set1_epi64x(-1)));
            let carried = ((2 * over + full) ^ full) as usize % 16;
            (events, Self(_mm256_add_epi64(sum, Self::new(&ONES_IN[carried]).0)))
        };
        (sum ^ within | events) & within
    }
}

impl Four {
    /// The last lane, in all lanes.
    #[inline(always)]
    fn last_everywhere(self) -> __m256i {
        // SAFETY: AVX2 by this type's condition.
        unsafe { _mm256_permute4x64_epi64::<0b11_11_11_11>(self.0) }
    }
}

/// Which lanes are all ones, others being zero.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn lanes_of_ones(lanes: __m256i) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(lanes)).cast_unsigned() }
}
