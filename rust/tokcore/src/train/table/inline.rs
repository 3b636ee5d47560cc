//! Words that are their own keys.

use super::key::{Key, shard_of};
use super::shared::{move_count, shared};
use crate::memory::prefetch;

#[derive(Clone, Copy)]
struct Slot<K> {
    key: K,
    count: u64,
}

/// Distinct words and how often each was seen.
pub(super) struct Inline<K> {
    /// In the order of hashes, but for words whose place was taken.
    slots: Vec<Slot<K>>,
    used: usize,
}

impl<K: Key> Inline<K> {
    const EMPTY: Slot<K> = Slot { key: K::NONE, count: 0 };

    /// A table with room for so many words.
    pub(super) fn with_capacity(words: usize) -> Self {
        Self { slots: vec![Self::EMPTY; (2 * words).next_power_of_two().max(64)], used: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// The memory in use, in bytes.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&self.slots[..])
    }

    #[inline(always)]
    fn home(&self, key: K) -> usize {
        (key.hash() >> (64 - self.slots.len().trailing_zeros())) as usize
    }

    /// Asks for the memory that looking a word up begins with.
    #[inline(always)]
    pub(super) fn expect(&self, key: K) {
        prefetch(&self.slots, self.home(key));
    }

    /// The slot that has a key, or the empty one that it belongs to.
    #[inline(always)]
    fn slot(&self, key: K) -> usize {
        let mut at = self.home(key);
        while self.slots[at].key != key && self.slots[at].key != K::NONE {
            at = (at + 1) & (self.slots.len() - 1);
        }
        at
    }

    /// Adds to the count of a word.
    #[inline(always)]
    pub(super) fn add(&mut self, key: K, count: u64) {
        let at = self.slot(key);
        let slot = &mut self.slots[at];
        slot.count = slot.count.saturating_add(count);
        if slot.key == K::NONE {
            slot.key = key;
            self.inserted();
        }
    }

    #[inline(never)]
    fn inserted(&mut self) {
        self.used += 1;
        if self.used * 5 > self.slots.len() * 3 {
            let slots = vec![Self::EMPTY; self.slots.len() * 2];
            for slot in std::mem::replace(&mut self.slots, slots) {
                if slot.key != K::NONE {
                    let at = self.slot(slot.key);
                    self.slots[at] = slot;
                }
            }
        }
    }

    /// Calls `visit` with each word and its count, if it has one.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&[u8], u64)) {
        for slot in self.slots.iter().filter(|slot| slot.count > 0) {
            slot.key.show(|word| visit(word, slot.count));
        }
    }

    /// Adds the words of another table that belong to one of `shards` equal shards.
    pub(super) fn add_shard(&mut self, other: &Self, shard: usize, shards: usize) {
        let is_mine = |slot: &&Slot<K>| slot.key != K::NONE && shard_of(slot.key.hash(), shards) == shard;
        other.slots.iter().filter(is_mine).for_each(|slot| self.add(slot.key, slot.count));
    }

    /// Moves the counts of words that both have to one of them.
    pub(super) fn part(&mut self, other: &mut Self, threads: usize) {
        let find = |theirs: usize| {
            let key = other.slots[theirs].key;
            let mine = self.slot(key);
            (key != K::NONE && self.slots[mine].key == key).then_some(mine)
        };
        for (mine, theirs) in shared(other.slots.len(), threads, find, |both, _| Some(both)).into_iter().flatten() {
            let mine = &mut self.slots[mine];
            move_count(&mut mine.count, &mut other.slots[theirs].count, mine.key.hash());
        }
    }
}
