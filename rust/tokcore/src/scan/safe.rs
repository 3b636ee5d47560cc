//! Places where a text may be parted: a pre-token starts there whatever stands before, and what stands before splits as
//! if the text ended there.
//!
//! All known families have these:
//!
//! 1. Before a space between two characters that are no whitespace: a run of whitespace starts there, and inside a word,
//!    number or run of others a space can only come first.
//! 2. After a CR or LF that no whitespace precedes, before anything but whitespace and `/`: no alternative goes on after
//!    a newline but with whitespace and, in a trail, more newlines and slashes.
//! 3. Between a letter and one of the others that is no apostrophe: words end there, letters are in nothing but words and
//!    contractions, and only a contraction could follow. A mark is not among the others here.
//!
//! The text before ends in something that is no whitespace, or in one newline alone. Only a longer run of whitespace
//! would split otherwise at the end of a text.

use super::class::{Class, class_at};

/// How far to look for a place before giving up.
pub(crate) const FARTHEST: usize = 1 << 11;
/// How many characters of whitespace to look over.
const MOST_BLANK: usize = 16;

/// The first such place at or after `near`, inside the text and within 2 KiB.
pub(super) fn cut(text: &[u8], near: usize) -> Option<usize> {
    let end = text.len().min(near.saturating_add(FARTHEST));
    (near.max(1)..end).find(|&at| is_cut(text, at))
}

/// Whether the spans of `text[..kept]`, which ends between characters, are those of `text` up to `at`, where one of these
/// begins. They are if some of what follows is kept that is no whitespace. A run of whitespace splits by where it ends and
/// by nothing behind that. Anything else ends where it cannot go on or, of letters in upper and lower case, after the last
/// letter of no case, if only upper case and then no lower case follows; less text makes neither untrue, and makes no
/// alternative match that did not.
pub(super) fn is_settled(text: &[u8], mut at: usize, kept: usize) -> bool {
    for _ in 0..MOST_BLANK {
        if at >= kept {
            return false;
        }
        let (class, length) = class_at(text, at);
        if !class.is_space() {
            return true;
        }
        at += length;
    }
    false
}

fn is_cut(text: &[u8], at: usize) -> bool {
    // Mostly it is none, and that needs no class: only the third kind comes after or before these. A place that is inside a
    // character, if this is UTF-8, is not looked at.
    let (before, byte) = (text[at - 1], text[at]);
    let no_letter = before.is_ascii() && !before.is_ascii_alphabetic();
    if byte != b' '
        && !matches!(before, b'\r' | b'\n')
        && (byte.is_ascii_alphanumeric() || byte & 0xC0 == 0x80 || no_letter)
    {
        return false;
    }
    let (class, length) = class_at(text, at);
    if text[at] == b' ' {
        return !follows(text, at, Class::is_space) && at + length < text.len() && !class_at(text, at + 1).0.is_space();
    }
    if matches!(text[at - 1], b'\r' | b'\n') {
        return text[at] != b'/' && !class.is_space() && !follows(text, at - 1, Class::is_space);
    }
    text[at] != b'\'' && class == Class::Other && follows(text, at, Class::is_letter)
}

/// Whether a whole character of such a class ends at `at`.
fn follows(text: &[u8], at: usize, test: impl Fn(Class) -> bool) -> bool {
    (1..=at.min(4)).any(|back| {
        let (class, length) = class_at(text, at - back);
        length == back && test(class)
    })
}
