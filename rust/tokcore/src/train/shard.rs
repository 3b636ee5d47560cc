//! One shard of the words: where each pair stands in them, and what a batch of merges does to them.
//!
//! A pair's list holds the slots at which its right token begins. An entry is alive exactly when the slot before it
//! reads the pair's left id and the slot itself its right id: a merge writes the new id into the first and the last
//! slot of the new token, so it changes one of the two for every pair that it breaks, and no pair of ids ever comes back
//! to a place that it left, as ids are never used twice. So nothing is taken out of a list, and nothing is linked.
//!
//! A batch is worked on in two steps: the words are changed; then, when the counts over all shards have said which of the
//! new pairs are worth following, these get their lists.

use std::ops::Deref;

use super::arena::{Arena, List, NOWHERE};
use super::common::Common;
use super::flat::Flat;
use super::neighbors::Sums;
use super::outcome::{Merge, Outcome};
use super::pairs::expected;
use super::recount::Recount;
use super::replace::Record;
use super::symbols::Symbol;
use crate::memory::prefetch;

pub(super) struct Shard<S> {
    pub(super) flat: Flat<S>,
    pub(super) arena: Arena,
    /// By pair number.
    lists: Vec<List>,
    /// The occurrences of the batch at work, and where those of each merge end.
    pub(super) records: Vec<Record<S>>,
    pub(super) record_ends: Vec<usize>,
    pub(super) sums: Sums,
    /// By token: where the next place of its pair with a new token is written, as the left and as the right.
    cursors: [Vec<Cursor>; 2],
}

/// A place in the arena to write to and how far the next one is from it. The places of pairs that are not followed are
/// written too, all to one place: a branch that nobody can foretell would cost more.
#[derive(Clone, Copy)]
struct Cursor {
    at: u32,
    step: u32,
}

/// How many records ahead the memory that their places are written to is asked for.
const RECORDS_AHEAD: usize = 32;

const UNWANTED: Cursor = Cursor { at: NOWHERE, step: 0 };

impl Cursor {
    #[inline(always)]
    fn write(&mut self, positions: &mut [u32], place: u32) {
        positions[self.at as usize] = place;
        self.at += self.step;
    }
}

impl<S: Symbol> Shard<S> {
    /// A shard of these words, without lists. There will be so many tokens.
    pub(super) fn new(flat: Flat<S>, tokens: u32) -> Self {
        // Separators are counted as if they were tokens.
        let tokens = tokens as usize + 1;
        Self {
            flat,
            arena: Arena::new(),
            lists: vec![],
            records: vec![],
            record_ends: vec![],
            sums: Sums::new(tokens),
            cursors: [vec![UNWANTED; tokens], vec![UNWANTED; tokens]],
        }
    }

    /// How many tokens there will be.
    pub(super) fn tokens(&self) -> usize {
        self.cursors[0].len() - 1
    }

    /// Forgets all lists; there will be `pairs` lists of `places` in all.
    pub(super) fn clear_lists(&mut self, pairs: usize, places: usize) {
        self.lists = Vec::with_capacity(pairs.max(expected(self.tokens())));
        self.arena.restart(places);
        self.records = vec![];
        self.sums.forget_records();
    }

    /// How many bytes it takes.
    fn memory(&self) -> usize {
        let tables = self.lists.len() * size_of::<List>() + self.cursors[0].len() * size_of::<[Cursor; 2]>();
        let records = self.records.len() * size_of::<Record<S>>();
        self.flat.memory() + self.arena.memory() + self.sums.memory() + tables + records
    }

    /// Space for `len` places of a pair; the caller writes them. Returns where.
    pub(super) fn add_list(&mut self, pair: u32, len: u32) -> u32 {
        let list = self.arena.allocate(len);
        if self.lists.len() <= pair as usize {
            self.lists.resize(pair as usize + 1, List::default());
        }
        self.lists[pair as usize] = list;
        list.start
    }

    fn take_list(&mut self, pair: u32) -> List {
        self.lists.get_mut(pair as usize).map(std::mem::take).unwrap_or_default()
    }

    /// Applies `batch` to the words, and leaves in `outcome` what that does to the counts.
    pub(super) fn apply(&mut self, batch: &[Merge], outcome: &mut Outcome) {
        outcome.clear();
        let lists: Vec<List> = batch.iter().map(|merge| self.take_list(merge.pair)).collect();
        self.replace(batch, &lists);
        lists.into_iter().for_each(|list| self.arena.release(list));
        self.tally(batch, outcome);
        outcome.memory = self.memory() + outcome.size();
    }

    /// Makes the lists of the new pairs of the batch, which were found by `recounts`, and drops those of pairs that became
    /// too rare. This shard's number is `shard`.
    pub(super) fn index(
        &mut self,
        shard: usize,
        outcome: &Outcome,
        recounts: &[impl Deref<Target = Recount>],
        common: &Common,
    ) {
        for &pair in recounts.iter().flat_map(|recount| &recount.dropped).chain(&common.dropped) {
            let list = self.take_list(pair);
            self.arena.release(list);
        }
        for recount in recounts {
            let mut rest = &recount.followed[shard][..];
            for side in recount.sides.clone() {
                let end = outcome.ends[side] as u32;
                let followed = rest.partition_point(|followed| followed.neighbor < end);
                let (of_side, others) = rest.split_at(followed);
                rest = others;
                for followed in of_side {
                    let neighbor = &outcome.neighbors[followed.neighbor as usize];
                    let at = self.add_list(recount.first + followed.found, neighbor.places);
                    self.cursors[side % 2][neighbor.token as usize] = Cursor { at, step: 1 };
                }
                if !of_side.is_empty() {
                    self.fill(side, common.batch[side / 2].slots);
                }
                for followed in of_side {
                    self.cursors[side % 2][outcome.neighbors[followed.neighbor as usize].token as usize] = UNWANTED;
                }
            }
        }
    }

    /// Writes the places of the pairs on one side of a merge.
    fn fill(&mut self, side: usize, (before, after): (u32, u32)) {
        let index = side / 2;
        let start = if index == 0 { 0 } else { self.record_ends[index - 1] };
        let (positions, cursors) = (&mut self.arena.positions[..], &mut self.cursors[side % 2]);
        let records = &self.records[start..self.record_ends[index]];
        if side.is_multiple_of(2) {
            write(records, positions, cursors, |record| (record.left, record.at - before));
        } else {
            write(records, positions, cursors, |record| (record.right, record.at + after));
        }
    }
}

/// Writes the place of each record's pair to where the cursor of its neighbour is.
#[inline(always)]
fn write<S: Symbol>(
    records: &[Record<S>],
    positions: &mut [u32],
    cursors: &mut [Cursor],
    pair: impl Fn(&Record<S>) -> (S, u32),
) {
    for (index, record) in records.iter().enumerate() {
        if let Some(next) = records.get(index + RECORDS_AHEAD) {
            prefetch(positions, cursors[pair(next).0.id() as usize].at as usize);
        }
        let (neighbor, place) = pair(record);
        cursors[neighbor.id() as usize].write(positions, place);
    }
}

impl Shard<u16> {
    /// The same shard, in symbols that tell more ids apart.
    pub(super) fn widen(self) -> Shard<u32> {
        let separator = self.tokens() as u32;
        let Self { flat, arena, lists, sums, cursors, .. } = self;
        Shard { flat: flat.widen(separator), arena, lists, records: vec![], record_ends: vec![], sums, cursors }
    }
}
