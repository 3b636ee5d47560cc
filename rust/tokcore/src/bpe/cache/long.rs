//! The table of words too long for the short table's keys.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use crate::memory::prefetch;

/// Longer words are not kept: they seldom come again.
pub(super) const LONGEST: usize = 1023;
/// So that places in the table's parts have 32 bits.
const MOST_LIMIT: usize = 1 << 30;
/// Entries to begin with.
const FIRST: usize = 1 << 8;
/// From so many entries on the table only grows if words are found again, half as often at least as it has words: in texts
/// in any language it is twice and more.
const LARGE: usize = 1 << 14;

/// A place in the table, of its own making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LongSlot(u32);

/// Words with their ids, bounded in size.
pub(super) struct LongWords {
    hasher: DefaultHashBuilder,
    /// A power of two of them, or none.
    entries: Vec<Entry>,
    words: usize,
    /// How often a word was found since the table last grew or forgot.
    found: usize,
    bytes: Vec<u8>,
    ids: Vec<u32>,
    /// At most about this many bytes.
    limit: usize,
}

/// A word by its hash, and where its bytes and ids are. All zero is no word.
#[derive(Clone, Copy, Default)]
struct Entry {
    hash: u32,
    bytes_at: u32,
    ids_at: u32,
    len: u16,
    count: u16,
}

impl LongWords {
    pub(super) fn new(limit: usize) -> Self {
        let hasher = DefaultHashBuilder::default();
        let limit = limit.min(MOST_LIMIT);
        Self { hasher, entries: Vec::new(), words: 0, found: 0, bytes: Vec::new(), ids: Vec::new(), limit }
    }

    pub(super) fn hash(&self, word: &[u8]) -> u32 {
        (self.hasher.hash_one(word) >> 32) as u32
    }

    /// Asks for the memory of the first entry that may have a word of such a hash.
    pub(super) fn prefetch(&self, hash: u32) {
        prefetch(&self.entries, hash as usize & (self.entries.len() - 1));
    }

    /// Asks for the memory of the word that the entry tells of.
    pub(super) fn prefetch_word(&self, hash: u32) {
        let entry = self.entries[hash as usize & (self.entries.len() - 1)];
        if entry.hash == hash {
            prefetch(&self.bytes, entry.bytes_at as usize);
            prefetch(&self.ids, entry.ids_at as usize);
        }
    }

    /// The slot of `word`, 1 to [`LONGEST`] bytes with such a hash, and whether it was there; if not, one is taken for it,
    /// with no ids. There must be room.
    pub(super) fn find_or_take(&mut self, hash: u32, word: &[u8]) -> (LongSlot, bool) {
        let mask = self.entries.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let entry = &mut self.entries[at];
            let bytes = entry.bytes_at as usize;
            if entry.len == 0 {
                *entry = Entry { hash, bytes_at: self.bytes.len() as u32, len: word.len() as u16, ..Entry::default() };
                self.bytes.extend_from_slice(word);
                self.words += 1;
                return (LongSlot(at as u32), false);
            }
            if entry.hash == hash && self.bytes[bytes..bytes + usize::from(entry.len)] == *word {
                self.found += 1;
                return (LongSlot(at as u32), true);
            }
            at = (at + 1) & mask;
        }
    }

    /// Sets the ids of the word at `slot`, once.
    pub(super) fn fill(&mut self, slot: LongSlot, ids: &[u32]) {
        let entry = &mut self.entries[slot.0 as usize];
        (entry.ids_at, entry.count) = (self.ids.len() as u32, ids.len() as u16);
        self.ids.extend_from_slice(ids);
    }

    /// The ids of the word at `slot`.
    pub(super) fn ids(&self, slot: LongSlot) -> &[u32] {
        let entry = &self.entries[slot.0 as usize];
        &self.ids[entry.ids_at as usize..][..usize::from(entry.count)]
    }

    /// Makes room for `more` words: grows, or forgets every word if it may not grow or had better not. Slots are void
    /// afterwards.
    pub(super) fn make_room(&mut self, more: usize) {
        let len = ((self.words + more) * 2).next_power_of_two().max(FIRST);
        let is_full = len > self.entries.len();
        let is_worth_it = self.entries.len() < LARGE || self.found * 2 >= self.words;
        let may_grow = len == FIRST || len * size_of::<Entry>() <= self.limit / 2;
        if self.bytes() > self.limit || !may_grow || is_full && !is_worth_it {
            self.forget();
        }
        if (self.words + more) * 2 > self.entries.len() {
            self.grow(len);
        }
    }

    fn grow(&mut self, len: usize) {
        self.found = 0;
        let smaller = std::mem::replace(&mut self.entries, vec![Entry::default(); len]);
        for entry in smaller.into_iter().filter(|entry| entry.len > 0) {
            let mut at = entry.hash as usize & (len - 1);
            while self.entries[at].len > 0 {
                at = (at + 1) & (len - 1);
            }
            self.entries[at] = entry;
        }
    }

    /// Forgets every word.
    pub(super) fn forget(&mut self) {
        self.entries.fill(Entry::default());
        self.bytes.clear();
        self.ids.clear();
        (self.words, self.found) = (0, 0);
    }

    /// How many words are kept.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// The memory in use.
    pub(super) fn bytes(&self) -> usize {
        self.entries.len() * size_of::<Entry>() + self.bytes.len() + self.ids.len() * size_of::<u32>()
    }
}
