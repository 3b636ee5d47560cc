//! One text: a Python str or bytes as UTF-8 (or arbitrary) bytes.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::ptr::NonNull;

use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::string::PyStringData;
use pyo3::types::{PyByteArray, PyBytes, PyString};
use tokcore::batch::LONG;

/// The bytes of a text; no copy is made of a str whose UTF-8 Python holds, nor of bytes.
pub(crate) enum Text {
    Str(Utf8),
    Bytes(PyBackedBytes),
    Repaired(Vec<u8>),
}

/// A text of a batch: a str that is not ASCII is turned into UTF-8 only by the thread whose turn it is, and not for good.
pub(crate) enum Item {
    Text(Text),
    Wide(Wide),
}

/// A str and the code points it is kept as.
pub(crate) struct Wide {
    /// Not read, but what `units` are in.
    _string: Py<PyString>,
    units: Units,
}

enum Units {
    Ucs1(NonNull<[u8]>),
    Ucs2(NonNull<[u16]>),
    Ucs4(NonNull<[u32]>),
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

    fn text(&self) -> &str {
        // SAFETY: CPython gave pointer and length of valid UTF-8, and the str that it is in is held.
        unsafe { str::from_utf8_unchecked(self.bytes.as_ref()) }
    }
}

impl Wide {
    /// `None` if the object is no str or ASCII: then it is to be had as bytes.
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let Ok(string) = object.cast::<PyString>() else { return Ok(None) };
        // SAFETY: `string` is a str, and we are attached to the interpreter.
        if unsafe { ffi::PyUnicode_IS_ASCII(string.as_ptr()) } != 0 {
            return Ok(None);
        }
        // SAFETY: CPython's own layout, for the version and machine that this is built for; tests hold it against `encode`.
        let units = match unsafe { string.data() }? {
            PyStringData::Ucs1(units) => Units::Ucs1(units.into()),
            PyStringData::Ucs2(units) => Units::Ucs2(units.into()),
            PyStringData::Ucs4(units) => Units::Ucs4(units.into()),
        };
        Ok(Some(Self { _string: string.clone().unbind(), units }))
    }

    pub(crate) fn text(&self) -> tokcore::Text<'_> {
        // SAFETY: CPython gave pointers and lengths, and the str that they are in is held.
        unsafe {
            match self.units {
                Units::Ucs1(units) => tokcore::Text::Latin1(units.as_ref()),
                Units::Ucs2(units) => tokcore::Text::Ucs2(units.as_ref()),
                Units::Ucs4(units) => tokcore::Text::Ucs4(units.as_ref()),
            }
        }
    }
}

// SAFETY: the units are a str's, which never change and are there as long as the reference to it is.
unsafe impl Send for Wide {}
// SAFETY: as above.
unsafe impl Sync for Wide {}

impl Item {
    /// As [`Text::new`].
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        // One so long is better cut, as UTF-8.
        match Wide::new(object)?.filter(|wide| wide.text().size() < LONG) {
            Some(wide) => Ok(Self::Wide(wide)),
            None => Text::new(object).map(Self::Text),
        }
    }

    pub(crate) fn text(&self) -> tokcore::Text<'_> {
        match self {
            Self::Text(Text::Str(text)) => tokcore::Text::Utf8(text.text()),
            Self::Text(text) => tokcore::Text::Bytes(text),
            Self::Wide(wide) => wide.text(),
        }
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
            Self::Str(text) => text.text().as_bytes(),
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
