//! The one door between Python and the core: releases the GIL, looks for Ctrl-C, maps errors to exceptions.

use std::io;

use pyo3::exceptions::{
    PyFileNotFoundError, PyIsADirectoryError, PyKeyError, PyKeyboardInterrupt, PyNotADirectoryError, PyOSError,
    PyPermissionError, PyValueError,
};
use pyo3::prelude::*;
use tokcore::{Error, ErrorKind};

/// Work on less than this many bytes is done (some 10 µs) before another thread could make use of the GIL.
const RELEASE_FROM: usize = 4 << 10;

/// Does `work` on about `bytes` bytes of input, without the GIL unless that is very little.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    bytes: usize,
    work: impl FnOnce() -> tokcore::Result<T> + Send,
) -> PyResult<T> {
    if bytes < RELEASE_FROM {
        return work().map_err(exception);
    }
    let done = py.detach(work);
    py.check_signals()?;
    done.map_err(exception)
}

/// The exception for `error`: OSError and its kinds for files, KeyError for what is not found, else ValueError.
/// What Python code raised inside the work comes out as it was.
pub(crate) fn exception(error: Error) -> PyErr {
    if let Some(raised) = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<PyErr>()) {
        return Python::attach(|py| raised.clone_ref(py));
    }
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Io => os_error(&error, message),
        ErrorKind::NotFound => PyKeyError::new_err(message),
        ErrorKind::Interrupted => PyKeyboardInterrupt::new_err(message),
        _ => PyValueError::new_err(message),
    }
}

fn os_error(error: &Error, message: String) -> PyErr {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    match source.map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => PyFileNotFoundError::new_err(message),
        Some(io::ErrorKind::PermissionDenied) => PyPermissionError::new_err(message),
        Some(io::ErrorKind::IsADirectory) => PyIsADirectoryError::new_err(message),
        Some(io::ErrorKind::NotADirectory) => PyNotADirectoryError::new_err(message),
        _ => PyOSError::new_err(message),
    }
}
