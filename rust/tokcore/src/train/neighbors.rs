//! What the occurrences of a batch's new tokens mean for the counts of the pairs around them.

use std::mem::take;
use std::ops::Range;

use super::outcome::{Merge, Neighbor, Outcome};
use super::replace::Record;
use super::shard::Shard;
use super::symbols::Symbol;

/// Sums over a token's occurrences beside a new token, with `places` 0 if there are none.
#[derive(Clone, Copy, Default)]
struct Sum {
    weight: u64,
    places: u32,
}

/// What neighbours are summed up in.
pub(super) struct Sums {
    /// By token, the separator included.
    sums: Vec<Sum>,
    /// By token: on which sides of merges of the batch it is.
    uses: Vec<u8>,
    /// The occurrences whose left, and whose right neighbour may be part of a new token by now, and then anything.
    doubtful: [Vec<u32>; 2],
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
const RECORDS_AHEAD: usize = 16;

impl Sums {
    pub(super) fn new(tokens: usize) -> Self {
        let (sums, uses, seen) = (vec![Sum::default(); tokens], vec![0; tokens], vec![0; tokens + 1]);
        Self { sums, uses, doubtful: [vec![], vec![]], seen }
    }

    /// How many bytes it takes.
    pub(super) fn memory(&self) -> usize {
        let doubtful: usize = self.doubtful.iter().map(Vec::len).sum();
        self.sums.len() * (size_of::<Sum>() + size_of::<u32>() + 1) + doubtful * size_of::<u32>()
    }

    /// Gives back what took memory for each record.
    pub(super) fn forget_records(&mut self) {
        self.doubtful = [vec![], vec![]];
    }

    /// Which records have the right token of some merge of the batch on their left, and which the left token of one on
    /// their right.
    fn find_doubtful<S: Symbol>(&mut self, records: &[Record<S>]) -> [&[u32]; 2] {
        let Self { uses, doubtful: [left, right], .. } = self;
        for list in [&mut *left, &mut *right] {
            list.resize(list.len().max(records.len() + 1), 0);
        }
        let mut found = [0; 2];
        for (record, index) in records.iter().zip(0..) {
            // Written whether it is doubtful or not: a branch that nobody can foretell would cost more.
            (left[found[0]], right[found[1]]) = (index, index);
            found[0] += usize::from(uses[record.left.id() as usize] & USED_AS_RIGHT != 0);
            found[1] += usize::from(uses[record.right.id() as usize] & USED_AS_LEFT != 0);
        }
        [&left[..found[0]], &right[..found[1]]]
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
            self.look_again(range.clone(), merge, outcome);
            let (distinct, merged) = self.sum_up(range.clone(), |record| record.left);
            outcome.merged = outcome.merged.saturating_add(merged);
            self.report_left(distinct, merge, batch[0].new, outcome);
            let (distinct, _) = self.sum_up(range, |record| record.right);
            self.report_right(distinct, merge, batch[0].new, outcome);
        }
        for merge in batch {
            self.sums.uses[merge.left as usize] = 0;
            self.sums.uses[merge.right as usize] = 0;
        }
    }

    /// Sees to neighbours that became part of a new token after they were recorded. On the left the pair that comes to be is
    /// the other's to report; on the right it is that with the new token.
    fn look_again(&mut self, range: Range<usize>, merge: &Merge, outcome: &mut Outcome) {
        let Self { flat, records, sums, .. } = self;
        let (records, (back, after)) = (&mut records[range], (merge.slots.0 as usize + 1, merge.slots.1 as usize));
        let [left, right] = sums.find_doubtful(records);
        for (index, &doubtful) in left.iter().enumerate() {
            if let Some(&next) = left.get(index + RECORDS_AHEAD) {
                flat.symbols.expect(records[next as usize].at as usize - back);
            }
            let record = &mut records[doubtful as usize];
            let at = record.at as usize;
            if flat.symbols.get(at - back) != record.left {
                outcome.breaks(record.left.id(), merge.left, flat.of_entry(record.weight, at));
                record.left = flat.separator;
            }
        }
        for (index, &doubtful) in right.iter().enumerate() {
            if let Some(&next) = right.get(index + RECORDS_AHEAD) {
                flat.symbols.expect(records[next as usize].at as usize + after);
            }
            let record = &mut records[doubtful as usize];
            let at = record.at as usize;
            let now = flat.symbols.get(at + after);
            if now != record.right {
                outcome.breaks(merge.right, record.right.id(), flat.of_entry(record.weight, at));
                record.right = now;
            }
        }
    }

    /// Sums up the neighbours on one side; returns how many different ones there are, and the weight of all.
    #[inline(always)]
    fn sum_up(&mut self, range: Range<usize>, neighbor: impl Fn(&Record<S>) -> S) -> (usize, u64) {
        let Self { flat, records, sums, .. } = self;
        let (mut side, mut all) = (sums.side(), 0u64);
        for record in &records[range] {
            let weight = flat.of_entry(record.weight, record.at as usize);
            all = all.saturating_add(weight);
            side.add(neighbor(record).id(), weight);
        }
        (side.distinct, all)
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
