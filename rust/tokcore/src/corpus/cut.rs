//! Where a document that is too long to hold may be cut.
//!
//! A line feed between two characters that are no whitespace, or a space between two ASCII letters, is a place where
//! no split pattern of a named encoding takes pre-tokens across: a run of letters or punctuation ends before the
//! space, takes line breaks only behind itself, and a pre-token never begins with a line break and goes on with
//! something else. The text before the place and the text from it on therefore split as they do together.

/// The last safe place to cut `text` at, if there is any. O(n) from the end.
pub(super) fn last(text: &[u8]) -> Option<usize> {
    (2..text.len()).rev().find(|&at| after_line(text, at) || before_word(text, at))
}

/// Between a single line feed and the start of the next line; the bytes around it are plain printable ASCII or part of
/// a longer character that is no whitespace.
fn after_line(text: &[u8], at: usize) -> bool {
    text[at - 1] == b'\n' && text[at - 2].is_ascii_graphic() && text[at].is_ascii_graphic()
}

/// Between a letter and a space that a letter follows.
fn before_word(text: &[u8], at: usize) -> bool {
    text[at] == b' '
        && text[at - 1].is_ascii_alphabetic()
        && text.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_lines_and_words_only() {
        assert_eq!(last(b"one two\nthree"), Some(8));
        assert_eq!(last(b"one two \n three"), Some(3));
        assert_eq!(last(b"one  two"), None);
        assert_eq!(last(b"12 34"), None);
        assert_eq!(last(b""), None);
        assert_eq!(last("你好 世界".as_bytes()), None);
    }
}
