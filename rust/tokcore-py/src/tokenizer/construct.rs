//! Making a tokenizer from Python objects, and giving its parts back as such.

use std::sync::Arc;

use pyo3::exceptions::{PyAssertionError, PyTypeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyType};
use tokcore::vocab::format::Definition;
use tokcore::{SpecialTokens, Vocabulary};

use super::Tokenizer;
use crate::{door, ids};

#[pymethods]
impl Tokenizer {
    #[new]
    #[pyo3(signature = (name, *, pat_str, mergeable_ranks, special_tokens, explicit_n_vocab = None))]
    fn py_new(
        py: Python<'_>,
        name: String,
        pat_str: &str,
        mergeable_ranks: &Bound<'_, PyDict>,
        special_tokens: &Bound<'_, PyDict>,
        explicit_n_vocab: Option<i64>,
    ) -> PyResult<Self> {
        let tokens = mergeable_ranks.iter().map(|(token, id)| Ok((bytes(&token)?, ids::id(&id)?)));
        let tokens = tokens.collect::<PyResult<Vec<(PyBackedBytes, u32)>>>()?;
        let special = special_tokens.iter().map(|(text, id)| Ok((text.extract()?, ids::id(&id)?)));
        let special = special.collect::<PyResult<Vec<(String, u32)>>>()?;
        let core = door::run(py, usize::MAX, || {
            let special = SpecialTokens::new(special)?;
            tokcore::Tokenizer::new(name, pat_str, Vocabulary::new(tokens)?, special)
        })?;
        let (tokens, bound) = ((core.vocabulary().len() + core.special().len()) as i64, i64::from(core.id_bound()));
        match explicit_n_vocab.filter(|&expected| expected != 0 && (expected != tokens || expected != bound)) {
            None => Ok(Self::new(Arc::new(core))),
            Some(expected) => Err(PyAssertionError::new_err(format!(
                "explicit_n_vocab is {expected}, but there are {tokens} tokens and the highest id is {}",
                bound - 1
            ))),
        }
    }

    /// The name of the encoding.
    #[getter]
    fn name(&self) -> &str {
        self.core.name()
    }

    /// The split pattern.
    #[getter]
    fn _pat_str(&self) -> &str {
        self.core.pattern().as_str()
    }

    /// The tokens and their ids, in ascending order of id: a new dict each time.
    #[getter]
    fn _mergeable_ranks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let ranks = PyDict::new(py);
        for (id, token) in self.core.vocabulary().iter() {
            ranks.set_item(pyo3::types::PyBytes::new(py, token), id)?;
        }
        Ok(ranks)
    }

    /// The special tokens and their ids: a new dict each time.
    #[getter]
    fn _special_tokens<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tokens = PyDict::new(py);
        for (text, id) in self.core.special().iter() {
            tokens.set_item(text, id)?;
        }
        Ok(tokens)
    }
}

fn bytes(object: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    let kind = object.get_type();
    object.extract().map_err(|_| PyTypeError::new_err(format!("mergeable_ranks maps bytes to int; one key is {kind}")))
}

/// An instance of `class`, `Tokenizer` or a subclass: those are made as their users make them.
pub(super) fn instance<'py>(class: &Bound<'py, PyType>, core: tokcore::Tokenizer) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let plain = Bound::new(py, Tokenizer::new(Arc::new(core)))?;
    if class.is(py.get_type::<Tokenizer>()) {
        return Ok(plain.into_any());
    }
    let arguments = PyDict::new(py);
    arguments.set_item("pat_str", plain.getattr("_pat_str")?)?;
    arguments.set_item("mergeable_ranks", plain.getattr("_mergeable_ranks")?)?;
    arguments.set_item("special_tokens", plain.getattr("_special_tokens")?)?;
    class.call((plain.get().core.name(),), Some(&arguments))
}

/// The tokenizer that a file defines.
pub(super) fn tokenizer(definition: Definition) -> tokcore::Result<tokcore::Tokenizer> {
    let Definition { name, pattern, vocabulary, special } = definition;
    tokcore::Tokenizer::new(name, &pattern, vocabulary, special)
}
