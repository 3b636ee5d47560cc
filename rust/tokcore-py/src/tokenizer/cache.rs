//! The word cache, which makes later text cheaper than the first.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::Tokenizer;
use super::count::not_negative;

#[pymethods]
impl Tokenizer {
    /// How many bytes the word cache of one thread may take, beside the 32 KiB that it has in any case. Setting it empties
    /// the caches; a limit below 0 is a ValueError.
    #[getter]
    fn cache_limit(&self) -> usize {
        self.core.cache_limit()
    }

    #[setter]
    fn set_cache_limit(&self, limit: isize) -> PyResult<()> {
        self.core.set_cache_limit(not_negative(limit)?);
        Ok(())
    }

    /// Empties the word caches and frees their memory.
    fn clear_cache(&self) {
        self.core.clear_cache();
    }

    /// How the word caches of all threads stand.
    ///
    /// Returns
    /// -------
    /// dict[str, int]
    ///     "entries": words kept; "bytes": memory taken; "hits" and "misses": words found and not found since the caches
    ///     were made or cleared.
    fn cache_statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let statistics = self.core.cache_statistics();
        let dict = PyDict::new(py);
        dict.set_item("entries", statistics.entries)?;
        dict.set_item("bytes", statistics.bytes)?;
        dict.set_item("hits", statistics.hits)?;
        dict.set_item("misses", statistics.misses)?;
        Ok(dict)
    }
}
