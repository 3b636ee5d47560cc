//! Words of up to 15 bytes as numbers, and how buckets of them are searched.
#![allow(unsafe_code)]

use super::memory::FromZeros;

/// Words of up to this many bytes fit a [`Key`].
pub(super) const LONGEST: usize = 15;
/// The only id of a word of up to this many bytes is in its slot.
const LONGEST_WITH_ID: usize = 11;
pub(super) const SLOTS: usize = 4;

const LEN_SHIFT: u32 = 124;
const COUNT_SHIFT: u32 = 120;
const ID_SHIFT: u32 = 8 * LONGEST_WITH_ID as u32;
/// The bits of a slot that are not the key's.
const COUNT: u128 = 15 << COUNT_SHIFT;
const ID: u128 = (u32::MAX as u128) << ID_SHIFT;

/// A word of 1 to 15 bytes: its bytes from the lowest, zeros, and its length in the highest four bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(super) struct Key(u128);

/// A key, how many ids its word has, less one, and the only id of a short word. 0 is no word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(super) struct Entry(u128);

/// Four entries, a cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Bucket(pub(super) [Entry; SLOTS]);

// SAFETY: an integer.
unsafe impl FromZeros for Entry {}
// SAFETY: 64 bytes of integers.
unsafe impl FromZeros for Bucket {}

/// By length: the bits of the word's bytes.
static BYTES: [u128; LONGEST + 2] = {
    let mut bytes = [0; LONGEST + 2];
    let mut len = 1;
    while len <= LONGEST {
        bytes[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    bytes
};

/// By length: what a key has besides the word's bytes.
static TAGS: [u128; LONGEST + 2] = {
    let mut tags = [0; LONGEST + 2];
    let mut len = 1;
    while len <= LONGEST {
        tags[len] = (len as u128) << LEN_SHIFT;
        len += 1;
    }
    tags[LONGEST + 1] = Key::TOO_LONG.0;
    tags
};

/// By length: the bits of an entry that are the key's.
static COMPARED: [u128; 16] = {
    let mut compared = [!COUNT; 16];
    let mut len = 1;
    while len <= LONGEST_WITH_ID {
        compared[len] = !COUNT & !ID;
        len += 1;
    }
    compared
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

    /// The word's bytes with zeros behind, and how many there are.
    pub(super) fn word(self) -> ([u8; 16], usize) {
        ((self.0 & BYTES[self.len()]).to_le_bytes(), self.len())
    }

    #[inline(always)]
    fn len(self) -> usize {
        (self.0 >> LEN_SHIFT) as usize
    }

    #[inline(always)]
    pub(super) fn hash(self) -> u64 {
        // One 64 x 64 -> 128 bit multiplication, both halves folded, as in wyhash; the constants are its.
        let (low, high) = (self.0 as u64 ^ 0xA076_1D64_78BD_642F, (self.0 >> 64) as u64 ^ 0xE703_7ED1_A0B4_28DB);
        let product = u128::from(low) * u128::from(high);
        product as u64 ^ (product >> 64) as u64
    }
}

impl Entry {
    pub(super) const NONE: Self = Self(0);

    /// The entry of a word whose ids are not known yet.
    pub(super) fn without_ids(key: Key) -> Self {
        Self(key.0)
    }

    /// The key of an entry that is a word's.
    pub(super) fn key(self) -> Key {
        Key(self.0 & COMPARED[(self.0 >> LEN_SHIFT) as usize])
    }

    #[inline(always)]
    pub(super) fn is(self, key: Key) -> bool {
        (self.0 ^ key.0) & COMPARED[key.len()] == 0
    }

    /// Notes how many ids there are, 1 to 15; returns whether the first is not noted too.
    pub(super) fn set_ids(&mut self, ids: &[u32]) -> bool {
        self.0 |= (ids.len() as u128 - 1) << COUNT_SHIFT;
        if self.has_id() {
            self.0 |= u128::from(ids[0]) << ID_SHIFT;
        }
        !self.has_id()
    }

    /// How many ids there are, less one.
    #[inline(always)]
    pub(super) fn further_ids(self) -> usize {
        (self.0 >> COUNT_SHIFT) as usize & 15
    }

    /// Whether the word's only id is in the entry.
    #[inline(always)]
    pub(super) fn has_id(self) -> bool {
        let high = (self.0 >> COUNT_SHIFT) as u8;
        high & 15 == 0 && high >> 4 <= LONGEST_WITH_ID as u8
    }

    #[inline(always)]
    pub(super) fn id(self) -> u32 {
        (self.0 >> ID_SHIFT) as u32
    }
}

/// How keys are made and buckets searched; the tiers' difference.
pub(super) trait Probe {
    /// The key of `text[start..start + len]`.
    fn key(text: &[u8], start: usize, len: usize) -> Key;

    /// The place of the key in the bucket, 0 to 3, or more.
    fn find(bucket: &Bucket, key: Key) -> usize;
}

pub(super) struct Plain;

impl Probe for Plain {
    #[inline(always)]
    fn key(text: &[u8], start: usize, len: usize) -> Key {
        let bytes = match text.get(start..start + 16).and_then(<[u8]>::first_chunk) {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => Key::near_end(text, start),
        };
        let len = len.min(LONGEST + 1);
        Key(bytes & BYTES[len] | TAGS[len])
    }

    #[inline(always)]
    fn find(bucket: &Bucket, key: Key) -> usize {
        let [a, b, c, d] = bucket.0.map(|entry| u32::from(entry.is(key)));
        (a | b << 1 | c << 2 | d << 3 | 1 << SLOTS).trailing_zeros() as usize
    }
}

/// Only code with AVX-512 may use it: `batch` sees to it.
#[cfg(target_arch = "x86_64")]
pub(super) struct Avx512;

/// The first entry both halves of which, as neighbouring bits, are equal; [`SLOTS`] if none.
#[cfg(target_arch = "x86_64")]
static FIRST_PAIR: [u8; 256] = {
    let mut first = [SLOTS as u8; 256];
    let mut halves = 0;
    while halves < 256 {
        let pairs = halves & halves >> 1 & 0x55;
        if pairs != 0 {
            first[halves] = pairs.trailing_zeros() as u8 / 2;
        }
        halves += 1;
    }
    first
};

#[cfg(target_arch = "x86_64")]
impl Probe for Avx512 {
    #[inline(always)]
    fn key(text: &[u8], start: usize, len: usize) -> Key {
        use std::arch::x86_64::*;
        let len_or_more = len.min(LONGEST + 1);
        // All bytes of a short word, none of a long one's.
        let bytes = ((1u32 << len_or_more) - 1) & ((len_or_more >> 4) as u32).wrapping_sub(1);
        // SAFETY: only the word's own bytes are read, which are in `text`: a pre-token of it.
        unsafe {
            debug_assert!(start + len <= text.len());
            let word = _mm_maskz_loadu_epi8(bytes as u16, text.as_ptr().add(start).cast());
            let tag = _mm_loadu_si128((&raw const TAGS[len_or_more]).cast());
            std::mem::transmute::<__m128i, Key>(_mm_or_si128(word, tag))
        }
    }

    #[inline(always)]
    fn find(bucket: &Bucket, key: Key) -> usize {
        use std::arch::x86_64::*;
        // SAFETY: a bucket is 64 bytes, aligned to them, a key and a mask 16.
        let equal = unsafe {
            let compared = &raw const COMPARED[key.len()];
            let compared = _mm512_broadcast_i32x4(_mm_loadu_si128(compared.cast()));
            let key = _mm512_broadcast_i32x4(_mm_loadu_si128((&raw const key).cast()));
            let slots = _mm512_load_si512((&raw const *bucket).cast());
            _mm512_testn_epi64_mask(_mm512_xor_si512(slots, key), compared)
        };
        usize::from(FIRST_PAIR[usize::from(equal)])
    }
}
