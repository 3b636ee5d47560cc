//! One shard of the words: where each pair stands in them, and what a batch of merges does to them.
//!
//! A pair's list holds the slots at which its right token begins. An entry is alive exactly when the slot before it
//! reads the pair's left id and the slot itself its right id: a merge writes the new id into the first and the last
//! slot of the new token, so it changes one of the two for every pair that it breaks, and no pair of ids ever comes back
//! to a place that it left, as ids are never used twice. So nothing is taken out of a list, and nothing is linked.

use std::ops::Range;

use super::arena::{Arena, List};
use super::flat::{Flat, Symbol};
use super::memory::prefetch;

/// One merge of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merge {
    pub(super) pair: u32,
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) new: u32,
    /// How many slots the left and the right token have.
    pub(super) slots: (u32, u32),
}

/// A token that stands beside occurrences of a new token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbor {
    pub(super) token: u32,
    /// Occurrences in this shard's words, and their sum by weight.
    pub(super) places: u32,
    pub(super) weight: u64,
}

/// A pair whose count falls though its neighbour in the end is another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Broken {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) weight: u64,
}

/// What a batch of merges did to a shard, for the counts, and what the counts say to that.
#[derive(Default)]
pub(super) struct Outcome {
    /// The neighbours on the left of each merge's new token, then those on its right, merge after merge.
    pub(super) neighbors: Vec<Neighbor>,
    /// Where each merge's left and right neighbours end in `neighbors`.
    pub(super) ends: Vec<(usize, usize)>,
    pub(super) broken: Vec<Broken>,
    /// How many pairs became one token, by weight.
    pub(super) merged: u64,
    /// The answer, for the lists: the number of the pair that each of `neighbors` is part of, and the numbers of pairs that
    /// became too rare.
    pub(super) numbers: Vec<u32>,
    pub(super) dropped: Vec<u32>,
}

impl Outcome {
    fn clear(&mut self) {
        self.neighbors.clear();
        self.ends.clear();
        self.broken.clear();
        self.numbers.clear();
        self.dropped.clear();
        self.merged = 0;
    }
}

/// The number of a neighbour's pair with the new token if that pair is not followed.
pub(super) const UNFOLLOWED: u32 = u32::MAX;

/// An occurrence of a new token: the slot at which its right part began, and its neighbours.
#[derive(Clone, Copy)]
struct Record {
    at: u32,
    left: u32,
    right: u32,
}

/// Sums over occurrences by neighbour; `places` is 0 for tokens not seen.
#[derive(Clone, Copy, Default)]
struct Sum {
    weight: u64,
    places: u32,
}

/// How many list entries ahead their slots are asked for.
const AHEAD: usize = 48;

/// The list entry, some way ahead of the one at work, whose slots are asked for.
struct Ahead {
    merge: usize,
    entry: usize,
}

impl Ahead {
    /// Asks for the neighbours of the next entry, in the lists of the whole batch.
    #[inline(always)]
    fn step<S: Symbol>(&mut self, batch: &[Merge], lists: &[List], positions: &[u32], symbols: &[S]) {
        let Some(list) = lists.get(self.merge) else { return };
        if let Some(&at) = positions.get(list.start + self.entry) {
            let slots = batch[self.merge].slots;
            prefetch(symbols, (at + slots.1) as usize);
            prefetch(symbols, (at as usize).wrapping_sub(slots.0 as usize + 1));
        }
        self.entry += 1;
        if self.entry >= list.len as usize {
            (self.merge, self.entry) = (self.merge + 1, 0);
        }
    }
}

/// How much of each of a batch's lists is asked for at first, and how much a cache line holds, in entries.
const LIST_AHEAD: usize = 256;
const LINE: usize = 16;

const USED_AS_LEFT: u8 = 1;
const USED_AS_RIGHT: u8 = 2;

pub(super) struct Shard<S> {
    pub(super) flat: Flat<S>,
    pub(super) arena: Arena,
    /// By pair number.
    lists: Vec<List>,
    records: Vec<Record>,
    record_ends: Vec<usize>,
    /// By token, the separator included.
    sums: Vec<Sum>,
    cursors: Vec<[usize; 2]>,
    uses: Vec<u8>,
    seen: Vec<u32>,
}

/// No list to write to.
const NOWHERE: usize = usize::MAX;

impl<S: Symbol> Shard<S> {
    pub(super) fn new(flat: Flat<S>) -> Self {
        let tokens = flat.separator.id() as usize + 1;
        Self {
            flat,
            arena: Arena::new(),
            lists: vec![],
            records: vec![],
            record_ends: vec![],
            sums: vec![Sum::default(); tokens],
            cursors: vec![[NOWHERE; 2]; tokens],
            uses: vec![0; tokens],
            seen: vec![],
        }
    }

    /// Forgets all lists.
    pub(super) fn clear_lists(&mut self) {
        self.lists.clear();
        self.arena.clear();
    }

    /// Space for `len` places of a pair; the caller writes them. Returns where.
    pub(super) fn add_list(&mut self, pair: u32, len: u32) -> usize {
        let list = self.arena.allocate(len);
        self.set_list(pair, list);
        list.start
    }

    fn set_list(&mut self, pair: u32, list: List) {
        if self.lists.len() <= pair as usize {
            self.lists.resize(pair as usize + 1, List::default());
        }
        self.lists[pair as usize] = list;
    }

    /// Drops the list of a pair that became too rare.
    fn drop_list(&mut self, pair: u32) {
        if let Some(list) = self.lists.get_mut(pair as usize) {
            self.arena.release(std::mem::take(list));
        }
    }

    /// Applies a batch of merges to the words, in order, and leaves in `outcome` what that does to the counts.
    pub(super) fn merge(&mut self, batch: &[Merge], outcome: &mut Outcome) {
        self.records.clear();
        self.record_ends.clear();
        outcome.clear();
        let lists: Vec<List> = batch.iter().map(|merge| self.take_list(merge.pair)).collect();
        for list in &lists {
            // The processor finds out about the rest of a long list by itself.
            (0..(list.len as usize).min(LIST_AHEAD))
                .step_by(LINE)
                .for_each(|i| prefetch(&self.arena.positions, list.start + i));
        }
        let mut ahead = Ahead { merge: 0, entry: 0 };
        (0..AHEAD).for_each(|_| ahead.step(batch, &lists, &self.arena.positions, &self.flat.symbols));
        for (merge, list) in batch.iter().zip(&lists) {
            self.uses[merge.left as usize] |= USED_AS_LEFT;
            self.uses[merge.right as usize] |= USED_AS_RIGHT;
            self.replace(batch, &lists, merge, *list, &mut ahead);
        }
        lists.into_iter().for_each(|list| self.arena.release(list));
        for (index, merge) in batch.iter().enumerate() {
            self.tally(index, merge, batch[0].new, outcome);
        }
        for merge in batch {
            self.uses[merge.left as usize] = 0;
            self.uses[merge.right as usize] = 0;
        }
    }

    fn take_list(&mut self, pair: u32) -> List {
        self.lists.get_mut(pair as usize).map(std::mem::take).unwrap_or_default()
    }

    /// Replaces one pair by its new token wherever it stands, from left to right, and records its neighbours.
    fn replace(&mut self, batch: &[Merge], lists: &[List], merge: &Merge, list: List, ahead: &mut Ahead) {
        let (left, right, new) = (S::new(merge.left), S::new(merge.right), S::new(merge.new));
        let (before, after) = (merge.slots.0 as usize, merge.slots.1 as usize);
        let symbols = &mut self.flat.symbols[..];
        for &at in &self.arena.positions[list.start..][..list.len as usize] {
            ahead.step(batch, lists, &self.arena.positions, symbols);
            let place = at as usize;
            if symbols[place - 1] != left || symbols[place] != right {
                continue;
            }
            let record = Record { at, left: symbols[place - before - 1].id(), right: symbols[place + after].id() };
            symbols[place - before] = new;
            symbols[place + after - 1] = new;
            self.records.push(record);
        }
        self.record_ends.push(self.records.len());
    }

    /// Sums up the neighbours of one merge. A pair of two tokens of the batch is broken once, by the earlier merge, and
    /// comes to be once, as the right neighbour of its left token.
    fn tally(&mut self, index: usize, merge: &Merge, first: u32, outcome: &mut Outcome) {
        let start = if index == 0 { 0 } else { self.record_ends[index - 1] };
        let range = start..self.record_ends[index];
        self.tally_left(range.clone(), merge, outcome);
        let middle = self.report(outcome, |token| token < first);
        self.tally_right(range, merge, outcome);
        let separator = self.flat.separator.id();
        let end = self.report(outcome, |token| token != separator);
        outcome.ends.push((middle, end));
    }

    fn tally_left(&mut self, range: Range<usize>, merge: &Merge, outcome: &mut Outcome) {
        let back = merge.slots.0 as usize + 1;
        for record in &mut self.records[range] {
            let weight = self.flat.weight(record.at as usize);
            outcome.merged = outcome.merged.saturating_add(weight);
            if self.uses[record.left as usize] & USED_AS_RIGHT != 0
                && self.flat.symbols[record.at as usize - back].id() != record.left
            {
                outcome.broken.push(Broken { left: record.left, right: merge.left, weight });
                record.left = self.flat.separator.id();
                continue;
            }
            add(&mut self.sums, &mut self.seen, record.left, weight);
        }
    }

    fn tally_right(&mut self, range: Range<usize>, merge: &Merge, outcome: &mut Outcome) {
        let after = merge.slots.1 as usize;
        for record in &mut self.records[range] {
            let weight = self.flat.weight(record.at as usize);
            if self.uses[record.right as usize] & USED_AS_LEFT != 0 {
                let right = self.flat.symbols[record.at as usize + after].id();
                if right != record.right {
                    outcome.broken.push(Broken { left: merge.right, right: record.right, weight });
                    record.right = right;
                }
            }
            add(&mut self.sums, &mut self.seen, record.right, weight);
        }
    }

    /// Moves the sums of the tokens that `keep` lets pass into the outcome; returns where they end there.
    fn report(&mut self, outcome: &mut Outcome, keep: impl Fn(u32) -> bool) -> usize {
        for token in self.seen.drain(..) {
            let sum = std::mem::take(&mut self.sums[token as usize]);
            if keep(token) {
                outcome.neighbors.push(Neighbor { token, places: sum.places, weight: sum.weight });
            }
        }
        outcome.neighbors.len()
    }

    /// Makes the lists of the new pairs and drops those of rare ones, as `outcome` now says.
    pub(super) fn index(&mut self, batch: &[Merge], outcome: &Outcome) {
        for &pair in &outcome.dropped {
            self.drop_list(pair);
        }
        let mut start = 0;
        for (index, merge) in batch.iter().enumerate() {
            let (middle, end) = outcome.ends[index];
            for (side, range) in [(0, start..middle), (1, middle..end)] {
                for i in range {
                    let Neighbor { token, places, .. } = outcome.neighbors[i];
                    if outcome.numbers[i] != UNFOLLOWED {
                        self.cursors[token as usize][side] = self.add_list(outcome.numbers[i], places);
                    }
                }
            }
            self.fill(index, merge);
            for i in start..end {
                self.cursors[outcome.neighbors[i].token as usize] = [NOWHERE; 2];
            }
            start = end;
        }
    }

    fn fill(&mut self, index: usize, merge: &Merge) {
        let start = if index == 0 { 0 } else { self.record_ends[index - 1] };
        let (before, after) = merge.slots;
        let positions = &mut self.arena.positions[..];
        for record in &self.records[start..self.record_ends[index]] {
            let cursor = &mut self.cursors[record.left as usize][0];
            if *cursor != NOWHERE {
                positions[*cursor] = record.at - before;
                *cursor += 1;
            }
            let cursor = &mut self.cursors[record.right as usize][1];
            if *cursor != NOWHERE {
                positions[*cursor] = record.at + after;
                *cursor += 1;
            }
        }
    }
}

#[inline(always)]
fn add(sums: &mut [Sum], seen: &mut Vec<u32>, token: u32, weight: u64) {
    let sum = &mut sums[token as usize];
    if sum.places == 0 {
        seen.push(token);
    }
    sum.places += 1;
    sum.weight = sum.weight.saturating_add(weight);
}
