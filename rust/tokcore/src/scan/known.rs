//! Windows of text split by a known family.

use super::rules::Rules;
use super::{CutFilter, Spans, simd};
use crate::tier::Tier;

/// Least bytes a window holds.
pub(crate) const WINDOW: usize = 64 << 10;

/// How a known family's text is scanned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'a> {
    pub(super) rules: &'a Rules,
    /// `None` is the walker over the rules.
    pub(super) tier: Option<Tier>,
    pub(super) cuts: Option<&'a CutFilter>,
    /// Least bytes of a window, more than 3.
    pub(super) size: usize,
    /// Whether the text is known to be UTF-8.
    pub(super) valid: bool,
}

impl Scanner<'_> {
    /// [`Pattern::window`](super::Pattern::window) for a known family. O(window).
    pub(super) fn window(&self, text: &[u8], start: usize, spans: &mut Spans) -> usize {
        let text = &text[start..];
        start + self.tier.and_then(|tier| self.scan(tier, text, spans)).unwrap_or_else(|| self.walk(text, spans))
    }

    /// The window at the beginning of `text` by masks, if it is valid UTF-8.
    fn scan(&self, tier: Tier, text: &[u8], spans: &mut Spans) -> Option<usize> {
        let mut size = self.size;
        loop {
            let limit = if size < text.len() { character_boundary(text, size) } else { text.len() };
            if !self.valid {
                simdutf8::basic::from_utf8(&text[..limit]).ok()?;
            }
            let window = simd::Window { rules: self.rules, text, limit, cuts: self.cuts };
            let end = spans.fill(limit + 65, |bounds, scratch| simd::bounds(tier, window, scratch, bounds));
            if end > 0 || limit == text.len() {
                return Some(end);
            }
            // One pre-token fills the window: look again with twice the room.
            size *= 2;
        }
    }

    fn walk(&self, text: &[u8], spans: &mut Spans) -> usize {
        spans.clear();
        let mut at = 0;
        while at < text.len() && at < self.size {
            at = self.rules.next(text, at);
            spans.push(at);
        }
        at
    }
}

/// The last boundary between characters at or before `at`, if the text is valid there.
fn character_boundary(text: &[u8], at: usize) -> usize {
    (at - 3..=at).rev().find(|&place| text[place] & 0xC0 != 0x80).unwrap_or(at)
}
