//! The spans of one window of text.

use std::ops::Range;

/// Consecutive spans that together cover a window of text, and which of them the pattern does not match.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Spans {
    /// Span `i` is `bounds[i]..bounds[i + 1]`, in bytes from the window's start.
    pub(super) bounds: Vec<u32>,
    pub(super) gaps: Vec<u32>,
}

impl Spans {
    /// No spans; [`Pattern::window`](super::Pattern::window) fills it, and keeps its memory from window to window.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many spans there are, gaps included.
    #[inline]
    pub fn len(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    /// Whether there is no span.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ascending ends of the spans, with 0 before them: span `i` is `bounds()[i]..bounds()[i + 1]`, in bytes from
    /// the window's start.
    #[inline]
    pub fn bounds(&self) -> &[u32] {
        &self.bounds
    }

    /// The ascending indices of the spans that the pattern does not match. Only patterns that leave text out have any:
    /// tiktoken drops such text, Hugging Face's trainer keeps it as a piece.
    #[inline]
    pub fn gaps(&self) -> &[u32] {
        &self.gaps
    }

    /// Every span in order, in bytes from the window's start, with whether the pattern matches it.
    pub fn iter(&self) -> impl Iterator<Item = (Range<usize>, bool)> {
        let mut gaps = self.gaps.iter().peekable();
        self.bounds.windows(2).enumerate().map(move |(index, pair)| {
            let matched = gaps.next_if(|&&gap| gap as usize == index).is_none();
            (pair[0] as usize..pair[1] as usize, matched)
        })
    }

    pub(super) fn clear(&mut self) {
        self.bounds.clear();
        self.bounds.push(0);
        self.gaps.clear();
    }

    pub(super) fn push(&mut self, end: usize) {
        self.bounds.push(end as u32);
    }

    pub(super) fn push_gap(&mut self, end: usize) {
        self.gaps.push(self.len() as u32);
        self.push(end);
    }
}
