//! What a tokenizer knows about itself.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use pyo3::exceptions::{PyAssertionError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PySet};

use super::Tokenizer;
use crate::ids;
use crate::train::TrainingStats;

const END_OF_TEXT: &str = "<|endoftext|>";

#[pymethods]
impl Tokenizer {
    /// The bytes of every token that is not special, in ascending order of bytes.
    ///
    /// Returns
    /// -------
    /// list[bytes]
    fn token_byte_values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let token = |&id| self.core.vocabulary().token(id).unwrap_or_default();
        PyList::new(py, self.core.ids_by_bytes().iter().map(|id| PyBytes::new(py, token(id))))
    }

    /// The id of the special token "<|endoftext|>"; KeyError if there is none.
    #[getter]
    fn eot_token(&self) -> PyResult<u32> {
        self.core.special().id(END_OF_TEXT).ok_or_else(|| PyKeyError::new_err(END_OF_TEXT))
    }

    /// The texts of the special tokens: a new set each time.
    #[getter]
    fn special_tokens_set<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PySet>> {
        PySet::new(py, self.core.special().iter().map(|(text, _)| text))
    }

    /// Whether an id is a special token's.
    ///
    /// Parameters
    /// ----------
    /// token : int
    ///
    /// Returns
    /// -------
    /// bool
    ///
    /// Raises
    /// ------
    /// AssertionError
    ///     If it is no int, as tiktoken does.
    fn is_special_token(&self, token: &Bound<'_, PyAny>) -> PyResult<bool> {
        if !token.is_instance_of::<PyInt>() {
            return Err(PyAssertionError::new_err(format!("a token is an int, not {}", token.get_type().name()?)));
        }
        Ok(ids::id(token).is_ok_and(|id| self.core.special().text(id).is_some()))
    }

    /// The highest id.
    #[getter]
    fn max_token_value(&self) -> u32 {
        self.core.id_bound() - 1
    }

    /// One more than the highest id.
    #[getter]
    fn n_vocab(&self) -> u32 {
        self.core.id_bound()
    }

    /// SHA-256 over vocabulary, pattern and special tokens, as 64 hexadecimal digits.
    ///
    /// Two tokenizers with one fingerprint give the same ids.
    #[getter]
    fn fingerprint(&self) -> String {
        self.core.fingerprint().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The ids, ascending, of the tokens of more than one byte that merging their own bytes does not give.
    ///
    /// Text has them only where one is a whole pre-token. A vocabulary trained from bytes has none, nor have the named encodings.
    #[getter]
    fn unreachable(&self) -> Vec<u32> {
        self.core.unreachable().to_vec()
    }

    /// What its training saw, if it was trained in this process: it is neither saved nor pickled.
    #[getter]
    fn training(&self) -> Option<TrainingStats> {
        self.training.clone().map(TrainingStats)
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("<Tokenizer {:?}>", self.core.name()))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let Ok(other) = other.cast::<Self>() else { return false };
        let (one, other) = (&self.core, &other.get().core);
        Arc::ptr_eq(one, other) || (one.name() == other.name() && one.fingerprint() == other.fingerprint())
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.core.name(), self.core.fingerprint()).hash(&mut hasher);
        hasher.finish()
    }
}
