//! A split pattern: a known family's scanner, or the regex engine. Never a guess.

use std::fmt;
use std::sync::Arc;

use super::family::{self, Family};
use super::known::{self, WINDOW};
use super::regex::Splitter;
use super::{Level, Spans};
use crate::error::{Error, ErrorKind, Result};

/// A compiled split pattern. Cloning shares it.
#[derive(Clone)]
pub struct Pattern(Arc<Inner>);

struct Inner {
    spelling: String,
    engine: Engine,
}

enum Engine {
    Family(&'static Family, Level),
    Regex(Splitter),
}

impl Pattern {
    /// A scanner for `pattern`, in the syntax of the `fancy-regex` crate: its family's own if it is one of the
    /// published spellings to the letter, the regex engine for any other.
    ///
    /// # Errors
    /// [`ErrorKind::Pattern`] if it does not compile.
    pub fn new(pattern: &str) -> Result<Self> {
        match family::find(pattern) {
            Some(family) => Ok(Self::of(pattern, Engine::Family(family, Level::best()))),
            None => Self::by_regex(pattern),
        }
    }

    /// A scanner that uses the regex engine even for a published spelling: slow, and what the families' own scanners
    /// are held against.
    ///
    /// # Errors
    /// [`ErrorKind::Pattern`] if `pattern` does not compile.
    pub fn by_regex(pattern: &str) -> Result<Self> {
        Ok(Self::of(pattern, Engine::Regex(Splitter::new(pattern)?)))
    }

    /// The same pattern scanned at `level`, if this processor has it and the pattern is a published one. Spans do not
    /// depend on the level: this is for tests and benches that go through all of them.
    pub fn at_level(&self, level: Level) -> Option<Self> {
        match self.0.engine {
            Engine::Family(family, _) if level.is_available() => {
                Some(Self::of(self.as_str(), Engine::Family(family, level)))
            }
            _ => None,
        }
    }

    fn of(pattern: &str, engine: Engine) -> Self {
        Self(Arc::new(Inner { spelling: pattern.to_owned(), engine }))
    }

    /// The pattern of a published encoding: `gpt2`, `r50k_base`, `p50k_base`, `p50k_edit`, `cl100k_base`, `o200k_base`
    /// or `o200k_harmony`.
    pub fn named(name: &str) -> Option<Self> {
        Self::new(family::spelling(name)?).ok()
    }

    /// The spelling it was made from.
    pub fn as_str(&self) -> &str {
        &self.0.spelling
    }

    /// Splits `text[start..]`, where `start` is 0 or a place this function returned for the same text: about 64 KiB,
    /// more if a pre-token is longer, or an eighth of a long text where the regex engine does the work. Fills `spans`
    /// and returns where the next window starts, `text.len()` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Argument`] for a text of more than `u32::MAX` bytes or a `start` beyond it or inside a character;
    /// [`ErrorKind::Pattern`] if the regex engine gives up on the text (its backtracking limit).
    pub fn window(&self, text: &[u8], start: usize, spans: &mut Spans) -> Result<usize> {
        if start > text.len() || u32::try_from(text.len()).is_err() {
            let message = format!("cannot split {} bytes from byte {start}: texts end at 4 GiB", text.len());
            return Err(Error::new(ErrorKind::Argument, message));
        }
        match &self.0.engine {
            Engine::Family(family, level) => Ok(known::window(&family.rules, *level, WINDOW, text, start, spans)),
            Engine::Regex(splitter) => splitter.window(text, start, spans),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.as_str()).finish()
    }
}
