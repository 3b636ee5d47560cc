//! Counts of pairs over a whole shard, before they have numbers.

use super::outcome::UNFOLLOWED;
use crate::memory::prefetch;

/// One pair's sum: by weight, and how many places it has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// Left id, right id, and 1 more, so that 0 is an empty slot.
    key: u64,
    pub(super) weight: u64,
    /// How many places it has; when lists are made, where the next one is written.
    pub(super) places: u32,
    /// Its number, once it has one.
    pub(super) number: u32,
}

impl Entry {
    pub(super) fn new(left: u32, right: u32, weight: u64, places: u32) -> Self {
        Self { key: key(left, right), weight, places, number: UNFOLLOWED }
    }

    pub(super) fn pair(&self) -> (u32, u32) {
        let order = self.key - 1;
        ((order >> 32) as u32, order as u32)
    }
}

#[inline(always)]
fn key(left: u32, right: u32) -> u64 {
    (u64::from(left) << 32 | u64::from(right)) + 1
}

/// A hash table of pairs.
pub(super) struct Tally {
    entries: Vec<Entry>,
    used: usize,
}

impl Tally {
    /// A tally with room for about so many pairs.
    pub(super) fn with_capacity(pairs: usize) -> Self {
        let size = (2 * pairs).next_power_of_two().max(1 << 12);
        Self { entries: vec![Entry::default(); size], used: 0 }
    }

    #[inline(always)]
    fn home(&self, key: u64) -> usize {
        let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> (64 - self.entries.len().trailing_zeros())) as usize
    }

    /// Asks for the memory that looking (left, right) up begins with.
    #[inline(always)]
    pub(super) fn expect(&self, left: u32, right: u32) {
        prefetch(&self.entries, self.home(key(left, right)));
    }

    /// Adds to the sums of a pair.
    #[inline(always)]
    pub(super) fn add(&mut self, left: u32, right: u32, weight: u64, places: u32) {
        if self.used * 3 > self.entries.len() * 2 {
            self.grow();
        }
        let at = self.slot(key(left, right));
        let entry = &mut self.entries[at];
        if entry.key == 0 {
            self.used += 1;
            *entry = Entry::new(left, right, weight, places);
        } else {
            entry.weight = entry.weight.saturating_add(weight);
            entry.places += places;
        }
    }

    /// The sums of a pair, if it was ever added to.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, left: u32, right: u32) -> Option<&mut Entry> {
        let at = self.slot(key(left, right));
        Some(&mut self.entries[at]).filter(|entry| entry.key != 0)
    }

    /// An entry of the same pair with the number that this one has, if it has one.
    pub(super) fn numbered(&self, entry: Entry) -> Option<Entry> {
        let number = self.entries[self.slot(entry.key)].number;
        (number != UNFOLLOWED).then_some(Entry { number, ..entry })
    }

    /// All pairs.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut().filter(|entry| entry.key != 0)
    }

    /// All pairs, in memory of the table, the rest of which is given back.
    pub(super) fn into_entries(mut self) -> Vec<Entry> {
        self.entries.retain(|entry| entry.key != 0);
        self.entries.shrink_to_fit();
        self.entries
    }

    #[inline(always)]
    fn slot(&self, key: u64) -> usize {
        let mut at = self.home(key);
        while self.entries[at].key != key && self.entries[at].key != 0 {
            at = (at + 1) & (self.entries.len() - 1);
        }
        at
    }

    fn grow(&mut self) {
        let size = self.entries.len() * 2;
        let old = std::mem::replace(&mut self.entries, vec![Entry::default(); size]);
        for entry in old.into_iter().filter(|entry| entry.key != 0) {
            let at = self.slot(entry.key);
            self.entries[at] = entry;
        }
    }
}
