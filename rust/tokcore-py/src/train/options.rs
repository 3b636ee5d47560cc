//! The options of `tokcore.train` and `tokcore.count_words`, as their Python functions pass them: a dict.

use std::path::PathBuf;
use std::time::Duration;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use tokcore::Pattern;
use tokcore::train::{Checkpoint, Config, Counting};

use crate::texts::threads;
use crate::tokenizer::Tokenizer;

/// The options in a dict. An error is that of the option which has it, with its name.
pub(super) fn read<'py, T: for<'a> FromPyObject<'a, 'py, Error = PyErr>>(options: &Bound<'py, PyAny>) -> PyResult<T> {
    options.extract().map_err(|error: PyErr| {
        let py = options.py();
        // That of a field, whose cause is the option's, or again that of a field.
        let (mut name, mut error) = (String::new(), error);
        while let Some(field) = error.value(py).to_string().strip_prefix("failed to extract field ") {
            let Some(cause) = error.cause(py) else { break };
            name = field.rsplit('.').next().unwrap_or_default().to_owned();
            error = cause;
        }
        let message = format!("{name}: {}", error.value(py));
        if error.is_instance_of::<PyTypeError>(py) {
            PyTypeError::new_err(message)
        } else if error.is_instance_of::<PyOverflowError>(py) || error.is_instance_of::<PyValueError>(py) {
            PyValueError::new_err(message)
        } else {
            error
        }
    })
}

/// How words are counted, and how files are read.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct CountOptions {
    pattern: Option<String>,
    special_tokens: Vec<String>,
    num_threads: Option<isize>,
    max_memory: Option<u64>,
    temp_dir: Option<PathBuf>,
    pub(super) separator: Option<String>,
    pub(super) field: String,
    pub(super) progress: Option<Py<PyAny>>,
}

impl CountOptions {
    /// Without a pattern of its own it takes the one that was `found`.
    pub(super) fn how(&self, found: Option<Pattern>) -> PyResult<Counting> {
        let pattern = match (&self.pattern, found) {
            (None, Some(found)) => found,
            (given, _) => super::pattern(given.as_deref().unwrap_or(super::PATTERN))?,
        };
        Ok(Counting {
            pattern,
            special_tokens: self.special_tokens.clone(),
            threads: threads(self.num_threads)?,
            max_memory: self.max_memory,
            temp_dir: self.temp_dir.clone(),
        })
    }
}

/// What is trained.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct TrainOptions {
    pub(super) name: String,
    min_frequency: u64,
    max_token_length: Option<usize>,
    initial: Option<Py<Tokenizer>>,
    checkpoint: Option<PathBuf>,
    checkpoint_interval: f64,
    pub(super) counting: CountOptions,
}

impl TrainOptions {
    /// The configuration. Without a pattern of its own it takes that of the counts or of the initial tokenizer.
    pub(super) fn config(&self, vocab_size: usize, counted: Option<Pattern>) -> PyResult<Config> {
        let initial = self.initial.as_ref().map(|initial| initial.get().core().clone());
        let of_initial = initial.as_ref().map(|initial| initial.pattern().clone());
        if let (None, Some(counted), Some(of_initial)) = (&self.counting.pattern, &counted, &of_initial)
            && counted.as_str() != of_initial.as_str()
        {
            let why = "the word counts were split by another pattern than that of initial: count with its pattern, or give \
                       that of the counts as pattern= to go on with it";
            return Err(PyValueError::new_err(why));
        }
        let found = counted.or(of_initial);
        let Counting { pattern, special_tokens, threads, max_memory, temp_dir } = self.counting.how(found)?;
        let interval = Duration::try_from_secs_f64(self.checkpoint_interval)
            .map_err(|e| PyValueError::new_err(format!("checkpoint_interval {}: {e}", self.checkpoint_interval)))?;
        let checkpoint = self.checkpoint.clone().map(|path| Checkpoint { path, interval });
        Ok(Config {
            vocab_size,
            pattern,
            special_tokens,
            min_frequency: self.min_frequency,
            max_token_length: self.max_token_length,
            threads,
            max_memory,
            temp_dir,
            checkpoint,
            initial,
        })
    }
}
