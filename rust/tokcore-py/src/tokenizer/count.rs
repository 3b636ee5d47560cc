//! Counting ids without making them.

use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice, PyString};

use super::Tokenizer;
use crate::special::{self, Arg};
use crate::text::{Text, Wide};
use crate::texts::{Texts, size, threads};
use crate::{arrays, door};

#[pymethods]
impl Tokenizer {
    /// How many ids a text has. No ids are made.
    ///
    /// Parameters
    /// ----------
    /// text : str or bytes
    /// allowed_special : "all" or set[str], default set()
    ///     The special tokens that count as one id each; others are plain text.
    ///
    /// Returns
    /// -------
    /// int
    #[pyo3(signature = (text, *, allowed_special = Arg::Missing))]
    fn count<'py>(&self, text: &Bound<'py, PyAny>, allowed_special: Arg<'py>) -> PyResult<usize> {
        let allowed = special::allowed(&allowed_special)?;
        let bytes = Text::new(text)?;
        door::run(text.py(), bytes.len(), || self.core.count_allowing(&bytes, &allowed))
    }

    /// How many ids each of many texts has. No ids are made.
    ///
    /// Parameters
    /// ----------
    /// texts : iterable of str or bytes
    ///     A list, a tuple, a generator, a NumPy array of strings, a column of a data frame.
    /// allowed_special : "all" or set[str], default set()
    ///     The special tokens that count as one id each; others are plain text.
    /// num_threads : int, optional
    ///     How many threads to use at most; by default all that this process may run at once.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray[int64], shape (n_texts,)
    #[pyo3(signature = (texts, *, allowed_special = Arg::Missing, num_threads = None))]
    fn count_batch<'py>(
        &self,
        texts: &Bound<'py, PyAny>,
        allowed_special: Arg<'py>,
        num_threads: Option<isize>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let py = texts.py();
        let (allowed, threads) = (special::allowed(&allowed_special)?, threads(num_threads)?);
        let texts = Texts::new(texts)?;
        let each = texts.each();
        let counts = door::run_stoppable(py, size(&each), |stop| {
            tokcore::batch::count(&self.core, &each, &allowed, threads, stop)
        })?;
        arrays::from_vec(py, counts)
    }

    /// Whether a text has at most `limit` ids.
    ///
    /// Stops as soon as it is sure: a text far too long costs what one just too long costs.
    ///
    /// Parameters
    /// ----------
    /// text : str or bytes
    ///     Special tokens in it are plain text.
    /// limit : int
    ///
    /// Returns
    /// -------
    /// bool
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If `limit` is below 0.
    fn fits(&self, text: &Bound<'_, PyAny>, limit: isize) -> PyResult<bool> {
        let limit = not_negative(limit)?;
        if self.head_too_long(text, limit)?.is_some() {
            return Ok(false);
        }
        let bytes = Text::new(text)?;
        door::run(text.py(), bytes.len(), || self.core.fits(&bytes, limit))
    }

    /// The longest beginning of a text that has at most `limit` ids and ends between two characters.
    ///
    /// Where it ends inside a pre-token of more than 512 bytes, as in a long run of one character, it fits all the same, but
    /// is sure to be the longest only if the last ids there do not depend on more than some tens before them, and these have
    /// less than some 900 bytes. Under a pattern of your own that looks far ahead or behind it fits, too, but may be shorter.
    ///
    /// Parameters
    /// ----------
    /// text : str or bytes
    ///     Special tokens in it are plain text.
    /// limit : int
    ///
    /// Returns
    /// -------
    /// str or bytes, as `text` is
    ///     Of a bytearray, bytes. Of a str with surrogates, a beginning of what is encoded: pairs as their character, others
    ///     as U+FFFD.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If `limit` is below 0.
    fn truncate<'py>(&self, text: &Bound<'py, PyAny>, limit: isize) -> PyResult<Bound<'py, PyAny>> {
        let (py, limit) = (text.py(), not_negative(limit)?);
        if text.is_exact_instance_of::<PyString>()
            && let Some(head) = self.head_too_long(text, limit)?
        {
            let kept = door::run(py, head.len(), || self.core.truncate(&head, limit))?;
            return beginning(text, &head[..kept]);
        }
        let bytes = Text::new(text)?;
        let kept = door::run(py, bytes.len(), || self.core.truncate(&bytes, limit))?;
        if matches!(bytes, Text::Str(_)) && text.is_exact_instance_of::<PyString>() {
            return beginning(text, &bytes[..kept]);
        }
        if !text.is_instance_of::<PyString>() {
            return Ok(PyBytes::new(py, &bytes[..kept]).into_any());
        }
        Ok(PyString::from_bytes(py, &bytes[..kept])?.into_any())
    }
}

impl Tokenizer {
    /// As [`tokcore::Tokenizer::head_too_long`], of a str that is not ASCII.
    fn head_too_long(&self, text: &Bound<'_, PyAny>, limit: usize) -> PyResult<Option<Vec<u8>>> {
        let Some(wide) = Wide::new(text)? else { return Ok(None) };
        let wide = wide.text();
        door::run(text.py(), wide.size(), || self.core.head_too_long(&wide, limit))
    }
}

/// The beginning of a str that `utf8` is. A slice copies code points, where UTF-8 would have to be read once more.
fn beginning<'py>(text: &Bound<'py, PyAny>, utf8: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let characters = utf8.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    text.get_item(PySlice::new(text.py(), 0, characters.cast_signed(), 1))
}

pub(super) fn not_negative(limit: isize) -> PyResult<usize> {
    usize::try_from(limit).map_err(|_| PyValueError::new_err(format!("limit is {limit}: it must be at least 0")))
}
