//! Counting ids without making them.

use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice, PyString};

use super::Tokenizer;
use crate::door;
use crate::special::{self, Arg};
use crate::text::Text;
use crate::texts::{Texts, size, threads};

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
        Ok(PyArray1::from_vec(py, counts))
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
    fn fits(&self, text: &Bound<'_, PyAny>, limit: isize) -> PyResult<bool> {
        let limit = not_negative(limit)?;
        let bytes = Text::new(text)?;
        door::run(text.py(), bytes.len(), || self.core.fits(&bytes, limit))
    }

    /// The longest beginning of a text that has at most `limit` ids and ends between two characters.
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
    fn truncate<'py>(&self, text: &Bound<'py, PyAny>, limit: isize) -> PyResult<Bound<'py, PyAny>> {
        let (py, limit) = (text.py(), not_negative(limit)?);
        let bytes = Text::new(text)?;
        let kept = door::run(py, bytes.len(), || self.core.truncate(&bytes, limit))?;
        if matches!(bytes, Text::Str(_)) && text.is_exact_instance_of::<PyString>() {
            // A slice copies code points, where UTF-8 would have to be read once more.
            let characters = bytes[..kept].iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
            return text.get_item(PySlice::new(py, 0, characters.cast_signed(), 1));
        }
        if !text.is_instance_of::<PyString>() {
            return Ok(PyBytes::new(py, &bytes[..kept]).into_any());
        }
        Ok(PyString::from_bytes(py, &bytes[..kept])?.into_any())
    }
}

fn not_negative(limit: isize) -> PyResult<usize> {
    usize::try_from(limit).map_err(|_| PyValueError::new_err(format!("limit is {limit}: it must be at least 0")))
}
