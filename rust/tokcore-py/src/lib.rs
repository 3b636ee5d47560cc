//! Python bindings: conversions, GIL release and error mapping. No algorithm lives here.

use pyo3::prelude::*;

/// The compiled half of the `tokcore` package.
#[pymodule]
fn _tokcore(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))
}
