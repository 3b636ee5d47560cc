//! Words that are too long to be keys: found by a part of their hash, and compared byte by byte.

use super::distinct::Words;
use super::key::shard_of;
use super::shared::{Both, move_count, shared};
use crate::memory::prefetch;

/// Distinct words and how often each was seen.
pub(super) struct Long {
    /// Upper half: that of the hash. Lower half: the word's number. In the order of hashes, but for words whose place was
    /// taken.
    slots: Vec<u64>,
    words: Words,
}

/// What an empty slot has. Zeros would be taken from the system twice: when they are first read, and when first written to.
const EMPTY: u64 = u64::MAX;

/// How many words ahead the memory of those is asked for that come from another table.
const AHEAD: usize = 16;

#[inline(always)]
fn same_tag(slot: u64, hash: u64) -> bool {
    slot >> 32 == hash >> 32
}

#[inline(always)]
fn number(slot: u64) -> usize {
    slot as u32 as usize
}

impl Long {
    /// A table with room for so many words.
    pub(super) fn with_capacity(words: usize) -> Self {
        Self { slots: vec![EMPTY; (2 * words).next_power_of_two().max(64)], words: Words::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The memory in use for slots, and for words, in bytes.
    pub(super) fn memory(&self) -> [usize; 2] {
        [size_of_val(&self.slots[..]), self.words.memory()]
    }

    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        (hash >> (64 - self.slots.len().trailing_zeros())) as usize
    }

    /// Asks for the memory that looking a word up begins with.
    #[inline(always)]
    pub(super) fn expect(&self, hash: u64) {
        prefetch(&self.slots, self.home(hash));
    }

    /// Adds to the count of a word.
    #[inline(always)]
    pub(super) fn add(&mut self, hash: u64, word: &[u8], count: u64) {
        match self.find(hash, |number| self.words.word(number) == word) {
            Ok(at) => self.words.add(number(self.slots[at]), count),
            Err(at) => self.insert(at, hash, word, count),
        }
    }

    /// The slot of a word of this hash that is the one, or the empty slot that it belongs to.
    #[inline(always)]
    fn find(&self, hash: u64, is_it: impl Fn(usize) -> bool) -> Result<usize, usize> {
        let mut at = self.home(hash);
        while self.slots[at] != EMPTY {
            if same_tag(self.slots[at], hash) && is_it(number(self.slots[at])) {
                return Ok(at);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        Err(at)
    }

    #[inline(never)]
    fn insert(&mut self, at: usize, hash: u64, word: &[u8], count: u64) {
        self.slots[at] = hash >> 32 << 32 | self.words.len() as u64;
        self.words.push(word, count);
        if self.words.len() * 5 > self.slots.len() * 3 {
            let slots = vec![EMPTY; self.slots.len() * 2];
            for slot in std::mem::replace(&mut self.slots, slots).into_iter().filter(|&slot| slot != EMPTY) {
                if let Err(at) = self.find(slot, |_| false) {
                    self.slots[at] = slot;
                }
            }
        }
    }

    /// The words that have a count.
    pub(super) fn finish(self) -> Words {
        let mut words = self.words;
        words.drop_uncounted();
        words
    }

    /// Adds the words of another table that belong to one of `shards` equal shards.
    pub(super) fn add_shard(&mut self, other: &Self, shard: usize, shards: usize) {
        let is_mine = |&slot: &u64| slot != EMPTY && shard_of(slot >> 32, shards) == shard;
        let mine: Vec<u64> = other.slots.iter().copied().filter(is_mine).collect();
        for (index, &slot) in mine.iter().enumerate() {
            if let Some(&ahead) = mine.get(index + AHEAD) {
                self.expect(ahead);
                other.words.expect(number(ahead));
            }
            self.add(slot, other.words.word(number(slot)), other.words.count(number(slot)));
        }
    }

    /// Moves the counts of words that both have to one of them.
    pub(super) fn part(&mut self, other: &mut Self, threads: usize) {
        let find = |theirs: usize| {
            let slot = other.slots[theirs];
            if slot == EMPTY { None } else { self.find(slot, |_| true).ok() }
        };
        let confirm = |(_, theirs): Both, ahead: Option<Both>| {
            if let Some((mine, theirs)) = ahead {
                self.words.expect(number(self.slots[mine]));
                other.words.expect(number(other.slots[theirs]));
            }
            let slot = other.slots[theirs];
            let word = other.words.word(number(slot));
            Some((self.find(slot, |number| self.words.word(number) == word).ok()?, theirs))
        };
        for (mine, theirs) in shared(other.slots.len(), threads, find, confirm).into_iter().flatten() {
            let (slot, mine) = (other.slots[theirs], number(self.slots[mine]));
            move_count(self.words.count_mut(mine), other.words.count_mut(number(slot)), slot >> 32);
        }
    }
}
