//! Tables that share words -> tables that do not, in place.

use super::{HASHED, Slot, Table, home, is_word, shard_of};

/// Moves every count to one table of those that have the word; the others keep it with a count of 0. Each pair of
/// tables is run through side by side, as slots are in the order of their keys' hashes: a merge join.
pub(in super::super) fn part(tables: &mut [Table]) {
    for i in 1..tables.len() {
        let (before, rest) = tables.split_at_mut(i);
        before.iter_mut().for_each(|table| table.part(&mut rest[0]));
    }
}

impl Table {
    fn part(&mut self, other: &mut Self) {
        for at in 0..other.slots.len() {
            let theirs = other.slots[at];
            if theirs.is_empty() {
                continue;
            }
            let Some(mine) = self.find(&theirs, other) else { continue };
            let (ours, their) = (self.count(mine), other.count(at));
            // A word that one of two tables has lost is in no two places any more.
            if ours == 0 || their == 0 {
                continue;
            }
            // Half of the words go each way, so that tables stay of a size.
            if shard_of(theirs.key(), 2) == 0 {
                self.move_count(mine, other, at);
            } else {
                other.move_count(at, self, mine);
            }
        }
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
