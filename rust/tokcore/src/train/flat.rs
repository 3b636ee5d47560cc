//! All words in one flat array of symbols.
//!
//! Words stand one after another with a separator before, between and after them, the most frequent first. A token
//! that merges have made longer than one slot has its id in its first and in its last slot; what is between is stale.
//! A weight is kept for each 8 slots, so words of different weight never share such a group.

use super::table::Words;

/// An element of the array: 16 bits do for small vocabularies.
pub(super) trait Symbol: Copy + Eq + Send + Sync + 'static {
    fn new(id: u32) -> Self;
    fn id(self) -> u32;
}

impl Symbol for u16 {
    #[inline(always)]
    fn new(id: u32) -> Self {
        id as Self
    }
    #[inline(always)]
    fn id(self) -> u32 {
        self.into()
    }
}

impl Symbol for u32 {
    #[inline(always)]
    fn new(id: u32) -> Self {
        id
    }
    #[inline(always)]
    fn id(self) -> u32 {
        self
    }
}

/// Turns the bytes of a word into the ids that it starts from.
pub(super) type Initial<'a> = dyn Fn(&[u8], &mut Vec<u32>) + Sync + 'a;

/// Slots that share a weight entry, as a power of two.
const GROUP: usize = 3;

/// Weights from here on do not fit an entry and are searched for.
const LARGE: u32 = u32::MAX;

/// The words of one shard.
pub(super) struct Flat<S> {
    pub(super) symbols: Vec<S>,
    pub(super) separator: S,
    /// Where the words of each weight begin, by descending weight.
    runs: Vec<(usize, u64)>,
    weights: Vec<u32>,
    /// Where the words of weight 1, most of them in a large corpus, begin: they need no entries.
    ones: usize,
}

impl<S: Symbol> Flat<S> {
    /// Lays out words by descending weight; a word of less than two symbols has no pair and is left out.
    pub(super) fn new(words: &Words, initial: &Initial<'_>, separator: u32) -> Self {
        let slots = words.bytes.len() + words.len() + 1;
        let mut flat = Self {
            symbols: Vec::with_capacity(slots),
            separator: S::new(separator),
            runs: vec![],
            weights: vec![],
            ones: 0,
        };
        flat.symbols.push(flat.separator);
        let mut ids = vec![];
        for index in by_weight(&words.counts) {
            ids.clear();
            initial(words.word(index as usize), &mut ids);
            flat.push(&ids, words.counts[index as usize]);
        }
        flat.weigh();
        flat
    }

    /// Appends a word whose weight is at most that of the word before it.
    fn push(&mut self, ids: &[u32], weight: u64) {
        if ids.len() < 2 {
            return;
        }
        if self.runs.last().is_none_or(|run| run.1 != weight) {
            self.symbols.resize(self.symbols.len().next_multiple_of(1 << GROUP), self.separator);
            self.runs.push((self.symbols.len(), weight));
        }
        self.symbols.extend(ids.iter().map(|&id| S::new(id)));
        self.symbols.push(self.separator);
    }

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

    /// The weight of the word that slot `at` is in.
    #[inline(always)]
    pub(super) fn weight(&self, at: usize) -> u64 {
        if at >= self.ones {
            return 1;
        }
        match self.weights[at >> GROUP] {
            LARGE => self.large_weight(at),
            weight => weight.into(),
        }
    }

    #[cold]
    fn large_weight(&self, at: usize) -> u64 {
        self.runs[self.runs.partition_point(|run| run.0 <= at) - 1].1
    }

    /// Calls `visit` with every pair of adjacent symbols, where the second of them is, and the weight of the word.
    /// Every token must be one slot long.
    pub(super) fn pairs(&self, mut visit: impl FnMut(S, S, usize, u64)) {
        let mut last = self.separator;
        for (at, &symbol) in self.symbols.iter().enumerate() {
            if last != self.separator && symbol != self.separator {
                visit(last, symbol, at, self.weight(at));
            }
            last = symbol;
        }
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
                self.symbols[to] = self.separator;
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
            let symbol = self.symbols[from];
            self.symbols[to] = symbol;
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

/// The indices of all counts by descending count, equal ones in order: a counting sort for the small, which are many.
fn by_weight(counts: &[u64]) -> Vec<u32> {
    const SMALL: usize = 1 << 12;
    let class = |count: u64| usize::try_from(count).unwrap_or(SMALL).min(SMALL);
    let mut ends = vec![0usize; SMALL + 2];
    counts.iter().for_each(|&count| ends[class(count)] += 1);
    let large = ends[SMALL];
    let mut sum = 0;
    for end in ends.iter_mut().rev() {
        sum += std::mem::replace(end, sum);
    }
    let mut order = vec![0; counts.len()];
    for (index, &count) in counts.iter().enumerate() {
        let next = &mut ends[class(count)];
        order[*next] = index as u32;
        *next += 1;
    }
    order[..large].sort_by_key(|&index| std::cmp::Reverse(counts[index as usize]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_by_weight() {
        let counts = [3, 1, u64::MAX, 4095, 4096, 5000, 3, 1 << 40];
        assert_eq!(by_weight(&counts), [2, 7, 5, 4, 3, 0, 6, 1]);
    }

    #[test]
    fn weights_and_pairs_survive_compaction() {
        let counts: Vec<u64> = [1 << 33, 1, 7, u64::from(u32::MAX), 7].into();
        let words = Words { bytes: b"abcxabcabdd".to_vec(), starts: vec![0, 3, 4, 7, 9, 11], counts };
        let initial = |word: &[u8], ids: &mut Vec<u32>| ids.extend(word.iter().map(|&b| u32::from(b)));
        let mut flat = Flat::<u16>::new(&words, &initial, 300);
        let all = |flat: &Flat<u16>| {
            let mut seen = vec![];
            flat.pairs(|a, b, _, weight| seen.push((a.id(), b.id(), weight)));
            seen
        };
        let (a, b, c, d) = (97, 98, 99, 100);
        let weights = [1 << 33, u64::from(u32::MAX), 7];
        let expected = [(a, b, weights[0]), (b, c, weights[0]), (a, b, weights[1]), (a, b, 7), (b, c, 7), (d, d, 7)];
        assert_eq!(all(&flat), expected);
        // "ab" becomes token 256 everywhere: the word "ab" is gone, "abc" has one pair.
        for at in 1..flat.symbols.len() {
            if (flat.symbols[at - 1], flat.symbols[at]) == (97, 98) {
                (flat.symbols[at - 1], flat.symbols[at]) = (256, 256);
            }
        }
        flat.compact(|id| if id == 256 { 2 } else { 1 });
        assert_eq!(all(&flat), [(256, c, weights[0]), (256, c, 7), (d, d, 7)]);
    }
}
