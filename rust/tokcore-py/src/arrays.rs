//! NumPy arrays. NumPy is imported by the first call that needs it: that takes longer than all the rest of `tokcore` does.

use numpy::{Element, PyArray1};
use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

static IMPORTED: PyOnceLock<()> = PyOnceLock::new();

/// Imports NumPy. The `numpy` crate would panic where that fails.
///
/// # Errors
/// ImportError.
pub(crate) fn import(py: Python<'_>) -> PyResult<()> {
    let import = || {
        // What an uninstallation left behind is imported as an empty package.
        let found = py.import("numpy")?.hasattr("ndarray")?;
        if found { Ok(()) } else { Err(PyImportError::new_err("the numpy that is there is no NumPy: install it anew")) }
    };
    IMPORTED.get_or_try_init(py, import).copied()
}

/// `values` as an array, without a copy.
///
/// # Errors
/// As [`import`].
pub(crate) fn from_vec<T: Element>(py: Python<'_>, values: Vec<T>) -> PyResult<Bound<'_, PyArray1<T>>> {
    import(py)?;
    Ok(PyArray1::from_vec(py, values))
}

/// `object` as an array of such elements with one dimension, if it is one.
pub(crate) fn of<'a, 'py, T: Element>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, PyArray1<T>>> {
    is_imported(object.py()).then(|| object.cast().ok()).flatten()
}

/// Whether NumPy has been imported by anybody: before, nothing is an array.
fn is_imported(py: Python<'_>) -> bool {
    let elsewhere = || -> PyResult<bool> {
        let has_it = py.import("sys")?.getattr("modules")?.contains("numpy")?;
        Ok(has_it && import(py).is_ok())
    };
    IMPORTED.get(py).is_some() || elsewhere().unwrap_or(false)
}
