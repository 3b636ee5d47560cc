//! Text -> vocabulary: counts pre-tokens and merges the most frequent pairs of tokens in them.
//!
//! The result is byte-level BPE exactly as Hugging Face's `BpeTrainer` computes it: the most frequent pair is merged
//! first, of equally frequent ones the one with the lower left id, then the lower right id, ids 0 to 255 being the single
//! bytes in [the order](alphabet) of its alphabet. Counts have 64 bits. The algorithm is described where it is:
//! [`count`] for text to words, [`flat`], [`shard`] and [`merge`] for words to merges.

mod alphabet;
mod arena;
mod ascending;
mod budget;
mod bytes;
mod checked;
mod checkpoint;
mod common;
mod config;
mod count;
mod crew;
mod file;
mod flat;
mod forecast;
mod index;
mod known;
mod merge;
mod neighbors;
mod outcome;
mod pairs;
mod progress;
mod queue;
mod recount;
mod replace;
mod runs;
mod shard;
mod start;
mod symbols;
mod table;
mod tally;
mod trained;
mod words;

pub use checkpoint::Checkpoint;
pub use config::Config;
pub use count::{Counting, count_words};
pub use progress::{Event, Phase, Progress};
pub use trained::{Stats, Trained, train, train_documents};
pub use words::{Totals, WordCounts};

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
