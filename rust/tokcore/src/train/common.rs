//! What all threads look at while pairs are merged.

use std::sync::Arc;

use super::outcome::Merge;
use super::pairs::Pairs;

/// The pairs, the batch at work, and what is to be known of tokens.
pub(super) struct Common {
    pub(super) batch: Arc<[Merge]>,
    pub(super) pairs: Pairs,
    /// Pairs that became too rare because the threshold was raised.
    pub(super) dropped: Vec<u32>,
    /// By token: bytes.
    lengths: Vec<u32>,
    /// A token of several bytes must be shorter than this, unless it is made of two single bytes.
    length_limit: usize,
}

impl Common {
    /// No pairs; the tokens that there are have so many bytes.
    pub(super) fn new(lengths: Vec<u32>, length_limit: usize) -> Self {
        Self { batch: Arc::new([]), pairs: Pairs::new(1, 0), dropped: vec![], lengths, length_limit }
    }

    /// Makes `batch` the one at work.
    pub(super) fn begin(&mut self, batch: Arc<[Merge]>) {
        let length = |token: u32| self.lengths[token as usize];
        let new: Vec<u32> = batch.iter().map(|merge| length(merge.left) + length(merge.right)).collect();
        self.lengths.extend(new);
        self.batch = batch;
        self.dropped.clear();
    }

    /// Whether the token that two tokens make is not too long. Hugging Face's trainer takes the pairs of single bytes
    /// whatever the limit, and others if the new token stays below it.
    pub(super) fn allows(&self, left: u32, right: u32) -> bool {
        let (left, right) = (self.lengths[left as usize] as usize, self.lengths[right as usize] as usize);
        left + right < self.length_limit || (left, right) == (1, 1)
    }
}
