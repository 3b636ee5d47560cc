//! What is trained on: files, texts, or words that were counted before.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PyString, PyTuple};
use tokcore::corpus::{self, BATCH_BYTES, Batch, Documents, Files};
use tokcore::train::{Config, Counting, Progress, Trained, WordCounts as Counts};
use tokcore::{Error, ErrorKind, Pattern, train};

use super::options::CountOptions;
use super::words::WordCounts;
use crate::door;
use crate::text::Text;
use crate::texts::{Texts, at};

/// A source of text or of word counts.
pub(super) enum Source {
    Files(Files),
    Texts(Texts),
    Stream(Stream),
    Counts(Counts),
}

impl Source {
    /// A str or PathLike is a file's path. Of many things, PathLike are files, str and bytes are documents.
    pub(super) fn new(object: &Bound<'_, PyAny>, options: &CountOptions) -> PyResult<Self> {
        let files = |paths: &[PathBuf]| Self::files(object.py(), paths, options);
        if object.is_instance_of::<PyString>() || is_path(object)? {
            return files(&[object.extract()?]);
        }
        if let Ok(counts) = object.cast::<WordCounts>() {
            return Ok(Self::Counts(counts.get().core().clone()));
        }
        if !object.is_instance_of::<PyList>() && !object.is_instance_of::<PyTuple>() {
            return match object.cast::<PyIterator>() {
                Ok(iterator) => Ok(Self::Stream(Stream::new(iterator.clone()))),
                Err(_) => Texts::new(object).map(Self::Texts),
            };
        }
        match object.try_iter()?.next().transpose()? {
            Some(first) if is_path(&first)? => {
                files(&object.try_iter()?.map(|path| path?.extract()).collect::<PyResult<Vec<_>>>()?)
            }
            Some(first) if first.is_instance_of::<WordCounts>() => {
                let mut all = Counts::new(first.cast::<WordCounts>()?.get().core().pattern().clone());
                for counts in object.try_iter()? {
                    all.merge(counts?.cast::<WordCounts>()?.get().core().clone()).map_err(door::exception)?;
                }
                Ok(Self::Counts(all))
            }
            _ => Texts::new(object).map(Self::Texts),
        }
    }

    /// Files of text, or, if they begin as such, of word counts.
    fn files(py: Python<'_>, paths: &[PathBuf], options: &CountOptions) -> PyResult<Self> {
        let (counted, texts): (Vec<_>, Vec<_>) = paths.iter().partition(|path| Counts::are_in(path));
        if let (Some(counted), Some(text)) = (counted.first(), texts.first()) {
            let (counted, text) = (counted.display(), text.display());
            let why =
                format!("{counted} holds word counts, and {text} text: give one or the other, or count both first");
            return Err(PyValueError::new_err(why));
        }
        if !counted.is_empty() {
            return door::run(py, usize::MAX, || opened(&counted)).map(Self::Counts);
        }
        let (separator, field) = (options.separator.clone(), options.field.clone());
        let options = corpus::Options { separator, field, ..corpus::Options::default() };
        Files::open(paths, options).map(Self::Files).map_err(door::exception)
    }

    /// The pattern that split the words which are counted already.
    pub(super) fn pattern(&self) -> Option<Pattern> {
        match self {
            Self::Counts(counts) => Some(counts.pattern().clone()),
            _ => None,
        }
    }

    pub(super) fn count(&mut self, how: &Counting, progress: &mut dyn Progress) -> tokcore::Result<Counts> {
        match self {
            Self::Files(files) => train::count_words(files, how, progress),
            Self::Texts(texts) => train::count_words(&mut corpus::Texts::new(&texts.utf8()), how, progress),
            Self::Stream(stream) => train::count_words(stream, how, progress),
            Self::Counts(counts) if how.special_tokens.is_empty() => {
                // Those of another pattern are refused.
                let mut all = Counts::new(how.pattern.clone());
                all.merge(counts.clone()).map(|()| all)
            }
            Self::Counts(_) => {
                let why = "special_tokens cannot be kept out of words that are counted already: count without these";
                Err(Error::new(ErrorKind::Argument, why))
            }
        }
    }

    pub(super) fn train(&mut self, config: &Config, progress: &mut dyn Progress) -> tokcore::Result<Trained> {
        match self {
            Self::Files(files) => train::train_documents(files, config, progress),
            Self::Texts(texts) => train::train_documents(&mut corpus::Texts::new(&texts.utf8()), config, progress),
            Self::Stream(stream) => train::train_documents(stream, config, progress),
            Self::Counts(counts) => {
                let empty = Counts::new(counts.pattern().clone());
                train::train(std::mem::replace(counts, empty), config, progress)
            }
        }
    }
}

fn is_path(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    object.hasattr("__fspath__")
}

/// The word counts of files together.
fn opened(paths: &[&PathBuf]) -> tokcore::Result<Counts> {
    let mut counts = paths.iter().map(|path| Ok((Counts::open(path)?, path.display())));
    let (mut all, _) = counts.next().unwrap_or_else(|| Err(Error::new(ErrorKind::Argument, "no word counts")))?;
    for next in counts {
        let (counts, path) = next?;
        all.merge(counts).map_err(|error| error.context(path))?;
    }
    Ok(all)
}

/// Documents from an iterator, a batch at a time: it may give more text than memory holds.
pub(super) struct Stream {
    iterator: Py<PyIterator>,
    position: usize,
    read: u64,
}

impl Stream {
    fn new(iterator: Bound<'_, PyIterator>) -> Self {
        Self { iterator: iterator.unbind(), position: 0, read: 0 }
    }

    fn fill(&mut self, py: Python<'_>, batch: &mut Batch) -> PyResult<bool> {
        let mut iterator = self.iterator.bind(py).clone();
        while batch.bytes() < BATCH_BYTES {
            let Some(item) = iterator.next().transpose()? else { return Ok(!batch.is_empty()) };
            let text = Text::new(&item).map_err(|error| at(py, self.position, error))?;
            batch.push(&text);
            self.position += 1;
            self.read += text.len() as u64;
        }
        Ok(true)
    }
}

impl Documents for Stream {
    fn next_batch(&mut self, batch: &mut Batch) -> tokcore::Result<bool> {
        batch.clear();
        let filled = Python::try_attach(|py| self.fill(py, batch));
        filled
            .ok_or_else(|| Error::new(ErrorKind::Interrupted, "Python is shutting down"))?
            .map_err(|raised| Error::new(ErrorKind::Argument, raised.to_string()).with_source(raised))
    }

    fn progress(&self) -> (u64, Option<u64>) {
        (self.read, None)
    }
}
