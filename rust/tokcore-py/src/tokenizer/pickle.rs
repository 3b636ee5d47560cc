//! Pickling and copying.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple, PyType};
use tokcore::vocab::format::native;

use super::Tokenizer;
use super::construct::{instance, tokenizer};
use crate::door;

#[pymethods]
impl Tokenizer {
    /// Embedded encodings go by their name, others by their content.
    fn __reduce__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = this.py();
        let module = py.import("tokcore._tokcore")?;
        let (class, tokenizer) = (this.get_type(), this.get());
        let core = &tokenizer.core;
        let embedded = tokcore_encodings::names().any(|name| name == core.name())
            && tokcore_encodings::get(core.name()).is_ok_and(|shared| Arc::ptr_eq(&shared, core));
        if embedded && class.is(py.get_type::<Self>()) {
            return (module.getattr("get_encoding")?, (core.name(),)).into_pyobject(py);
        }
        let content = door::run(py, usize::MAX, || native::write(tokenizer.view()))?;
        let arguments = (class, PyBytes::new(py, &content));
        // What a subclass keeps in its instances.
        let state = this.getattr_opt("__dict__")?;
        (module.getattr("_restore")?, arguments, state).into_pyobject(py)
    }

    /// Itself: it never changes.
    fn __copy__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    /// Itself: it never changes.
    fn __deepcopy__<'py>(this: Bound<'py, Self>, _memo: &Bound<'py, PyDict>) -> Bound<'py, Self> {
        this
    }
}

/// Makes a tokenizer of class `cls` from the content of a `.tokcore` file. Pickle calls it.
#[pyfunction]
pub(crate) fn _restore<'py>(cls: &Bound<'py, PyType>, content: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    instance(cls, door::run(cls.py(), usize::MAX, || tokenizer(native::read(content)?))?)
}
