//! The AVX-512 tier: a block is one register, comparisons yield masks, and VBMI2 compresses masks into places.

#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::scanner::{Job, scan};
use super::vector::{Vector, cuts_one_by_one};
use crate::scan::cuts::{CutFilter, SPREAD};
use crate::tier::Tier;

/// Proof that the processor has AVX-512 F, BW, DQ and VBMI2, BMI 1 and 2, LZCNT and POPCNT.
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

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
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

    #[inline(always)]
    fn cuts(self, filter: &CutFilter, text: &[u8], at: usize, pairs: u64) -> u64 {
        // Eight bytes are read from 3 bytes before every place, and from 3 bytes before the block.
        if at < 3 || text.len() < at + 63 - 3 + 8 {
            return cuts_one_by_one(filter, text, at, pairs);
        }
        // SAFETY: `self` proves all features, and all reads lie inside `text`, as just seen.
        unsafe { cuts_by_eight(filter, text.as_ptr().add(at - 3), pairs) }
    }
}

/// Which of `pairs` are cuts, eight at a time. `text` is 3 bytes before their block.
///
/// # Safety
/// The processor has what `Avx512` proves, and 71 bytes can be read at `text`.
#[inline(always)]
unsafe fn cuts_by_eight(filter: &CutFilter, text: *const u8, pairs: u64) -> u64 {
    let mut found = 0;
    // SAFETY: the caller's promises. Places are at most 63, and 0 in unused lanes.
    unsafe {
        let mut places = _mm512_maskz_compress_epi8(pairs, _mm512_loadu_si512(PLACES.as_ptr().cast()));
        for done in (0..pairs.count_ones()).step_by(8) {
            let eight = _mm512_cvtepu8_epi64(_mm512_castsi512_si128(places));
            let bytes = _mm512_i64gather_epi64::<1>(eight, text.cast());
            found |= u64::from(are_cuts(filter, bytes)) << done;
            places = _mm512_alignr_epi64::<1>(places, places);
        }
        _pdep_u64(found, pairs)
    }
}

// Functions rather than closures: only what is sure to be inlined is compiled for AVX-512.

/// Stores 16 places.
///
/// # Safety
/// The processor has what `Avx512` proves, and 16 numbers can be written at `out`.
#[inline(always)]
unsafe fn store(out: *mut u32, base: __m512i, places: __m128i) {
    // SAFETY: the caller's promises; stores may be unaligned.
    unsafe { _mm512_storeu_si512(out.cast(), _mm512_add_epi32(base, _mm512_cvtepu8_epi32(places))) }
}

/// A number eight times.
///
/// # Safety
/// The processor has what `Avx512` proves.
#[inline(always)]
unsafe fn number(number: u64) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_set1_epi64(number.cast_signed()) }
}

/// The bitmap's bits for eight keys, each the lowest of its lane.
///
/// # Safety
/// The processor has what `Avx512` proves.
#[inline(always)]
unsafe fn bits(filter: &CutFilter, keys: __m512i) -> __m512i {
    // SAFETY: the caller's promise. A hash shifted by `shift` is the place of a bit of `bitmap`, as `CutFilter` keeps it.
    unsafe {
        let hash = _mm512_mullo_epi64(keys, number(SPREAD));
        let place = _mm512_srlv_epi64(hash, number(u64::from(filter.shift)));
        let word = _mm512_i64gather_epi64::<8>(_mm512_srli_epi64::<6>(place), filter.bitmap.as_ptr().cast());
        _mm512_srlv_epi64(word, _mm512_and_si512(place, number(63)))
    }
}

/// [`CutFilter::is_cut`] of eight pairs.
///
/// # Safety
/// The processor has what `Avx512` proves.
#[inline(always)]
unsafe fn are_cuts(filter: &CutFilter, pairs: __m512i) -> u8 {
    // SAFETY: the caller's promise; `edges` is 16 numbers.
    unsafe {
        let tails = _mm512_srli_epi64::<16>(pairs);
        let whole = bits(filter, _mm512_and_si512(pairs, number(0xFFFF_FFFF_FFFF)));
        let tail = bits(filter, _mm512_and_si512(tails, number(0xFFFF_FFFF)));
        let edges = filter.edges.as_ptr();
        let (low, high) = (_mm512_loadu_si512(edges.cast()), _mm512_loadu_si512(edges.add(8).cast()));
        let leads = _mm512_and_si512(_mm512_srli_epi64::<24>(pairs), number(15));
        let edge = _mm512_permutex2var_epi64(low, leads, high);
        let edge = _mm512_srlv_epi64(edge, _mm512_and_si512(tails, number(63)));
        _mm512_testn_epi64_mask(_mm512_or_si512(_mm512_or_si512(whole, tail), edge), number(1))
    }
}
