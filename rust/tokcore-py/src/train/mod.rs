//! Training and word counting.

mod options;
mod progress;
mod source;
mod stats;
mod words;

use std::sync::Arc;

use pyo3::exceptions::{PyOverflowError, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use tokcore::Pattern;
use tokcore::train::Trained;

use self::options::{CountOptions, TrainOptions};
use self::progress::Watch;
use self::source::Source;
pub(crate) use self::stats::TrainingStats;
pub(crate) use self::words::{_restore_word_counts, WordCounts};
use crate::door;
use crate::tokenizer::Tokenizer;

/// The pattern that splits text unless another is asked for.
const PATTERN: &str = "cl100k_base";

/// See `tokcore.train`, which documents the options and draws the progress bar.
#[pyfunction]
pub(crate) fn _train(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    vocab_size: &Bound<'_, PyAny>,
    options: &Bound<'_, PyAny>,
) -> PyResult<Tokenizer> {
    let options: TrainOptions = options::read(options)?;
    let vocab_size = size(vocab_size)?;
    let mut source = Source::new(source, &options.counting)?;
    let config = options.config(vocab_size, source.pattern())?;
    let trained = Watch::new(options.counting.progress).run(py, |watch| source.train(&config, watch))?;
    if trained.stats.ended_early {
        warn_early(py, &trained, vocab_size)?;
    }
    let Trained { vocabulary, special, stats, .. } = trained;
    let core = tokcore::Tokenizer::new(options.name, config.pattern.as_str(), vocabulary, special);
    Ok(Tokenizer::trained(Arc::new(core.map_err(door::exception)?), stats))
}

fn size(vocab_size: &Bound<'_, PyAny>) -> PyResult<usize> {
    vocab_size.extract().map_err(|error: PyErr| {
        let is_number = error.is_instance_of::<PyOverflowError>(vocab_size.py());
        if is_number { PyValueError::new_err(format!("vocab_size {vocab_size} is out of range")) } else { error }
    })
}

fn warn_early(py: Python<'_>, trained: &Trained, wanted: usize) -> PyResult<()> {
    let tokens = trained.vocabulary.len() + trained.special.len();
    let message = format!(
        "the vocabulary has {tokens} tokens, not {wanted}: no further pair of tokens occurs often enough in the text\0"
    );
    let message = std::ffi::CStr::from_bytes_until_nul(message.as_bytes()).unwrap_or_default();
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), message, 2)
}

/// See `tokcore.count_words`, which documents the options and draws the progress bar.
#[pyfunction]
pub(crate) fn _count_words(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    options: &Bound<'_, PyAny>,
) -> PyResult<WordCounts> {
    let options: CountOptions = options::read(options)?;
    let mut source = Source::new(source, &options)?;
    let how = options.how(source.pattern())?;
    Watch::new(options.progress).run(py, |watch| source.count(&how, watch)).map(WordCounts::new)
}

/// The pattern of a named encoding, or the regular expression itself.
fn pattern(text: &str) -> PyResult<Pattern> {
    Pattern::named_or_new(text).map_err(door::exception)
}
