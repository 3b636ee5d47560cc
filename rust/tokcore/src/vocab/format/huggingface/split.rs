//! Split patterns in the regex dialect of `tokenizers` (Oniguruma), where `$` also matches before a newline and
//! `{1,3}+` repeats instead of forbidding to give back.

use super::unsupported;
use crate::error::Result;

/// (tiktoken's spelling, the same rule in Oniguruma's dialect) of the patterns that mean something else there.
const SPELLINGS: [(&str, &str); 2] = [
    (
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++\z|\s+(?!\S)|\s",
    ),
    (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++\z|\s*[\r\n]|\s+(?!\S)|\s",
    ),
];

/// The pattern by which `ByteLevel` splits by itself.
pub(super) const BYTE_LEVEL: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// `pattern` in Oniguruma's dialect.
pub(super) fn to_oniguruma(pattern: &str) -> Result<&str> {
    match SPELLINGS.iter().find(|(ours, _)| *ours == pattern) {
        Some((_, theirs)) => Ok(theirs),
        None => same_in_both(pattern),
    }
}

/// `pattern` from Oniguruma's dialect.
pub(super) fn from_oniguruma(pattern: &str) -> Result<&str> {
    match SPELLINGS.iter().find(|(_, theirs)| *theirs == pattern) {
        Some((ours, _)) => Ok(ours),
        None => same_in_both(pattern),
    }
}

/// `pattern`, if it has nothing that the two dialects read differently.
fn same_in_both(pattern: &str) -> Result<&str> {
    let differing = ["$", "^", r"\Z", r"\h", r"\H", "&&", "(?m", "(?s", "(?x", r"\K", r"\G"];
    let bare = pattern.replace("[^", "[").replace(r"\$", "").replace(r"\^", "");
    let found = differing.into_iter().find(|part| bare.contains(part));
    match found.or_else(|| repeats_a_count(pattern).then_some("{..}+")) {
        None => Ok(pattern),
        Some(part) => Err(unsupported(format_args!(
            "the split pattern has {part:?}, which Hugging Face's regex engine reads differently: {pattern:?}"
        ))),
    }
}

/// Whether a count such as `{1,3}` is followed by `+`. In `\p{L}+` it is not a count.
fn repeats_a_count(pattern: &str) -> bool {
    let is_count = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == ',');
    pattern.match_indices("}+").any(|(end, _)| pattern[..end].rfind('{').is_some_and(|at| is_count(&pattern[at + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_the_dialects_read_differently() {
        for (ours, theirs) in SPELLINGS {
            assert_eq!((to_oniguruma(ours).unwrap(), from_oniguruma(theirs).unwrap()), (theirs, ours));
        }
        for same in [BYTE_LEVEL, r"[^\r\n\p{L}]?\p{Lu}{1,3}|\$|\s+(?!\S)", "."] {
            assert_eq!((to_oniguruma(same).unwrap(), from_oniguruma(same).unwrap()), (same, same));
        }
        for differing in [r"\s+$", r"^a", r"\p{N}{1,3}+", r"a{2}+", r"(?m)a"] {
            assert!(to_oniguruma(differing).is_err(), "{differing}");
        }
    }
}
