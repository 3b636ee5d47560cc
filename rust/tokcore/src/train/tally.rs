//! Counts of pairs over a whole shard, before they have numbers.

use super::memory::{filled, prefetch};

/// One pair's sum: by weight, and how many places it has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    /// Left id, right id, and 1 more, so that 0 is an empty slot.
    key: u64,
    pub(super) weight: u64,
    /// How many places it has; when lists are made, where the next one is written.
    pub(super) places: usize,
    /// Its number, once it has one.
    pub(super) number: u32,
}

impl Entry {
    /// The same with a number.
    pub(super) fn with_number(self, number: u32) -> Self {
        Self { number, ..self }
    }

    pub(super) fn pair(&self) -> (u32, u32) {
        let order = self.key - 1;
        ((order >> 32) as u32, order as u32)
    }
}

/// Ids below this are the single bytes, in a vocabulary that starts from them.
const BYTES: u32 = 256;

/// Pairs of bytes in a plain table, others in a hash table.
pub(super) struct Tally {
    bytes: Vec<Entry>,
    entries: Vec<Entry>,
    used: usize,
}

#[inline(always)]
fn key(left: u32, right: u32) -> u64 {
    (u64::from(left) << 32 | u64::from(right)) + 1
}

impl Tally {
    /// A tally with room for about so many pairs of longer tokens.
    pub(super) fn with_capacity(pairs: usize) -> Self {
        let bytes = vec![Entry::default(); (BYTES * BYTES) as usize];
        let size = (2 * pairs).next_power_of_two().max(1 << 12);
        Self { bytes, entries: filled(size, Entry::default()), used: 0 }
    }

    /// How many pairs of longer tokens there are.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    #[inline(always)]
    fn home(&self, key: u64) -> usize {
        let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> (64 - self.entries.len().trailing_zeros())) as usize
    }

    /// Asks for the memory that looking (left, right) up begins with.
    #[inline(always)]
    pub(super) fn expect(&self, left: u32, right: u32) {
        if left.max(right) >= BYTES {
            prefetch(&self.entries, self.home(key(left, right)));
        }
    }

    /// Adds to the sums of a pair.
    #[inline(always)]
    pub(super) fn add(&mut self, left: u32, right: u32, weight: u64, places: usize) {
        let entry = if left.max(right) < BYTES {
            &mut self.bytes[(left * BYTES + right) as usize]
        } else {
            if self.used * 3 > self.entries.len() * 2 {
                self.grow();
            }
            let at = self.slot(key(left, right));
            self.used += usize::from(self.entries[at].key == 0);
            &mut self.entries[at]
        };
        entry.key = key(left, right);
        entry.weight = entry.weight.saturating_add(weight);
        entry.places += places;
    }

    /// The sums of a pair, if it was ever added to.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, left: u32, right: u32) -> Option<&mut Entry> {
        let entry = if left.max(right) < BYTES {
            &mut self.bytes[(left * BYTES + right) as usize]
        } else {
            let at = self.slot(key(left, right));
            &mut self.entries[at]
        };
        Some(entry).filter(|entry| entry.key != 0)
    }

    /// The same, to read.
    pub(super) fn get(&self, (left, right): (u32, u32)) -> Option<&Entry> {
        let entry = if left.max(right) < BYTES {
            &self.bytes[(left * BYTES + right) as usize]
        } else {
            &self.entries[self.slot(key(left, right))]
        };
        Some(entry).filter(|entry| entry.key != 0)
    }

    /// All pairs.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.bytes.iter_mut().chain(&mut self.entries).filter(|entry| entry.key != 0)
    }

    /// How many indices [`Tally::at`] has.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len() + self.entries.len()
    }

    /// The pair at an index of the table, if there is one.
    pub(super) fn at(&self, index: usize) -> Option<Entry> {
        let entry = self.bytes.get(index).or_else(|| self.entries.get(index - self.bytes.len()));
        entry.copied().filter(|entry| entry.key != 0)
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
        let old = std::mem::replace(&mut self.entries, filled(size, Entry::default()));
        for entry in old.into_iter().filter(|entry| entry.key != 0) {
            let at = self.slot(entry.key);
            self.entries[at] = entry;
        }
    }
}
