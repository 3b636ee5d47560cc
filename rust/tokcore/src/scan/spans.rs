//! The spans of one window of text.

use std::ops::Range;

use super::known::WINDOW;
use super::simd::Scratch;

/// Consecutive spans that together cover a window of text, and which of them the pattern does not match.
#[derive(Debug, Default, Clone)]
pub struct Spans {
    /// The bounds, and room beyond `filled`.
    bounds: Vec<u32>,
    filled: usize,
    gaps: Vec<u32>,
    scratch: Scratch,
}

impl Spans {
    /// No spans; [`Pattern::window`](super::Pattern::window) fills it, and keeps its memory from window to window.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many spans there are, gaps included.
    #[inline]
    pub fn len(&self) -> usize {
        self.filled.saturating_sub(1)
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
        &self.bounds[..self.filled]
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
        self.bounds().windows(2).enumerate().map(move |(index, pair)| {
            let matched = gaps.next_if(|&&gap| gap as usize == index).is_none();
            (pair[0] as usize..pair[1] as usize, matched)
        })
    }

    /// Forgets all spans; the window starts again.
    pub(super) fn clear(&mut self) {
        self.filled = 0;
        self.gaps.clear();
        self.push(0);
    }

    /// Lets go of room for far more bounds than usual windows need, which one long pre-token has made.
    pub(crate) fn shrink(&mut self) {
        if self.bounds.len() > 4 * WINDOW {
            *self = Self::new();
        }
    }

    /// Appends a span that ends at `end`.
    pub(super) fn push(&mut self, end: usize) {
        self.bounds.truncate(self.filled);
        self.bounds.push(end as u32);
        self.filled += 1;
    }

    /// Appends a span that the pattern does not match.
    pub(super) fn push_gap(&mut self, end: usize) {
        self.gaps.push(self.len() as u32);
        self.push(end);
    }

    /// Makes bounds of the `ends`, which ascend, and of the places `length` bytes after each, and none of those in between.
    /// The spans are to have two bounds there already, from each end to the place after it.
    pub(super) fn force(&mut self, ends: &[u32], length: usize) {
        let (bounds, mut from, mut to) = (&mut self.bounds[..self.filled], 0, 0);
        for &end in ends {
            let next = end + length as u32;
            while bounds[from] < end {
                bounds[to] = bounds[from];
                (from, to) = (from + 1, to + 1);
            }
            while bounds.get(from).is_some_and(|&bound| bound <= next) {
                from += 1;
            }
            if to == 0 || bounds[to - 1] < end {
                bounds[to] = end;
                to += 1;
            }
            bounds[to] = next;
            to += 1;
        }
        self.filled = to;
    }

    /// Makes the spans those whose bounds `write` puts into the room for `most` that it is given. It returns how many
    /// bounds there are and the last of them, and this returns the latter.
    pub(super) fn fill(
        &mut self,
        most: usize,
        write: impl FnOnce(&mut [u32], &mut Scratch) -> (usize, usize),
    ) -> usize {
        self.gaps.clear();
        if self.bounds.len() < most {
            // Not resized: of zeros that the system hands out, only those are touched that bounds are written to, and a
            // pre-token that takes so much room has few.
            self.bounds = vec![0; most];
        }
        let (filled, last) = write(&mut self.bounds, &mut self.scratch);
        self.filled = filled;
        last
    }
}
