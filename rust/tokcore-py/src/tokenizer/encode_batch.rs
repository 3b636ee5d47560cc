//! Many texts to ids, on several threads.

use pyo3::prelude::*;
use pyo3::types::PyList;
use tokcore::Specials;

use super::Tokenizer;
use crate::batch::{Lists, TokenBatch};
use crate::door;
use crate::special::{self, Arg};
use crate::texts::{Texts, size, threads};

#[pymethods]
impl Tokenizer {
    /// The ids of many texts, special tokens in them taken as plain text.
    ///
    /// Parameters
    /// ----------
    /// text : iterable of str or bytes
    /// num_threads : int, optional
    ///     How many threads to use at most; by default all that this process may run at once. The ids do not depend on it.
    ///
    /// Returns
    /// -------
    /// list[list[int]]
    #[pyo3(signature = (text, *, num_threads = None))]
    fn encode_ordinary_batch<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        num_threads: Option<isize>,
    ) -> PyResult<Bound<'py, PyList>> {
        self.encoded_lists(text.py(), &Texts::new(text)?, (&Specials::None, &Specials::None), num_threads)
    }

    /// The ids of many texts.
    ///
    /// Parameters
    /// ----------
    /// text : iterable of str or bytes
    /// num_threads : int, optional
    ///     How many threads to use at most; by default all that this process may run at once. The ids do not depend on it.
    /// allowed_special, disallowed_special
    ///     As in `encode`.
    ///
    /// Returns
    /// -------
    /// list[list[int]]
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If a text has a disallowed special token.
    #[pyo3(signature = (text, *, num_threads = None, allowed_special = Arg::Missing, disallowed_special = Arg::Missing))]
    fn encode_batch<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        num_threads: Option<isize>,
        allowed_special: Arg<'py>,
        disallowed_special: Arg<'py>,
    ) -> PyResult<Bound<'py, PyList>> {
        let allowed = special::allowed(&allowed_special)?;
        let disallowed = special::disallowed(&disallowed_special, &allowed)?;
        self.encoded_lists(text.py(), &Texts::new(text)?, (&allowed, &disallowed), num_threads)
    }

    /// The ids of many texts as two arrays: the fastest way to get them.
    ///
    /// Parameters
    /// ----------
    /// texts : iterable of str or bytes
    ///     A list, a tuple, a generator, a NumPy array of strings, a column of a data frame.
    /// allowed_special : "all" or set[str], default set()
    ///     The special tokens that become their ids; others are plain text.
    /// num_threads : int, optional
    ///     How many threads to use at most; by default all that this process may run at once. The ids do not depend on it.
    ///
    /// Returns
    /// -------
    /// TokenBatch
    #[pyo3(signature = (texts, *, allowed_special = Arg::Missing, num_threads = None))]
    fn encode_arrays<'py>(
        &self,
        texts: &Bound<'py, PyAny>,
        allowed_special: Arg<'py>,
        num_threads: Option<isize>,
    ) -> PyResult<TokenBatch> {
        let py = texts.py();
        let allowed = special::allowed(&allowed_special)?;
        TokenBatch::from_core(py, self.encoded_batch(py, &Texts::new(texts)?, &allowed, num_threads)?)
    }
}

impl Tokenizer {
    fn encoded_batch(
        &self,
        py: Python<'_>,
        texts: &Texts,
        allowed: &Specials,
        num_threads: Option<isize>,
    ) -> PyResult<tokcore::TokenBatch> {
        let threads = threads(num_threads)?;
        let each = texts.each();
        door::run_stoppable(py, size(&each), |stop| tokcore::batch::encode(&self.core, &each, allowed, threads, stop))
    }

    /// With special tokens that are allowed and texts that are not. Lists are made of what is done while other threads do the
    /// rest.
    fn encoded_lists<'py>(
        &self,
        py: Python<'py>,
        texts: &Texts,
        specials: (&Specials, &Specials),
        num_threads: Option<isize>,
    ) -> PyResult<Bound<'py, PyList>> {
        let threads = threads(num_threads)?;
        let each = texts.each();
        let mut lists = Lists::with_capacity(each.len());
        let done = door::run_stoppable(py, size(&each), |stop| {
            let take = |ids: &[u32], offsets: &[i64]| lists.take(ids, offsets);
            tokcore::batch::encode_each(&self.core, &each, specials, threads, stop, take)
        });
        // If a list could not be made, that is why the call was stopped.
        let lists = lists.finish(py)?;
        done.map(|()| lists)
    }
}
