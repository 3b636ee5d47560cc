//! Words of up to 15 bytes as numbers, and how buckets of them are searched.
#![allow(unsafe_code)]

use super::batch::CHUNK;
use super::zeroed::FromZeros;

/// Words of up to this many bytes fit a [`Key`].
pub(super) const LONGEST: usize = 15;
/// Bytes of a key.
pub(super) const WIDTH: usize = size_of::<Key>();
/// Ids that an entry holds itself.
pub(super) const INLINE: usize = 4;
pub(super) const SLOTS: usize = 2;

pub(super) const LEN_SHIFT: u32 = 124;
const FURTHER_SHIFT: u32 = 120;
/// The bits of an entry that say how many ids it has beyond the first.
pub(super) const FURTHER: u128 = (INLINE as u128 - 1) << FURTHER_SHIFT;
/// Set in an entry that does not hold its ids itself, or has none yet. Being compared, it keeps such entries from being found at once.
const SPILLED: u128 = 8 << FURTHER_SHIFT;

/// A word of 1 to 15 bytes: its bytes from the lowest, zeros, and its length in the highest four bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(super) struct Key(pub(super) u128);

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

/// Where a bucket is in its table, in bytes.
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub(super) struct Home(pub(super) u32);

/// The bits of a home that are zero.
pub(super) const INSIDE: u32 = size_of::<Bucket>() as u32 - 1;

impl Home {
    /// The home for `hash` in a table of 2^(64 - `shift`) buckets, at most 2^26.
    #[inline(always)]
    pub(super) fn new(hash: u64, shift: u32) -> Self {
        Self((hash >> (shift - INSIDE.count_ones())) as u32 & !INSIDE)
    }

    #[inline(always)]
    pub(super) fn bytes(self) -> usize {
        self.0 as usize
    }

    /// The bucket.
    ///
    /// # Safety
    /// It is one of the table that begins at `buckets`, and not changed while it is borrowed.
    #[inline(always)]
    pub(super) unsafe fn bucket<'t>(self, buckets: *const Bucket) -> &'t Bucket {
        // SAFETY: the caller's promises.
        unsafe { &*buckets.byte_add(self.bytes()) }
    }
}

impl Bucket {
    /// The ids of `key`, and how many of the four they are, if one of the entries is its and holds them; it may miss one
    /// where the words of both begin with the same eight bytes.
    #[inline(always)]
    pub(super) fn find(&self, key: Key) -> Option<(&[u32; INLINE], usize)> {
        let (low, high) = (key.0 as u64, (key.0 >> 64) as u64);
        let entry = &self.0[usize::from(self.0[1].word as u64 == low)];
        // What the high half of an entry of the key has more than that of the key: how many ids there are beyond the first.
        let further = ((entry.word >> 64) as u64 ^ high).rotate_right(FURTHER_SHIFT - 64);
        (entry.word as u64 == low && further < INLINE as u64).then_some((&entry.ids, further as usize + 1))
    }
}

impl Key {
    /// What stands for every word that is too long. No entry holds it: it has length 0.
    pub(super) const TOO_LONG: Self = Self(SPILLED);

    /// Its bytes from the lowest: the word's, and at the end its length.
    pub(super) fn bytes(self) -> [u8; WIDTH] {
        self.0.to_le_bytes()
    }

    /// The length of the word whose key has these bytes.
    pub(super) fn len_of(bytes: &[u8; WIDTH]) -> usize {
        usize::from(bytes[WIDTH - 1] >> (LEN_SHIFT % u8::BITS))
    }
}

impl Entry {
    pub(super) const NONE: Self = Self { word: 0, ids: [0; INLINE] };

    /// The entry of a word whose ids are not known yet: it is not found at once.
    pub(super) fn without_ids(key: Key) -> Self {
        Self { word: key.0 | SPILLED, ids: [0; INLINE] }
    }

    /// The key of an entry that is a word's.
    pub(super) fn key(&self) -> Key {
        Key(self.word & !(FURTHER | SPILLED))
    }

    /// Whether it is the entry of `key` and holds its ids itself.
    #[inline(always)]
    pub(super) fn is_at_hand(&self, key: Key) -> bool {
        (self.word ^ key.0) & !FURTHER == 0
    }

    /// Notes up to four ids of an entry without ids.
    pub(super) fn set_ids(&mut self, ids: &[u32]) {
        self.word = self.word & !SPILLED | (ids.len() as u128 - 1) << FURTHER_SHIFT;
        self.ids[..ids.len()].copy_from_slice(ids);
    }

    /// Notes where more ids of an entry without ids are, and how many.
    pub(super) fn set_spilled(&mut self, at: u32, count: u32) {
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
    /// The key of `word`, [`Key::TOO_LONG`] if it has more than [`LONGEST`] bytes.
    fn key(word: &[u8]) -> Key;

    /// The keys of the words that `bounds` cut out of `text`.
    ///
    /// # Safety
    /// The bounds ascend, and there are [`WIDTH`] bytes of text from the start of each word on.
    unsafe fn keys(text: &[u8], bounds: &[u32; CHUNK + 1], keys: &mut [Key; CHUNK]);

    /// Where among all a key's bucket is. The highest bits depend on the whole key.
    fn hash(key: Key) -> u64;

    /// The keys' places in a table whose [`Home`]s are made with `shift`.
    fn homes(keys: &[Key; CHUNK], shift: u32, homes: &mut [Home; CHUNK]);
}

pub(super) struct Plain;

impl Probe for Plain {
    #[inline(always)]
    fn key(word: &[u8]) -> Key {
        let mut bytes = [0; WIDTH];
        if word.len() > LONGEST {
            return Key::TOO_LONG;
        }
        bytes[..word.len()].copy_from_slice(word);
        Key(u128::from_le_bytes(bytes) | (word.len() as u128) << LEN_SHIFT)
    }

    #[inline(always)]
    unsafe fn keys(text: &[u8], bounds: &[u32; CHUNK + 1], keys: &mut [Key; CHUNK]) {
        for ((&start, &end), key) in bounds.iter().zip(&bounds[1..]).zip(keys) {
            let shape = &SHAPES[((end - start) as usize).min(LONGEST + 1)];
            // SAFETY: the caller's promise.
            let bytes = unsafe { text.as_ptr().add(start as usize).cast::<[u8; WIDTH]>().read_unaligned() };
            *key = Key(u128::from_le_bytes(bytes) & shape.bytes | shape.tag);
        }
    }

    #[inline(always)]
    fn hash(key: Key) -> u64 {
        // One 64 x 64 -> 128 bit multiplication, both halves folded, as in wyhash; the constants are its.
        let (low, high) = (key.0 as u64 ^ 0xA076_1D64_78BD_642F, (key.0 >> 64) as u64 ^ 0xE703_7ED1_A0B4_28DB);
        let product = u128::from(low) * u128::from(high);
        product as u64 ^ (product >> 64) as u64
    }

    #[inline(always)]
    fn homes(keys: &[Key; CHUNK], shift: u32, homes: &mut [Home; CHUNK]) {
        for (home, key) in homes.iter_mut().zip(keys) {
            *home = Home::new(Self::hash(*key), shift);
        }
    }
}

/// What makes a key of the bytes at a word's start.
struct Shape {
    /// The bits of the word's own bytes.
    bytes: u128,
    /// What a key has besides.
    tag: u128,
}

/// By length. A key of one too long has none of its bytes.
static SHAPES: [Shape; LONGEST + 2] = {
    let mut shapes = [const { Shape { bytes: 0, tag: Key::TOO_LONG.0 } }; LONGEST + 2];
    let mut len = 0;
    while len <= LONGEST {
        shapes[len] = Shape { bytes: (1 << (8 * len)) - 1, tag: (len as u128) << LEN_SHIFT };
        len += 1;
    }
    shapes
};
