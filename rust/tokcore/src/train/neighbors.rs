//! What the occurrences of a batch's new tokens mean for the counts of the pairs around them.

use std::ops::Range;

use super::outcome::{Merge, Neighbor, Outcome};
use super::shard::Shard;
use super::symbols::Symbol;

/// Sums over occurrences by neighbour; `places` is 0 for tokens not seen.
#[derive(Clone, Copy, Default)]
struct Sum {
    weight: u64,
    places: u32,
}

/// What neighbours are summed up in.
pub(super) struct Sums {
    /// By token, the separator included.
    sums: Vec<Sum>,
    /// The tokens whose sum is not zero: the first `distinct` here.
    seen: Vec<u32>,
    distinct: usize,
    /// By token: on which side of a merge of the batch it is.
    uses: Vec<u8>,
}

const USED_AS_LEFT: u8 = 1;
const USED_AS_RIGHT: u8 = 2;

/// How many occurrences ahead their neighbours are asked for again, if they may have changed.
const RECORDS_AHEAD: usize = 24;

impl Sums {
    pub(super) fn new(tokens: usize) -> Self {
        Self { sums: vec![Sum::default(); tokens], seen: vec![0; tokens + 1], distinct: 0, uses: vec![0; tokens] }
    }

    /// How many bytes it takes.
    pub(super) fn memory(&self) -> usize {
        self.sums.len() * (size_of::<Sum>() + size_of::<u32>() + 1)
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
            self.sums.uses[merge.left as usize] |= USED_AS_LEFT;
            self.sums.uses[merge.right as usize] |= USED_AS_RIGHT;
        }
        let mut start = 0;
        for (index, merge) in batch.iter().enumerate() {
            let range = start..self.record_ends[index];
            start = range.end;
            self.tally_left(range.clone(), merge, outcome);
            self.report_left(merge, batch[0].new, outcome);
            self.tally_right(range, merge, outcome);
            self.report_right(merge, batch[0].new, outcome);
        }
        for merge in batch {
            self.sums.uses[merge.left as usize] = 0;
            self.sums.uses[merge.right as usize] = 0;
        }
    }

    fn tally_left(&mut self, range: Range<usize>, merge: &Merge, outcome: &mut Outcome) {
        let Self { flat, records, sums, .. } = self;
        let back = merge.slots.0 as usize + 1;
        let records = &mut records[range];
        for index in 0..records.len() {
            if let Some(next) = records.get(index + RECORDS_AHEAD)
                && sums.uses[next.left.id() as usize] & USED_AS_RIGHT != 0
            {
                flat.symbols.expect(next.at as usize - back);
            }
            let record = &mut records[index];
            let (left, weight) = (record.left.id(), flat.of_entry(record.weight, record.at as usize));
            outcome.merged = outcome.merged.saturating_add(weight);
            if sums.uses[left as usize] & USED_AS_RIGHT != 0
                && flat.symbols.get(record.at as usize - back) != record.left
            {
                outcome.breaks(left, merge.left, weight);
                record.left = flat.separator;
                continue;
            }
            sums.add(left, weight);
        }
    }

    fn tally_right(&mut self, range: Range<usize>, merge: &Merge, outcome: &mut Outcome) {
        let Self { flat, records, sums, .. } = self;
        let after = merge.slots.1 as usize;
        let records = &mut records[range];
        for index in 0..records.len() {
            if let Some(next) = records.get(index + RECORDS_AHEAD)
                && sums.uses[next.right.id() as usize] & USED_AS_LEFT != 0
            {
                flat.symbols.expect(next.at as usize + after);
            }
            let record = &mut records[index];
            let (right, weight) = (record.right.id(), flat.of_entry(record.weight, record.at as usize));
            if sums.uses[right as usize] & USED_AS_LEFT != 0 {
                let now = flat.symbols.get(record.at as usize + after);
                if now != record.right {
                    outcome.breaks(merge.right, right, weight);
                    record.right = now;
                }
            }
            sums.add(record.right.id(), weight);
        }
    }

    /// Moves the sums of tokens older than the batch into the outcome.
    fn report_left(&mut self, merge: &Merge, first: u32, outcome: &mut Outcome) {
        let mut largest = 0;
        for index in 0..std::mem::take(&mut self.sums.distinct) {
            let token = self.sums.seen[index];
            let Sum { places, weight } = std::mem::take(&mut self.sums.sums[token as usize]);
            if token < first {
                outcome.neighbors.push(Neighbor { token, places, weight });
                largest = largest.max(weight);
                outcome.breaks(token, merge.left, weight);
            }
        }
        outcome.ends.push(outcome.neighbors.len());
        outcome.largest.push(largest);
    }

    /// The same for the other side, where new tokens count as well; they broke pairs when they came to be.
    fn report_right(&mut self, merge: &Merge, first: u32, outcome: &mut Outcome) {
        let mut largest = 0;
        for index in 0..std::mem::take(&mut self.sums.distinct) {
            let token = self.sums.seen[index];
            let Sum { places, weight } = std::mem::take(&mut self.sums.sums[token as usize]);
            if token != self.flat.separator.id() {
                outcome.neighbors.push(Neighbor { token, places, weight });
                largest = largest.max(weight);
            }
            if token < first {
                outcome.breaks(merge.right, token, weight);
            }
        }
        outcome.ends.push(outcome.neighbors.len());
        outcome.largest.push(largest);
    }
}
