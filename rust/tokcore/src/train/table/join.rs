//! Tables that share words -> tables that do not, in place.

use super::key::{HASHED, shard_of};
use super::{Table, home};
use crate::memory::prefetch;
use crate::threads::parallel;

/// How many words ahead their bytes are asked for.
const AHEAD: usize = 16;

/// Moves every count to one table of those that have the word; the others keep it with a count of 0. Each pair of
/// tables is run through side by side, as slots are in the order of their keys' hashes: a merge join, a part of it on each
/// of as many threads as there are tables.
pub(in super::super) fn part(tables: &mut [Table]) {
    let threads = tables.len();
    for i in 1..threads {
        let (before, rest) = tables.split_at_mut(i);
        before.iter_mut().for_each(|table| table.part(&mut rest[0], threads));
    }
}

impl Table {
    fn part(&mut self, other: &mut Self, threads: usize) {
        for (mine, theirs) in self.shared(other, threads).into_iter().flatten() {
            // A word that one of two tables has lost is in no two places any more.
            if self.count(mine) == 0 || other.count(theirs) == 0 {
                continue;
            }
            // Half of the words go each way, so that tables stay of a size.
            if shard_of(other.slots[theirs].key(), 2) == 0 {
                self.move_count(mine, other, theirs);
            } else {
                other.move_count(theirs, self, mine);
            }
        }
    }

    /// The slots, here and in the other table, of the words that both have.
    fn shared(&self, other: &Self, threads: usize) -> Vec<Vec<(usize, usize)>> {
        let start = |part| other.slots.len() * part / threads;
        parallel(0..threads, |part| {
            let theirs = (start(part)..start(part + 1)).filter(|&at| !other.slots[at].is_empty());
            let alike = theirs.filter_map(|at| Some((self.find(other.slots[at].key(), |_| true)?, at)));
            let alike: Vec<_> = alike.collect();
            let same = alike.iter().enumerate().filter_map(|(i, &(mine, theirs))| {
                if let Some(&(mine, theirs)) = alike.get(i + AHEAD) {
                    self.expect_word(mine);
                    other.expect_word(theirs);
                }
                let (key, word) = (other.slots[theirs].key(), other.word(theirs));
                if key < HASHED || self.word(mine) == word {
                    return Some((mine, theirs));
                }
                Some((self.find(key, |at| self.word(at) == word)?, theirs))
            });
            same.collect()
        })
    }

    /// The first slot that has a key and is the one.
    #[inline(always)]
    fn find(&self, key: u128, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let mut at = home(&self.slots, key);
        while !self.slots[at].is_empty() {
            if self.slots[at].key() == key && is_it(at) {
                return Some(at);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    fn word(&self, at: usize) -> &[u8] {
        let word = self.slots[at].word as usize;
        &self.bytes[self.starts[word]..self.starts[word + 1]]
    }

    /// Asks for the bytes of a slot's word if its key does not hold them.
    #[inline(always)]
    fn expect_word(&self, at: usize) {
        if self.slots[at].key() >= HASHED {
            prefetch(&self.bytes, self.starts[self.slots[at].word as usize]);
        }
    }

    fn count(&self, at: usize) -> u64 {
        let slot = &self.slots[at];
        self.large.get(&slot.word).copied().unwrap_or(0).saturating_add(slot.count.into())
    }

    /// Takes over the count of the same word in another table.
    fn move_count(&mut self, mine: usize, other: &mut Self, theirs: usize) {
        let count = other.count(theirs);
        let slot = &mut other.slots[theirs];
        slot.count = 0;
        if !other.large.is_empty() {
            other.large.remove(&slot.word);
        }
        self.increase(mine, count);
    }
}
