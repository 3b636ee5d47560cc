//! Spans <-> ids: byte-pair encoding of pre-tokens, counting and decoding.
//!
//! A pre-token that is itself a token becomes that token; any other is merged: starting from single bytes, the adjacent
//! pair whose joined bytes are the token of lowest id is joined, of equal ones the leftmost, until none is left. This is
//! tiktoken's rule. [`merge`] is that definition, word for word; everything else here gives the same ids faster.

mod cache;
pub(crate) mod decode;
mod heap;
mod kernel;
pub mod merge;
mod model;
mod pairs;
#[cfg(test)]
pub(crate) mod testing;
mod vector;
mod windows;
mod worker;

pub use cache::{CacheStatistics, DEFAULT_LIMIT};
pub(crate) use model::Model;
pub(crate) use worker::{Pool, Worker};
