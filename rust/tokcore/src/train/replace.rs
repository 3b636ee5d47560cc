//! Writing the new tokens of a batch into the words.

use super::arena::List;
use super::flat::Flat;
use super::outcome::Merge;
use super::shard::Shard;
use super::symbols::Symbol;
use crate::memory::prefetch;

/// An occurrence of a new token: the slot at which its right part began, its weight entry, and its neighbours.
#[derive(Clone, Copy)]
pub(super) struct Record<S> {
    pub(super) at: u32,
    pub(super) weight: u32,
    pub(super) left: S,
    pub(super) right: S,
}

/// How many list entries ahead their slots are asked for. They come from far away: of 27 MB of Chinese the slots are 19 MB.
const AHEAD: usize = 192;

/// How much of each of a batch's lists is asked for at first, and how much a cache line holds, in entries.
const LIST_AHEAD: usize = 256;
const LINE: usize = 16;

/// The list entry, some way ahead of the one at work, whose slots are asked for, in the lists of the whole batch.
struct Ahead<'a> {
    positions: &'a [u32],
    rest: std::iter::Zip<std::slice::Iter<'a, Merge>, std::slice::Iter<'a, List>>,
    slots: (u32, u32),
    entries: std::slice::Iter<'a, u32>,
}

impl<'a> Ahead<'a> {
    fn new(positions: &'a [u32], batch: &'a [Merge], lists: &'a [List]) -> Self {
        for list in lists {
            // The processor finds out about the rest of a long list by itself.
            (0..(list.len as usize).min(LIST_AHEAD))
                .step_by(LINE)
                .for_each(|i| prefetch(positions, list.start as usize + i));
        }
        Self { positions, rest: batch.iter().zip(lists), slots: (0, 0), entries: [].iter() }
    }

    /// Asks for the neighbours of the next entry, and its weight.
    #[inline(always)]
    fn step<S: Symbol>(&mut self, flat: &Flat<S>) {
        if let Some(&at) = self.entries.next() {
            flat.symbols.expect((at + self.slots.1) as usize);
            flat.symbols.expect((at as usize).wrapping_sub(self.slots.0 as usize + 1));
            flat.expect_entry(at as usize);
        } else if let Some((merge, list)) = self.rest.next() {
            self.slots = merge.slots;
            self.entries = self.positions[list.range()].iter();
        }
    }
}

impl<S: Symbol> Shard<S> {
    /// Replaces the pairs of a batch by their new tokens wherever they stand, merge after merge and each from left to
    /// right, and records the neighbours.
    pub(super) fn replace(&mut self, batch: &[Merge], lists: &[List]) {
        let Self { flat, arena, records, record_ends, .. } = self;
        let places = lists.iter().map(|list| list.len as usize).sum();
        record_ends.clear();
        if records.len() < places {
            records.resize(places, Record { at: 0, weight: 0, left: flat.separator, right: flat.separator });
        }
        let mut end = 0;
        let mut ahead = Ahead::new(&arena.positions, batch, lists);
        (0..AHEAD).for_each(|_| ahead.step(flat));
        for (merge, list) in batch.iter().zip(lists) {
            end += replace(merge, &arena.positions[list.range()], flat, &mut ahead, &mut records[end..]);
            record_ends.push(end);
        }
    }
}

/// Replaces one pair, and returns how often. What an entry finds is written whether the entry is alive or not: a branch
/// that nobody can foretell would cost more.
fn replace<S: Symbol>(
    merge: &Merge,
    list: &[u32],
    flat: &mut Flat<S>,
    ahead: &mut Ahead<'_>,
    records: &mut [Record<S>],
) -> usize {
    let (left, right, new) = (S::new(merge.left), S::new(merge.right), S::new(merge.new));
    let (before, after) = (merge.slots.0 as usize, merge.slots.1 as usize);
    let mut count = 0;
    for &at in list {
        ahead.step(flat);
        // From the last slot of the left neighbour to the first slot of the right one: separators stand around all words.
        let slots = at as usize - before - 1..at as usize + after + 1;
        let Some(mut slots) = flat.symbols.window(slots) else { continue };
        let alive = (slots.get(before) == left) & (slots.get(before + 1) == right);
        slots.set_if(alive, 1, new);
        slots.set_if(alive, before + after, new);
        let (left, right) = (slots.get(0), slots.get(before + after + 1));
        records[count] = Record { at, weight: flat.entry(at as usize), left, right };
        count += usize::from(alive);
    }
    count
}
