//! The scalar walker over a family's rules: the reference that every faster scanner is tested against.
//!
//! It tries the pattern's alternatives in their order at each place, looks ahead only, and reads each character at most
//! a few times.

use super::class::{Class, class_at};

/// What a family's pattern says. The alternatives come in one order in all of them: contraction, word, number, others,
/// whitespace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) contractions: Contractions,
    pub(super) words: Words,
    /// `\p{N}{1,n}`; `None` is ` ?\p{N}+`.
    pub(super) most_digits: Option<usize>,
    /// The bytes that may follow a run of others and belong to it, as in `[\r\n]*`.
    pub(super) trail: &'static [u8],
    /// Whether there is `\s*[\r\n]+`.
    pub(super) newlines: bool,
    /// Whether `\s++$` comes before it.
    pub(super) blank_to_end: bool,
}

/// Where `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` and `'d` are split off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contractions {
    /// Nowhere.
    None,
    /// As pre-tokens, in lower case only.
    Lower,
    /// As pre-tokens, in any case; `ſ` is an `s` then.
    AnyCase,
    /// In any case, as the end of a word and part of it.
    AfterWords,
}

/// What a word is, and what may stand before it as its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// ` ?\p{L}+`
    AfterSpace,
    /// `[^\r\n\p{L}\p{N}]?\p{L}+`
    AfterAny,
    /// `[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+`, and marks are not among the others.
    WithMarks,
    /// `[^\r\n\p{L}\p{N}]?` and then `U*L+` or, failing that, `U+L*`, where U is any letter or mark but a lower-case
    /// one and L is any letter or mark but an upper-case or title-case one.
    Cased,
}

impl Rules {
    /// The end of the pre-token that starts at `at`, which must be inside `text`.
    pub(super) fn next(&self, text: &[u8], at: usize) -> usize {
        self.leading_contraction(text, at)
            .or_else(|| self.word(text, at))
            .or_else(|| self.number(text, at))
            .or_else(|| self.others(text, at))
            .unwrap_or_else(|| self.whitespace(text, at))
    }

    fn leading_contraction(&self, text: &[u8], at: usize) -> Option<usize> {
        match self.contractions {
            Contractions::None | Contractions::AfterWords => None,
            Contractions::Lower => contraction(text, at, false),
            Contractions::AnyCase => contraction(text, at, true),
        }
    }

    fn word(&self, text: &[u8], at: usize) -> Option<usize> {
        let (class, length) = class_at(text, at);
        let is_prefix = match self.words {
            Words::AfterSpace => text[at] == b' ',
            _ => !class.is_letter() && !matches!(class, Class::Number | Class::Newline),
        };
        let after_prefix = if is_prefix { at + length } else { at };
        match self.words {
            Words::AfterSpace | Words::AfterAny => nonempty_run(text, after_prefix, Class::is_letter),
            Words::WithMarks => {
                let is_part = |class: Class| class.is_letter() || class == Class::Mark;
                nonempty_run(text, after_prefix, is_part).or_else(|| nonempty_run(text, at, is_part))
            }
            Words::Cased => {
                let end = if class == Class::Mark {
                    // Tried last with the mark as prefix, `U+L*` never gets its turn: `U*L+` matches the mark alone.
                    ends_lower(text, after_prefix).or_else(|| ends_lower(text, at))?
                } else {
                    ends_lower(text, after_prefix).or_else(|| nonempty_run(text, after_prefix, is_upper))?
                };
                let suffix = (self.contractions == Contractions::AfterWords).then(|| contraction(text, end, true));
                Some(suffix.flatten().unwrap_or(end))
            }
        }
    }

    fn number(&self, text: &[u8], at: usize) -> Option<usize> {
        let is_number = |class| class == Class::Number;
        match self.most_digits {
            None => nonempty_run(text, after_space(text, at), is_number),
            Some(most) => {
                let end = (0..most)
                    .fold(at, |end, _| if class_is(text, end, is_number) { end + class_at(text, end).1 } else { end });
                (end > at).then_some(end)
            }
        }
    }

    fn others(&self, text: &[u8], at: usize) -> Option<usize> {
        let is_other = |class| class == Class::Other || class == Class::Mark && self.words != Words::WithMarks;
        let end = nonempty_run(text, after_space(text, at), is_other)?;
        let trail = text[end..].iter().take_while(|byte| self.trail.contains(byte)).count();
        Some(end + trail)
    }

    /// `\s++$|\s*[\r\n]+|\s+(?!\S)|\s+`, as far as the family has them.
    fn whitespace(&self, text: &[u8], at: usize) -> usize {
        let (mut end, mut last, mut after_newline) = (at, at, at);
        while class_is(text, end, Class::is_space) {
            last = end;
            let (class, length) = class_at(text, end);
            end += length;
            if class == Class::Newline {
                after_newline = end;
            }
        }
        let is_final = end == text.len();
        if self.newlines && after_newline > at && !(self.blank_to_end && is_final) {
            after_newline
        } else if is_final || last == at {
            end
        } else {
            last
        }
    }
}

/// `U*L+`: the run of U as long as it goes and the run of L behind it, or, where none can follow, the run of U up to
/// its last character that is an L as well.
fn ends_lower(text: &[u8], at: usize) -> Option<usize> {
    let (mut end, mut after_both) = (at, None);
    while class_is(text, end, is_upper) {
        let (class, length) = class_at(text, end);
        end += length;
        if class != Class::Upper {
            after_both = Some(end);
        }
    }
    if class_is(text, end, |class| class == Class::Lower) { Some(run(text, end, is_lower)) } else { after_both }
}

fn is_upper(class: Class) -> bool {
    matches!(class, Class::Upper | Class::Uncased | Class::Mark)
}

fn is_lower(class: Class) -> bool {
    matches!(class, Class::Lower | Class::Uncased | Class::Mark)
}

/// The end of the contraction at `at`, if there is one.
pub(super) fn contraction(text: &[u8], at: usize, any_case: bool) -> Option<usize> {
    let rest = text[at..].strip_prefix(b"'")?;
    let fold = |index: usize| rest.get(index).map(|byte| if any_case { byte.to_ascii_lowercase() } else { *byte });
    match (fold(0)?, fold(1)) {
        (b's' | b'd' | b'm' | b't', _) => Some(at + 2),
        (b'l', Some(b'l')) | (b'v' | b'r', Some(b'e')) => Some(at + 3),
        // U+017F, the long s, whose upper case is S
        (0xC5, Some(0xBF)) if any_case => Some(at + 3),
        _ => None,
    }
}

fn after_space(text: &[u8], at: usize) -> usize {
    if text[at] == b' ' { at + 1 } else { at }
}

fn class_is(text: &[u8], at: usize, test: impl Fn(Class) -> bool) -> bool {
    at < text.len() && test(class_at(text, at).0)
}

fn run(text: &[u8], mut at: usize, test: impl Fn(Class) -> bool) -> usize {
    while at < text.len() {
        let (class, length) = class_at(text, at);
        if !test(class) {
            break;
        }
        at += length;
    }
    at
}

fn nonempty_run(text: &[u8], at: usize, test: impl Fn(Class) -> bool) -> Option<usize> {
    let end = run(text, at, test);
    (end > at).then_some(end)
}
