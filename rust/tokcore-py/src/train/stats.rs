//! `TrainingStats`: what a training saw.

use pyo3::prelude::*;
use tokcore::train::Stats;

/// What a training saw: `Tokenizer.training` of its result.
#[pyclass(frozen, module = "tokcore")]
pub(crate) struct TrainingStats(pub(crate) Stats);

#[pymethods]
impl TrainingStats {
    /// The number of documents with any text.
    #[getter]
    fn documents(&self) -> u64 {
        self.0.totals.documents
    }

    /// The bytes of text, special tokens and separators left out.
    #[getter]
    fn bytes(&self) -> u64 {
        self.0.totals.bytes
    }

    /// The number of pre-tokens, every occurrence counted.
    #[getter]
    fn words(&self) -> u64 {
        self.0.totals.words
    }

    /// The number of different pre-tokens.
    #[getter]
    fn distinct_words(&self) -> u64 {
        self.0.distinct_words
    }

    /// How many tokens the text has by the merges of the trained vocabulary. Tokens of an initial vocabulary that merging
    /// cannot reach are not looked for.
    #[getter]
    fn tokens(&self) -> u64 {
        self.0.tokens
    }

    /// How often the last merge's pair occurred; 0 without merges.
    #[getter]
    fn last_frequency(&self) -> u64 {
        self.0.last_frequency
    }

    /// Whether training ended before `vocab_size`, because no pair was left that occurs often enough.
    #[getter]
    fn ended_early(&self) -> bool {
        self.0.ended_early
    }

    /// Seconds spent counting words, bringing them together, and merging.
    #[getter]
    fn seconds(&self) -> (f64, f64, f64) {
        let Stats { counting, indexing, merging, .. } = &self.0;
        (counting.as_secs_f64(), indexing.as_secs_f64(), merging.as_secs_f64())
    }

    fn __repr__(&self) -> String {
        let Stats { totals, tokens, .. } = &self.0;
        format!("<TrainingStats of {} documents, {} bytes, {tokens} tokens>", totals.documents, totals.bytes)
    }
}
