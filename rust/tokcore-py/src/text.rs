//! One text: a Python str or bytes as UTF-8 (or arbitrary) bytes.

use std::ops::Deref;

use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyByteArray, PyBytes, PyString};

/// The bytes of a text; no copy is made of a str whose UTF-8 Python holds, nor of bytes.
pub(crate) enum Text {
    Str(PyBackedStr),
    Bytes(PyBackedBytes),
    Repaired(Vec<u8>),
}

impl Text {
    /// The bytes of a str or bytes object. Surrogates in a str are paired up, or replaced by U+FFFD where they cannot be.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let Ok(string) = object.cast::<PyString>() else { return Self::bytes(object) };
        match PyBackedStr::try_from(string.clone()) {
            Ok(text) => Ok(Self::Str(text)),
            Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(object.py()) => repaired(string),
            Err(error) => Err(error),
        }
    }

    /// The same, but surrogates raise UnicodeEncodeError.
    pub(crate) fn strict(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        match object.cast::<PyString>() {
            Ok(string) => PyBackedStr::try_from(string.clone()).map(Self::Str),
            Err(_) => Self::bytes(object),
        }
    }

    fn bytes(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.clone().into()));
        }
        if let Ok(bytes) = object.cast::<PyByteArray>() {
            return Ok(Self::Bytes(bytes.clone().into()));
        }
        Err(PyTypeError::new_err(format!("a text must be str or bytes, not {}", object.get_type().name()?)))
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Str(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
            Self::Repaired(bytes) => bytes,
        }
    }
}

/// By way of UTF-16, as tiktoken does it: so two halves of a pair become their character.
fn repaired(string: &Bound<'_, PyString>) -> PyResult<Text> {
    let utf16 = string.call_method1("encode", ("utf-16", "surrogatepass"))?;
    let whole = utf16.call_method1("decode", ("utf-16", "replace"))?;
    Ok(Text::Repaired(whole.extract::<PyBackedStr>()?.as_bytes().to_vec()))
}
