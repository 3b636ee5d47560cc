//! One text to ids.

use numpy::PyArray1;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use tokcore::Specials;

use super::Tokenizer;
use crate::special::{self, Arg};
use crate::text::Text;
use crate::{arrays, door, ids};

/// A text of this many bytes takes long enough for Ctrl-C to matter.
const LONG: usize = 1 << 20;

#[pymethods]
impl Tokenizer {
    /// The ids of a text, special tokens in it taken as plain text.
    ///
    /// Parameters
    /// ----------
    /// text : str or bytes
    ///     Surrogates in a str are paired up, or replaced by U+FFFD. Bytes need not be UTF-8.
    ///
    /// Returns
    /// -------
    /// list[int]
    fn encode_ordinary<'py>(&self, text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = text.py();
        let text = Text::new(text)?;
        ids::list(py, &self.ids_of(py, &text, &Specials::None)?)
    }

    /// The ids of a text.
    ///
    /// Parameters
    /// ----------
    /// text : str or bytes
    ///     Surrogates in a str are paired up, or replaced by U+FFFD. Bytes need not be UTF-8.
    /// allowed_special : "all" or set[str], default set()
    ///     The special tokens that become their ids.
    /// disallowed_special : "all" or collection of str, default "all"
    ///     Texts that must not occur; "all" means every special token that is not allowed. What is neither allowed nor
    ///     disallowed is encoded as plain text.
    ///
    /// Returns
    /// -------
    /// list[int]
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If the text has a disallowed special token.
    #[pyo3(signature = (text, *, allowed_special = Arg::Missing, disallowed_special = Arg::Missing))]
    fn encode<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        allowed_special: Arg<'py>,
        disallowed_special: Arg<'py>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = text.py();
        ids::list(py, &self.encoded(py, &Text::new(text)?, &allowed_special, &disallowed_special)?)
    }

    /// The ids of a text, as an array.
    ///
    /// As `encode`, except that surrogates in a str raise UnicodeEncodeError, as they do in tiktoken.
    ///
    /// Returns
    /// -------
    /// numpy.ndarray[uint32], shape (n_tokens,)
    #[pyo3(signature = (text, *, allowed_special = Arg::Missing, disallowed_special = Arg::Missing))]
    fn encode_to_numpy<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        allowed_special: Arg<'py>,
        disallowed_special: Arg<'py>,
    ) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let py = text.py();
        let ids = self.encoded(py, &Text::strict(text)?, &allowed_special, &disallowed_special)?;
        arrays::from_vec(py, ids)
    }

    /// The ids of a text that stay whatever text follows it, and what may stand for the rest.
    ///
    /// Parameters are those of `encode`, except that surrogates in a str raise UnicodeEncodeError, as they do in tiktoken.
    ///
    /// Returns
    /// -------
    /// tuple[list[int], list[list[int]]]
    ///     The stable ids, and every sequence of ids that covers the rest of the text in some continuation.
    #[pyo3(signature = (text, *, allowed_special = Arg::Missing, disallowed_special = Arg::Missing))]
    fn encode_with_unstable<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        allowed_special: Arg<'py>,
        disallowed_special: Arg<'py>,
    ) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
        let py = text.py();
        let text = Text::strict(text)?;
        let allowed = special::allowed(&allowed_special)?;
        special::check(&self.core, &text, &special::disallowed(&disallowed_special, &allowed)?)?;
        let found = door::run(py, usize::MAX, || self.core.encode_with_unstable(&text, &allowed))?;
        let completions = found.completions.iter().map(|ids| ids::list(py, ids)).collect::<PyResult<Vec<_>>>()?;
        Ok((ids::list(py, &found.stable)?, PyList::new(py, completions)?))
    }

    /// The ids of a text and the characters that each covers.
    ///
    /// Parameters
    /// ----------
    /// text : str or bytes
    /// allowed_special : "all" or set[str], default set()
    ///     The special tokens that become their ids; others are plain text.
    ///
    /// Returns
    /// -------
    /// tuple[list[int], list[tuple[int, int]]]
    ///     The ids, and for each the (start, end) of its characters in the text. A character made of several tokens is in the
    ///     span of each of them. In bytes, characters are counted by their first bytes; in a str, two surrogates that make
    ///     a pair are the one character that is encoded.
    #[pyo3(signature = (text, *, allowed_special = Arg::Missing))]
    fn encode_with_offsets<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        allowed_special: Arg<'py>,
    ) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
        let py = text.py();
        let text = Text::new(text)?;
        let allowed = special::allowed(&allowed_special)?;
        let found = door::run(py, text.len(), || self.core.encode_with_offsets(&text, &allowed))?;
        Ok((ids::list(py, &found.ids)?, ids::spans(py, &found.spans)?))
    }

    /// The id of the one token, special or not, that is exactly this text.
    ///
    /// Parameters
    /// ----------
    /// text_or_bytes : str or bytes
    ///
    /// Returns
    /// -------
    /// int
    ///
    /// Raises
    /// ------
    /// KeyError
    ///     If there is no such token.
    /// UnicodeEncodeError
    ///     If a str has surrogates.
    fn encode_single_token(&self, text_or_bytes: &Bound<'_, PyAny>) -> PyResult<u32> {
        let text = Text::strict(text_or_bytes)?;
        let special = || self.core.special().id(std::str::from_utf8(&text).ok()?);
        let id = self.core.vocabulary().id(&text).or_else(special);
        id.ok_or_else(|| PyKeyError::new_err(PyBytes::new(text_or_bytes.py(), &text).unbind()))
    }

    /// The ids of a text taken as one pre-token: it is not split before its bytes are merged.
    fn _encode_single_piece<'py>(&self, text_or_bytes: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = text_or_bytes.py();
        let text = Text::strict(text_or_bytes)?;
        ids::list(py, &door::run(py, text.len(), || Ok(self.core.encode_single_piece(&text)))?)
    }
}

impl Tokenizer {
    fn encoded(&self, py: Python<'_>, text: &Text, allowed: &Arg<'_>, disallowed: &Arg<'_>) -> PyResult<Vec<u32>> {
        let allowed = special::allowed(allowed)?;
        let disallowed = special::disallowed(disallowed, &allowed)?;
        if disallowed != Specials::None {
            special::check(&self.core, text, &disallowed)?;
        }
        self.ids_of(py, text, &allowed)
    }

    /// A long text goes the way of batches: on several threads, and it can be stopped.
    fn ids_of(&self, py: Python<'_>, text: &[u8], allowed: &Specials) -> PyResult<Vec<u32>> {
        if text.len() < LONG {
            return door::run(py, text.len(), || self.core.encode(text, allowed));
        }
        door::run_stoppable(py, text.len(), |stop| {
            tokcore::batch::encode(&self.core, &[tokcore::Text::Bytes(text)], allowed, None, stop)
        })
        .map(|batch| batch.ids)
    }
}
