//! Windows of text split by a known family.

use super::Spans;
use super::rules::Rules;
use super::simd::Level;

/// Least bytes a window holds.
pub(super) const WINDOW: usize = 64 << 10;

/// [`Pattern::window`](super::Pattern::window) for a known family, with windows of at least `size` bytes, which is more
/// than 3. O(window).
pub(super) fn window(
    rules: &Rules,
    level: Level,
    mut size: usize,
    text: &[u8],
    start: usize,
    spans: &mut Spans,
) -> usize {
    let text = &text[start..];
    if level == Level::Rules {
        return start + walk(rules, size, text, spans);
    }
    loop {
        let limit = if size < text.len() { character_boundary(text, size) } else { text.len() };
        if simdutf8::basic::from_utf8(&text[..limit]).is_err() {
            return start + walk(rules, size, text, spans);
        }
        let mut end = 0;
        spans.fill(limit + 65, |bounds, scratch| {
            let (filled, last) = level.bounds(rules, text, limit, scratch, bounds);
            end = last;
            filled
        });
        if end > 0 || limit == text.len() {
            return start + end;
        }
        // One pre-token fills the window: look again with twice the room.
        size *= 2;
    }
}

fn walk(rules: &Rules, size: usize, text: &[u8], spans: &mut Spans) -> usize {
    spans.clear();
    let mut at = 0;
    while at < text.len() && at < size {
        at = rules.next(text, at);
        spans.push(at);
    }
    at
}

/// The last boundary between characters at or before `at`, if the text is valid there.
fn character_boundary(text: &[u8], at: usize) -> usize {
    (at - 3..=at).rev().find(|&place| text[place] & 0xC0 != 0x80).unwrap_or(at)
}
