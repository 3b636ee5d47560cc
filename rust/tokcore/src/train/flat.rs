//! All words in one flat array of symbols.
//!
//! Words stand one after another with a separator before, between and after them, the most frequent first. A token
//! that merges have made longer than one slot has its id in its first and in its last slot; what is between is stale.
//! A weight is kept for each 8 slots, so words of different weight never share such a group.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use super::symbols::{Symbol, Symbols};
use crate::memory::prefetch_early;

/// Slots that share a weight entry, as a power of two.
const GROUP: usize = 3;

/// Weights from here on do not fit an entry and are searched for.
const LARGE: u32 = u32::MAX;

/// A pair of adjacent symbols and the slot of the second.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) left: u32,
    pub(super) right: u32,
    pub(super) at: u32,
}

impl Place {
    /// A number by which pairs are parted.
    #[inline]
    pub(super) fn hash(self) -> u64 {
        (u64::from(self.left) << 32 | u64::from(self.right)).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32
    }
}

/// How many pairs are visited at a time.
const BLOCK: usize = 64;

/// The words of one shard.
pub(super) struct Flat<S> {
    pub(super) symbols: Symbols<S>,
    pub(super) separator: S,
    /// Where the words of each weight begin, by descending weight.
    runs: Vec<(usize, u64)>,
    weights: Vec<u32>,
    /// Where the words of weight 1, most of them in a large corpus, begin: they need no entries.
    ones: usize,
}

/// How many slots the words of each weight need: what a layout is made from.
#[derive(Default)]
pub(super) struct Sizes {
    /// By weight, for small weights, which are many.
    small: Vec<usize>,
    large: HashMap<u64, usize>,
}

/// Weights below this are kept in a plain array.
const SMALL: u64 = 1 << 12;

impl Sizes {
    /// Adds a word of `tokens` tokens; one of less than two has no pair and needs no place.
    #[inline]
    pub(super) fn add(&mut self, tokens: usize, weight: u64) {
        if tokens >= 2 {
            *self.of(weight) += tokens + 1;
        }
    }

    #[inline]
    fn of(&mut self, weight: u64) -> &mut usize {
        if weight >= SMALL {
            return self.large.entry(weight).or_default();
        }
        if self.small.is_empty() {
            self.small.resize(SMALL as usize, 0);
        }
        &mut self.small[weight as usize]
    }

    /// Weights with their slots, by descending weight.
    fn descending(&self) -> Vec<(u64, usize)> {
        let mut sizes: Vec<_> = self.large.iter().map(|(&weight, &slots)| (weight, slots)).collect();
        sizes.sort_unstable_by_key(|&(weight, _)| Reverse(weight));
        sizes.extend(
            self.small.iter().enumerate().rev().filter(|(_, slots)| **slots > 0).map(|(w, &slots)| (w as u64, slots)),
        );
        sizes
    }

    /// How many slots there will be.
    pub(super) fn slots(&self) -> usize {
        1 + self.descending().iter().map(|(_, slots)| slots.next_multiple_of(1 << GROUP) + (1 << GROUP)).sum::<usize>()
    }
}

/// A layout that words are being put into.
pub(super) struct Layout<S> {
    flat: Flat<S>,
    /// Where the next word of each weight goes.
    cursors: Sizes,
}

impl<S: Symbol> Layout<S> {
    /// Space for words of the given sizes.
    pub(super) fn new(sizes: &Sizes, separator: S) -> Self {
        let mut cursors = Sizes::default();
        let (mut runs, mut at) = (vec![], 1usize);
        for (weight, slots) in sizes.descending() {
            at = at.next_multiple_of(1 << GROUP);
            runs.push((at, weight));
            *cursors.of(weight) = at;
            at += slots;
        }
        let mut flat = Flat { symbols: Symbols::new(separator, at), separator, runs, weights: vec![], ones: 0 };
        flat.weigh();
        Self { flat, cursors }
    }

    /// Puts a word in its place.
    #[inline]
    pub(super) fn put(&mut self, ids: impl ExactSizeIterator<Item = u32>, weight: u64) {
        if ids.len() < 2 {
            return;
        }
        let cursor = self.cursors.of(weight);
        // A file that changed since it was measured does not fit; reading it to its end finds that out.
        let len = ids.len();
        if self.flat.symbols.write(*cursor, ids.map(S::new)) {
            *cursor += len + 1;
        }
    }

    /// The layout, all words being in it.
    pub(super) fn finish(self) -> Flat<S> {
        self.flat
    }
}

impl<S: Symbol> Flat<S> {
    /// Fills the weight entries from the runs.
    fn weigh(&mut self) {
        self.ones = self.runs.last().filter(|run| run.1 == 1).map_or(self.symbols.len(), |run| run.0);
        self.weights.clear();
        for (i, &(_, weight)) in self.runs.iter().enumerate().filter(|(_, run)| run.1 != 1) {
            let end = self.runs.get(i + 1).map_or(self.symbols.len(), |next| next.0);
            // What is before the first run is a separator, whose entry is never looked at.
            let entry = u32::try_from(weight).unwrap_or(LARGE);
            self.weights.resize(end.div_ceil(1 << GROUP), entry);
        }
    }

    /// The weight of the word that slot `at` is in, or [`LARGE`].
    #[inline(always)]
    pub(super) fn entry(&self, at: usize) -> u32 {
        if at >= self.ones { 1 } else { self.weights[at >> GROUP] }
    }

    /// Asks for the memory of a weight entry.
    #[inline(always)]
    pub(super) fn expect_entry(&self, at: usize) {
        prefetch_early(&self.weights, at >> GROUP);
    }

    /// The weight of the word that slot `at` is in, whose entry is known.
    #[inline(always)]
    pub(super) fn of_entry(&self, entry: u32, at: usize) -> u64 {
        if entry == LARGE { self.large_weight(at) } else { entry.into() }
    }

    #[cold]
    fn large_weight(&self, at: usize) -> u64 {
        self.runs[self.runs.partition_point(|run| run.0 <= at) - 1].1
    }

    /// How many bytes it takes.
    pub(super) fn memory(&self) -> usize {
        self.symbols.memory() + size_of_val(&self.weights[..]) + size_of_val(&self.runs[..])
    }

    /// Calls `visit` with the slots of the words of each weight, and the weight. What stands before the first slot is a
    /// separator.
    #[inline(always)]
    pub(super) fn for_each_run(&self, mut visit: impl FnMut(Range<usize>, u64)) {
        for (i, &(start, weight)) in self.runs.iter().enumerate() {
            visit(start..self.runs.get(i + 1).map_or(self.symbols.len(), |next| next.0), weight);
        }
    }

    /// The weight of the word that slot `at` is in.
    #[inline(always)]
    pub(super) fn weight(&self, at: usize) -> u64 {
        self.of_entry(self.entry(at), at)
    }

    /// Calls `visit` with every pair of adjacent symbols, a block of them at a time, in order. Every token must be one
    /// slot long.
    pub(super) fn pairs(&self, mut visit: impl FnMut(&[Place])) {
        let mut block = [Place::default(); BLOCK];
        let (mut used, mut last) = (0, self.separator);
        for (at, symbol) in self.symbols.range(0..self.symbols.len()).enumerate() {
            if last != self.separator && symbol != self.separator {
                block[used] = Place { left: last.id(), right: symbol.id(), at: at as u32 };
                used += 1;
                if used == BLOCK {
                    visit(&block);
                    used = 0;
                }
            }
            last = symbol;
        }
        visit(&block[..used]);
    }

    /// Rewrites the array with one slot a token and without the words that are down to one. `slots` is how many slots
    /// a token has now.
    pub(super) fn compact(&mut self, slots: impl Fn(u32) -> usize) {
        let mut runs = std::mem::take(&mut self.runs);
        let (mut to, mut kept) = (1, 0);
        for i in 0..runs.len() {
            let (start, weight) = runs[i];
            let end = runs.get(i + 1).map_or(self.symbols.len(), |next| next.0);
            while to % (1 << GROUP) != 0 {
                self.symbols.set(to, self.separator);
                to += 1;
            }
            let first = to;
            to = self.compact_run(start, end, to, &slots);
            if to > first {
                runs[kept] = (first, weight);
                kept += 1;
            }
        }
        runs.truncate(kept);
        self.runs = runs;
        self.symbols.truncate(to);
        self.weigh();
    }

    fn compact_run(&mut self, start: usize, end: usize, to: usize, slots: &impl Fn(u32) -> usize) -> usize {
        let (mut from, mut to, mut word) = (start, to, to);
        while from < end {
            let symbol = self.symbols.get(from);
            self.symbols.set(to, symbol);
            if symbol != self.separator {
                (from, to) = (from + slots(symbol.id()), to + 1);
                continue;
            }
            from += 1;
            to = if to - word < 2 { word } else { to + 1 };
            word = to;
        }
        to
    }
}

impl Flat<u16> {
    /// The same words, in symbols that tell more ids apart.
    pub(super) fn widen(self, separator: u32) -> Flat<u32> {
        let Self { symbols, runs, weights, ones, .. } = self;
        Flat { symbols: symbols.widen(self.separator, separator), separator, runs, weights, ones }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_pairs_survive_compaction() {
        let words = [("abc", 1u64 << 33), ("x", 1), ("abc", 7), ("ab", u64::from(u32::MAX)), ("dd", 7)];
        let mut sizes = Sizes::default();
        words.iter().for_each(|(word, weight)| sizes.add(word.len(), *weight));
        let mut layout = Layout::<u16>::new(&sizes, 300);
        words.iter().for_each(|(word, weight)| layout.put(word.bytes().map(u32::from), *weight));
        let mut flat = layout.finish();
        assert!(flat.symbols.len() <= sizes.slots());
        let all = |flat: &Flat<u16>| {
            let mut seen = vec![];
            let mut push = |place: &Place| seen.push((place.left, place.right, flat.weight(place.at as usize)));
            flat.pairs(|places| places.iter().for_each(&mut push));
            seen
        };
        let (a, b, c, d) = (97, 98, 99, 100);
        let weights = [1 << 33, u64::from(u32::MAX), 7];
        let expected = [(a, b, weights[0]), (b, c, weights[0]), (a, b, weights[1]), (a, b, 7), (b, c, 7), (d, d, 7)];
        assert_eq!(all(&flat), expected);
        // "ab" becomes token 256 everywhere: the word "ab" is gone, "abc" has one pair.
        for at in 1..flat.symbols.len() {
            if (flat.symbols.get(at - 1), flat.symbols.get(at)) == (97, 98) {
                (at - 1..=at).for_each(|at| flat.symbols.set(at, 256));
            }
        }
        flat.compact(|id| if id == 256 { 2 } else { 1 });
        assert_eq!(all(&flat), [(256, c, weights[0]), (256, c, 7), (d, d, 7)]);
    }
}
