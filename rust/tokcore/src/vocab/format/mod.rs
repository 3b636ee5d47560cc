//! Vocabulary files: reading and writing them.
//!
//! | format | holds | module |
//! |---|---|---|
//! | `*.tiktoken` | token bytes and ranks only | [`tiktoken`] |
//! | `*.tokcore` | everything, checksummed | [`native`] |
//! | `tokenizer.json` | everything, for Hugging Face's `tokenizers` | [`huggingface`] |
//! | `vocab.json`, `merges.txt` | tokens, merges and special tokens | [`gpt2`] |

pub mod body;
mod byte_alphabet;
pub mod gpt2;
pub mod huggingface;
pub(crate) mod merges;
pub mod native;
mod replace;
pub mod tiktoken;

use std::path::Path;

use super::{SpecialTokens, Vocabulary};
use crate::error::{Error, ErrorKind, Result};

pub use merges::{Merges, merges};
pub use replace::replace;

/// All that a tokenizer is: what the complete formats hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    /// The encoding's name.
    pub name: String,
    /// The split pattern, a regular expression.
    pub pattern: String,
    /// The mergeable tokens.
    pub vocabulary: Vocabulary,
    /// The special tokens.
    pub special: SpecialTokens,
}

impl Definition {
    /// A borrowed view.
    pub fn view(&self) -> View<'_> {
        let Self { name, pattern, vocabulary, special } = self;
        View { name, pattern, vocabulary, special }
    }
}

/// A borrowed [`Definition`]: what the writers take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View<'a> {
    /// The encoding's name.
    pub name: &'a str,
    /// The split pattern, a regular expression.
    pub pattern: &'a str,
    /// The mergeable tokens.
    pub vocabulary: &'a Vocabulary,
    /// The special tokens.
    pub special: &'a SpecialTokens,
}

/// A file format of vocabularies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// tiktoken's rank files.
    Tiktoken,
    /// tokcore's own.
    Tokcore,
    /// Hugging Face's tokenizer.json.
    HuggingFace,
    /// GPT-2's vocab.json and merges.txt.
    Gpt2,
}

impl Format {
    /// The format called `name`: `tiktoken`, `tokcore`, `huggingface` or `gpt2`.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] for any other name.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "tiktoken" => Ok(Self::Tiktoken),
            "tokcore" => Ok(Self::Tokcore),
            "huggingface" => Ok(Self::HuggingFace),
            "gpt2" => Ok(Self::Gpt2),
            _ => {
                let why =
                    format!("unknown format {name:?}: use \"huggingface\", \"gpt2\", \"tiktoken\" or \"tokcore\"");
                Err(Error::new(ErrorKind::Argument, why))
            }
        }
    }

    /// The format that the suffix of `path` stands for: `.tiktoken`, `.tokcore` or `.json`.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] for any other suffix.
    pub fn of_path(path: &Path) -> Result<Self> {
        match path.extension().and_then(|suffix| suffix.to_str()) {
            Some("tiktoken") => Ok(Self::Tiktoken),
            Some("tokcore") => Ok(Self::Tokcore),
            Some("json") => Ok(Self::HuggingFace),
            _ => {
                let why = format!(
                    "{}: its suffix names no format; use .json, .tiktoken or .tokcore, or name the format",
                    path.display()
                );
                Err(Error::new(ErrorKind::Argument, why))
            }
        }
    }

    /// The format that `content` is in.
    pub fn of_content(content: &[u8]) -> Self {
        match content.trim_ascii_start().first() {
            _ if content.starts_with(native::MAGIC) => Self::Tokcore,
            Some(b'{') if gpt2::is_vocab(content) => Self::Gpt2,
            Some(b'{') => Self::HuggingFace,
            _ => Self::Tiktoken,
        }
    }
}

/// What some editors put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What a read file gave.
#[derive(Debug)]
pub enum Loaded {
    /// From a complete format.
    Complete(Definition),
    /// From a rank file, which has no special tokens, or from vocab.json and merges.txt: the pattern must come from
    /// elsewhere.
    Ranks(Vocabulary, SpecialTokens),
}

/// Reads the vocabulary file at `path`; its content tells the format. For a vocab.json the merges.txt beside it is read too.
///
/// # Errors
/// [`ErrorKind::Io`] if it cannot be read; [`ErrorKind::Format`] or [`ErrorKind::Vocabulary`], naming the file and the
/// place, if its content is malformed.
pub fn read(path: &Path) -> Result<Loaded> {
    let content = std::fs::read(path).map_err(|error| Error::io(path, error))?;
    let content = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&content);
    let loaded = match Format::of_content(content) {
        Format::Tokcore => native::read(content).map(Loaded::Complete),
        Format::HuggingFace => huggingface::read(content).map(Loaded::Complete),
        // What ranks begin with tells nothing. If they are none, the name says what is damaged.
        Format::Tiktoken => match (tiktoken::read(content), Format::of_path(path)) {
            (Err(_), Ok(Format::Tokcore)) => native::read(content).map(Loaded::Complete),
            (Err(_), Ok(Format::HuggingFace)) => huggingface::read(content).map(Loaded::Complete),
            (ranks, _) => ranks.map(|ranks| Loaded::Ranks(ranks, SpecialTokens::default())),
        },
        Format::Gpt2 => {
            let merges = gpt2::merges_path(path)?;
            let merges = std::fs::read(&merges).map_err(|error| Error::io(&merges, error))?;
            gpt2::read(content, &merges).map(|(vocabulary, special)| Loaded::Ranks(vocabulary, special))
        }
    };
    loaded.map_err(|error| error.context(path.display()))
}

/// Writes `tokenizer` to `path`, beside it first; the file is re-read and compared before it takes its place.
///
/// # Errors
/// [`ErrorKind::Io`] if it cannot be written; [`ErrorKind::Format`] if the format cannot hold this tokenizer exactly.
pub fn write(path: &Path, format: Format, tokenizer: View<'_>) -> Result<()> {
    match format {
        Format::Tiktoken => replace(path, &tiktoken::write(tokenizer.vocabulary), |content| {
            Ok(tiktoken::read(content)? == *tokenizer.vocabulary)
        }),
        Format::Tokcore => {
            replace(path, &native::write(tokenizer)?, |content| Ok(native::read(content)?.view() == tokenizer))
        }
        Format::HuggingFace => {
            let content = huggingface::write(tokenizer).map_err(|error| error.context(path.display()))?;
            replace(path, &content, |content| {
                let read = huggingface::read(content)?;
                // The file has no place for a name.
                Ok(View { name: tokenizer.name, ..read.view() } == tokenizer)
            })
        }
        Format::Gpt2 => {
            let merges_path = gpt2::merges_path(path)?;
            let (vocab, merges) = gpt2::write(tokenizer).map_err(|error| error.context(path.display()))?;
            if !gpt2::is_same(&gpt2::read(&vocab, &merges)?, tokenizer) {
                let why = format!("{}: vocab.json and merges.txt cannot hold this tokenizer exactly", path.display());
                return Err(Error::new(ErrorKind::Format, why));
            }
            replace::replace_both([(&merges_path, &merges), (path, &vocab)])
        }
    }
}
