//! The functions that give named encodings.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

use crate::door;
use crate::tokenizer::Tokenizer;

/// One Python object for each name, in the order of `tokcore_encodings::names`.
static SHARED: [PyOnceLock<Py<Tokenizer>>; 7] = [const { PyOnceLock::new() }; 7];

/// The shared tokenizer of a named encoding.
pub(crate) fn shared<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, Tokenizer>> {
    let place = tokcore_encodings::names().position(|known| known == name).and_then(|at| SHARED.get(at));
    let load = || {
        let core =
            py.detach(|| tokcore_encodings::get(name)).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Py::new(py, Tokenizer::new(core))
    };
    match place {
        Some(place) => Ok(place.get_or_try_init(py, load)?.bind(py).clone()),
        None => Ok(load()?.into_bound(py)),
    }
}

/// The encoding called `encoding_name`.
///
/// It is embedded, nothing is downloaded. Every call with one name gives the same object.
///
/// Parameters
/// ----------
/// encoding_name : str
///     One of `list_encoding_names()`.
///
/// Returns
/// -------
/// Tokenizer
///
/// Raises
/// ------
/// ValueError
///     If there is no such encoding.
#[pyfunction]
pub(crate) fn get_encoding<'py>(encoding_name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Tokenizer>> {
    let Ok(name) = encoding_name.cast::<PyString>() else {
        let kind = encoding_name.get_type().name()?;
        return Err(PyValueError::new_err(format!("the name of an encoding is a str, not {kind}")));
    };
    shared(encoding_name.py(), &name.to_string_lossy())
}

/// The encoding that a model uses.
///
/// Parameters
/// ----------
/// model_name : str
///     An exact model name, such as "gpt-4o", or one that begins with a documented prefix, such as "gpt-4o-2024-05-13".
///
/// Returns
/// -------
/// Tokenizer
///
/// Raises
/// ------
/// KeyError
///     If the model is not known: an encoding is never guessed.
#[pyfunction]
pub(crate) fn encoding_for_model<'py>(model_name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Tokenizer>> {
    shared(model_name.py(), encoding_name_for_model(model_name)?)
}

/// The name of the encoding that a model uses.
///
/// Parameters
/// ----------
/// model_name : str
///     As in `encoding_for_model`.
///
/// Returns
/// -------
/// str
///
/// Raises
/// ------
/// KeyError
///     If the model is not known.
#[pyfunction]
pub(crate) fn encoding_name_for_model(model_name: &Bound<'_, PyAny>) -> PyResult<&'static str> {
    let Ok(name) = model_name.cast::<PyString>() else {
        let kind = model_name.get_type().name()?;
        return Err(PyTypeError::new_err(format!("the name of a model is a str, not {kind}")));
    };
    tokcore_encodings::name_for_model(&name.to_string_lossy()).map_err(door::exception)
}

/// The names of the embedded encodings.
///
/// Returns
/// -------
/// list[str]
#[pyfunction]
pub(crate) fn list_encoding_names() -> Vec<&'static str> {
    tokcore_encodings::names().collect()
}
