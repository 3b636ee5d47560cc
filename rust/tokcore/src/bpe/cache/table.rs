//! The table of short words: words of up to 15 bytes with their ids, bounded in size.
#![allow(unsafe_code)]

use super::key::{Bucket, Entry, Key, Plain, Probe, SLOTS};
use super::memory::{FromZeros, Zeroed};

/// Ids kept beside an entry that has not its only id in it; words with more have theirs in `spilled`.
pub(super) const INLINE: usize = 4;
/// How many buckets are searched for a word. One that finds no place in them is not kept.
const REACH: usize = 8;
/// Buckets to begin with: 4,096 words, 128 kB.
const FIRST: usize = 1 << 10;
/// The table grows when more of its slots than this, of 16, are taken.
const FULL_OF_16: usize = 10;

/// The ids of four words: up to four of each, or where in `spilled` they are.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Values([[u32; INLINE]; SLOTS]);

// SAFETY: 64 bytes of integers.
unsafe impl FromZeros for Values {}

/// A place in the table, of its own making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    bucket: u32,
    at: u8,
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
    pub(super) fn prefetch(&self, home: usize) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a prefetch reads nothing; the pointer is in bounds all the same, because `home` is masked.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch(self.keys.as_ptr().wrapping_add(home).cast(), _MM_HINT_T0);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = home;
    }

    /// The slot of `key` if it is in its first bucket, `home`.
    #[inline(always)]
    pub(super) fn find<P: Probe>(&self, home: usize, key: Key) -> Option<Slot> {
        let at = P::find(&self.keys[home], key);
        (at < SLOTS).then_some(Slot { bucket: home as u32, at: at as u8 })
    }

    /// The slot of `key`, in whatever bucket.
    pub(super) fn find_anywhere(&self, home: usize, key: Key) -> Option<Slot> {
        let mask = self.keys.len() - 1;
        for at in (home..home + REACH).map(|at| at & mask) {
            let slot = self.find::<Plain>(at, key);
            if slot.is_some() || self.keys[at].0[SLOTS - 1] == Entry::NONE {
                return slot;
            }
        }
        None
    }

    /// The slot of `key`, and whether it was there; if not, one is taken for it, with no ids. `None` if no place is left.
    pub(super) fn find_or_take(&mut self, home: usize, key: Key) -> Option<(Slot, bool)> {
        let mask = self.keys.len() - 1;
        for bucket in (home..home + REACH).map(|at| at & mask) {
            for (at, entry) in self.keys[bucket].0.iter_mut().enumerate() {
                let slot = Slot { bucket: bucket as u32, at: at as u8 };
                if entry.is(key) {
                    return Some((slot, true));
                }
                if *entry == Entry::NONE {
                    *entry = Entry::without_ids(key);
                    self.words += 1;
                    return Some((slot, false));
                }
            }
        }
        None
    }

    /// Sets the ids of the word at `slot`, once; it has 1 to 15.
    pub(super) fn fill(&mut self, slot: Slot, ids: &[u32]) {
        let (bucket, at) = (slot.bucket as usize, usize::from(slot.at));
        if !self.keys[bucket].0[at].set_ids(ids) {
            return;
        }
        let value = &mut self.values[bucket].0[at];
        if ids.len() <= INLINE {
            value[..ids.len()].copy_from_slice(ids);
        } else {
            value[0] = self.spilled.len() as u32;
            self.spilled.extend_from_slice(ids);
        }
    }

    #[inline(always)]
    pub(super) fn entry(&self, slot: Slot) -> Entry {
        self.keys[slot.bucket as usize].0[usize::from(slot.at) % SLOTS]
    }

    /// The ids of the word at `slot`, whose entry has none: all of them if there are up to four, besides those anything.
    #[inline(always)]
    pub(super) fn four(&self, slot: Slot) -> &[u32; INLINE] {
        &self.values[slot.bucket as usize].0[usize::from(slot.at) % SLOTS]
    }

    /// Calls `take` with the ids of the word at `slot`.
    pub(super) fn with_ids(&self, slot: Slot, take: impl FnOnce(&[u32])) {
        let entry = self.entry(slot);
        let count = entry.further_ids() + 1;
        match self.four(slot) {
            _ if entry.has_id() => take(&[entry.id()]),
            four if count <= INLINE => take(&four[..count]),
            four => take(&self.spilled[four[0] as usize..][..count]),
        }
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
        for (entries, values) in keys.iter().zip(values.iter()) {
            for (&entry, value) in entries.0.iter().zip(&values.0).filter(|(entry, _)| **entry != Entry::NONE) {
                let key = entry.key();
                // A word that finds no place in the larger table is let go.
                if let Some((slot, _)) = self.find_or_take(self.home(key), key) {
                    self.keys[slot.bucket as usize].0[usize::from(slot.at)] = entry;
                    if !entry.has_id() {
                        self.values[slot.bucket as usize].0[usize::from(slot.at)] = *value;
                    }
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
