//! A split pattern: a known family's scanner, or the regex engine. Never a guess.

use std::fmt;
use std::sync::Arc;

use super::family::{self, Family};
use super::known::{Scanner, WINDOW};
use super::regex::Splitter;
use super::{CutFilter, Spans, safe};
use crate::error::{Error, ErrorKind, Result};
use crate::tier::Tier;

/// A compiled split pattern. Cloning shares it.
#[derive(Clone)]
pub struct Pattern(Arc<Inner>);

struct Inner {
    spelling: String,
    engine: Engine,
}

enum Engine {
    Family(&'static Family),
    Rules(&'static Family),
    Regex(Splitter),
}

impl Pattern {
    /// A scanner for `pattern`, in the syntax of the `fancy-regex` crate: its family's own if it is one of the
    /// published spellings to the letter, the regex engine for any other.
    ///
    /// # Errors
    /// [`ErrorKind::Pattern`] if it does not compile, or is empty: it would leave all text out.
    pub fn new(pattern: &str) -> Result<Self> {
        if pattern.is_empty() {
            return Err(Error::new(ErrorKind::Pattern, "the split pattern is empty: it would leave all text out"));
        }
        match family::find(pattern) {
            Some(family) => Ok(Self::of(pattern, Engine::Family(family))),
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

    /// A scanner that walks a published spelling's rules character by character, or `None` for any other spelling:
    /// what vector scanning is held against.
    pub fn by_rules(pattern: &str) -> Option<Self> {
        family::find(pattern).map(|family| Self::of(pattern, Engine::Rules(family)))
    }

    fn of(pattern: &str, engine: Engine) -> Self {
        Self(Arc::new(Inner { spelling: pattern.to_owned(), engine }))
    }

    /// The pattern of a published encoding: `gpt2`, `r50k_base`, `p50k_base`, `p50k_edit`, `cl100k_base`, `o200k_base`
    /// or `o200k_harmony`.
    pub fn named(name: &str) -> Option<Self> {
        Self::new(family::spelling(name)?).ok()
    }

    /// The pattern of the published encoding called `text`, or else `text` as a pattern of its own.
    ///
    /// # Errors
    /// As [`Pattern::new`]; and for a plain word, which would match nothing but itself and be an encoding's name misspelled.
    pub fn named_or_new(text: &str) -> Result<Self> {
        if let Some(pattern) = Self::named(text) {
            return Ok(pattern);
        }
        if text.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c)) {
            let names = family::names().collect::<Vec<_>>().join(", ");
            let why = format!("{text:?} is no split pattern, and no encoding's name; these are {names}");
            return Err(Error::new(ErrorKind::Pattern, why));
        }
        Self::new(text)
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
        self.window_of(text, start, WINDOW, None, false, spans)
    }

    /// [`window`](Self::window) with pre-tokens cut further where `cuts` says that no token spans, as far as the scanner
    /// sees such places: not in text that is not UTF-8, nor by the regex engine.
    ///
    /// # Errors
    /// As `window`.
    pub fn window_cut(&self, text: &[u8], start: usize, cuts: &CutFilter, spans: &mut Spans) -> Result<usize> {
        self.window_of(text, start, WINDOW, Some(cuts), false, spans)
    }

    /// [`window`](Self::window) of at least `size` bytes, four or more, with or without cuts. Text that is `valid` UTF-8 is not
    /// looked through for what is not. The regex engine has windows of its own.
    pub(crate) fn window_of(
        &self,
        text: &[u8],
        start: usize,
        size: usize,
        cuts: Option<&CutFilter>,
        valid: bool,
        spans: &mut Spans,
    ) -> Result<usize> {
        if start > text.len() || u32::try_from(text.len()).is_err() {
            let message = format!("cannot split {} bytes from byte {start}: texts end at 4 GiB", text.len());
            return Err(Error::new(ErrorKind::Argument, message));
        }
        let (rules, tier) = match &self.0.engine {
            Engine::Family(family) => (&family.rules, Some(Tier::current())),
            Engine::Rules(family) => (&family.rules, None),
            Engine::Regex(splitter) => return splitter.window(text, start, spans),
        };
        Ok(Scanner { rules, tier, cuts, size, valid }.window(text, start, spans))
    }

    /// The first place from `near` on, inside the text and within 2 KiB, where the text may be parted: the spans of both
    /// parts, each taken for a whole text, are those of the text. `None` if there is none, and for patterns that are not
    /// published ones.
    pub fn safe_cut(&self, text: &[u8], near: usize) -> Option<usize> {
        match self.0.engine {
            Engine::Family(_) | Engine::Rules(_) => safe::cut(text, near),
            Engine::Regex(_) => None,
        }
    }
}

impl Pattern {
    /// Whether the spans of `text[..kept]` are those of `text` up to `at`, where one of these begins; `kept` is no place in a
    /// character. Never so for patterns that are not published.
    pub(crate) fn is_settled(&self, text: &[u8], at: usize, kept: usize) -> bool {
        self.is_published() && safe::is_settled(text, at, kept)
    }

    /// Whether it is a published one, of which is known that pre-tokens depend on no more of what follows them than the rest
    /// of a run of whitespace.
    pub(crate) fn is_published(&self) -> bool {
        !matches!(self.0.engine, Engine::Regex(_))
    }

    /// Whether `text` is a stretch as [`Rules`](super::rules::Rules) know them. Never so for patterns that are not published.
    pub(crate) fn is_stretch(&self, text: &[u8]) -> bool {
        match self.0.engine {
            Engine::Family(family) | Engine::Rules(family) => family.rules.is_stretch(text),
            Engine::Regex(_) => false,
        }
    }

    /// What may stand between texts that are split as one, if anything may.
    pub(crate) fn joint(&self) -> Option<[u8; 3]> {
        match self.0.engine {
            Engine::Family(family) | Engine::Rules(family) => Some(family.rules.joint()),
            Engine::Regex(_) => None,
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.as_str()).finish()
    }
}
