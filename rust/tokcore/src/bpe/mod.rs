//! Spans <-> ids: byte-pair encoding of pre-tokens, counting and decoding.
//!
//! # What is computed
//!
//! A pre-token that is itself a token becomes that token. Any other is *merged*: starting from single bytes, the adjacent
//! pair whose joined bytes are the token of lowest id is joined, of equal ones the leftmost, until none is left. This is
//! tiktoken's rule. [`merge`] is that definition, word for word; everything else here gives the same ids faster.
//!
//! # Why it is exact
//!
//! Merging the bytes of a part of a piece goes as it goes inside the piece for as long as nothing joins across the part's
//! ends: each step inside the part is the least pair of the piece, so it is the least of the part. From this follows
//!
//! * that each token comes to be from the same two parts wherever it does, so that one pair a token is enough (`pairs`);
//! * that merging a token's own bytes either gives the token, or merging never gives it anywhere; so a pre-token need be
//!   looked up only among the tokens of the second kind, and most vocabularies have none (`model`);
//! * that windows of a long piece, merged apart, may be joined at a token they have in common (`windows`);
//! * that a piece may be cut wherever no token contains the bytes around the place, since no merge crosses it
//!   ([`CutFilter`](crate::scan::CutFilter)).
//!
//! A remembered word is compared with all its bytes and its length, so the cache changes nothing (`cache`). The order in
//! which candidates are searched is a matter of the tier; which of them is least is not (`kernel`, `columns`, `vector`).
//!
//! # What it asks of a vocabulary
//!
//! That the single bytes are in it, which [`Vocabulary`](crate::Vocabulary) sees to. Tokens that merging does not reach
//! are found when the tables are made; a vocabulary that has any is encoded without cuts, because a part of a pre-token
//! could be such a token where the pre-token is not. Nothing else depends on the vocabulary.
//!
//! # What it costs
//!
//! A word that is remembered costs a few nanoseconds, one of up to 16 bytes that is not 100 to 400. A longer piece costs
//! time in proportion to its length, or O(n log n) where windows have nothing in common. Memory is bounded by
//! [`DEFAULT_LIMIT`] for each thread that has worked at the same time.

mod cache;
#[cfg(target_arch = "x86_64")]
mod columns;
pub(crate) mod decode;
mod heap;
mod joined;
mod kernel;
mod limit;
pub mod merge;
mod model;
mod pairs;
mod parting;
#[cfg(test)]
pub(crate) mod testing;
mod vector;
mod windows;
mod worker;

pub use cache::{CacheStatistics, DEFAULT_LIMIT};
pub(crate) use cache::{Count, Sink};
pub(crate) use limit::{Place, Reach};
pub(crate) use model::Model;
pub use pairs::table as pair_table;
pub(crate) use windows::common;
pub(crate) use worker::{Pool, Worker};
