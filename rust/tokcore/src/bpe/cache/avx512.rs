//! Keys and buckets by AVX-512.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::batch::CHUNK;
use super::key::{Home, INSIDE, Key, LEN_SHIFT, LONGEST, Probe};

/// Only code with AVX-512, AES and VAES may use it: `batch` sees to it.
pub(super) struct Avx512;

/// The keys of the rounds that make a hash: digits of pi.
const ROUND_KEYS: [[i64; 2]; 2] =
    [[0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344], [0xA409_3822_299F_31D0_u64.cast_signed(), 0x082E_FA98_EC4E_6C89]];

/// A word's own bytes, by its length modulo 16: a key of one too long has none.
static OWN: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// A key's highest byte, by the same.
static TAGS: [u8; 16] = {
    let mut tags = [(Key::TOO_LONG.0 >> 120) as u8; 16];
    let mut len = 1;
    while len <= LONGEST {
        tags[len] = (len << (LEN_SHIFT - 120)) as u8;
        len += 1;
    }
    tags
};

/// By byte of four keys: which key it is of, and which byte of that.
static KEY_OF: [u8; 64] = places(1, 0);
static BYTE_OF: [u8; 64] = places(0, 1);

const fn places(keys: u8, bytes: u8) -> [u8; 64] {
    let mut places = [0; 64];
    let mut at = 0;
    while at < 64 {
        places[at] = at as u8 / 16 * keys + at as u8 % 16 * bytes;
        at += 1;
    }
    places
}

/// The highest byte of each of four keys.
const HIGHEST: u64 = 0x8000_8000_8000_8000;

impl Probe for Avx512 {
    #[inline(always)]
    fn key(word: &[u8]) -> Key {
        let len = word.len();
        if len > LONGEST {
            return Key::TOO_LONG;
        }
        // SAFETY: AVX-512 BW and VL by this type's condition; of the 16 bytes from the word's first only its own are read.
        let bytes = unsafe {
            let own = _mm_maskz_loadu_epi8((1 << len) - 1, word.as_ptr().cast());
            std::mem::transmute::<__m128i, u128>(own)
        };
        Key(bytes | (len as u128) << LEN_SHIFT)
    }

    #[inline(always)]
    unsafe fn keys(text: &[u8], bounds: &[u32; CHUNK + 1], keys: &mut [Key; CHUNK]) {
        // SAFETY: AVX-512 by this type's condition; the caller's promises about the text. Sixteen bounds are 64 bytes, as four
        // keys are.
        unsafe {
            let starts = _mm512_loadu_si512(bounds.as_ptr().cast());
            let ends = _mm512_loadu_si512(bounds.as_ptr().add(1).cast());
            let longest = _mm512_set1_epi32(LONGEST as i32 + 1);
            let lengths = _mm512_cvtepi32_epi8(_mm512_min_epu32(_mm512_sub_epi32(ends, starts), longest));
            let own = _mm512_castsi128_si512(_mm_shuffle_epi8(_mm_loadu_si128(OWN.as_ptr().cast()), lengths));
            let tags = _mm512_castsi128_si512(_mm_shuffle_epi8(_mm_loadu_si128(TAGS.as_ptr().cast()), lengths));
            let byte_of = _mm512_loadu_si512(BYTE_OF.as_ptr().cast());
            let mut key_of = _mm512_loadu_si512(KEY_OF.as_ptr().cast());
            for (four, keys) in bounds.as_chunks::<4>().0.iter().zip(keys.as_chunks_mut::<4>().0) {
                let bytes = four_words(text, four);
                let is_own = _mm512_cmplt_epu8_mask(byte_of, _mm512_permutexvar_epi8(key_of, own));
                let bytes = _mm512_maskz_mov_epi8(is_own, bytes);
                let four = _mm512_mask_permutexvar_epi8(bytes, HIGHEST, key_of, tags);
                _mm512_storeu_si512(keys.as_mut_ptr().cast(), four);
                key_of = _mm512_add_epi8(key_of, _mm512_set1_epi8(4));
            }
        }
    }

    #[inline(always)]
    fn hash(key: Key) -> u64 {
        // Two rounds of AES, after which every bit depends on every byte.
        // SAFETY: AES by this type's condition; a key is 16 bytes.
        unsafe {
            let key = std::mem::transmute::<Key, __m128i>(key);
            let once = _mm_aesenc_si128(key, _mm_set_epi64x(ROUND_KEYS[0][0], ROUND_KEYS[0][1]));
            let twice = _mm_aesenc_si128(once, _mm_set_epi64x(ROUND_KEYS[1][0], ROUND_KEYS[1][1]));
            _mm_cvtsi128_si64(twice) as u64
        }
    }

    #[inline(always)]
    fn homes(keys: &[Key; CHUNK], shift: u32, homes: &mut [Home; CHUNK]) {
        // The low halves of eight keys.
        const LOW: [u64; 8] = [0, 2, 4, 6, 8, 10, 12, 14];
        // SAFETY: AVX-512 and VAES by this type's condition; eight keys are 128 bytes, eight homes 32.
        unsafe {
            let first = _mm512_broadcast_i32x4(_mm_set_epi64x(ROUND_KEYS[0][0], ROUND_KEYS[0][1]));
            let second = _mm512_broadcast_i32x4(_mm_set_epi64x(ROUND_KEYS[1][0], ROUND_KEYS[1][1]));
            let shift = _mm_cvtsi32_si128((shift - INSIDE.count_ones()).cast_signed());
            let outside = _mm256_set1_epi32(!INSIDE.cast_signed());
            let low = _mm512_loadu_si512(LOW.as_ptr().cast());
            for (keys, homes) in keys.as_chunks::<8>().0.iter().zip(homes.as_chunks_mut::<8>().0) {
                let keys: *const __m512i = keys.as_ptr().cast();
                let (keys, more) = (_mm512_loadu_si512(keys), _mm512_loadu_si512(keys.add(1)));
                let once = (_mm512_aesenc_epi128(keys, first), _mm512_aesenc_epi128(more, first));
                let twice = (_mm512_aesenc_epi128(once.0, second), _mm512_aesenc_epi128(once.1, second));
                let halves = _mm512_permutex2var_epi64(twice.0, low, twice.1);
                let places = _mm512_cvtepi64_epi32(_mm512_srl_epi64(halves, shift));
                _mm256_storeu_si256(homes.as_mut_ptr().cast(), _mm256_and_si256(places, outside));
            }
        }
    }
}

/// The 16 bytes from each of four places of `text` on.
///
/// # Safety
/// They are in `text`, and the processor has AVX-512 F.
#[inline(always)]
unsafe fn four_words(text: &[u8], starts: &[u32; 4]) -> __m512i {
    let [first, second, third, fourth] =
        starts.map(|start| text.as_ptr().wrapping_add(start as usize).cast::<__m128i>());
    // SAFETY: the caller's promises.
    unsafe {
        let words = _mm512_castsi128_si512(_mm_loadu_si128(first));
        let words = _mm512_inserti32x4::<1>(words, _mm_loadu_si128(second));
        let words = _mm512_inserti32x4::<2>(words, _mm_loadu_si128(third));
        _mm512_inserti32x4::<3>(words, _mm_loadu_si128(fourth))
    }
}
