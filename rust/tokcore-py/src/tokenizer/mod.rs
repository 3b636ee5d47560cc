//! The Python class `Tokenizer`.

mod cache;
mod construct;
mod count;
mod decode;
mod encode;
mod encode_batch;
mod files;
mod misc;
pub(crate) mod pickle;

use std::sync::Arc;

use pyo3::prelude::*;
use tokcore::train::Stats;

/// A byte-level BPE tokenizer: text to ids and back, and counting.
///
/// It has the whole interface of `tiktoken.Encoding` and gives the same ids. Its ids never change, so threads
/// may share it, and copying it gives itself; a named encoding is one object in the whole process, with one `cache_limit`.
///
/// Parameters
/// ----------
/// name : str
///     The name of the encoding.
/// pat_str : str
///     The regular expression that splits text into pre-tokens.
/// mergeable_ranks : dict[bytes, int]
///     The tokens and their ids. An id is also the token's rank: of two possible merges the one to the lower id comes first.
/// special_tokens : dict[str, int]
///     The special tokens and their ids.
/// explicit_n_vocab : int, optional
///     If given, the number of tokens that there must be, special tokens included, without a gap in the ids.
///
/// Raises
/// ------
/// ValueError
///     If the pattern does not compile, or the tokens do not form a vocabulary: a single byte missing, a token empty, an id
///     given to two tokens that are not special, or above 16,777,215.
/// OverflowError
///     If an id is below 0 or has more than 32 bits.
/// TypeError
///     If a token is no bytes, a special token no str, or an id no int.
/// AssertionError
///     If `explicit_n_vocab` is neither 0 nor that number.
/// AssertionError
///     If `explicit_n_vocab` is not the number of tokens.
#[pyclass(frozen, subclass, weakref, module = "tokcore")]
pub(crate) struct Tokenizer {
    core: Arc<tokcore::Tokenizer>,
    training: Option<Stats>,
}

impl Tokenizer {
    pub(crate) fn new(core: Arc<tokcore::Tokenizer>) -> Self {
        Self { core, training: None }
    }

    pub(crate) fn core(&self) -> &Arc<tokcore::Tokenizer> {
        &self.core
    }

    pub(crate) fn trained(core: Arc<tokcore::Tokenizer>, stats: Stats) -> Self {
        Self { core, training: Some(stats) }
    }
}
