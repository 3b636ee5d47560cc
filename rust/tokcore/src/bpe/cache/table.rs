//! The table of short words: words of up to 15 bytes with their ids, bounded in size.
#![allow(unsafe_code)]

use super::batch::CHUNK;
use super::key::{Bucket, Entry, Home, INLINE, Key, Probe, SLOTS};
use super::zeroed::Zeroed;
use crate::memory::prefetch_ahead;

/// How many buckets are searched for a word. One that finds no place in them is not kept.
const REACH: usize = 8;
/// Buckets to begin with: 4,096 words, 128 kB.
const FIRST: usize = 1 << 11;
/// Buckets to go on with: 2 MiB.
const SECOND: usize = 1 << 15;
/// Buckets for much text: 8 MiB.
const THIRD: usize = 1 << 17;
/// The largest table has 2^26 buckets, 4 GiB, so that the place of each has 32 bits.
const MOST_BITS: u32 = 26;
/// A table of up to [`SECOND`] buckets grows when more of its slots than this, of 16, are taken: the second-level cache has
/// it, so that another bucket is soon looked at.
const FULL_OF_16: usize = 10;
/// As much of a larger one, where looking on is waiting for memory.
const LARGE_FULL_OF_16: usize = 8;

/// A large table grows if words were found so many times as often as it has words. In texts in any language it is ten
/// times and more; a text of random letters is looked up faster, and in less memory, in a small one that often forgets.
const WORTH: u64 = 4;

/// A place in the table, of its own making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

/// Where a word is.
pub(super) enum Found {
    At(Slot),
    /// It was nowhere, but now has a place.
    New(Slot),
    /// There is no place for it.
    Nowhere,
}

/// Words with their ids.
pub(super) struct Table {
    /// A power of two of them.
    buckets: Zeroed<Bucket>,
    shift: u32,
    words: usize,
    /// The ids of words that have more than an entry holds.
    spilled: Vec<u32>,
    /// At most this many bytes, buckets and `spilled` together.
    limit: usize,
}

impl Table {
    /// A table that takes at most about `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        let buckets = FIRST.min(most_buckets(limit));
        Self { buckets: Zeroed::new(buckets), shift: shift(buckets), words: 0, spilled: Vec::new(), limit }
    }

    /// Where the search for `key` begins.
    #[inline(always)]
    pub(super) fn home<P: Probe>(&self, key: Key) -> Home {
        Home::new(P::hash(key), self.shift)
    }

    /// [`home`](Self::home) of each key.
    #[inline(always)]
    pub(super) fn homes<P: Probe>(&self, keys: &[Key; CHUNK], homes: &mut [Home; CHUNK]) {
        P::homes(keys, self.shift, homes);
    }

    /// Asks for the memory of bucket `home`.
    #[inline(always)]
    pub(super) fn prefetch(&self, home: Home) {
        prefetch_ahead(self.buckets.as_ptr(), home.bytes());
    }

    /// The buckets, which [`Home::bucket`] wants.
    #[inline(always)]
    pub(super) fn buckets(&self) -> *const Bucket {
        self.buckets.start()
    }

    /// The numbers of the buckets that are searched from `home` on.
    fn reach(&self, home: Home) -> impl Iterator<Item = usize> + use<> {
        let (first, mask) = (home.bytes() / size_of::<Bucket>(), self.buckets.len() - 1);
        (first..first + REACH).map(move |at| at & mask)
    }

    /// Where `key` is, in whatever bucket from `home` on; if it is nowhere, a place is taken for it, without ids.
    pub(super) fn find_or_take(&mut self, home: Home, key: Key) -> Found {
        for bucket in self.reach(home) {
            for (at, entry) in self.buckets[bucket].0.iter_mut().enumerate() {
                let slot = Slot((bucket * SLOTS + at) as u32);
                if *entry == Entry::NONE {
                    *entry = Entry::without_ids(key);
                    self.words += 1;
                    return Found::New(slot);
                }
                if entry.key() == key {
                    return Found::At(slot);
                }
            }
        }
        Found::Nowhere
    }

    /// The entry at `slot`.
    pub(super) fn entry(&self, slot: Slot) -> &Entry {
        &self.buckets[slot.0 as usize / SLOTS].0[slot.0 as usize % SLOTS]
    }

    /// Sets the ids of the word at `slot`, once; it has 1 to 15.
    pub(super) fn fill(&mut self, slot: Slot, ids: &[u32]) {
        let at = self.spilled.len() as u32;
        let entry = self.entry_mut(slot);
        if ids.len() <= INLINE {
            entry.set_ids(ids);
        } else {
            entry.set_spilled(at, ids.len() as u32);
            self.spilled.extend_from_slice(ids);
        }
    }

    fn entry_mut(&mut self, slot: Slot) -> &mut Entry {
        &mut self.buckets[slot.0 as usize / SLOTS].0[slot.0 as usize % SLOTS]
    }

    /// The ids of the word at `slot`, which has been filled.
    pub(super) fn ids(&self, slot: Slot) -> &[u32] {
        let entry = self.entry(slot);
        match entry.spilled() {
            Some((at, count)) => &self.spilled[at as usize..][..count as usize],
            None => {
                let (ids, count) = entry.ids();
                &ids[..count]
            }
        }
    }

    /// Whether it should grow before it takes `more` words, or forget.
    pub(super) fn is_full_for(&self, more: usize) -> bool {
        self.words + more > most_words(self.buckets.len()) || self.spilled.len() > self.most_spilled()
    }

    /// Whether it had better grow than forget, now that `found` words were found since it last did either.
    pub(super) fn is_worth_growing(&self, found: u64) -> bool {
        self.buckets.len() < SECOND || found >= WORTH * self.words as u64
    }

    /// Makes room for `more` words: grows, or forgets every word if it may not grow. Slots are void afterwards. Inlined for
    /// its tier's instructions.
    #[inline(always)]
    pub(super) fn make_room<P: Probe>(&mut self, more: usize) {
        // Four times larger at a time, so that all growing together moves each word 1/3 times on average.
        let mut wanted = (self.buckets.len() * 4).max(SECOND);
        while most_words(wanted) < self.words + more {
            wanted *= 2;
        }
        let buckets = wanted.min(most_buckets(self.limit));
        if buckets <= self.buckets.len() || self.spilled.len() > self.most_spilled() {
            self.forget();
        } else {
            self.grow::<P>(buckets);
        }
    }

    /// Whether it may be larger than it is, and as large as [`grow_large`](Self::grow_large) makes it.
    pub(super) fn may_be_large(&self) -> bool {
        self.buckets.len() < THIRD && THIRD <= most_buckets(self.limit)
    }

    /// Makes it as large as much text needs. Slots are void afterwards.
    #[inline(always)]
    pub(super) fn grow_large<P: Probe>(&mut self) {
        self.grow::<P>(THIRD);
    }

    #[inline(always)]
    fn grow<P: Probe>(&mut self, buckets: usize) {
        let smaller = std::mem::replace(&mut self.buckets, Zeroed::new(buckets));
        (self.shift, self.words) = (shift(buckets), 0);
        for entry in smaller.iter().flat_map(|bucket| &bucket.0).filter(|entry| **entry != Entry::NONE) {
            // A word that finds no place in the larger table is let go.
            if let Found::New(slot) = self.find_or_take(self.home::<P>(entry.key()), entry.key()) {
                *self.entry_mut(slot) = *entry;
            }
        }
    }

    /// A vector grows by doubling, so that this takes a quarter of the limit at most.
    #[inline(always)]
    fn most_spilled(&self) -> usize {
        self.limit / 8 / size_of::<u32>()
    }

    /// Forgets every word, keeping the memory.
    pub(super) fn forget(&mut self) {
        self.buckets.zero();
        self.spilled.clear();
        self.words = 0;
    }

    /// How many words are kept.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.buckets.len() * size_of::<Bucket>() + self.spilled.capacity() * size_of::<u32>()
    }
}

/// A table that grows may take half of the limit: while it does there is the smaller one too, and spilled ids have a
/// quarter.
fn most_buckets(limit: usize) -> usize {
    let most = (limit / 2 / size_of::<Bucket>()).max(FIRST / 4);
    1 << most.ilog2().min(MOST_BITS)
}

/// How many words may be in so many buckets.
#[inline(always)]
fn most_words(buckets: usize) -> usize {
    let full = if buckets > SECOND { LARGE_FULL_OF_16 } else { FULL_OF_16 };
    buckets * SLOTS * full / 16
}

/// What leaves of a hash the number of one of `buckets`, of which there are more than one.
fn shift(buckets: usize) -> u32 {
    u64::BITS - buckets.trailing_zeros()
}
