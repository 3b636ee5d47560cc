//! Training and word counting.

mod progress;
mod source;
mod stats;
mod words;

use std::sync::Arc;

use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;
use tokcore::Pattern;
use tokcore::train::{Config, Counting, Trained};

use self::progress::Watch;
use self::source::Source;
pub(crate) use self::stats::TrainingStats;
pub(crate) use self::words::WordCounts;
use crate::texts::threads;
use crate::tokenizer::Tokenizer;

/// The pattern that splits text unless another is asked for.
const PATTERN: &str = "cl100k_base";

/// See `tokcore.train`, which draws the progress bar.
#[pyfunction]
#[pyo3(signature = (source, vocab_size, *, name, pattern, special_tokens, min_frequency, max_token_length, num_threads,
    separator, field, progress))]
#[expect(clippy::too_many_arguments, reason = "they are the keyword arguments of a Python function")]
pub(crate) fn _train(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    vocab_size: usize,
    name: String,
    pattern: Option<&str>,
    special_tokens: Vec<String>,
    min_frequency: u64,
    max_token_length: Option<usize>,
    num_threads: Option<isize>,
    separator: Option<String>,
    field: String,
    progress: Option<Py<PyAny>>,
) -> PyResult<Tokenizer> {
    let mut source = Source::new(source, separator, field)?;
    let pattern = match (pattern, &source) {
        (None, Source::Counts(counts)) => counts.pattern().clone(),
        (given, _) => self::pattern(given.unwrap_or(PATTERN))?,
    };
    let threads = threads(num_threads)?;
    let config =
        Config { special_tokens, min_frequency, max_token_length, threads, ..Config::new(vocab_size, pattern) };
    let trained = Watch::new(progress).run(py, |watch| source.train(&config, watch))?;
    if trained.stats.ended_early {
        warn_early(py, &trained, vocab_size)?;
    }
    let Trained { vocabulary, special, stats, .. } = trained;
    let core = tokcore::Tokenizer::new(name, config.pattern.as_str(), vocabulary, special);
    let core = core.map_err(crate::door::exception)?;
    Ok(Tokenizer::trained(Arc::new(core), stats))
}

fn warn_early(py: Python<'_>, trained: &Trained, wanted: usize) -> PyResult<()> {
    let tokens = trained.vocabulary.len() + trained.special.len();
    let message = format!(
        "the vocabulary has {tokens} tokens, not {wanted}: no further pair of tokens occurs often enough in the text\0"
    );
    let message = std::ffi::CStr::from_bytes_until_nul(message.as_bytes()).unwrap_or_default();
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), message, 2)
}

/// See `tokcore.count_words`, which draws the progress bar.
#[pyfunction]
#[pyo3(signature = (source, *, pattern, special_tokens, num_threads, separator, field, progress))]
#[expect(clippy::too_many_arguments, reason = "they are the keyword arguments of a Python function")]
pub(crate) fn _count_words(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    pattern: Option<&str>,
    special_tokens: Vec<String>,
    num_threads: Option<isize>,
    separator: Option<String>,
    field: String,
    progress: Option<Py<PyAny>>,
) -> PyResult<WordCounts> {
    let mut source = Source::new(source, separator, field)?;
    let pattern = self::pattern(pattern.unwrap_or(PATTERN))?;
    let threads = threads(num_threads)?;
    let how = Counting { pattern, special_tokens, threads, max_memory: None, temp_dir: None };
    Watch::new(progress).run(py, |watch| source.count(&how, watch)).map(WordCounts::new)
}

/// The pattern of a named encoding, or the regular expression itself.
fn pattern(text: &str) -> PyResult<Pattern> {
    Pattern::named(text).map_or_else(|| Pattern::new(text), Ok).map_err(crate::door::exception)
}
