//! What merging takes of memory, for the budget that it is kept to.

use crate::error::{Error, ErrorKind, Result};

/// What a shard takes for a token, in tables that tokens index, and what there is of such tables but once.
const BYTES_A_TOKEN: u64 = 50;
pub(super) const BYTES_A_TOKEN_ONCE: u64 = 12;

/// What the buckets of the queue take, and a margin for all that is small.
pub(super) const BYTES_IN_ANY_CASE: u64 = 4 << 20;

/// What a place of a pair that is merged takes while its batch is worked on.
pub(super) const BYTES_A_RECORD: u64 = 24;

/// What merging takes beside the pairs it follows: `words` bytes of words in so many shards, and tables of tokens.
pub(super) fn least_memory(words: u64, shards: usize, tokens: u64) -> u64 {
    words + tokens * (BYTES_A_TOKEN * shards as u64 + BYTES_A_TOKEN_ONCE) + BYTES_IN_ANY_CASE
}

/// What the allocator may keep besides for each thread, in an arena of its own.
const BYTES_A_THREAD: u64 = 4 << 20;

/// How much of a budget merging in so many shards may reckon with. The allocator keeps some of what was freed between the
/// times that it is [given back](crate::memory::give_back), not the same in every run.
pub(super) fn share(max_memory: u64, shards: usize) -> u64 {
    max_memory.saturating_sub(BYTES_A_THREAD * shards as u64) / 3 * 2
}

/// The budget that it takes to merge in so many shards what takes `least` beside the pairs that are followed: one whose
/// [`share`] leaves a quarter of that for pairs.
pub(super) fn least_budget(least: u64, shards: usize) -> u64 {
    // With few threads more is asked for: so small a budget would be kept only just.
    (least / 2 * 5).max(least / 8 * 15 + BYTES_A_THREAD * shards as u64)
}

/// What merging may reckon with, and what of it is not there for pairs.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) share: u64,
    pub(super) least: u64,
    pub(super) shards: usize,
}

impl Room {
    /// What is left for pairs, in bytes.
    pub(super) fn rest(self) -> u64 {
        self.share.saturating_sub(self.least)
    }

    /// How much of that counting pairs may take; the rest is a margin.
    pub(super) fn for_counting(self) -> u64 {
        self.rest() / 4 * 3
    }

    /// How much of it lists may take where no pair has more than so many places: there is a record for each of them while
    /// that pair is merged.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] if there is no memory for these.
    pub(super) fn for_lists(self, places: u64) -> Result<u64> {
        // Records come in one piece and go so: they may take what the allocator leaves, half as much as the share, and half of
        // the rest.
        let (records, beside) = (places.saturating_mul(BYTES_A_RECORD), self.share / 2);
        let needed = records.saturating_add(self.least / 2);
        if needed > self.share {
            let enough = (needed / 2).saturating_mul(3) + BYTES_A_THREAD * self.shards as u64;
            let why = format!(
                "max_memory is too small: one pair has {places} places in the distinct words; allow at least {}",
                enough.saturating_add(enough / 64)
            );
            return Err(Error::new(ErrorKind::Argument, why));
        }
        Ok(self.rest().saturating_sub(records.saturating_sub(beside)) / 4 * 3)
    }
}
