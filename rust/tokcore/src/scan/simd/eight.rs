//! The masks of eight blocks in a register.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::ops::{BitAnd, BitOr, BitXor, Not};

use super::bits::{Bits, operators};

/// Masks of eight blocks. Only code of the AVX-512 tier may use it: no other names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eight(__m512i);

operators!(Eight: _mm512_and_si512, _mm512_or_si512, _mm512_xor_si512);

impl Bits for Eight {
    type Lanes = [u64; 8];

    #[inline(always)]
    fn new(lanes: &[u64; 8]) -> Self {
        // SAFETY: AVX-512 F by this type's condition; 64 bytes are read from 64.
        Self(unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) })
    }

    #[inline(always)]
    fn lanes(self) -> [u64; 8] {
        // SAFETY: 64 bytes of integers each.
        unsafe { std::mem::transmute::<__m512i, [u64; 8]>(self.0) }
    }

    #[inline(always)]
    fn which(self) -> u32 {
        // SAFETY: AVX-512 F by this type's condition.
        u32::from(unsafe { _mm512_test_epi64_mask(self.0, self.0) })
    }

    #[inline(always)]
    fn last(self) -> u64 {
        // SAFETY: AVX-512 F by this type's condition.
        unsafe { _mm_cvtsi128_si64(_mm512_castsi512_si128(_mm512_alignr_epi64::<7>(self.0, self.0))).cast_unsigned() }
    }

    #[inline(always)]
    fn after(self, before: Self) -> Self {
        // SAFETY: AVX-512 F and VBMI2 by this type's condition.
        Self(unsafe { _mm512_shldi_epi64::<1>(self.0, _mm512_alignr_epi64::<7>(self.0, before.0)) })
    }

    #[inline(always)]
    fn ahead(self) -> Self {
        // SAFETY: AVX-512 F and VBMI2 by this type's condition.
        Self(unsafe { _mm512_shrdi_epi64::<1>(self.0, _mm512_alignr_epi64::<1>(_mm512_setzero_si512(), self.0)) })
    }

    #[inline(always)]
    fn may_be_ahead(self) -> Self {
        // SAFETY: AVX-512 F by this type's condition.
        Self(unsafe { _mm512_or_si512(_mm512_srli_epi64::<1>(self.0), _mm512_set1_epi64(i64::MIN)) })
    }

    #[inline(always)]
    fn fill(self, within: Self, before: Self) -> Self {
        // SAFETY: AVX-512 F by this type's condition.
        let (events, sum) = unsafe {
            // The last bit before, as the first of these.
            let over = _mm512_srli_epi64::<63>(_mm512_alignr_epi64::<7>(_mm512_setzero_si512(), before.0));
            let events = self | Self(over) & within;
            // As with one lane, but that the sum carries on from lane to lane: from those that run over, through those
            // that are all ones.
            let ones = _mm512_set1_epi64(-1);
            let sum = _mm512_add_epi64(within.0, events.0);
            let over = u32::from(_mm512_cmplt_epu64_mask(sum, within.0));
            let full = u32::from(_mm512_cmpeq_epi64_mask(sum, ones));
            let carried = ((2 * over + full) ^ full) as u8;
            (events, Self(_mm512_mask_sub_epi64(sum, carried, sum, ones)))
        };
        (sum ^ within | events) & within
    }
}
