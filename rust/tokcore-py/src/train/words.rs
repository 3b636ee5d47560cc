//! `WordCounts`: how often each pre-token was seen.

use std::path::PathBuf;

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};
use tokcore::train::WordCounts as Core;
use tokcore::{Error, ErrorKind};

use super::progress::Watch;
use crate::door;

/// How often each pre-token of some text was seen, under one split pattern: what training needs of a text.
///
/// Made by `count_words` or `WordCounts.from_counts`. Counts of several texts are merged, or given to `train` together.
/// They can be pickled, as for processes that count side by side; those in a file are read for that.
#[pyclass(frozen, module = "tokcore")]
pub(crate) struct WordCounts {
    core: Core,
}

impl WordCounts {
    pub(crate) fn new(core: Core) -> Self {
        Self { core }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

#[pymethods]
impl WordCounts {
    /// Word counts made elsewhere.
    ///
    /// Parameters
    /// ----------
    /// counts : dict[bytes, int]
    ///     Pre-tokens and how often each was seen; the pattern is not applied again.
    /// pattern : str
    ///     The pattern that split the text: a regular expression or the name of an embedded encoding.
    ///
    /// Returns
    /// -------
    /// WordCounts
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If a pre-token is empty, or the pattern does not compile.
    /// OverflowError
    ///     If a count is below 0 or has more than 64 bits.
    /// TypeError
    ///     If a pre-token is no bytes or a count no int.
    #[classmethod]
    #[pyo3(signature = (counts, *, pattern))]
    fn from_counts(_class: &Bound<'_, PyType>, counts: &Bound<'_, PyDict>, pattern: &str) -> PyResult<Self> {
        let number = |count: &Bound<'_, PyAny>| {
            let is_number = |error: &PyErr| error.is_instance_of::<PyOverflowError>(count.py());
            let why = || format!("{count} is out of range: counts are 0 to {}", u64::MAX);
            count.extract().map_err(|error| if is_number(&error) { PyOverflowError::new_err(why()) } else { error })
        };
        let counts = counts.iter().map(|(word, count)| Ok((word.extract()?, number(&count)?)));
        let counts = counts.collect::<PyResult<Vec<(PyBackedBytes, u64)>>>()?;
        Core::from_counts(super::pattern(pattern)?, counts).map(Self::new).map_err(door::exception)
    }

    /// The word counts of a file that `save` wrote. The words stay in the file until they are needed.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file cannot be read.
    /// ValueError
    ///     If it is no such file.
    #[classmethod]
    fn from_file(class: &Bound<'_, PyType>, path: PathBuf) -> PyResult<Self> {
        door::run(class.py(), usize::MAX, || Core::open(&path)).map(Self::new)
    }

    /// Writes the counts to a file, beside `path` before it takes its place there.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If it cannot be written.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        Watch::new(None).run(py, |watch| self.core.write(&path, watch))
    }

    /// The counts of this text and of another together.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If the two texts were split by different patterns.
    fn merge(&self, other: &Self) -> PyResult<Self> {
        let mut core = self.core.clone();
        core.merge(other.core.clone()).map_err(door::exception)?;
        Ok(Self { core })
    }

    /// Every pre-token and how often it was seen, in ascending order of bytes.
    ///
    /// Returns
    /// -------
    /// dict[bytes, int]
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        let mut added = 0usize;
        let mut add = |word: &[u8], count| {
            added += 1;
            let set = door::look_at(py, added).and_then(|()| dict.set_item(PyBytes::new(py, word), count));
            set.map_err(|raised| Error::new(ErrorKind::Argument, "a word could not be kept").with_source(raised))
        };
        self.core.for_each(&mut add).map_err(door::exception)?;
        Ok(dict)
    }

    /// The pattern that split the text.
    #[getter]
    fn pattern(&self) -> &str {
        self.core.pattern().as_str()
    }

    /// The number of documents with any text.
    #[getter]
    fn documents(&self) -> u64 {
        self.core.totals().documents
    }

    /// The bytes of text, special tokens and separators left out.
    #[getter]
    fn bytes(&self) -> u64 {
        self.core.totals().bytes
    }

    /// The number of pre-tokens, every occurrence counted.
    #[getter]
    fn words(&self) -> u64 {
        self.core.totals().words
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let content = Watch::new(None).run(py, |watch| self.core.to_bytes(watch))?;
        let restore = py.import("tokcore._tokcore")?.getattr("_restore_word_counts")?;
        (restore, (PyBytes::new(py, &content),)).into_pyobject(py)
    }

    fn __repr__(&self) -> String {
        format!("<WordCounts of {} documents, {} words>", self.documents(), self.words())
    }
}

/// Makes word counts of the content of their file. Pickle calls it.
#[pyfunction]
pub(crate) fn _restore_word_counts(py: Python<'_>, content: &[u8]) -> PyResult<WordCounts> {
    door::run(py, usize::MAX, || Core::from_bytes(content)).map(WordCounts::new)
}
