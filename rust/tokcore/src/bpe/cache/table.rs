//! The table of short words: words of up to 15 bytes with their ids, bounded in size.
#![allow(unsafe_code)]

use super::memory::{FromZeros, Zeroed};

/// Words of up to this many bytes fit a [`Key`].
pub(in crate::bpe) const LONGEST: usize = 15;
/// Ids kept beside the key; words with more have theirs in `spilled`.
const INLINE: usize = 4;
const SLOTS: usize = 4;
/// How many buckets are searched for a word. One that finds no place in them is not kept.
const REACH: usize = 8;
/// Buckets to begin with: 4,096 words, 128 kB.
const FIRST: usize = 1 << 10;
/// The table grows when more of its slots than this, of 16, are taken.
const FULL_OF_16: usize = 10;

const LEN_SHIFT: u32 = 124;
const COUNT_SHIFT: u32 = 120;
/// The bits of a slot that are not the key's: how many ids the word has.
const COUNT: u128 = 15 << COUNT_SHIFT;

/// A word of 1 to 15 bytes: its bytes from the lowest, zeros, and its length in the highest four bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::bpe) struct Key(u128);

static MASKS: [u128; LONGEST + 2] = {
    let mut masks = [0; LONGEST + 2];
    let mut len = 1;
    while len <= LONGEST {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks
};

impl Key {
    /// What stands for every word that is too long. No slot holds it: it has length 0.
    pub(super) const TOO_LONG: Self = Self(1);

    /// The key of `text[start..end]`.
    #[inline(always)]
    pub(super) fn new(text: &[u8], start: usize, end: usize) -> Self {
        let word = match text.get(start..start + 16).and_then(<[u8]>::first_chunk) {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => Self::near_end(text, start),
        };
        let len = (end - start).min(LONGEST + 1);
        let key = word & MASKS[len] | (len as u128) << LEN_SHIFT;
        // The length 16 does not fit its four bits and falls out; so does the masked word.
        if len > LONGEST { Self::TOO_LONG } else { Self(key) }
    }

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
        let len = (self.0 >> LEN_SHIFT) as usize;
        ((self.0 & MASKS[len]).to_le_bytes(), len)
    }

    #[inline(always)]
    fn hash(self) -> u64 {
        // One 64 x 64 -> 128 bit multiplication, both halves folded, as in wyhash; the constants are its.
        let (low, high) = (self.0 as u64 ^ 0xA076_1D64_78BD_642F, (self.0 >> 64) as u64 ^ 0xE703_7ED1_A0B4_28DB);
        let product = u128::from(low) * u128::from(high);
        product as u64 ^ (product >> 64) as u64
    }
}

/// The keys of four words, a cache line. An empty slot is 0; others have the word's count of ids in [`COUNT`].
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Bucket([u128; SLOTS]);

/// The ids of four words: up to four of each, or where in `spilled` they are.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Values([[u32; INLINE]; SLOTS]);

// SAFETY: 64 bytes of integers.
unsafe impl FromZeros for Bucket {}
// SAFETY: 64 bytes of integers.
unsafe impl FromZeros for Values {}

/// A place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

/// How a bucket is compared with a key; the tiers' difference.
pub(super) trait Probe {
    /// The first slot of the bucket with this key, or 4 or more.
    fn find(bucket: &Bucket, key: Key) -> usize;
}

pub(super) struct Plain;

impl Probe for Plain {
    #[inline(always)]
    fn find(bucket: &Bucket, key: Key) -> usize {
        let equal = |slot: u128| u32::from((slot ^ key.0) & !COUNT == 0);
        let [a, b, c, d] = bucket.0.map(equal);
        (a | b << 1 | c << 2 | d << 3 | 1 << SLOTS).trailing_zeros() as usize
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) struct Avx512;

#[cfg(target_arch = "x86_64")]
impl Probe for Avx512 {
    /// Only code with AVX-512 calls this: `batch` sees to it.
    #[inline(always)]
    fn find(bucket: &Bucket, key: Key) -> usize {
        use std::arch::x86_64::*;
        // SAFETY: a bucket is 64 bytes, aligned to them, and a key 16; AVX-512 by this function's condition.
        unsafe {
            let slots = _mm512_load_si512((&raw const *bucket).cast());
            let key = _mm512_broadcast_i32x4(_mm_loadu_si128((&raw const key).cast()));
            let count = (COUNT >> 64) as i64;
            let compared = _mm512_set_epi64(!count, -1, !count, -1, !count, -1, !count, -1);
            let equal = u32::from(_mm512_testn_epi64_mask(_mm512_xor_si512(slots, key), compared));
            ((equal & equal >> 1 & 0x55) | 1 << 8).trailing_zeros() as usize / 2
        }
    }
}

/// Words with their ids.
pub(super) struct Table {
    /// A power of two of them, and as many of `values`.
    keys: Zeroed<Bucket>,
    values: Zeroed<Values>,
    shift: u32,
    words: usize,
    spilled: Vec<u32>,
    /// At most this many bytes, tables and `spilled` together.
    limit: usize,
}

const BYTES_A_BUCKET: usize = size_of::<Bucket>() + size_of::<Values>();

impl Table {
    /// A table that takes at most about `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        let mut table =
            Self { keys: Zeroed::new(1), values: Zeroed::new(1), shift: 0, words: 0, spilled: Vec::new(), limit };
        table.resize(FIRST.min(table.most_buckets()));
        table
    }

    /// Where the search for `key` begins.
    #[inline(always)]
    pub(super) fn home(&self, key: Key) -> usize {
        (key.hash() >> self.shift) as usize & (self.keys.len() - 1)
    }

    /// Asks for the memory of bucket `home`.
    #[inline(always)]
    pub(super) fn prefetch(&self, home: usize, values: bool) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a prefetch reads nothing; the pointers are in bounds all the same, because `home` is masked.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch(self.keys.as_ptr().wrapping_add(home).cast(), _MM_HINT_T0);
            if values {
                _mm_prefetch(self.values.as_ptr().wrapping_add(home).cast(), _MM_HINT_T0);
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (home, values);
    }

    /// The slot of `key` if it is in its first bucket, `home`.
    #[inline(always)]
    pub(super) fn find<P: Probe>(&self, home: usize, key: Key) -> Option<Slot> {
        let slot = P::find(&self.keys[home], key);
        (slot < SLOTS).then_some(Slot((home * SLOTS + slot) as u32))
    }

    /// The slot of `key`, and whether it was there; if not, one is taken for it, with no ids. `None` if no place is left.
    pub(super) fn find_or_take(&mut self, home: usize, key: Key) -> Option<(Slot, bool)> {
        let mask = self.keys.len() - 1;
        for at in (home..home + REACH).map(|at| at & mask) {
            for (slot, word) in self.keys[at].0.iter_mut().enumerate() {
                let found = Slot((at * SLOTS + slot) as u32);
                if (*word ^ key.0) & !COUNT == 0 {
                    return Some((found, true));
                }
                if *word == 0 {
                    *word = key.0;
                    self.words += 1;
                    return Some((found, false));
                }
            }
        }
        None
    }

    /// Sets the ids of the word at `slot`, once; it has at most 15.
    pub(super) fn fill(&mut self, slot: Slot, ids: &[u32]) {
        let (bucket, at) = (slot.0 as usize / SLOTS, slot.0 as usize % SLOTS);
        self.keys[bucket].0[at] |= (ids.len() as u128) << COUNT_SHIFT;
        let value = &mut self.values[bucket].0[at];
        if ids.len() <= INLINE {
            value[..ids.len()].copy_from_slice(ids);
        } else {
            value[0] = self.spilled.len() as u32;
            self.spilled.extend_from_slice(ids);
        }
    }

    /// How many ids the word at `slot` has.
    #[inline(always)]
    pub(super) fn count(&self, slot: Slot) -> usize {
        (self.keys[slot.0 as usize / SLOTS].0[slot.0 as usize % SLOTS] >> COUNT_SHIFT) as usize & 15
    }

    /// The ids of the word at `slot`: four, of which the count's are the word's, or all if there are more.
    #[inline(always)]
    pub(super) fn ids(&self, slot: Slot) -> (usize, Result<&[u32; INLINE], &[u32]>) {
        let count = self.count(slot);
        let value = &self.values[slot.0 as usize / SLOTS].0[slot.0 as usize % SLOTS];
        if count <= INLINE { (count, Ok(value)) } else { (count, Err(&self.spilled[value[0] as usize..][..count])) }
    }

    /// Makes room for `more` words: grows, or forgets every word if it may not grow. Slots are void afterwards.
    #[inline(always)]
    pub(super) fn reserve(&mut self, more: usize) {
        if (self.words + more) * 16 > self.keys.len() * SLOTS * FULL_OF_16 || self.spilled.len() > self.most_spilled() {
            self.make_room(more);
        }
    }

    #[cold]
    fn make_room(&mut self, more: usize) {
        // Four times larger at a time, so that all growing together moves each word 1/3 times on average.
        let wanted = ((self.words + more) * 16 / (SLOTS * FULL_OF_16) + 1).next_power_of_two().max(self.keys.len() * 4);
        let buckets = wanted.min(self.most_buckets());
        if buckets <= self.keys.len() || self.spilled.len() > self.most_spilled() {
            self.forget();
            return;
        }
        self.resize(buckets);
    }

    /// A vector grows by doubling, so that this takes a quarter of the limit at most.
    #[inline(always)]
    fn most_spilled(&self) -> usize {
        self.limit / 8 / size_of::<u32>()
    }

    fn most_buckets(&self) -> usize {
        // Half of the limit: while growing there is the smaller table too, and spilled ids have a quarter.
        let most = (self.limit / 2 / BYTES_A_BUCKET).max(FIRST / 4);
        1 << most.ilog2().min(28)
    }

    fn resize(&mut self, buckets: usize) {
        let keys = std::mem::replace(&mut self.keys, Zeroed::new(buckets));
        let values = std::mem::replace(&mut self.values, Zeroed::new(buckets));
        self.shift = (64 - buckets.trailing_zeros()) & 63;
        self.words = 0;
        for (words, values) in keys.iter().zip(values.iter()) {
            for (&word, value) in words.0.iter().zip(&values.0).filter(|(word, _)| **word != 0) {
                let key = Key(word & !COUNT);
                if let Some((slot, _)) = self.find_or_take(self.home(key), key) {
                    self.keys[slot.0 as usize / SLOTS].0[slot.0 as usize % SLOTS] = word;
                    self.values[slot.0 as usize / SLOTS].0[slot.0 as usize % SLOTS] = *value;
                }
            }
        }
    }

    /// Forgets every word, keeping the memory.
    pub(super) fn forget(&mut self) {
        self.keys.zero();
        self.spilled.clear();
        self.words = 0;
    }

    /// How many words are kept.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.keys.len() * BYTES_A_BUCKET + self.spilled.capacity() * size_of::<u32>()
    }
}
