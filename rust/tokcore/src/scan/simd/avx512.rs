//! The AVX-512 tier: a block is one register, comparisons yield masks, and VBMI2 compresses masks into places.

#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::beyond::{LookUp, Near, find};
use super::eight::Eight;
use super::scanner::{Job, scan};
use super::vector::Vector;
use crate::scan::bloom::SPREAD;
use crate::scan::class::bitmaps::{COMMON, Row, SPANS};
use crate::scan::cuts::CutFilter;
use crate::tier::Tier;

/// Proof that the processor has AVX-512 F, BW, DQ, VBMI and VBMI2, BMI 1 and 2, LZCNT and POPCNT.
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

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,bmi1,bmi2,lzcnt,popcnt")]
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
    type Bits = Eight;

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
    fn find(self, near: &Near, leads: [u64; 3]) -> [u64; 3] {
        find(self, near, leads)
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
    fn cuts(self, cuts: &CutFilter, text: &[u8], at: usize, pairs: u64) -> u64 {
        // From three bytes before the block, so that a pair begins as far in it as its second character in the block.
        let mut padded = [0; 72];
        let near = match at.checked_sub(3).and_then(|start| text[start..].first_chunk::<72>()) {
            Some(near) => near,
            None => {
                let (skip, start) = (3 - at.min(3), at.saturating_sub(3));
                padded.iter_mut().skip(skip).zip(&text[start..]).for_each(|(to, from)| *to = *from);
                &padded
            }
        };
        // SAFETY: `self` proves AVX-512 F, BW, DQ, VBMI, VBMI2 and BMI2. 72 bytes are read from 72 and 64 from 64; hashes
        // shifted are places in the bitmap, by the filter's invariant, also those of lanes without a pair.
        unsafe {
            let packed = _mm512_maskz_compress_epi8(pairs, _mm512_loadu_si512(PLACES.as_ptr().cast()));
            let places = std::mem::transmute::<__m512i, [u64; 8]>(packed);
            let near =
                (_mm512_loadu_si512(near.as_ptr().cast()), _mm512_maskz_loadu_epi8(0xFF, near.as_ptr().add(64).cast()));
            let mut found = 0;
            // No more than 22 three-byte characters begin in a block.
            for (eight, places) in places[..pairs.count_ones().div_ceil(8) as usize].iter().enumerate() {
                found |= u64::from(cuts_of_eight(cuts, near, *places)) << (8 * eight);
            }
            _pdep_u64(found, pairs)
        }
    }
}

impl LookUp for Avx512 {
    const PART: u32 = 11;

    #[inline(always)]
    fn row(self, Row([low_bits, middle_bits, high_bits]): &Row, _: usize, high: __m512i, low: __m512i) -> [u64; 3] {
        // SAFETY: `self` proves AVX-512 F, BW and VBMI.
        unsafe {
            let (place, bit) = (bits_3_to_10(high, low), bit_of(low));
            [look_up(low_bits, place, bit), look_up(middle_bits, place, bit), look_up(high_bits, place, bit)]
        }
    }

    #[inline(always)]
    fn spans(self, first: __m512i, second: __m512i) -> [u64; 2] {
        // SAFETY: `self` proves AVX-512 F, BW and VBMI.
        unsafe {
            let bit = bit_of(_mm512_srli_epi16::<3>(second));
            [
                _mm512_test_epi8_mask(by_lead(&SPANS[0], first), bit),
                _mm512_test_epi8_mask(by_lead(&SPANS[1], first), bit),
            ]
        }
    }

    #[inline(always)]
    fn common(self, first: __m512i, second: __m512i) -> Option<(u64, __m512i)> {
        // SAFETY: `self` proves AVX-512 F, BW and VBMI.
        unsafe {
            let bit = bit_of(_mm512_srli_epi16::<3>(second));
            let common = _mm512_test_epi8_mask(by_lead(&COMMON[0], first), bit);
            let upper = by_lead(&COMMON[1], first);
            Some((common, _mm512_ternarylogic_epi32::<SELECT>(_mm512_set1_epi8(7), upper, second)))
        }
    }
}

/// Every byte 8.
const EIGHTS: i64 = 0x0808_0808_0808_0808;

/// Which of eight pairs, that begin at these places, a byte each, of 72 bytes, are cuts: [`CutFilter::is_cut`].
///
/// # Safety
/// The processor has what `Avx512` proves.
#[inline(always)]
unsafe fn cuts_of_eight(cuts: &CutFilter, near: (__m512i, __m512i), places: u64) -> u8 {
    // SAFETY: the caller's promise; a hash shifted is a place in the bitmap, whose numbers of 64 bits alone are read.
    unsafe {
        let places = _mm512_cvtepu8_epi64(_mm_cvtsi64_si128(places.cast_signed()));
        let eight_of_each = _mm512_add_epi8(
            _mm512_shuffle_epi8(places, _mm512_set4_epi64(EIGHTS, 0, EIGHTS, 0)),
            _mm512_set1_epi64(0x0706_0504_0302_0100),
        );
        let pairs = _mm512_permutex2var_epi8(near.0, eight_of_each, near.1);
        let key = _mm512_and_si512(_mm512_srli_epi64::<8>(pairs), _mm512_set1_epi64(0xFF_FFFF_FFFF));
        let hash = _mm512_mullo_epi64(key, _mm512_set1_epi64(SPREAD.cast_signed()));
        let place = _mm512_srl_epi64(hash, _mm_cvtsi32_si128(cuts.spanned.shift.cast_signed()));
        let words = _mm512_i64gather_epi64::<8>(_mm512_srli_epi64::<6>(place), cuts.spanned.bitmap.as_ptr().cast());
        let edges: *const __m512i = cuts.edges.as_ptr().cast();
        let lead = _mm512_srli_epi64::<24>(pairs);
        let edges = _mm512_permutex2var_epi64(_mm512_loadu_si512(edges), lead, _mm512_loadu_si512(edges.add(1)));
        let six = _mm512_set1_epi64(63);
        let spanned = _mm512_or_si512(
            _mm512_srlv_epi64(words, _mm512_and_si512(place, six)),
            _mm512_srlv_epi64(edges, _mm512_and_si512(_mm512_srli_epi64::<16>(pairs), six)),
        );
        _mm512_testn_epi64_mask(spanned, _mm512_set1_epi64(1))
    }
}

// Functions rather than closures: only what is sure to be inlined is compiled for AVX-512.

/// The third operand where the first has ones, the second elsewhere.
const SELECT: i32 = 0b1010_1100;

/// What the table has for the lowest four bits of each byte.
///
/// # Safety
/// The processor has what `Avx512` proves.
#[inline(always)]
unsafe fn by_lead(table: &[u8; 16], leads: __m512i) -> __m512i {
    // SAFETY: the caller's promise; 16 bytes are read from 16.
    unsafe {
        let table = _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast()));
        _mm512_shuffle_epi8(table, _mm512_and_si512(leads, _mm512_set1_epi8(0xF)))
    }
}

/// Bits 3 to 10 of code points, of which these bytes have bits 6 to 10 and bits 0 to 5.
///
/// # Safety
/// The processor has what `Avx512` proves.
#[inline(always)]
unsafe fn bits_3_to_10(high: __m512i, low: __m512i) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe {
        let (high, low) = (_mm512_slli_epi16::<3>(high), _mm512_srli_epi16::<3>(low));
        _mm512_ternarylogic_epi32::<SELECT>(_mm512_set1_epi8(7), high, low)
    }
}

/// In each byte the bit with the number that is in the lowest three bits of these.
///
/// # Safety
/// The processor has what `Avx512` proves.
#[inline(always)]
unsafe fn bit_of(bytes: __m512i) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_permutexvar_epi8(bytes, _mm512_set1_epi64(0x8040_2010_0804_0201_u64.cast_signed())) }
}

/// In which bytes the bitmap, at their places, has their bits.
///
/// # Safety
/// The processor has what `Avx512` proves.
#[inline(always)]
unsafe fn look_up(bitmap: &[u8; 256], place: __m512i, bit: __m512i) -> u64 {
    let quarters: *const __m512i = bitmap.as_ptr().cast();
    // SAFETY: the caller's promise; 256 bytes are read from 256.
    unsafe {
        let (first, second) = (_mm512_loadu_si512(quarters), _mm512_loadu_si512(quarters.add(1)));
        let (third, fourth) = (_mm512_loadu_si512(quarters.add(2)), _mm512_loadu_si512(quarters.add(3)));
        let below = _mm512_permutex2var_epi8(first, place, second);
        let above = _mm512_permutex2var_epi8(third, place, fourth);
        let bits = _mm512_mask_blend_epi8(_mm512_movepi8_mask(place), below, above);
        _mm512_test_epi8_mask(bits, bit)
    }
}

/// Stores 16 places.
///
/// # Safety
/// The processor has what `Avx512` proves, and 16 numbers can be written at `out`.
#[inline(always)]
unsafe fn store(out: *mut u32, base: __m512i, places: __m128i) {
    // SAFETY: the caller's promises; stores may be unaligned.
    unsafe { _mm512_storeu_si512(out.cast(), _mm512_add_epi32(base, _mm512_cvtepu8_epi32(places))) }
}
