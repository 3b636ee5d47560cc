//! o200k and the pattern made after it.

use super::Family;
use crate::scan::rules::{Contractions, Rules, Words};

const RULES: Rules = Rules {
    contractions: Contractions::AfterWords,
    words: Words::Cased,
    most_digits: Some(3),
    trail: b"\r\n/",
    newlines: true,
    blank_to_end: false,
};

/// As tiktoken spells it.
pub(super) static O200K: Family = Family {
    spellings: &[concat!(
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|",
        r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    )],
    rules: RULES,
};

/// Mistral's tekken and Nemotron 3: no contractions, every digit alone.
pub(super) static TEKKEN: Family = Family {
    spellings: &[concat!(
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|",
        r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    )],
    rules: Rules { contractions: Contractions::None, most_digits: Some(1), ..RULES },
};
