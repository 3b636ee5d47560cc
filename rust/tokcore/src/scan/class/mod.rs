//! Unicode classes of characters, as far as split patterns tell them apart.
//!
//! The table is that of the `regex-syntax` crate (Unicode 16.0), whose tables tiktoken's patterns are matched with.

pub(super) mod bitmaps;
#[cfg(test)]
mod generate;
mod table;

use table::{BLOCKS, INDEX};

/// What a split pattern can know of a character. Every character has one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// Punctuation, symbols, controls, unassigned: nothing of what follows.
    Other = 0,
    /// `\p{M}`.
    Mark = 1,
    /// `\p{Lu}` and `\p{Lt}`.
    Upper = 2,
    /// `\p{Ll}`.
    Lower = 3,
    /// `\p{Lm}` and `\p{Lo}`: letters without case.
    Uncased = 4,
    /// `\p{N}`.
    Number = 5,
    /// `\s` but for the newlines.
    Blank = 6,
    /// CR and LF.
    Newline = 7,
}

impl Class {
    const ALL: [Self; 8] =
        [Self::Other, Self::Mark, Self::Upper, Self::Lower, Self::Uncased, Self::Number, Self::Blank, Self::Newline];

    /// The class of code point `code`; of one beyond Unicode, `Other`.
    #[inline]
    pub(super) fn of(code: u32) -> Self {
        let block = INDEX.get(code as usize >> 6).map_or(0, |&block| block as usize);
        Self::ALL[BLOCKS[block][code as usize & 63] as usize]
    }

    /// `\p{L}`.
    #[inline]
    pub(super) fn is_letter(self) -> bool {
        matches!(self, Self::Upper | Self::Lower | Self::Uncased)
    }

    /// `\s`.
    #[inline]
    pub(super) fn is_space(self) -> bool {
        matches!(self, Self::Blank | Self::Newline)
    }
}

/// The class and the length in bytes of the character at `at`, which must be inside `text`. A byte where no valid
/// character begins is U+FFFD, one byte long.
#[inline]
pub(super) fn class_at(text: &[u8], at: usize) -> (Class, usize) {
    let length = match text[at] {
        byte @ ..0x80 => return (Class::of(u32::from(byte)), 1),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return (Class::Other, 1),
    };
    let character = text.get(at..at + length).and_then(|bytes| std::str::from_utf8(bytes).ok()?.chars().next());
    character.map_or((Class::Other, 1), |character| (Class::of(u32::from(character)), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_outside_characters_are_other() {
        assert_eq!(class_at("é".as_bytes(), 0), (Class::Lower, 2));
        assert_eq!(class_at("中".as_bytes(), 0), (Class::Uncased, 3));
        assert_eq!(class_at("中".as_bytes(), 1), (Class::Other, 1));
        assert_eq!(class_at("𝟙".as_bytes(), 0), (Class::Number, 4));
        for broken in [&b"\xE4\xB8"[..], b"\xED\xA0\x80", b"\xC0\x80", b"\xF5\x80\x80\x80", b"\xF4\x90\x80\x80"] {
            assert_eq!(class_at(broken, 0), (Class::Other, 1));
        }
        assert_eq!(Class::of(0xFFFD), Class::Other);
        assert_eq!(Class::of(u32::MAX), Class::Other);
    }
}
