//! What merging takes of memory, for the budget that it is kept to.

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
