//! The order in which pairs are merged: most frequent first, then the lower pair of ids.
//!
//! Counts of waiting pairs only go down, and are not told to the queue: a pair is filed again when it turns up and its
//! count is no longer the one it was filed under. Pairs of up to [`BUCKETS`] occurrences wait in a bucket for each
//! count, which is sorted when its turn comes; the few above wait in a heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::pairs::{Pair, Pairs};

const BUCKETS: usize = 1 << 15;

/// How many pairs of a bucket ahead their counts are asked for.
const AHEAD: usize = 32;

pub(super) struct Queue {
    heap: BinaryHeap<(u64, Reverse<u64>, u32)>,
    buckets: Vec<Vec<u32>>,
    /// The bucket at work, all above it being empty, as (order, pair) with the first to merge at the end.
    current: usize,
    sorted: Vec<(u64, u32)>,
    /// What was added to the bucket at work since it was sorted.
    added: BinaryHeap<Reverse<(u64, u32)>>,
    threshold: u64,
}

impl Queue {
    /// An empty queue that drops pairs rarer than `threshold`, which is at least 1.
    pub(super) fn new(threshold: u64) -> Self {
        Self {
            heap: BinaryHeap::new(),
            buckets: vec![vec![]; BUCKETS],
            current: BUCKETS,
            sorted: vec![],
            added: BinaryHeap::new(),
            threshold,
        }
    }

    /// Drops pairs rarer than `threshold` from now on.
    pub(super) fn raise(&mut self, threshold: u64) {
        self.threshold = threshold;
    }

    /// Files a pair under its count, which is at most that of the last pair taken.
    pub(super) fn push(&mut self, number: u32, pair: Pair) {
        match usize::try_from(pair.count) {
            _ if pair.count < self.threshold => {}
            Ok(count) if count < self.current && count < BUCKETS => self.buckets[count].push(number),
            Ok(count) if count == self.current => self.added.push(Reverse((pair.order(), number))),
            _ => self.heap.push((pair.count, Reverse(pair.order()), number)),
        }
    }

    /// Takes the pair to merge next; `None` if none reaches the threshold.
    pub(super) fn pop(&mut self, pairs: &Pairs) -> Option<u32> {
        // The threshold may have been raised above the pairs whose turn it is by now.
        self.pop_any(pairs).filter(|&number| pairs.get(number).count >= self.threshold)
    }

    fn pop_any(&mut self, pairs: &Pairs) -> Option<u32> {
        while let Some((count, _, number)) = self.heap.pop() {
            let pair = pairs.get(number);
            if pair.count == count {
                return Some(number);
            }
            self.push(number, pair);
        }
        loop {
            while let Some(number) = self.pop_current() {
                // Since the bucket was sorted it is mostly gone from the caches again.
                if let Some(&(_, ahead)) = self.sorted.iter().nth_back(AHEAD) {
                    pairs.expect_number(ahead);
                }
                let pair = pairs.get(number);
                if pair.count == self.current as u64 {
                    return Some(number);
                }
                self.push(number, pair);
            }
            self.next_bucket(pairs)?;
        }
    }

    fn pop_current(&mut self) -> Option<u32> {
        match (self.sorted.last(), self.added.peek()) {
            (Some(a), Some(Reverse(b))) if b < a => self.added.pop().map(|Reverse((_, number))| number),
            (Some(_), _) => self.sorted.pop().map(|(_, number)| number),
            (None, _) => self.added.pop().map(|Reverse((_, number))| number),
        }
    }

    fn next_bucket(&mut self, pairs: &Pairs) -> Option<()> {
        loop {
            if self.current as u64 <= self.threshold {
                return None;
            }
            self.current -= 1;
            let bucket = std::mem::take(&mut self.buckets[self.current]);
            for (i, &number) in bucket.iter().enumerate() {
                if let Some(&ahead) = bucket.get(i + AHEAD) {
                    pairs.expect_number(ahead);
                }
                let pair = pairs.get(number);
                if pair.count == self.current as u64 {
                    self.sorted.push((pair.order(), number));
                } else {
                    self.push(number, pair);
                }
            }
            if !self.sorted.is_empty() {
                self.sorted.sort_unstable_by_key(|entry| Reverse(*entry));
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_out_in_order_as_counts_fall() {
        let mut pairs = Pairs::new(2, 0);
        let mut queue = Queue::new(2);
        for i in 0..2000u32 {
            let number = pairs.insert(i % 7, i, u64::from(i % 90) * 1000);
            queue.push(number, pairs.get(number));
        }
        pairs.settle();
        for i in (0..2000).step_by(3) {
            pairs.lower(i % 7, i, 900);
        }
        let mut seen = vec![];
        while let Some(number) = queue.pop(&pairs) {
            let pair = pairs.get(number);
            // A pair that is put back comes out again in its place.
            if seen.len() % 5 == 0 {
                queue.push(number, pair);
                assert_eq!(queue.pop(&pairs), Some(number));
            }
            seen.push((Reverse(pair.count), pair.order()));
        }
        let mut expected: Vec<_> = (0..2000u32)
            .map(|i| (u64::from(i % 90) * 1000).saturating_sub(if i % 3 == 0 { 900 } else { 0 }))
            .zip(0..2000u32)
            .filter(|(count, _)| *count >= 2)
            .map(|(count, i)| (Reverse(count), u64::from(i % 7) << 32 | u64::from(i)))
            .collect();
        expected.sort_unstable();
        assert_eq!(seen, expected);
    }
}
