//! Ids to text.
#![allow(unsafe_code)]

use std::ffi::CString;

use pyo3::exceptions::{PyKeyError, PyOverflowError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use super::Tokenizer;
use crate::texts::threads;
use crate::{door, ids};

#[pymethods]
impl Tokenizer {
    /// The text of ids.
    ///
    /// Parameters
    /// ----------
    /// tokens : sequence of int
    /// errors : str, default "replace"
    ///     What to do with bytes that are no UTF-8, as in `bytes.decode`. Tokens can begin or end inside a character, so
    ///     not every sequence of ids is valid text.
    ///
    /// Returns
    /// -------
    /// str
    ///
    /// Raises
    /// ------
    /// KeyError
    ///     If an id is no token's.
    /// OverflowError
    ///     If one is below 0 or has more than 32 bits.
    /// UnicodeDecodeError
    ///     With `errors="strict"`, if the ids' bytes are no UTF-8.
    /// LookupError
    ///     If there is no such `errors`.
    #[pyo3(signature = (tokens, errors = "replace"))]
    fn decode<'py>(&self, tokens: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyString>> {
        string(tokens.py(), &self.decoded(tokens)?, &CString::new(errors)?)
    }

    /// The bytes of ids.
    ///
    /// Parameters
    /// ----------
    /// tokens : sequence of int
    ///
    /// Returns
    /// -------
    /// bytes
    ///
    /// Raises
    /// ------
    /// KeyError
    ///     If an id is no token's.
    /// OverflowError
    ///     If one is below 0 or has more than 32 bits.
    fn decode_bytes<'py>(&self, tokens: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(tokens.py(), &self.decoded(tokens)?))
    }

    /// The texts of many sequences of ids.
    ///
    /// Parameters
    /// ----------
    /// batch : TokenBatch or iterable of sequences of int
    /// errors : str, default "replace"
    ///     As in `decode`.
    /// num_threads : int, optional
    ///     How many threads to use at most; by default all that this process may run at once.
    ///
    /// Returns
    /// -------
    /// list[str]
    #[pyo3(signature = (batch, *, errors = "replace", num_threads = None))]
    fn decode_batch<'py>(
        &self,
        batch: &Bound<'py, PyAny>,
        errors: &str,
        num_threads: Option<isize>,
    ) -> PyResult<Bound<'py, PyList>> {
        let (py, errors) = (batch.py(), CString::new(errors)?);
        let texts = self.decoded_batch(batch, num_threads)?;
        let strings = texts.iter().map(|text| string(py, text, &errors)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, strings)
    }

    /// The bytes of many sequences of ids.
    ///
    /// Parameters
    /// ----------
    /// batch : TokenBatch or iterable of sequences of int
    /// num_threads : int, optional
    ///     How many threads to use at most; by default all that this process may run at once.
    ///
    /// Returns
    /// -------
    /// list[bytes]
    #[pyo3(signature = (batch, *, num_threads = None))]
    fn decode_bytes_batch<'py>(
        &self,
        batch: &Bound<'py, PyAny>,
        num_threads: Option<isize>,
    ) -> PyResult<Bound<'py, PyList>> {
        let texts = self.decoded_batch(batch, num_threads)?;
        PyList::new(batch.py(), texts.iter().map(|text| PyBytes::new(batch.py(), text)))
    }

    /// The bytes of one token, special or not.
    ///
    /// Parameters
    /// ----------
    /// token : int
    ///
    /// Returns
    /// -------
    /// bytes
    ///
    /// Raises
    /// ------
    /// KeyError
    ///     If the id is no token's.
    /// OverflowError
    ///     If it is below 0 or has more than 32 bits.
    fn decode_single_token_bytes<'py>(&self, token: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let id = ids::id(token)?;
        let bytes = self.core.token(id).ok_or_else(|| PyKeyError::new_err(id.to_string()))?;
        Ok(PyBytes::new(token.py(), bytes))
    }

    /// The bytes of each token.
    ///
    /// Parameters
    /// ----------
    /// tokens : iterable of int
    ///
    /// Returns
    /// -------
    /// list[bytes]
    ///
    /// Raises
    /// ------
    /// KeyError
    ///     If an id is no token's.
    /// OverflowError
    ///     If one is below 0 or has more than 32 bits.
    fn decode_tokens_bytes<'py>(&self, tokens: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let values = tokens.try_iter()?.enumerate().map(|(position, token)| {
            door::look_at(tokens.py(), position)?;
            self.decode_single_token_bytes(&token?)
        });
        PyList::new(tokens.py(), values.collect::<PyResult<Vec<_>>>()?)
    }

    /// The text of ids, and where in it each token begins.
    ///
    /// Parameters
    /// ----------
    /// tokens : sequence of int
    ///
    /// Returns
    /// -------
    /// tuple[str, list[int]]
    ///     The text, and for each token the index of the character that its first byte belongs to.
    ///
    /// Raises
    /// ------
    /// KeyError
    ///     If an id is no token's.
    /// OverflowError
    ///     If one is below 0 or has more than 32 bits.
    /// UnicodeDecodeError
    ///     If the ids' bytes are no UTF-8.
    fn decode_with_offsets<'py>(&self, tokens: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyString>, Vec<usize>)> {
        let py = tokens.py();
        let (mut text, mut offsets, mut characters) = (Vec::new(), Vec::new(), 0usize);
        for (position, token) in tokens.try_iter()?.enumerate() {
            door::look_at(py, position)?;
            let id = ids::id(&token?)?;
            let bytes = self.core.token(id).ok_or_else(|| PyKeyError::new_err(id.to_string()))?;
            let continues = |byte: &u8| (0x80..0xC0).contains(byte);
            offsets.push(characters.saturating_sub(usize::from(bytes.first().is_some_and(continues))));
            characters += bytes.iter().filter(|byte| !continues(byte)).count();
            text.extend_from_slice(bytes);
        }
        Ok((string(py, &text, c"strict")?, offsets))
    }
}

impl Tokenizer {
    fn decoded(&self, tokens: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
        let ids = ids::read(tokens)?;
        door::run(tokens.py(), size_of_val(&*ids), || self.core.decode_bytes(&ids))
    }

    fn decoded_batch(&self, batch: &Bound<'_, PyAny>, num_threads: Option<isize>) -> PyResult<Vec<Vec<u8>>> {
        let threads = threads(num_threads)?;
        let sequences = batch.try_iter()?.map(|tokens| ids::read(&tokens?)).collect::<PyResult<Vec<_>>>()?;
        let slices: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        let size = slices.iter().map(|ids| size_of_val(*ids)).sum();
        door::run_stoppable(batch.py(), size, |stop| tokcore::batch::decode(&self.core, &slices, threads, stop))
    }
}

/// `bytes.decode("utf-8", errors)`, without the bytes object.
fn string<'py>(py: Python<'py>, text: &[u8], errors: &std::ffi::CStr) -> PyResult<Bound<'py, PyString>> {
    let length = ffi::Py_ssize_t::try_from(text.len()).map_err(|_| PyOverflowError::new_err("the text is too long"))?;
    // SAFETY: pointer and length are those of a slice, `errors` ends in NUL, and we are attached to the interpreter; what
    // is returned is a new str or NULL with an exception set.
    unsafe {
        let string = ffi::PyUnicode_DecodeUTF8(text.as_ptr().cast(), length, errors.as_ptr());
        Ok(Bound::from_owned_ptr_or_err(py, string)?.cast_into_unchecked())
    }
}
