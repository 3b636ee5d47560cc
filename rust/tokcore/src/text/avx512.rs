//! Code points to UTF-8, thirty-two at a time.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::Unit;
use crate::memory::{AHEAD, prefetch_ahead};

/// Code points in a vector.
const LANES: usize = 16;
/// Code points whose case is decided together.
const BLOCK: usize = 2 * LANES;

/// A unit of which sixteen can be loaded as 32-bit numbers.
pub(crate) trait Code: Unit {
    /// The sixteen units at `from`.
    ///
    /// # Safety
    /// They can be read, and the processor has AVX-512 F.
    unsafe fn load(from: *const Self) -> __m512i;
}

impl Code for u8 {
    #[inline(always)]
    unsafe fn load(from: *const Self) -> __m512i {
        // SAFETY: the caller's promises.
        unsafe { _mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast())) }
    }
}

impl Code for u16 {
    #[inline(always)]
    unsafe fn load(from: *const Self) -> __m512i {
        // SAFETY: the caller's promises.
        unsafe { _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast())) }
    }
}

impl Code for u32 {
    #[inline(always)]
    unsafe fn load(from: *const Self) -> __m512i {
        // SAFETY: the caller's promises.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
}

/// Appends the UTF-8 of `units`, up to a block with some that are no characters; returns of how many.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) fn transcode<U: Code>(units: &[U], out: &mut Vec<u8>) -> usize {
    let (blocks, rest) = units.as_chunks::<BLOCK>();
    // The last block is made whole by zeros; of each half of a block 64 bytes are written, whatever it comes to.
    out.reserve((blocks.len() + 1) * BLOCK * U::MOST + 4 * LANES);
    // SAFETY: each unit comes to at most `MOST` bytes, so that the reservation has 64 bytes to spare behind what has been
    // written before any half of a block. What is taken off at last are the bytes of zeros, one each.
    unsafe {
        let mut to = out.as_mut_ptr().add(out.len());
        let mut done = 0;
        for block in blocks {
            prefetch_ahead(block.as_ptr(), AHEAD);
            let Some(end) = block_to(block, to) else { break };
            to = end;
            done += BLOCK;
        }
        if done + rest.len() == units.len() {
            let mut last = [U::default(); BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            if let Some(end) = block_to(&last, to) {
                to = end.sub(BLOCK - rest.len());
                done = units.len();
            }
        }
        let len = to.offset_from_unsigned(out.as_ptr());
        out.set_len(len);
        done
    }
}

/// Writes the UTF-8 of a block to `to`; returns where it ends, or nothing if not all are characters.
///
/// # Safety
/// All bytes of the block and 64 more can be written.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
#[inline]
unsafe fn block_to<U: Code>(block: &[U; BLOCK], mut to: *mut u8) -> Option<*mut u8> {
    // SAFETY: a block has two halves of sixteen units; the caller's promise.
    unsafe {
        let halves = [U::load(block.as_ptr()), U::load(block.as_ptr().add(LANES))];
        let either = _mm512_or_si512(halves[0], halves[1]);
        if _mm512_cmpge_epu32_mask(either, _mm512_set1_epi32(0x80)) == 0 {
            for codes in halves {
                _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(codes));
                to = to.add(LANES);
            }
            return Some(to);
        }
        if not_characters(halves[0]) | not_characters(halves[1]) {
            return None;
        }
        for codes in halves {
            let (bytes, which) = encoded::<U>(codes);
            _mm512_storeu_si512(to.cast(), _mm512_maskz_compress_epi8(which, bytes));
            to = to.add(which.count_ones() as usize);
        }
        Some(to)
    }
}

/// Whether there are surrogates, or numbers that are no code points.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
#[inline]
fn not_characters(codes: __m512i) -> bool {
    let above = _mm512_cmpgt_epu32_mask(codes, _mm512_set1_epi32(0x10_FFFF));
    let from_first = _mm512_sub_epi32(codes, _mm512_set1_epi32(0xD800));
    above | _mm512_cmplt_epu32_mask(from_first, _mm512_set1_epi32(0x800)) != 0
}

/// The UTF-8 of each code point at the end of its four bytes, and which of the 64 bytes are used.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi1,bmi2,popcnt")]
#[inline]
fn encoded<U: Code>(codes: __m512i) -> (__m512i, u64) {
    /// By byte of two code points: from which of their bits on it is taken.
    const SHIFTS: i64 = 0x2026_2C32_0006_0C12;
    let least = |code: u32| _mm512_cmpge_epu32_mask(codes, _mm512_set1_epi32(code.cast_signed()));
    let set = |bits: u32| _mm512_set1_epi32(bits.cast_signed());
    let (two, three, four) = (least(0x80), least(0x800), if U::MOST > 3 { least(0x1_0000) } else { 0 });
    // Three bits, six, six and six, and what marks them in a character of four bytes.
    let taken = _mm512_and_si512(_mm512_multishift_epi64_epi8(_mm512_set1_epi64(SHIFTS), codes), set(0x3F3F_3F07));
    let bytes = _mm512_or_si512(taken, set(0x8080_80F0));
    // The first byte of three, and of two.
    let bytes = _mm512_mask_or_epi32(bytes, !four, bytes, set(0x6000));
    let bytes = _mm512_mask_or_epi32(bytes, !three, bytes, set(0x40_0000));
    let bytes = _mm512_mask_slli_epi32::<24>(bytes, !two, codes);
    let every_fourth = 0x1111_1111_1111_1111;
    let which = every_fourth << 3
        | _pdep_u64(u64::from(two), every_fourth << 2)
        | _pdep_u64(u64::from(three), every_fourth << 1)
        | _pdep_u64(u64::from(four), every_fourth);
    (bytes, which)
}
