//! The table of words too long for the short table's keys.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Longer words are not kept: they seldom come again.
pub(super) const LONGEST: usize = 255;

/// Words with their ids, bounded in size.
pub(super) struct LongWords {
    hasher: DefaultHashBuilder,
    table: HashTable<Entry>,
    bytes: Vec<u8>,
    ids: Vec<u32>,
    /// At most about this many bytes.
    limit: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    bytes_at: u32,
    ids_at: u32,
    len: u16,
    count: u16,
}

impl LongWords {
    pub(super) fn new(limit: usize) -> Self {
        let hasher = DefaultHashBuilder::default();
        Self { hasher, table: HashTable::new(), bytes: Vec::new(), ids: Vec::new(), limit }
    }

    /// The ids of `word`; if it is not kept, `encode` appends them to the vector it is given.
    pub(super) fn ids(&mut self, word: &[u8], encode: impl FnOnce(&mut Vec<u32>)) -> (&[u32], bool) {
        let hash = self.hasher.hash_one(word);
        let same = |entry: &Entry| {
            let at = entry.bytes_at as usize;
            usize::from(entry.len) == word.len() && self.bytes[at..at + word.len()] == *word
        };
        if let Some(&Entry { ids_at, count, .. }) = self.table.find(hash, same) {
            return (&self.ids[ids_at as usize..][..usize::from(count)], true);
        }
        if self.bytes() + word.len() * 8 > self.limit {
            self.forget();
        }
        let (bytes_at, ids_at) = (self.bytes.len() as u32, self.ids.len());
        encode(&mut self.ids);
        self.bytes.extend_from_slice(word);
        let count = (self.ids.len() - ids_at) as u16;
        let entry = Entry { hash, bytes_at, ids_at: ids_at as u32, len: word.len() as u16, count };
        self.table.insert_unique(hash, entry, |entry| entry.hash);
        (&self.ids[ids_at..], false)
    }

    /// Forgets every word.
    pub(super) fn forget(&mut self) {
        self.table.clear();
        self.bytes.clear();
        self.ids.clear();
    }

    /// How many words are kept.
    pub(super) fn words(&self) -> usize {
        self.table.len()
    }

    /// The memory in use.
    pub(super) fn bytes(&self) -> usize {
        self.table.allocation_size() + self.bytes.len() + self.ids.len() * size_of::<u32>()
    }
}
