//! Sixteen code points to UTF-8 at a time.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::Unit;
use crate::memory::{AHEAD, prefetch_ahead};

/// Code points turned at a time.
const LANES: usize = 16;

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

/// Appends the UTF-8 of the first units, a multiple of sixteen, up to some that are no characters; returns how many.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
pub(super) fn transcode<U: Code>(units: &[U], out: &mut Vec<u8>) -> usize {
    // A block is written whole, whatever it comes to.
    out.reserve(units.len() * U::MOST + 4 * LANES);
    let start = out.len();
    let (blocks, _) = units.as_chunks::<LANES>();
    let mut done = 0;
    // SAFETY: a block has sixteen units; each comes to at most `MOST` bytes, so that the reservation above has 64 bytes to
    // spare behind what has been written, of which each block writes at most 64.
    unsafe {
        let mut to = out.as_mut_ptr().add(start);
        for block in blocks {
            prefetch_ahead(block.as_ptr(), AHEAD);
            let codes = U::load(block.as_ptr());
            if _mm512_cmpge_epu32_mask(codes, _mm512_set1_epi32(0x80)) == 0 {
                _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(codes));
                to = to.add(LANES);
            } else {
                if not_characters(codes) {
                    break;
                }
                let (bytes, which) = encoded(codes);
                _mm512_storeu_si512(to.cast(), _mm512_maskz_compress_epi8(which, bytes));
                to = to.add(which.count_ones() as usize);
            }
            done += LANES;
        }
        let len = to.offset_from_unsigned(out.as_ptr());
        out.set_len(len);
    }
    done
}

/// Whether there are surrogates, or numbers that are no code points.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
#[inline]
fn not_characters(codes: __m512i) -> bool {
    let above = _mm512_cmpgt_epu32_mask(codes, _mm512_set1_epi32(0x10_FFFF));
    let from_first = _mm512_sub_epi32(codes, _mm512_set1_epi32(0xD800));
    above | _mm512_cmplt_epu32_mask(from_first, _mm512_set1_epi32(0x800)) != 0
}

/// The UTF-8 of each code point in its four bytes, from the first, and which of the 64 bytes are used.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi1,bmi2,popcnt")]
#[inline]
fn encoded(codes: __m512i) -> (__m512i, u64) {
    let least = |code: u32| _mm512_cmpge_epu32_mask(codes, _mm512_set1_epi32(code.cast_signed()));
    let (two, three, four) = (least(0x80), least(0x800), least(0x1_0000));
    // Six bits a byte, the highest first, as continuation bytes.
    let six = _mm512_set1_epi32(0x3F);
    let first = _mm512_srli_epi32::<18>(codes);
    let second = _mm512_slli_epi32::<8>(_mm512_and_si512(_mm512_srli_epi32::<12>(codes), six));
    let third = _mm512_slli_epi32::<16>(_mm512_and_si512(_mm512_srli_epi32::<6>(codes), six));
    let last = _mm512_slli_epi32::<24>(_mm512_and_si512(codes, six));
    let bits = _mm512_or_si512(_mm512_or_si512(first, second), _mm512_or_si512(third, last));
    let bytes = _mm512_or_si512(bits, _mm512_set1_epi32(0x8080_8080_u32.cast_signed()));
    // Of a shorter character the first byte moves down, and becomes a leading one.
    let ascii = codes;
    let of_two = _mm512_or_si512(_mm512_srli_epi32::<16>(bytes), _mm512_set1_epi32(0xC0));
    let of_three = _mm512_or_si512(_mm512_srli_epi32::<8>(bytes), _mm512_set1_epi32(0xE0));
    let of_four = _mm512_or_si512(bytes, _mm512_set1_epi32(0xF0));
    let bytes = _mm512_mask_mov_epi32(ascii, two, of_two);
    let bytes = _mm512_mask_mov_epi32(bytes, three, of_three);
    let bytes = _mm512_mask_mov_epi32(bytes, four, of_four);
    let every_fourth = 0x1111_1111_1111_1111;
    let which = every_fourth
        | _pdep_u64(u64::from(two), every_fourth << 1)
        | _pdep_u64(u64::from(three), every_fourth << 2)
        | _pdep_u64(u64::from(four), every_fourth << 3);
    (bytes, which)
}
