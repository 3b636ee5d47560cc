//! The merge loop: batches of merges that are exactly what one merge at a time would do.
//!
//! # Batches
//! Let m1, m2, ... be the pairs in the order in which they wait (most frequent first, then the lower ids), all counts
//! being those of this moment. A batch is a prefix m1..mk in which no pair's left token is another's right token, a pair
//! of one token twice being a batch by itself. One merge at a time would take the same merges in the same order:
//!
//! * Merging mj = (a, b) into X takes occurrences from pairs (x, a) and (b, y) only. No pair of the batch has the right
//!   token a or the left token b, so the counts of the pairs of the batch stay what they are, and their order too.
//! * It creates pairs (X, y) and (x, X), or (X, X') with X' of the same batch. (X, y) occurs at most as often as (b, y)
//!   did, in whose places it stands, and so do (x, X) and (x, a), (X, X') and (b, a'). These pairs (b, y), (x, a) and
//!   (b, a') are not in the batch, so they wait behind all of it; if one is not followed, its count is below the
//!   threshold, or it makes too long a token, and then so does the new pair.
//! * If a new pair is as frequent as a pair (l, r) of the batch, then so is the old pair, which is behind (l, r) by its
//!   ids. (X, y) comes after (l, r), as X is higher than all ids of waiting pairs. For (x, X) and (x, a): x > l, or x = l
//!   and then X > r. Either way the new pair waits behind the whole batch as well.
//!
//! A pair that may not be merged because its token exists already keeps the pairs behind it from being in a batch with
//! what it touches, as if it were in the batch, so the argument holds with it.
//!
//! # Threshold
//! Pairs rarer than a threshold are not followed: no list, no count. When no followed pair is left, the words are
//! compacted, all pairs counted anew, and those above a lower threshold followed. A pair never becomes more frequent
//! after the merge that creates it, so whatever reaches the threshold is followed from the start.

use super::flat::Symbol;
use super::index;
use super::pairs::Pairs;
use super::progress::Reporter;
use super::queue::Queue;
use super::shard::{Merge, Shard, UNFOLLOWED};
use crate::error::Result;

/// What decides which pairs may be merged.
pub(super) struct Rules<'a> {
    /// How many merges to make.
    pub(super) merges: usize,
    /// The id of the first new token; all others are lower.
    pub(super) first_new: u32,
    /// Pairs rarer than this are not merged; at least 1.
    pub(super) min_frequency: u64,
    /// A token of several bytes must be shorter than this, unless it is made of two single bytes.
    pub(super) length_limit: usize,
    /// The bytes of each token at the start, and whether a token of given bytes is there already.
    pub(super) lengths: Vec<u32>,
    /// Whether a pair would make a token that there is already.
    pub(super) exists: Option<&'a Exists>,
}

/// Says of the merges so far and one more pair whether that pair makes a token that there is already.
pub(super) type Exists = dyn Fn(&[(u32, u32)], u32, u32) -> bool + Sync;

/// Merges and what became of the words.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) merges: Vec<(u32, u32)>,
    /// How often the last merge's pair occurred.
    pub(super) last_frequency: u64,
    /// How many tokens fewer the words have now, by weight.
    pub(super) saved: u64,
}

/// How many neighbours ahead their pairs are asked for.
const AHEAD: usize = 12;

pub(super) struct Trainer<'a, S> {
    rules: Rules<'a>,
    shards: Vec<Shard<S>>,
    pairs: Pairs,
    queue: Queue,
    /// By token: bytes, slots, and how the batch in the making uses it.
    lengths: Vec<u32>,
    slots: Vec<u32>,
    uses: Vec<(bool, bool)>,
    used: Vec<(u32, u32)>,
    merged: Merged,
    numbers: Vec<u32>,
}

impl<'a, S: Symbol> Trainer<'a, S> {
    pub(super) fn new(mut rules: Rules<'a>, shards: Vec<Shard<S>>) -> Self {
        let lengths = std::mem::take(&mut rules.lengths);
        Self {
            slots: vec![1; lengths.len()],
            uses: vec![(false, false); lengths.len() + rules.merges],
            used: vec![],
            pairs: Pairs::new(1),
            queue: Queue::new(1),
            merged: Merged::default(),
            numbers: vec![],
            lengths,
            rules,
            shards,
        }
    }

    /// Merges until there are enough tokens or no pair is frequent enough. `threshold` is a guess of how rare a pair
    /// will be merged; it changes only the time taken.
    pub(super) fn run(mut self, mut threshold: u64, reporter: &mut Reporter<'_>) -> Result<Merged> {
        loop {
            threshold = threshold.max(self.rules.min_frequency).max(1);
            self.follow(threshold);
            while self.merge_batch() {
                reporter.update(self.merged.merges.len() as u64, Some(self.rules.merges as u64))?;
            }
            if self.merged.merges.len() == self.rules.merges || threshold == self.rules.min_frequency.max(1) {
                return Ok(self.merged);
            }
            threshold /= 8;
        }
    }

    /// Finds the pairs that occur at least `threshold` times.
    fn follow(&mut self, threshold: u64) {
        let slots = &self.slots;
        for shard in &mut self.shards {
            shard.clear_lists();
            if !self.merged.merges.is_empty() {
                shard.flat.compact(|token| slots[token as usize] as usize);
            }
        }
        self.slots.fill(1);
        self.pairs = Pairs::new(threshold);
        self.queue = Queue::new(threshold);
        let (lengths, limit) = (&self.lengths, self.rules.length_limit);
        let mut shards: Vec<_> = self.shards.iter_mut().collect();
        index::build(&mut shards, &mut self.pairs, |left, right| allowed(lengths, limit, left, right));
        for number in 0..self.pairs.len() as u32 {
            self.queue.push(number, self.pairs.get(number));
        }
    }

    /// Applies the next batch; `false` if there is none.
    fn merge_batch(&mut self) -> bool {
        let batch = self.next_batch();
        if batch.is_empty() {
            return false;
        }
        for shard in &mut self.shards {
            shard.merge(&batch);
        }
        self.recount(&batch);
        for shard in &mut self.shards {
            shard.index(&batch, &self.numbers);
            self.merged.saved = self.merged.saved.saturating_add(shard.outcome.merged);
        }
        true
    }

    /// Takes the longest batch from the queue, as the module's documentation has it.
    fn next_batch(&mut self) -> Vec<Merge> {
        let mut batch = vec![];
        while self.merged.merges.len() < self.rules.merges {
            let Some(number) = self.queue.pop(&self.pairs) else { break };
            let pair = *self.pairs.get(number);
            let (left, right) = (pair.left, pair.right);
            let twice = left == right;
            let touches = self.uses[left as usize].1 || self.uses[right as usize].0;
            if touches || (twice && !self.used.is_empty()) {
                self.queue.push(number, &pair);
                break;
            }
            self.uses[left as usize].0 = true;
            self.uses[right as usize].1 = true;
            self.used.push((left, right));
            self.pairs.clear(number);
            if self.rules.exists.is_some_and(|exists| exists(&self.merged.merges, left, right)) {
                continue;
            }
            self.merged.last_frequency = pair.count;
            batch.push(self.new_token(number, left, right));
            if twice {
                break;
            }
        }
        for (left, right) in self.used.drain(..) {
            self.uses[left as usize].0 = false;
            self.uses[right as usize].1 = false;
        }
        batch
    }

    fn new_token(&mut self, pair: u32, left: u32, right: u32) -> Merge {
        let new = self.rules.first_new + self.merged.merges.len() as u32;
        let slots = (self.slots[left as usize], self.slots[right as usize]);
        self.slots.push(slots.0 + slots.1);
        self.lengths.push(self.lengths[left as usize] + self.lengths[right as usize]);
        self.merged.merges.push((left, right));
        Merge { pair, left, right, new, slots }
    }

    /// Brings the counts up to date with what a batch did, and numbers the new pairs.
    fn recount(&mut self, batch: &[Merge]) {
        let shard = &mut self.shards[0];
        self.numbers.clear();
        let mut dropped = vec![];
        for broken in &shard.outcome.broken {
            dropped.extend(self.pairs.lower(broken.left, broken.right, broken.weight));
        }
        let mut start = 0;
        for (merge, &(middle, end)) in batch.iter().zip(&shard.outcome.ends) {
            let (left, right) = shard.outcome.neighbors[start..end].split_at(middle - start);
            for (i, neighbor) in left.iter().enumerate() {
                if let Some(next) = left.get(i + AHEAD) {
                    self.pairs.expect(next.token, merge.left);
                }
                dropped.extend(self.pairs.lower(neighbor.token, merge.left, neighbor.weight));
            }
            for (i, neighbor) in right.iter().enumerate() {
                if let Some(next) = right.get(i + AHEAD) {
                    self.pairs.expect(merge.right, next.token);
                }
                dropped.extend(self.pairs.lower(merge.right, neighbor.token, neighbor.weight));
            }
            start = end;
        }
        let mut start = 0;
        for (merge, &(middle, end)) in batch.iter().zip(&shard.outcome.ends) {
            for i in start..end {
                let neighbor = shard.outcome.neighbors[i];
                let (left, right) = if i < middle { (neighbor.token, merge.new) } else { (merge.new, neighbor.token) };
                let mut number = UNFOLLOWED;
                if neighbor.weight >= self.pairs.threshold()
                    && allowed(&self.lengths, self.rules.length_limit, left, right)
                {
                    number = self.pairs.insert(left, right, neighbor.weight);
                    self.queue.push(number, self.pairs.get(number));
                }
                self.numbers.push(number);
            }
            start = end;
        }
        for number in dropped {
            shard.drop_list(number);
        }
    }
}

/// Whether the token that two tokens make is not too long. Hugging Face's trainer takes the pairs of single bytes
/// whatever the limit, and others if the new token stays below it.
fn allowed(lengths: &[u32], limit: usize, left: u32, right: u32) -> bool {
    let (left, right) = (lengths[left as usize] as usize, lengths[right as usize] as usize);
    left + right < limit || (left, right) == (1, 1)
}
