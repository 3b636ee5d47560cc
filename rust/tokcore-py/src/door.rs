//! The one door between Python and the core: releases the GIL, looks for Ctrl-C, maps errors to exceptions.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use pyo3::exceptions::{
    PyFileNotFoundError, PyIsADirectoryError, PyKeyError, PyKeyboardInterrupt, PyNotADirectoryError, PyOSError,
    PyPermissionError, PyValueError,
};
use pyo3::prelude::*;
use tokcore::batch::{GO_ON, Stop};
use tokcore::{Error, ErrorKind};

/// Work on less than this many bytes is done (some 10 µs) before another thread could make use of the GIL.
const RELEASE_FROM: usize = 4 << 10;
/// How often long work looks for Ctrl-C: taking the GIL back can cost some milliseconds if other threads use it.
const LOOK_EVERY: Duration = Duration::from_millis(100);

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

/// The same for work that can be stopped: Ctrl-C is looked for while it goes on, too.
pub(crate) fn run_stoppable<T: Send>(
    py: Python<'_>,
    bytes: usize,
    work: impl FnOnce(Stop<'_>) -> tokcore::Result<T> + Send,
) -> PyResult<T> {
    if bytes < RELEASE_FROM {
        return work(GO_ON).map_err(exception);
    }
    let (done, raised) = py.detach(|| {
        let (looked, raised) = (Cell::new(Instant::now()), Cell::new(None));
        let stop = || {
            if looked.get().elapsed() < LOOK_EVERY {
                return false;
            }
            looked.set(Instant::now());
            // Where Python is shutting down nobody waits for the result any more.
            let looked = Python::try_attach(|py| py.check_signals());
            let stopped = !matches!(looked, Some(Ok(())));
            raised.set(looked.and_then(Result::err));
            stopped
        };
        let done = work(&stop);
        (done, raised.into_inner())
    });
    if let Some(raised) = raised {
        return Err(raised);
    }
    py.check_signals()?;
    done.map_err(exception)
}

/// Looks for Ctrl-C, once in a while, in a loop that keeps the GIL; `position` goes up by one.
#[inline]
pub(crate) fn look_at(py: Python<'_>, position: usize) -> PyResult<()> {
    if (position + 1).is_multiple_of(1 << 12) { py.check_signals() } else { Ok(()) }
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
        ErrorKind::DisallowedSpecial => PyValueError::new_err(format!("{message}.\n{DISALLOWED_SPECIAL}")),
        _ => PyValueError::new_err(message),
    }
}

/// What can be done about special tokens that are not allowed.
const DISALLOWED_SPECIAL: &str = "To encode it as that special token, name it in `allowed_special`.\n\
    To encode it as ordinary text, take it out of `disallowed_special`, as in \
    `disallowed_special=(enc.special_tokens_set - {...})`, or pass `disallowed_special=()` for every special token.\n";

/// OSError or one of its kinds, with `errno` where the system gave one.
fn os_error(error: &Error, message: String) -> PyErr {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    let raised = match source.map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => PyFileNotFoundError::new_err(message),
        Some(io::ErrorKind::PermissionDenied) => PyPermissionError::new_err(message),
        Some(io::ErrorKind::IsADirectory) => PyIsADirectoryError::new_err(message),
        Some(io::ErrorKind::NotADirectory) => PyNotADirectoryError::new_err(message),
        _ => PyOSError::new_err(message),
    };
    match source.and_then(io::Error::raw_os_error) {
        Some(number) => {
            Python::attach(|py| raised.value(py).setattr("errno", number)).map_or_else(|other| other, |()| raised)
        }
        None => raised,
    }
}
