//! One text: a Python str or bytes as UTF-8 (or arbitrary) bytes.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::ptr::NonNull;

use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyString};

/// The bytes of a text; no copy is made of a str whose UTF-8 Python holds, nor of bytes.
pub(crate) enum Text {
    Str(Utf8),
    Bytes(PyBackedBytes),
    Repaired(Vec<u8>),
}

/// A str and its UTF-8, which is not looked through again as `PyBackedStr` does.
pub(crate) struct Utf8 {
    /// Not read, but what `bytes` is in.
    _string: Py<PyString>,
    bytes: NonNull<[u8]>,
}

impl Utf8 {
    fn new(string: &Bound<'_, PyString>) -> PyResult<Self> {
        let mut len: ffi::Py_ssize_t = 0;
        // SAFETY: `string` is a str, and we are attached to the interpreter.
        let start = unsafe { ffi::PyUnicode_AsUTF8AndSize(string.as_ptr(), &raw mut len) };
        let start = NonNull::new(start.cast_mut()).ok_or_else(|| PyErr::fetch(string.py()))?;
        let bytes = NonNull::slice_from_raw_parts(start.cast(), len as usize);
        Ok(Self { _string: string.clone().unbind(), bytes })
    }
}

// SAFETY: the bytes are a str's, which never change and are there as long as the reference to it is.
unsafe impl Send for Utf8 {}
// SAFETY: as above.
unsafe impl Sync for Utf8 {}

impl Text {
    /// The bytes of a str or bytes object. Surrogates in a str are paired up, or replaced by U+FFFD where they cannot be.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let Ok(string) = object.cast::<PyString>() else { return Self::bytes(object) };
        match Utf8::new(string) {
            Ok(text) => Ok(Self::Str(text)),
            Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(object.py()) => repaired(string),
            Err(error) => Err(error),
        }
    }

    /// The same, but surrogates raise UnicodeEncodeError.
    pub(crate) fn strict(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        match object.cast::<PyString>() {
            Ok(string) => Utf8::new(string).map(Self::Str),
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
            // SAFETY: CPython gave pointer and length, and `text` holds the str that they are in.
            Self::Str(text) => unsafe { text.bytes.as_ref() },
            Self::Bytes(bytes) => bytes,
            Self::Repaired(bytes) => bytes,
        }
    }
}

/// By way of UTF-16, as tiktoken does it: so two halves of a pair become their character.
fn repaired(string: &Bound<'_, PyString>) -> PyResult<Text> {
    let utf16 = string.call_method1("encode", ("utf-16", "surrogatepass"))?;
    let whole = utf16.call_method1("decode", ("utf-16", "replace"))?;
    Ok(Text::Repaired(whole.extract::<&str>()?.as_bytes().to_vec()))
}
