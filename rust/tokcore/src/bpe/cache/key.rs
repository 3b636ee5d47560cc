//! Words of up to 15 bytes as numbers, and how buckets of them are searched.
#![allow(unsafe_code)]

use super::memory::FromZeros;

/// Words of up to this many bytes fit a [`Key`].
const LONGEST: usize = 15;
/// The length that stands for all that do not.
pub(super) const TOO_LONG: usize = LONGEST + 1;
/// Ids that an entry holds itself.
pub(super) const INLINE: usize = 4;
pub(super) const SLOTS: usize = 2;

const LEN_SHIFT: u32 = 124;
const FURTHER_SHIFT: u32 = 120;
/// The bits of an entry that say how many ids it has beyond the first.
const FURTHER: u128 = (INLINE as u128 - 1) << FURTHER_SHIFT;
/// Set in an entry that does not hold its ids itself. Being compared, it keeps such entries from being found at once.
const SPILLED: u128 = 8 << FURTHER_SHIFT;

/// A word of 1 to 15 bytes: its bytes from the lowest, zeros, and its length in the highest four bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(super) struct Key(u128);

/// A word and its ids. All zero is no word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(32))]
pub(super) struct Entry {
    /// The key; the four bits between its bytes and its length say where the ids are, and how many.
    word: u128,
    /// The ids, if there are up to four; else where they are and how many.
    ids: [u32; INLINE],
}

/// Two entries, a cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Bucket(pub(super) [Entry; SLOTS]);

// SAFETY: 64 bytes of integers.
unsafe impl FromZeros for Bucket {}

/// By length: the bits of the word's bytes.
static BYTES: [u128; TOO_LONG + 1] = {
    let mut bytes = [0; TOO_LONG + 1];
    let mut len = 1;
    while len <= LONGEST {
        bytes[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    bytes
};

/// By length: what a key has besides the word's bytes.
static TAGS: [u128; TOO_LONG + 1] = {
    let mut tags = [0; TOO_LONG + 1];
    let mut len = 1;
    while len <= LONGEST {
        tags[len] = (len as u128) << LEN_SHIFT;
        len += 1;
    }
    tags[TOO_LONG] = Key::TOO_LONG.0;
    tags
};

/// By length: which of 16 bytes are loaded, all of a short word's and none of a long one's.
#[cfg(target_arch = "x86_64")]
static LOADED: [u16; TOO_LONG + 1] = {
    let mut loaded = [0; TOO_LONG + 1];
    let mut len = 1;
    while len <= LONGEST {
        loaded[len] = (1 << len) - 1;
        len += 1;
    }
    loaded
};

impl Key {
    /// What stands for every word that is too long. No entry holds it: it has length 0.
    pub(super) const TOO_LONG: Self = Self(1);

    #[cold]
    fn near_end(text: &[u8], start: usize) -> u128 {
        let mut bytes = [0; 16];
        let rest = &text[start..];
        let len = rest.len().min(16);
        bytes[..len].copy_from_slice(&rest[..len]);
        u128::from_le_bytes(bytes)
    }
}

impl Entry {
    pub(super) const NONE: Self = Self { word: 0, ids: [0; INLINE] };

    /// The entry of a word whose ids are not known yet.
    pub(super) fn without_ids(key: Key) -> Self {
        Self { word: key.0, ids: [0; INLINE] }
    }

    /// The key of an entry that is a word's.
    pub(super) fn key(&self) -> Key {
        Key(self.word & !(FURTHER | SPILLED))
    }

    /// Notes up to four ids.
    pub(super) fn set_ids(&mut self, ids: &[u32]) {
        self.word |= (ids.len() as u128 - 1) << FURTHER_SHIFT;
        self.ids[..ids.len()].copy_from_slice(ids);
    }

    /// Notes where more ids are, and how many.
    pub(super) fn set_spilled(&mut self, at: u32, count: u32) {
        self.word |= SPILLED;
        (self.ids[0], self.ids[1]) = (at, count);
    }

    /// Where the ids are, and how many, if the entry does not hold them.
    pub(super) fn spilled(&self) -> Option<(u32, u32)> {
        (self.word & SPILLED != 0).then_some((self.ids[0], self.ids[1]))
    }

    /// The ids that an entry with its own ids has: so many of the four.
    #[inline(always)]
    pub(super) fn ids(&self) -> (&[u32; INLINE], usize) {
        (&self.ids, ((self.word >> FURTHER_SHIFT) as usize & (INLINE - 1)) + 1)
    }
}

/// How keys are made and buckets searched; the tiers' difference.
pub(super) trait Probe {
    /// The key of `len` bytes of `text` from `start` on, or [`Key::TOO_LONG`] for `len` [`TOO_LONG`].
    ///
    /// # Safety
    /// The bytes are in `text`, and `len` is 1 to [`TOO_LONG`].
    unsafe fn key(text: &[u8], start: usize, len: usize) -> Key;

    /// Where among all a key's bucket is. The highest bits depend on the whole key.
    fn hash(key: Key) -> u64;

    /// Which entry of the bucket has the key and its own ids, and whether any has.
    fn find(bucket: &Bucket, key: &Key) -> (u32, bool);
}

pub(super) struct Plain;

impl Probe for Plain {
    #[inline(always)]
    unsafe fn key(text: &[u8], start: usize, len: usize) -> Key {
        let bytes = match text.get(start..start + 16).and_then(<[u8]>::first_chunk) {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => Key::near_end(text, start),
        };
        Key(bytes & BYTES[len] | TAGS[len])
    }

    #[inline(always)]
    fn hash(key: Key) -> u64 {
        // One 64 x 64 -> 128 bit multiplication, both halves folded, as in wyhash; the constants are its.
        let (low, high) = (key.0 as u64 ^ 0xA076_1D64_78BD_642F, (key.0 >> 64) as u64 ^ 0xE703_7ED1_A0B4_28DB);
        let product = u128::from(low) * u128::from(high);
        product as u64 ^ (product >> 64) as u64
    }

    #[inline(always)]
    fn find(bucket: &Bucket, key: &Key) -> (u32, bool) {
        let [first, second] = bucket.0.each_ref().map(|entry| (entry.word ^ key.0) & !FURTHER == 0);
        (u32::from(second), first | second)
    }
}

/// Only code with AVX-512 and AES may use it: `batch` sees to it.
#[cfg(target_arch = "x86_64")]
pub(super) struct Avx512;

#[cfg(target_arch = "x86_64")]
impl Probe for Avx512 {
    #[inline(always)]
    unsafe fn key(text: &[u8], start: usize, len: usize) -> Key {
        use std::arch::x86_64::*;
        debug_assert!(start + len <= text.len() && (1..=TOO_LONG).contains(&len));
        // SAFETY: only the word's own bytes are read, which are in `text` by the caller's promise.
        unsafe {
            let word = _mm_maskz_loadu_epi8(*LOADED.get_unchecked(len), text.as_ptr().add(start).cast());
            let tag = _mm_loadu_si128(TAGS.as_ptr().add(len).cast());
            std::mem::transmute::<__m128i, Key>(_mm_or_si128(word, tag))
        }
    }

    #[inline(always)]
    fn hash(key: Key) -> u64 {
        use std::arch::x86_64::*;
        // Two rounds of AES, after which every bit depends on every byte. The round keys are digits of pi.
        // SAFETY: AES by this type's condition; a key is 16 bytes.
        unsafe {
            let key = std::mem::transmute::<Key, __m128i>(key);
            let once = _mm_aesenc_si128(key, _mm_set_epi64x(0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344));
            let twice = _mm_aesenc_si128(once, _mm_set_epi64x(0xA409_3822_299F_31D0_u64 as i64, 0x082E_FA98_EC4E_6C89));
            _mm_cvtsi128_si64(twice) as u64
        }
    }

    #[inline(always)]
    fn find(bucket: &Bucket, key: &Key) -> (u32, bool) {
        use std::arch::x86_64::*;
        const COMPARED: [u128; 4] = [!FURTHER, 0, !FURTHER, 0];
        // The two halves of either key, of the eight of the bucket.
        const KEYS: u8 = 0b0011_0011;
        // SAFETY: a bucket and `COMPARED` are 64 bytes, the bucket aligned to them; a key is 16.
        let equal = unsafe {
            let key = _mm512_broadcast_i32x4(_mm_loadu_si128((&raw const *key).cast()));
            let entries = _mm512_load_si512((&raw const *bucket).cast());
            let compared = _mm512_loadu_si512(COMPARED.as_ptr().cast());
            u32::from(_mm512_mask_testn_epi64_mask(KEYS, _mm512_xor_si512(entries, key), compared))
        };
        // Bit 0 for the first entry, bit 4 for the second.
        let both_halves = equal & equal >> 1;
        (both_halves >> 4, both_halves != 0)
    }
}
