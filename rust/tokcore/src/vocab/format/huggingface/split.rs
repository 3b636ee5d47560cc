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
    let differing = ["$", "^", r"\Z", r"\h", r"\H", "&&", "}+", "(?m", "(?s", "(?x", r"\K", r"\G"];
    let outside_brackets = pattern.replace("[^", "[").replace(r"\$", "").replace(r"\^", "");
    match differing.iter().find(|part| outside_brackets.contains(**part)) {
        None => Ok(pattern),
        Some(part) => Err(unsupported(format_args!(
            "the split pattern has {part:?}, which Hugging Face's regex engine reads differently: {pattern:?}"
        ))),
    }
}
