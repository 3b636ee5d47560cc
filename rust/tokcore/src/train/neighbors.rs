//! What the occurrences of a batch's new tokens mean for the counts of the pairs around them.

use std::mem::take;
use std::ops::Range;

use super::outcome::{Merge, Neighbor, Outcome};
use super::shard::Shard;
use super::symbols::Symbol;

/// What is known of a token: sums over its occurrences beside a new token, with `places` 0 if there are none, and on which
/// sides of merges of the batch it is.
#[derive(Clone, Copy, Default)]
struct Sum {
    weight: u64,
    places: u32,
    uses: u8,
}

/// What neighbours are summed up in.
pub(super) struct Sums {
    /// By token, the separator included.
    sums: Vec<Sum>,
    /// The tokens seen on the side that is summed up, and then anything.
    seen: Vec<u32>,
}

/// One side in the making. What every occurrence changes is a value of its own, which stays in registers.
struct Side<'a> {
    sums: &'a mut [Sum],
    seen: &'a mut [u32],
    distinct: usize,
}

const USED_AS_LEFT: u8 = 1;
const USED_AS_RIGHT: u8 = 2;

/// How many occurrences ahead their neighbours are asked for again, if they may have changed.
const RECORDS_AHEAD: usize = 24;

impl Sums {
    pub(super) fn new(tokens: usize) -> Self {
        Self { sums: vec![Sum::default(); tokens], seen: vec![0; tokens + 1] }
    }

    /// How many bytes it takes.
    pub(super) fn memory(&self) -> usize {
        self.sums.len() * (size_of::<Sum>() + size_of::<u32>())
    }

    fn side(&mut self) -> Side<'_> {
        Side { sums: &mut self.sums, seen: &mut self.seen, distinct: 0 }
    }

    /// The sum of the token that was seen so many tokens after the first, which is 0 from then on.
    #[inline(always)]
    fn take(&mut self, index: usize) -> Neighbor {
        let token = self.seen[index];
        let sum = &mut self.sums[token as usize];
        Neighbor { token, places: take(&mut sum.places), weight: take(&mut sum.weight) }
    }
}

impl Side<'_> {
    #[inline(always)]
    fn uses(&self, token: u32) -> u8 {
        self.sums[token as usize].uses
    }

    #[inline(always)]
    fn add(&mut self, token: u32, weight: u64) {
        let sum = &mut self.sums[token as usize];
        // Written whether it is new or not: a branch that nobody can foretell would cost more.
        self.seen[self.distinct] = token;
        self.distinct += usize::from(sum.places == 0);
        sum.places += 1;
        sum.weight = sum.weight.saturating_add(weight);
    }
}

impl<S: Symbol> Shard<S> {
    /// Sums up the neighbours of each merge and notes the pairs that they were part of. A pair of two tokens of the batch
    /// is broken once, by the earlier merge, and comes to be once, as the right neighbour of its left token.
    pub(super) fn tally(&mut self, batch: &[Merge], outcome: &mut Outcome) {
        for merge in batch {
            self.sums.sums[merge.left as usize].uses |= USED_AS_LEFT;
            self.sums.sums[merge.right as usize].uses |= USED_AS_RIGHT;
        }
        let mut start = 0;
        for (index, merge) in batch.iter().enumerate() {
            let range = start..self.record_ends[index];
            start = range.end;
            let distinct = self.tally_left(range.clone(), merge, outcome);
            self.report_left(distinct, merge, batch[0].new, outcome);
            let distinct = self.tally_right(range, merge, outcome);
            self.report_right(distinct, merge, batch[0].new, outcome);
        }
        for merge in batch {
            self.sums.sums[merge.left as usize].uses = 0;
            self.sums.sums[merge.right as usize].uses = 0;
        }
    }

    /// Returns how many different neighbours there are.
    fn tally_left(&mut self, range: Range<usize>, merge: &Merge, outcome: &mut Outcome) -> usize {
        let Self { flat, records, sums, .. } = self;
        let (back, records, mut side) = (merge.slots.0 as usize + 1, &mut records[range], sums.side());
        let mut merged = 0u64;
        for index in 0..records.len() {
            if let Some(next) = records.get(index + RECORDS_AHEAD)
                && side.uses(next.left.id()) & USED_AS_RIGHT != 0
            {
                flat.symbols.expect(next.at as usize - back);
            }
            let record = &mut records[index];
            let (left, weight) = (record.left.id(), flat.of_entry(record.weight, record.at as usize));
            merged = merged.saturating_add(weight);
            if side.uses(left) & USED_AS_RIGHT != 0 && flat.symbols.get(record.at as usize - back) != record.left {
                outcome.breaks(left, merge.left, weight);
                record.left = flat.separator;
                continue;
            }
            side.add(left, weight);
        }
        outcome.merged = outcome.merged.saturating_add(merged);
        side.distinct
    }

    /// The same for the other side.
    fn tally_right(&mut self, range: Range<usize>, merge: &Merge, outcome: &mut Outcome) -> usize {
        let Self { flat, records, sums, .. } = self;
        let (after, records, mut side) = (merge.slots.1 as usize, &mut records[range], sums.side());
        for index in 0..records.len() {
            if let Some(next) = records.get(index + RECORDS_AHEAD)
                && side.uses(next.right.id()) & USED_AS_LEFT != 0
            {
                flat.symbols.expect(next.at as usize + after);
            }
            let record = &mut records[index];
            let (right, weight) = (record.right.id(), flat.of_entry(record.weight, record.at as usize));
            if side.uses(right) & USED_AS_LEFT != 0 {
                let now = flat.symbols.get(record.at as usize + after);
                if now != record.right {
                    outcome.breaks(merge.right, right, weight);
                    record.right = now;
                }
            }
            side.add(record.right.id(), weight);
        }
        side.distinct
    }

    /// Moves the sums of tokens older than the batch into the outcome.
    fn report_left(&mut self, distinct: usize, merge: &Merge, first: u32, outcome: &mut Outcome) {
        let mut largest = 0;
        for neighbor in (0..distinct).map(|index| self.sums.take(index)) {
            if neighbor.token < first {
                outcome.neighbors.push(neighbor);
                largest = largest.max(neighbor.weight);
                outcome.breaks(neighbor.token, merge.left, neighbor.weight);
            }
        }
        outcome.ends.push(outcome.neighbors.len());
        outcome.largest.push(largest);
    }

    /// The same for the other side, where new tokens count as well; they broke pairs when they came to be.
    fn report_right(&mut self, distinct: usize, merge: &Merge, first: u32, outcome: &mut Outcome) {
        let (mut largest, separator) = (0, self.flat.separator.id());
        for neighbor in (0..distinct).map(|index| self.sums.take(index)) {
            if neighbor.token != separator {
                outcome.neighbors.push(neighbor);
                largest = largest.max(neighbor.weight);
            }
            if neighbor.token < first {
                outcome.breaks(merge.right, neighbor.token, neighbor.weight);
            }
        }
        outcome.ends.push(outcome.neighbors.len());
        outcome.largest.push(largest);
    }
}
