//! Tables that share words -> tables that do not, in place.

use super::key::{HASHED, shard_of};
use super::{Slot, Table, home, is_word};
use crate::threads::parallel;

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
            let slots = (start(part)..start(part + 1)).filter(|&at| !other.slots[at].is_empty());
            slots.filter_map(|at| Some((self.find(&other.slots[at], other)?, at))).collect()
        })
    }

    /// The slot of the word that a slot of another table holds.
    fn find(&self, theirs: &Slot, other: &Self) -> Option<usize> {
        let key = theirs.key();
        let mut at = home(&self.slots, key);
        while !self.slots[at].is_empty() {
            let slot = &self.slots[at];
            if slot.key() == key
                && (key < HASHED || is_word((&self.bytes, &self.starts), slot.word, other.word(theirs)))
            {
                return Some(at);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        None
    }

    fn word(&self, slot: &Slot) -> &[u8] {
        let word = slot.word as usize;
        &self.bytes[self.starts[word]..self.starts[word + 1]]
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
        other.large.remove(&slot.word);
        self.increase(mine, count);
    }
}
