//! The AVX-512 tier: a block is one register, comparisons yield masks, and VBMI2 compresses masks into places.

#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::scanner::{Job, scan};
use super::vector::Vector;
use crate::tier::Tier;

/// Proof that the processor has AVX-512 F, BW and VBMI2, BMI 1 and 2, LZCNT and POPCNT.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    /// The proof, if the processor has all of them.
    pub(super) fn new() -> Option<Self> {
        Tier::Avx512.is_available().then_some(Self(()))
    }

    /// [`scan`], compiled for this tier.
    pub(super) fn scan(self, job: &mut Job<'_>) {
        // SAFETY: `self` exists, so `new` found every feature that `scan_here` is compiled for.
        unsafe { scan_here(self, job) }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
fn scan_here(tier: Avx512, job: &mut Job<'_>) {
    scan(tier, job);
}

/// The numbers 0 to 63.
static PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut place = 0;
    while place < 64 {
        places[place] = place as u8;
        place += 1;
    }
    places
};

impl Vector for Avx512 {
    type Block = __m512i;

    const COMPARES_FAST: bool = true;

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> __m512i {
        // SAFETY: 64 bytes are read from 64 bytes, unaligned loads are allowed, and `self` proves AVX-512 F.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn equal(self, block: __m512i, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(byte.cast_signed())) }
    }

    #[inline(always)]
    fn within(self, block: __m512i, low: u8, high: u8) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe {
            let above = _mm512_sub_epi8(block, _mm512_set1_epi8(low.cast_signed()));
            _mm512_cmple_epu8_mask(above, _mm512_set1_epi8((high - low).cast_signed()))
        }
    }

    #[inline(always)]
    fn places(self, mask: u64, base: u32, out: &mut [u32; 64]) -> usize {
        let count = mask.count_ones() as usize;
        let out = out.as_mut_ptr();
        // SAFETY: `self` proves AVX-512 F and VBMI2; each store of 16 numbers begins at a multiple of 16 below 64 of
        // the 64 in `out`.
        unsafe {
            let packed = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(PLACES.as_ptr().cast()));
            let base = _mm512_set1_epi32(base.cast_signed());
            store(out, base, _mm512_castsi512_si128(packed));
            if count > 16 {
                store(out.add(16), base, _mm512_extracti32x4_epi32::<1>(packed));
                if count > 32 {
                    store(out.add(32), base, _mm512_extracti32x4_epi32::<2>(packed));
                    store(out.add(48), base, _mm512_extracti32x4_epi32::<3>(packed));
                }
            }
        }
        count
    }
}

// A function rather than a closure: only what is sure to be inlined is compiled for AVX-512.

/// Stores 16 places.
///
/// # Safety
/// The processor has what `Avx512` proves, and 16 numbers can be written at `out`.
#[inline(always)]
unsafe fn store(out: *mut u32, base: __m512i, places: __m128i) {
    // SAFETY: the caller's promises; stores may be unaligned.
    unsafe { _mm512_storeu_si512(out.cast(), _mm512_add_epi32(base, _mm512_cvtepu8_epi32(places))) }
}
