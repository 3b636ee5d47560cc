//! Split patterns in the regex dialect of `tokenizers` (Oniguruma), where `$` also matches before a newline and
//! `{1,3}+` repeats instead of forbidding to give back. Text that a pattern does not match is kept there as a piece, and
//! left out here: only patterns that match any text split alike.

use fancy_regex::Regex;

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
        None => match left_out(pattern) {
            None => Ok(pattern),
            Some(char) => Err(unsupported(format_args!(
                "the split pattern leaves out text such as {char:?}, which Hugging Face's Split keeps: {pattern:?}"
            ))),
        },
        Some(part) => Err(unsupported(format_args!(
            "the split pattern has {part:?}, which Hugging Face's regex engine reads differently: {pattern:?}"
        ))),
    }
}

/// A character or more of each general category, and what patterns often tell apart.
const SAMPLES: &str = "\0\t\n\r !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\u{85}\u{a0}ª«\u{ad}°²»½éǅʰ\u{301}Жע٣\u{93f}กあ\
    \u{200d}\u{2028}\u{2029}\u{20dd}Ⅷ\u{3000}中\u{e000}\u{fffe}🙂\u{10ffff}";

/// A character that `pattern` does not match as a text of its own; not every pattern that leaves text out is found by that.
fn left_out(pattern: &str) -> Option<char> {
    // One that does not compile is refused, with the reason, where a tokenizer is made of it.
    let regex = Regex::new(pattern).ok()?;
    let is_whole =
        |text: &str| regex.find(text).is_ok_and(|found| found.is_some_and(|found| found.range() == (0..text.len())));
    SAMPLES.chars().find(|char| !is_whole(char.encode_utf8(&mut [0; 4])))
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
        for same in [BYTE_LEVEL, r"[^\r\n\p{L}]?\p{Lu}{1,3}|\$|\s+(?!\S)|\S|\s", r"\w+|\W"] {
            assert_eq!((to_oniguruma(same).unwrap(), from_oniguruma(same).unwrap()), (same, same));
        }
        for differing in [r"\s+$", r"^a", r"\p{N}{1,3}+", r"a{2}+", r"(?m)a"] {
            assert!(to_oniguruma(differing).is_err(), "{differing}");
        }
        for (left_out, char) in [(r"\p{L}+|\s+", "'\\0'"), (".", "'\\n'"), (r"[^中]", "'中'")] {
            assert!(from_oniguruma(left_out).unwrap_err().to_string().contains(char), "{left_out}");
        }
    }
}
