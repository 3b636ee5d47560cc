//! Many texts, from whatever a user keeps them in.

use std::borrow::Cow;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyString, PyTuple};

use crate::arrow::Columns;
use crate::door;
use crate::text::Item;

/// The texts of one batch call, held while Rust works on them.
pub(crate) enum Texts {
    Objects(Vec<Item>),
    Columns(Columns),
}

impl Texts {
    /// From a list, tuple or other iterable of str or bytes, a column that offers Arrow data, or anything that can turn
    /// itself into a list of them (NumPy arrays, Arrow columns of other types).
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() || is_bytes(object) {
            return Err(one_text());
        }
        if let Ok(list) = object.cast::<PyList>() {
            return collect(list.len(), list.iter().map(Ok));
        }
        if let Ok(tuple) = object.cast::<PyTuple>() {
            return collect(tuple.len(), tuple.iter().map(Ok));
        }
        if let Some(columns) = Columns::new(object)? {
            return Ok(Self::Columns(columns));
        }
        for listing in ["tolist", "to_pylist", "to_list"] {
            if let Some(listing) = object.getattr_opt(listing)? {
                let listing = listing.call0()?;
                // An array without dimensions gives what is in it.
                if listing.is_instance_of::<PyString>() || is_bytes(&listing) {
                    return Err(one_text());
                }
                return collect(0, listing.try_iter()?);
            }
        }
        collect(object.len().unwrap_or(0), object.try_iter()?)
    }

    /// Each text as it is kept.
    pub(crate) fn each(&self) -> Vec<tokcore::Text<'_>> {
        match self {
            Self::Objects(texts) => texts.iter().map(Item::text).collect(),
            Self::Columns(columns) => columns.slices().into_iter().map(tokcore::Text::Bytes).collect(),
        }
    }

    /// The UTF-8 of each text, all at once.
    pub(crate) fn utf8(&self) -> Vec<Cow<'_, [u8]>> {
        self.each().into_iter().map(utf8).collect()
    }
}

fn utf8(text: tokcore::Text<'_>) -> Cow<'_, [u8]> {
    match text {
        tokcore::Text::Bytes(bytes) => return Cow::Borrowed(bytes),
        tokcore::Text::Utf8(text) => return Cow::Borrowed(text.as_bytes()),
        _ => {}
    }
    let mut utf8 = Vec::new();
    text.utf8(&mut utf8);
    utf8.shrink_to_fit();
    Cow::Owned(utf8)
}

/// The bytes of all texts together.
pub(crate) fn size(texts: &[tokcore::Text<'_>]) -> usize {
    texts.iter().map(tokcore::Text::size).sum()
}

fn one_text() -> PyErr {
    PyTypeError::new_err("expected many texts, found one: put it into a list")
}

fn is_bytes(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>()
}

fn collect<'py>(expected: usize, items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>) -> PyResult<Texts> {
    // What an object says of its length need not be true.
    let mut texts = Vec::with_capacity(expected.min(1 << 16));
    for (position, item) in items.enumerate() {
        let item = item?;
        door::look_at(item.py(), position)?;
        texts.push(Item::new(&item).map_err(|error| at(item.py(), position, error))?);
    }
    Ok(Texts::Objects(texts))
}

/// A TypeError about one item says which.
pub(crate) fn at(py: Python<'_>, position: usize, error: PyErr) -> PyErr {
    if error.is_instance_of::<PyTypeError>(py) {
        return PyTypeError::new_err(format!("item {position} of the batch: {}", error.value(py)));
    }
    error
}

/// The number of threads to use: None for all that this process may run at once.
///
/// tiktoken raises ValueError for less than one; so does this.
pub(crate) fn threads(requested: Option<isize>) -> PyResult<Option<usize>> {
    match requested.map(usize::try_from) {
        None => Ok(None),
        Some(Ok(threads)) if threads > 0 => Ok(Some(threads)),
        Some(_) => Err(PyValueError::new_err("num_threads must be at least 1, or None for all there are")),
    }
}
