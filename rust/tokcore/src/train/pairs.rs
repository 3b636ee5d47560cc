//! The pairs worth following: their counts, and a hash table to find them by their two ids.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory::prefetch;

/// A pair of tokens and how often it occurs now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) count: u64,
    pub(super) left: u32,
    pub(super) right: u32,
}

impl Pair {
    /// Which of two equally frequent pairs is merged first: the lower.
    pub(super) fn order(&self) -> u64 {
        u64::from(self.left) << 32 | u64::from(self.right)
    }
}

/// A pair whose count one thread may lower while others look at other pairs.
struct Shared {
    count: AtomicU64,
    left: u32,
    right: u32,
}

/// Pairs by number and by their ids. A pair that falls below the threshold is forgotten when the table grows.
pub(super) struct Pairs {
    pairs: Vec<Shared>,
    /// Upper half: the low half of the hash. Lower half: the pair's number and one, 0 in an empty slot.
    slots: Vec<AtomicU64>,
    /// How many pairs there is room for in `slots`.
    used: usize,
    /// Pairs that there is room for but which need not be in `slots` yet; those before are, or were left out for good.
    unplaced: Range<u32>,
    /// How many pairs there will be, about.
    expected: usize,
    threshold: u64,
}

/// How many pairs are followed in a training to so many tokens, mostly not more: room that costs nothing until it is used.
pub(super) fn expected(tokens: usize) -> usize {
    (8 * tokens).min(1 << 20)
}

/// Slots with nothing in them.
fn empty(slots: usize) -> Vec<AtomicU64> {
    // The same memory: compilers see that nothing is done to it, and the system gives zeros.
    vec![0; slots].into_iter().map(AtomicU64::new).collect()
}

/// How many pairs ahead their slots are asked for.
const PLACED_AHEAD: usize = 16;

#[inline(always)]
fn hash(left: u32, right: u32) -> u64 {
    let order = u64::from(left) << 32 | u64::from(right);
    order.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

impl Pairs {
    /// No pairs; those rarer than `threshold` are not worth keeping. There will be about `expected`.
    pub(super) fn new(threshold: u64, expected: usize) -> Self {
        Self {
            pairs: Vec::with_capacity(expected),
            slots: empty(1 << 10),
            used: 0,
            unplaced: 0..0,
            expected,
            threshold,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// How many bytes they take, their places in the queue included.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&self.slots[..]) + self.pairs.len() * (size_of::<Shared>() + 2 * size_of::<u32>())
    }

    pub(super) fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Asks for the memory of a pair.
    #[inline(always)]
    pub(super) fn expect_number(&self, number: u32) {
        prefetch(&self.pairs, number as usize);
    }

    #[inline(always)]
    pub(super) fn get(&self, number: u32) -> Pair {
        let Shared { count, left, right } = &self.pairs[number as usize];
        Pair { count: count.load(Ordering::Relaxed), left: *left, right: *right }
    }

    /// Raises the threshold; returns the numbers of the pairs that are too rare for it.
    pub(super) fn raise(&mut self, threshold: u64) -> Vec<u32> {
        let follows = self.threshold..threshold;
        self.threshold = threshold;
        (0..self.pairs.len() as u32).filter(|&number| follows.contains(&self.get(number).count)).collect()
    }

    /// [`Pairs::append`] of one pair.
    pub(super) fn insert(&mut self, left: u32, right: u32, count: u64) -> u32 {
        self.append(&[Pair { count, left, right }])
    }

    /// Adds pairs that are not there; returns the number of the first. They are not found by their ids before they are
    /// placed.
    pub(super) fn append(&mut self, pairs: &[Pair]) -> u32 {
        let first = self.pairs.len() as u32;
        self.pairs.extend(pairs.iter().map(|pair| Shared {
            count: pair.count.into(),
            left: pair.left,
            right: pair.right,
        }));
        first
    }

    /// Lets the pairs that were added be found.
    pub(super) fn settle(&mut self) {
        self.make_room();
        self.place(0, 1);
    }

    /// Makes room for the pairs that were added, all parts of which are to be placed then.
    pub(super) fn make_room(&mut self) {
        self.unplaced.start = self.unplaced.end;
        self.unplaced.end = self.pairs.len() as u32;
        self.used += self.unplaced.len();
        if self.used * 2 >= self.slots.len() {
            self.used = self.pairs.iter().filter(|pair| pair.count.load(Ordering::Relaxed) >= self.threshold).count();
            self.unplaced.start = 0;
            self.slots = vec![];
            // Where many are expected, at once for more: pairs are placed anew, and fresh memory cleared, less often.
            let slots = (4 * self.used).max(self.expected.min(16 * self.used)).max(1 << 10);
            self.slots = empty(slots.next_power_of_two());
        }
    }

    /// Lets one of `parts` of the pairs that room was made for be found by their ids, if they are frequent. Threads may do
    /// so side by side. The places of pairs are asked for some time before.
    pub(super) fn place(&self, part: usize, parts: usize) {
        let start = |part| self.unplaced.start + (self.unplaced.len() * part / parts) as u32;
        for number in start(part)..start(part + 1) {
            if let Some(ahead) = self.pairs.get(number as usize + PLACED_AHEAD) {
                prefetch(&self.slots, self.home(hash(ahead.left, ahead.right)));
            }
            let pair = self.get(number);
            if pair.count < self.threshold {
                continue;
            }
            let hash = hash(pair.left, pair.right);
            let slot = hash << 32 | u64::from(number + 1);
            let mut at = self.home(hash);
            while self.slots[at].compare_exchange(0, slot, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                at = (at + 1) & (self.slots.len() - 1);
            }
        }
    }

    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        (hash >> (64 - self.slots.len().trailing_zeros())) as usize
    }

    /// Asks for the memory that looking (left, right) up begins with.
    #[inline(always)]
    pub(super) fn expect(&self, left: u32, right: u32) {
        prefetch(&self.slots, self.home(hash(left, right)));
    }

    /// Asks for the memory that looking (left, right) up goes on with, once [`Pairs::expect`] had its time.
    #[inline(always)]
    pub(super) fn expect_more(&self, left: u32, right: u32) {
        let slot = self.slots[self.home(hash(left, right))].load(Ordering::Relaxed);
        prefetch(&self.pairs, (slot as u32 as usize).wrapping_sub(1));
    }

    /// Which of so many parts of all pairs a pair belongs to.
    #[inline(always)]
    pub(super) fn part(left: u32, right: u32, parts: usize) -> usize {
        (((hash(left, right) >> 32) * parts as u64) >> 32) as usize
    }

    /// Lowers the count of a pair, if it is followed; returns its number if that takes it below the threshold. Threads
    /// may do so side by side if each has its own part of the pairs.
    #[inline]
    pub(super) fn lower(&self, left: u32, right: u32, by: u64) -> Option<u32> {
        let hash = hash(left, right);
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at].load(Ordering::Relaxed);
            if slot == 0 {
                return None;
            }
            if slot >> 32 == hash & 0xFFFF_FFFF {
                let number = slot as u32 - 1;
                let pair = &self.pairs[number as usize];
                if (pair.left, pair.right) == (left, right) {
                    let before = pair.count.load(Ordering::Relaxed);
                    let now = before.saturating_sub(by);
                    pair.count.store(now, Ordering::Relaxed);
                    let fell = before >= self.threshold && now < self.threshold;
                    return fell.then_some(number);
                }
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Sets the count of a merged pair to zero.
    pub(super) fn clear(&self, number: u32) {
        self.pairs[number as usize].count.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_lowers_and_forgets() {
        let mut pairs = Pairs::new(5, 0);
        let numbers: Vec<u32> = (0..5000).map(|i| pairs.insert(i % 70, i, 10)).collect();
        pairs.settle();
        for i in (0..5000).step_by(2) {
            assert_eq!(pairs.lower(i % 70, i, 5), None);
            assert_eq!(pairs.lower(i % 70, i, 2), Some(numbers[i as usize]));
            assert_eq!(pairs.lower(i % 70, i, 1), None);
        }
        assert_eq!(pairs.lower(71, 0, 1), None);
        (5000..9000).for_each(|i| assert!(pairs.insert(i % 70, i, 6) > 0));
        pairs.settle();
        assert_eq!(pairs.lower(1, 1, 9), Some(numbers[1]));
        assert_eq!(pairs.get(numbers[1]).count, 1);
    }
}
