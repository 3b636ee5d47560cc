//! Any split pattern, exactly: the `fancy-regex` engine over the whole text, as tiktoken uses it.
//!
//! A window's matches are those that a search over the whole text goes through after a match that ended at the window's
//! start, so looking behind, `^`, `$` and looking ahead see what they would see there.

use std::borrow::Cow;

use fancy_regex::{Regex, RegexInput};

use super::spans::Spans;
use crate::error::{Error, ErrorKind, Result};

/// Least bytes a window holds.
const WINDOW: usize = 64 << 10;
/// Every window reads the whole text once to know that it is UTF-8; larger windows of a long text bound how often.
const MOST_WINDOWS: usize = 8;
const REPLACEMENT: &str = "\u{FFFD}";

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Splitter(Regex);

impl Splitter {
    pub(super) fn new(pattern: &str) -> Result<Self> {
        let regex = Regex::new(pattern).map_err(|cause| {
            let message =
                format!("split pattern {pattern:?} does not compile: {cause}; correct it or name an encoding");
            Error::new(ErrorKind::Pattern, message).with_source(cause)
        })?;
        Ok(Self(regex))
    }

    /// [`Pattern::window`](super::Pattern::window) for any pattern. O(window) plus O(text / 8) at 10 GB/s or so.
    pub(super) fn window(&self, text: &[u8], start: usize, spans: &mut Spans) -> Result<usize> {
        let view = View::new(text, start);
        if !view.text.is_char_boundary(view.start) {
            let message = format!("a window cannot start at byte {start}, inside a character");
            return Err(Error::new(ErrorKind::Argument, message));
        }
        let wanted = start + WINDOW.max(text.len() / MOST_WINDOWS);
        spans.clear();
        let (mut last, mut offsets) = (start, view.offsets());
        for found in self.0.find_iter_input(RegexInput::new(&*view.text).from_pos(view.start)) {
            let found = found.map_err(|cause| self.failed(last, cause))?;
            let (from, to) = (offsets.original(found.start()), offsets.original(found.end()));
            if from == to {
                continue;
            }
            if from > last {
                spans.push_gap(from - start);
            }
            spans.push(to - start);
            last = to;
            if last >= wanted {
                return Ok(last);
            }
        }
        if last < text.len() {
            spans.push_gap(text.len() - start);
        }
        Ok(text.len())
    }

    fn failed(&self, at: usize, cause: fancy_regex::Error) -> Error {
        let message = format!(
            "split pattern {:?} gave up on the text after byte {at}: {cause}; use a pattern that backtracks less",
            self.0.as_str()
        );
        Error::new(ErrorKind::Pattern, message).with_source(cause)
    }
}

/// The text as the engine sees it: every byte outside a valid character replaced by U+FFFD.
struct View<'t> {
    text: Cow<'t, str>,
    /// The window's start in `text`.
    start: usize,
    /// Where in `text` the replacements are, ascending.
    replaced: Vec<usize>,
}

impl<'t> View<'t> {
    fn new(text: &'t [u8], start: usize) -> Self {
        if let Ok(valid) = std::str::from_utf8(text) {
            return Self { text: Cow::Borrowed(valid), start, replaced: Vec::new() };
        }
        let (mut copy, mut replaced) = (String::with_capacity(text.len() + 64), Vec::new());
        for chunk in text.utf8_chunks() {
            copy.push_str(chunk.valid());
            for _ in chunk.invalid() {
                replaced.push(copy.len());
                copy.push_str(REPLACEMENT);
            }
        }
        let grown = REPLACEMENT.len() - 1;
        let before = replaced.iter().enumerate().take_while(|&(i, &at)| at - grown * i < start).count();
        Self { text: Cow::Owned(copy), start: start + grown * before, replaced }
    }

    fn offsets(&self) -> Offsets<'_> {
        Offsets { replaced: &self.replaced, before: 0 }
    }
}

/// Turns ascending places in a [`View`] back into places in the original text.
struct Offsets<'v> {
    replaced: &'v [usize],
    before: usize,
}

impl Offsets<'_> {
    fn original(&mut self, place: usize) -> usize {
        self.before += self.replaced[self.before..].iter().take_while(|&&at| at < place).count();
        place - (REPLACEMENT.len() - 1) * self.before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pattern: &str, text: &[u8]) -> Vec<(Vec<u8>, bool)> {
        let splitter = Splitter::new(pattern).unwrap();
        let (mut pieces, mut start, mut spans) = (Vec::new(), 0, Spans::new());
        while start < text.len() {
            let next = splitter.window(text, start, &mut spans).unwrap();
            pieces.extend(
                spans.iter().map(|(span, matched)| (text[start + span.start..start + span.end].to_vec(), matched)),
            );
            start = next;
        }
        pieces
    }

    fn pieces(pattern: &str, text: &[u8]) -> Vec<Vec<u8>> {
        split(pattern, text).into_iter().map(|(piece, _)| piece).collect()
    }

    #[test]
    fn text_that_is_not_matched_is_a_gap() {
        let found = split("[a-z]+", b"--ab--cd-");
        let expected: [(&[u8], bool); 5] =
            [(b"--", false), (b"ab", true), (b"--", false), (b"cd", true), (b"-", false)];
        assert_eq!(found, expected.map(|(piece, matched)| (piece.to_vec(), matched)));
    }

    #[test]
    fn empty_matches_are_no_spans() {
        assert_eq!(split("a*", b"aab"), [(b"aa".to_vec(), true), (b"b".to_vec(), false)]);
        assert_eq!(split("(?=b)", b"aab"), [(b"aab".to_vec(), false)]);
        assert_eq!(split("a*", b""), []);
    }

    #[test]
    fn a_byte_outside_a_character_is_one_replacement_character() {
        assert_eq!(
            pieces("\u{FFFD}|[^\u{FFFD}]+", b"a\xE4\xB8b\xFF\xE4\xB8\xAD"),
            [&b"a"[..], b"\xE4", b"\xB8", b"b", b"\xFF", b"\xE4\xB8\xAD"]
        );
    }

    #[test]
    fn windows_see_the_text_around_them() {
        let text = b"ab ".repeat(100_000);
        assert_eq!(pieces("^ab|(?<=ab) |ab", &text).len(), 200_000);
        let mut broken = text.clone();
        broken[150_000] = 0xFF;
        assert_eq!(pieces(r"\S+|\s$|\s", &broken).len(), 200_000);
    }

    #[test]
    fn patterns_that_fail_say_so() {
        assert_eq!(Splitter::new("(").unwrap_err().kind(), ErrorKind::Pattern);
        let splitter = Splitter::new(r"(a|a)*\b(?=c)(?<x>z)\k<x>|(?:(a+)+)(?!a)$").unwrap();
        let text = [b"a".repeat(60), b"b".to_vec()].concat();
        let failed = splitter.window(&text, 0, &mut Spans::new()).unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Pattern);
        let inside = Splitter::new("a").unwrap().window("é".as_bytes(), 1, &mut Spans::new());
        assert_eq!(inside.unwrap_err().kind(), ErrorKind::Argument);
    }
}
