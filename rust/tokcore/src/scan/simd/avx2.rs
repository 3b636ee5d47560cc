//! The AVX2 tier: a block is two registers.

#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::beyond::{LookUp, Near, find};
use super::bits::Ones;
use super::four::Four;
use super::scanner::{Job, scan};
use super::vector::Vector;
use crate::scan::class::bitmaps::{Row, SPANS};
use crate::tier::Tier;

/// Proof that the processor has AVX2, BMI 1 and 2, LZCNT and POPCNT.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// The proof, if the processor has all of them.
    pub(super) fn new() -> Option<Self> {
        Tier::Avx2.is_available().then_some(Self(()))
    }

    /// [`scan`], compiled for this tier.
    pub(super) fn scan(self, job: &mut Job<'_>) {
        // SAFETY: `self` exists, so `new` found every feature that `scan_here` is compiled for.
        unsafe { scan_here(self, job) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn scan_here(tier: Avx2, job: &mut Job<'_>) {
    scan(tier, job);
}

impl Vector for Avx2 {
    type Block = [__m256i; 2];
    type Bits = Four;

    #[inline(always)]
    fn load(self, bytes: &[u8; 64]) -> Self::Block {
        let start = bytes.as_ptr().cast::<__m256i>();
        // SAFETY: both halves lie inside the 64 bytes, loads may be unaligned, and `self` proves AVX2.
        unsafe { [_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1))] }
    }

    #[inline(always)]
    fn equal(self, [low, high]: Self::Block, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        unsafe { mask(equal(low, byte), equal(high, byte)) }
    }

    #[inline(always)]
    fn within(self, [first, second]: Self::Block, low: u8, high: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        unsafe { mask(within(first, low, high), within(second, low, high)) }
    }

    #[inline(always)]
    fn find(self, near: &Near, leads: [u64; 3]) -> [u64; 3] {
        find(self, near, leads)
    }

    #[inline(always)]
    fn places(self, mask: u64, base: u32, out: &mut [u32; 64]) -> usize {
        for (place, slot) in Ones(mask).zip(out) {
            *slot = base + place;
        }
        mask.count_ones() as usize
    }
}

impl LookUp for Avx2 {
    const PART: u32 = 7;

    #[inline(always)]
    fn row(self, row: &Row, code: usize, high: Self::Block, low: Self::Block) -> [u64; 3] {
        let part = code >> 7 & 15;
        // SAFETY: `self` proves AVX2.
        unsafe {
            let places = [bits_3_to_6(high[0], low[0]), bits_3_to_6(high[1], low[1])];
            let bits = [bit_of(low[0]), bit_of(low[1])];
            [
                look_up(&row.0[0].as_chunks().0[part], places, bits),
                look_up(&row.0[1].as_chunks().0[part], places, bits),
                look_up(&row.0[2].as_chunks().0[part], places, bits),
            ]
        }
    }

    #[inline(always)]
    fn spans(self, first: Self::Block, second: Self::Block) -> [u64; 2] {
        // SAFETY: `self` proves AVX2.
        unsafe {
            let lead = _mm256_set1_epi8(0xF);
            let leads = [_mm256_and_si256(first[0], lead), _mm256_and_si256(first[1], lead)];
            let bits = [bit_of(_mm256_srli_epi16::<3>(second[0])), bit_of(_mm256_srli_epi16::<3>(second[1]))];
            [look_up(&SPANS[0], leads, bits), look_up(&SPANS[1], leads, bits)]
        }
    }
}

// Functions rather than closures: only what is sure to be inlined is compiled for AVX2.

/// Which bytes of a register are `byte`, as bytes of ones.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn equal(half: __m256i, byte: u8) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_cmpeq_epi8(half, _mm256_set1_epi8(byte.cast_signed())) }
}

/// Which bytes of a register are in `low..=high`, as bytes of ones.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn within(half: __m256i, low: u8, high: u8) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let above = _mm256_sub_epi8(half, _mm256_set1_epi8(low.cast_signed()));
        let least = _mm256_min_epu8(above, _mm256_set1_epi8((high - low).cast_signed()));
        _mm256_cmpeq_epi8(above, least)
    }
}

/// Bits 3 to 6 of code points, of which these bytes have bits 6 to 10 and bits 0 to 5.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn bits_3_to_6(high: __m256i, low: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let high = _mm256_and_si256(_mm256_slli_epi16::<3>(high), _mm256_set1_epi8(8));
        _mm256_or_si256(high, _mm256_and_si256(_mm256_srli_epi16::<3>(low), _mm256_set1_epi8(7)))
    }
}

/// In each byte the bit with the number that is in the lowest three bits of these.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn bit_of(bytes: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let bits = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64.cast_signed());
        _mm256_shuffle_epi8(bits, _mm256_and_si256(bytes, _mm256_set1_epi8(7)))
    }
}

/// In which bytes of both halves the table, at their places below 16, has their bits.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn look_up(table: &[u8; 16], places: [__m256i; 2], bits: [__m256i; 2]) -> u64 {
    // SAFETY: the caller's promise; 16 bytes are read from 16.
    unsafe {
        let table = _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()));
        let low = _mm256_and_si256(_mm256_shuffle_epi8(table, places[0]), bits[0]);
        let high = _mm256_and_si256(_mm256_shuffle_epi8(table, places[1]), bits[1]);
        mask(_mm256_cmpeq_epi8(low, bits[0]), _mm256_cmpeq_epi8(high, bits[1]))
    }
}

/// The highest bits of the bytes of both halves.
///
/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn mask(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: the caller's promise.
    let (low, high) = unsafe { (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high)) };
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
}
