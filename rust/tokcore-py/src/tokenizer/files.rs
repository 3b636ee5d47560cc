//! Reading and writing vocabulary files.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use tokcore::vocab::format::{self, Format, Loaded};
use tokcore::{SpecialTokens, Tokenizer as Core};

use super::Tokenizer;
use super::construct::{instance, tokenizer};
use crate::{door, ids};

#[pymethods]
impl Tokenizer {
    /// The tokenizer that a file holds; the file's content tells its format.
    ///
    /// Parameters
    /// ----------
    /// path : str or PathLike
    ///     A `.tokcore` file, a tiktoken rank file, a Hugging Face `tokenizer.json` of byte-level BPE, or a `vocab.json`
    ///     as GPT-2's, with `merges.txt` beside it; both names may begin alike, as `my-vocab.json` and `my-merges.txt`.
    /// pattern : str, optional
    ///     For a rank file or a vocab.json, which have none, the split pattern: a regular expression, or the name of an
    ///     embedded encoding whose pattern to use. For others, it must be left out.
    /// special_tokens : dict[str, int], optional
    ///     For a rank file, which has none, the special tokens and their ids. Those of a vocab.json are the tokens that no
    ///     merge makes, unless given here. For others, it must be left out.
    ///
    /// Returns
    /// -------
    /// Tokenizer
    ///     Named after the file, without its suffix, unless the format keeps a name.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If the file cannot be read.
    /// ValueError
    ///     If its content is malformed or not supported; the message names the place.
    #[classmethod]
    #[pyo3(signature = (path, *, pattern = None, special_tokens = None))]
    fn from_file<'py>(
        class: &Bound<'py, PyType>,
        path: PathBuf,
        pattern: Option<String>,
        special_tokens: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let special: Option<Vec<(String, u32)>> = special_tokens.map(pairs).transpose()?;
        let loaded = door::run(class.py(), usize::MAX, || format::read(&path))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let core = match (loaded, pattern) {
            (Loaded::Ranks(vocabulary, found), Some(pattern)) => door::run(class.py(), usize::MAX, || {
                let pattern = tokcore::Pattern::named_or_new(&pattern)?;
                let special = special.map_or(Ok(found), SpecialTokens::new)?;
                Core::new(name, pattern.as_str(), vocabulary, special)
            }),
            (Loaded::Ranks(..), None) => Err(refusal(&path, "this format has no split pattern: pass pattern=")),
            (Loaded::Complete(mut definition), None) if special.is_none() => {
                if definition.name.is_empty() {
                    definition.name = name;
                }
                let named = |error: tokcore::Error| error.context(path.display());
                door::run(class.py(), usize::MAX, || tokenizer(definition).map_err(named))
            }
            _ => {
                Err(refusal(&path, "it has its own pattern and special tokens: leave out pattern= and special_tokens="))
            }
        }?;
        instance(class, core)
    }

    /// Writes this tokenizer to a file.
    ///
    /// It is written beside `path`, read back and compared before it takes its place there: a file that is there stays as
    /// it is if anything fails.
    ///
    /// Parameters
    /// ----------
    /// path : str or PathLike
    /// format : {"huggingface", "gpt2", "tiktoken", "tokcore"}, optional
    ///     By default what the suffix says: `.json`, `.tiktoken` or `.tokcore`. A rank file ("tiktoken") holds neither
    ///     pattern nor special tokens. "gpt2" is two files without a pattern, for other libraries: `path`, whose name must
    ///     end in `vocab.json`, and `merges.txt` beside it, whose name begins as that of `path`.
    ///     Of several special tokens with one id other libraries may know only one.
    ///
    /// Raises
    /// ------
    /// OSError
    ///     If it cannot be written.
    /// ValueError
    ///     If the suffix names no format, or the format cannot hold this tokenizer: "huggingface" a split pattern that
    ///     leaves text out, "gpt2" a token that no merge makes.
    #[pyo3(signature = (path, *, format = None))]
    fn save(&self, py: Python<'_>, path: PathBuf, format: Option<&str>) -> PyResult<()> {
        door::run(py, usize::MAX, || {
            let format = format.map_or_else(|| Format::of_path(&path), Format::named)?;
            format::write(&path, format, self.view())
        })
    }
}

impl Tokenizer {
    /// What the file formats hold of it.
    pub(super) fn view(&self) -> format::View<'_> {
        let core = &self.core;
        let (name, pattern) = (core.name(), core.pattern().as_str());
        format::View { name, pattern, vocabulary: core.vocabulary(), special: core.special() }
    }
}

fn pairs(special: &Bound<'_, PyDict>) -> PyResult<Vec<(String, u32)>> {
    special.iter().map(|(text, id)| Ok((text.extract()?, ids::id(&id)?))).collect()
}

fn refusal(path: &std::path::Path, why: &str) -> PyErr {
    PyValueError::new_err(format!("{}: {why}", path.display()))
}
