//! The Python module `tokcore._tokcore`: conversions, GIL release, errors to exceptions. No algorithm lives here.

mod arrays;
mod arrow;
mod batch;
mod door;
mod encodings;
mod ids;
mod special;
mod text;
mod texts;
mod tokenizer;
mod train;

use pyo3::prelude::*;

// `gil_used`: reading lists counts on the GIL.
#[pymodule(gil_used = true)]
mod _tokcore {
    #[pymodule_export]
    use crate::batch::{TokenBatch, TokenBatchIterator};
    #[pymodule_export]
    use crate::encodings::{encoding_for_model, encoding_name_for_model, get_encoding, list_encoding_names};
    #[pymodule_export]
    use crate::tokenizer::Tokenizer;
    #[pymodule_export]
    use crate::tokenizer::pickle::_restore;
    #[pymodule_export]
    use crate::train::{_count_words, _restore_word_counts, _train, TrainingStats, WordCounts};

    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // A misspelt one would let tests of a tier test another.
        tokcore::tier::Tier::widest_allowed().map_err(door::exception)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
