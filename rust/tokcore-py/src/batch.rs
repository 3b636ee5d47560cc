//! `TokenBatch`: the ids of many texts as two arrays.

use std::time::{Duration, Instant};

use numpy::{Element, PyArray1, PyArrayMethods as _, PyUntypedArrayMethods as _};
use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice, PyTuple};
use tokcore::batch::Next;

use crate::arrow::{Capsules, capsules};
use crate::{arrays, ids};

/// The ids of many texts, end to end, and where each text's ids begin.
///
/// Parameters
/// ----------
/// ids : numpy.ndarray[uint32], shape (n_tokens,)
///     The ids of all texts.
/// offsets : numpy.ndarray[int64], shape (n_texts + 1,)
///     Text i has `ids[offsets[i]:offsets[i + 1]]`. Ascends from 0 to n_tokens.
///
/// Arrays are kept as they are, unless their elements do not stand one after another: then they are copied.
///
/// Its length is the number of texts; `batch[i]` is a view of the ids of text i, `batch[i:j]` is a batch.
#[pyclass(frozen, module = "tokcore")]
pub(crate) struct TokenBatch {
    ids: Py<PyArray1<u32>>,
    offsets: Py<PyArray1<i64>>,
}

impl TokenBatch {
    /// Hands the memory of `batch` to NumPy, without a copy.
    pub(crate) fn from_core(py: Python<'_>, batch: tokcore::TokenBatch) -> PyResult<Self> {
        let ids = arrays::from_vec(py, batch.ids)?.unbind();
        Ok(Self { ids, offsets: arrays::from_vec(py, batch.offsets)?.unbind() })
    }

    fn texts(&self, py: Python<'_>) -> usize {
        self.offsets.bind(py).len() - 1
    }

    /// The ids of texts `from..to` as a view.
    fn view<'py>(&self, py: Python<'py>, from: usize, to: usize) -> PyResult<Bound<'py, PyAny>> {
        let offsets = self.offsets.bind(py).try_readonly()?;
        let bound = |at| offsets.get(at).copied().ok_or_else(|| PyIndexError::new_err("text index out of range"));
        let range = PySlice::new(py, bound(from)? as isize, bound(to)? as isize, 1);
        self.ids.bind(py).get_item(range)
    }
}

#[pymethods]
impl TokenBatch {
    #[new]
    fn new(ids: &Bound<'_, PyAny>, offsets: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (ids, offsets) = (plain::<u32>("ids", ids)?, plain::<i64>("offsets", offsets)?);
        let bounds = offsets.try_readonly()?;
        let bounds = bounds.as_array();
        let ascending = bounds.iter().zip(bounds.iter().skip(1)).all(|(start, end)| start <= end);
        if !ascending || bounds.first() != Some(&0) || bounds.last().map(|&end| end as usize) != Some(ids.len()) {
            return Err(PyValueError::new_err("offsets must ascend from 0 to the number of ids"));
        }
        Ok(Self { ids: ids.unbind(), offsets: offsets.unbind() })
    }

    /// The ids of all texts, end to end: uint32, shape (n_tokens,).
    #[getter]
    fn ids<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        self.ids.bind(py).clone()
    }

    /// Where each text's ids begin, and where the last text's end: int64, shape (n_texts + 1,).
    #[getter]
    fn offsets<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.offsets.bind(py).clone()
    }

    /// A list of int for each text.
    fn to_lists<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let (ids, offsets) = (self.ids.bind(py).try_readonly()?, self.offsets.bind(py).try_readonly()?);
        lists(py, ids.as_slice()?, offsets.as_slice()?)
    }

    /// The batch as an Arrow large_list<uint32> column, without a copy: `pyarrow.array(batch)`.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Capsules<'py>> {
        // Another type may be requested, but by the interface this is best effort.
        let _ = requested_schema;
        capsules(py, self.ids.bind(py), self.offsets.bind(py))
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.texts(py)
    }

    fn __getitem__<'py>(&self, py: Python<'py>, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let texts = self.texts(py) as isize;
        let Ok(slice) = index.cast::<PySlice>() else {
            let index: isize = index.extract()?;
            let at = if index < 0 { index + texts } else { index };
            if !(0..texts).contains(&at) {
                return Err(PyIndexError::new_err(format!("text {index} of a batch of {texts}")));
            }
            return self.view(py, at as usize, at as usize + 1);
        };
        let range = slice.indices(texts)?;
        if range.step != 1 {
            return Err(PyValueError::new_err("a slice of a TokenBatch has step 1"));
        }
        let (start, stop) = (range.start as usize, range.stop.max(range.start) as usize);
        let ids = self.view(py, start, stop)?.cast_into()?.unbind();
        let offsets = self.offsets.bind(py).try_readonly()?;
        let offsets = &offsets.as_slice()?[start..=stop];
        let offsets = PyArray1::from_iter(py, offsets.iter().map(|offset| offset - offsets[0])).unbind();
        Ok(Bound::new(py, Self { ids, offsets })?.into_any())
    }

    fn __iter__(batch: Py<Self>) -> TokenBatchIterator {
        TokenBatchIterator { batch, next: 0 }
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("<TokenBatch of {} texts, {} tokens>", self.texts(py), self.ids.bind(py).len())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let arrays = (self.ids.bind(py), self.offsets.bind(py)).into_pyobject(py)?;
        Ok((py.get_type::<Self>().into_any(), arrays))
    }
}

/// `array`, or a copy whose elements stand one after another in memory.
fn plain<'py, T: Element>(name: &str, array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray1<T>>> {
    let py = array.py();
    arrays::import(py)?;
    if array.cast::<PyArray1<T>>().is_err() {
        let is = array.getattr("dtype").unwrap_or(array.get_type().into_any());
        let why = format!("{name} must be a NumPy array of {} with one dimension, not {is}", T::get_dtype(py));
        return Err(PyTypeError::new_err(why));
    }
    let plain = py.import("numpy")?.call_method1("require", (array, py.None(), ("C", "A")))?;
    Ok(plain.cast_into()?)
}

/// Goes through a batch, one array of ids a text.
#[pyclass(module = "tokcore._tokcore")]
pub(crate) struct TokenBatchIterator {
    batch: Py<TokenBatch>,
    next: usize,
}

#[pymethods]
impl TokenBatchIterator {
    fn __iter__(iterator: PyRef<'_, Self>) -> PyRef<'_, Self> {
        iterator
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let batch = self.batch.get();
        if self.next >= batch.texts(py) {
            return Ok(None);
        }
        self.next += 1;
        batch.view(py, self.next - 1, self.next).map(Some)
    }
}

/// A list of lists of int.
fn lists<'py>(py: Python<'py>, ids: &[u32], offsets: &[i64]) -> PyResult<Bound<'py, PyList>> {
    let mut lists = Lists::with_capacity(offsets.len());
    lists.add(py, ids, offsets)?;
    lists.finish(py)
}

/// Waiting longer than this for the GIL means that other threads use it: each time may then take milliseconds.
const PATIENCE: Duration = Duration::from_micros(500);

/// Lists of int in the making.
pub(crate) struct Lists {
    lists: Vec<Py<PyList>>,
    failed: Option<PyErr>,
}

impl Lists {
    /// Has room for `texts` lists.
    pub(crate) fn with_capacity(texts: usize) -> Self {
        Self { lists: Vec::with_capacity(texts), failed: None }
    }

    fn add(&mut self, py: Python<'_>, ids: &[u32], offsets: &[i64]) -> PyResult<()> {
        ids::without_collector(py, || {
            for bounds in offsets.windows(2) {
                // Arrays are open to Python, so their offsets need not be what they were.
                let range = bounds[0] as usize..bounds[1] as usize;
                if ids.get(range.clone()).is_none() {
                    return Err(PyIndexError::new_err("the offsets do not fit the ids"));
                }
                self.lists.push(ids::list_of(py, ids, range)?.unbind());
            }
            Ok(())
        })
    }

    /// Adds the lists of some texts, on a thread that has let go of the GIL.
    pub(crate) fn take(&mut self, ids: &[u32], offsets: &[i64]) -> Next {
        if self.failed.is_some() {
            return Next::Stop;
        }
        let asked = Instant::now();
        let next = Python::try_attach(|py| {
            let next = if asked.elapsed() < PATIENCE { Next::Soon } else { Next::Last };
            self.failed = self.add(py, ids, offsets).err();
            if self.failed.is_some() { Next::Stop } else { next }
        });
        // Where Python is shutting down nobody waits for the lists any more.
        next.unwrap_or(Next::Stop)
    }

    /// All lists in one, unless one could not be made.
    pub(crate) fn finish(self, py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
        match self.failed {
            Some(error) => Err(error),
            None => ids::without_collector(py, || PyList::new(py, self.lists)),
        }
    }
}
