//! Distinct words with their counts, one after another.

use std::ops::Range;

use crate::memory::prefetch;

/// Distinct words with their counts, in no particular order.
#[derive(Default, Clone)]
pub(in super::super) struct Words {
    /// The words' bytes, one word after another.
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Where the word begins; it ends where the next one does so.
    start: usize,
    count: u64,
}

impl Words {
    /// The memory that a word of up to 15 bytes takes at most.
    pub(super) const MOST_OF_SHORT: usize = size_of::<Entry>() + 15;

    pub(in super::super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many bytes the words have.
    pub(in super::super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The memory taken, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    #[inline]
    pub(in super::super) fn word(&self, index: usize) -> &[u8] {
        let end = self.entries.get(index + 1).map_or(self.bytes.len(), |next| next.start);
        &self.bytes[self.entries[index].start..end]
    }

    #[inline]
    pub(in super::super) fn count(&self, index: usize) -> u64 {
        self.entries[index].count
    }

    pub(super) fn count_mut(&mut self, index: usize) -> &mut u64 {
        &mut self.entries[index].count
    }

    /// Adds to the count of a word that is there.
    #[inline(always)]
    pub(super) fn add(&mut self, index: usize, count: u64) {
        let sum = &mut self.entries[index].count;
        *sum = sum.saturating_add(count);
    }

    /// Adds a word that is not there.
    #[inline(always)]
    pub(in super::super) fn push(&mut self, word: &[u8], count: u64) {
        self.entries.push(Entry { start: self.bytes.len(), count });
        self.bytes.extend_from_slice(word);
    }

    /// Makes room for so many more words.
    pub(super) fn reserve(&mut self, words: usize) {
        self.entries.reserve_exact(words);
    }

    /// Asks for the place that says where a word's bytes are.
    #[inline(always)]
    pub(in super::super) fn expect_entry(&self, index: usize) {
        prefetch(&self.entries, index);
    }

    /// Asks for the bytes of a word.
    #[inline(always)]
    pub(in super::super) fn expect(&self, index: usize) {
        prefetch(&self.bytes, self.entries[index].start);
    }

    /// Some of the words, by the order in which they stand.
    pub(in super::super) fn range(&self, range: Range<usize>) -> impl Iterator<Item = (&[u8], u64)> {
        range.map(|index| (self.word(index), self.count(index)))
    }

    /// Forgets the words whose count is 0.
    pub(super) fn drop_uncounted(&mut self) {
        let Some(first) = self.entries.iter().position(|entry| entry.count == 0) else { return };
        let (mut kept, mut end) = (first, self.entries[first].start);
        for index in first + 1..self.entries.len() {
            let Entry { start, count } = self.entries[index];
            if count > 0 {
                let stop = self.entries.get(index + 1).map_or(self.bytes.len(), |next| next.start);
                self.bytes.copy_within(start..stop, end);
                self.entries[kept] = Entry { start: end, count };
                (kept, end) = (kept + 1, end + stop - start);
            }
        }
        self.entries.truncate(kept);
        self.bytes.truncate(end);
    }
}
