//! Text -> vocabulary: counts pre-tokens and merges the most frequent pairs of tokens in them.
//!
//! The result is byte-level BPE exactly as Hugging Face's `BpeTrainer` computes it: the most frequent pair is merged
//! first, of equally frequent ones the one with the lower left id, then the lower right id, ids 0 to 255 being the single
//! bytes in [the order](alphabet) of its alphabet. Counts have 64 bits. The algorithm is described where it is:
//! [`count`] for text to words, [`flat`], [`shard`] and [`merge`] for words to merges.

mod alphabet;
mod arena;
mod count;
mod flat;
mod index;
mod merge;
mod pairs;
mod prefetch;
mod progress;
mod queue;
mod shard;
mod table;
mod tally;
mod trained;
mod words;

pub use count::{Counting, count_words};
pub use progress::{Event, Phase, Progress};
pub use trained::{Config, Stats, Trained, train, train_documents};
pub use words::{Totals, WordCounts};

/// How many threads to use.
fn threads(requested: Option<usize>) -> usize {
    requested.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get)).max(1)
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
