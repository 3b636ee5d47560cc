//! Where a document that is too long to hold may be cut.
//!
//! Two kinds of places are such that no split pattern of a named encoding takes pre-tokens across, and that both sides
//! split as they do together:
//!
//! * Behind a single line feed between two characters that are no whitespace, the second no slash. A pre-token takes a line
//!   feed only at its end, or, in o200k_base, before slashes; a run of whitespace that is one character long is split the
//!   same way whether text or nothing follows.
//! * Before a space between two ASCII letters. A run of letters ends there, and the space begins the next pre-token.

/// The last safe place to cut `text` at, if there is any. O(n) from the end.
pub(super) fn last(text: &[u8]) -> Option<usize> {
    (2..text.len()).rev().find(|&at| after_line(text, at) || before_word(text, at))
}

fn after_line(text: &[u8], at: usize) -> bool {
    text[at - 1] == b'\n'
        && text[at] != b'/'
        && last_character(&text[..at - 1]).is_some_and(|before| !before.is_whitespace())
        && first_character(&text[at..]).is_some_and(|after| !after.is_whitespace())
}

/// Between a letter and a space that a letter follows.
fn before_word(text: &[u8], at: usize) -> bool {
    text[at] == b' '
        && text[at - 1].is_ascii_alphabetic()
        && text.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic())
}

/// The character that `text` ends with; `None` if it ends in something else.
fn last_character(text: &[u8]) -> Option<char> {
    let start = (text.len().saturating_sub(4)..text.len()).rev().find(|&at| text[at] & 0xC0 != 0x80)?;
    std::str::from_utf8(&text[start..]).ok()?.chars().next()
}

/// The character that `text` begins with; `None` if it begins with something else.
fn first_character(text: &[u8]) -> Option<char> {
    (1..=text.len().min(4)).find_map(|len| std::str::from_utf8(&text[..len]).ok())?.chars().next()
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
        assert_eq!(last("你好。\n世界".as_bytes()), Some(10));
        assert_eq!(last("你好\u{3000}\n世界".as_bytes()), None);
        assert_eq!(last("你好\n\u{A0}世界".as_bytes()), None);
        assert_eq!(last(b"!!\n/x"), None);
        assert_eq!(last(b"a\n\xFFb"), None);
        assert_eq!(last(b"\xE4\xB8\na"), None);
    }
}
