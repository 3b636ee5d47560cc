//! Split patterns in the regex dialect of `tokenizers` (Oniguruma), where `$` also matches before a newline and
//! `{1,3}+` repeats instead of forbidding to give back. Text that a pattern does not match is kept there as a piece, and
//! left out here: only patterns that match any text split alike.

use fancy_regex::Regex;

use super::dialect::differing;
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

/// `pattern`, if it has nothing that the two dialects read differently, and matches all of any text.
fn same_in_both(pattern: &str) -> Result<&str> {
    if let Some(part) = differing(pattern) {
        return Err(unsupported(format_args!(
            "the split pattern has {part:?}, which Hugging Face's regex engine may read differently: {pattern:?}"
        )));
    }
    match left_out(pattern) {
        None => Ok(pattern),
        Some(text) => Err(unsupported(format_args!(
            "the split pattern leaves out text such as {text:?}, which Hugging Face's Split keeps: {pattern:?}"
        ))),
    }
}

/// A character or more of each general category, and what patterns often tell apart.
const SAMPLES: &str = "\0\t\n\r !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\u{85}\u{a0}ª«\u{ad}°²»½éǅʰ\u{301}Жע٣\u{93f}กあ\
    \u{200d}\u{2028}\u{2029}\u{20dd}Ⅷ\u{3000}中\u{e000}\u{fffe}🙂\u{10ffff}";

/// Of them, what patterns look at beside other characters.
const IN_CONTEXT: [char; 12] = [' ', '\t', '\n', '\r', 'a', 'A', '1', '.', '\'', '_', '中', '\u{301}'];

/// A character, or the next some in a text of all triples, that `pattern` does not match; not every pattern that leaves text
/// out is found by that.
fn left_out(pattern: &str) -> Option<String> {
    // One that does not compile is refused, with the reason, where a tokenizer is made of it.
    let regex = Regex::new(pattern).ok()?;
    let alone = SAMPLES.chars().map(String::from).find(|char| gap(&regex, char).is_some());
    let triples = IN_CONTEXT
        .into_iter()
        .flat_map(|a| IN_CONTEXT.into_iter().flat_map(move |b| IN_CONTEXT.into_iter().flat_map(move |c| [a, b, c])));
    alone.or_else(|| {
        let text: String = triples.collect();
        gap(&regex, &text).map(|at| text[at..].chars().take(3).collect())
    })
}

/// Where the first text begins that no match covers.
fn gap(regex: &Regex, text: &str) -> Option<usize> {
    let mut end = 0;
    for found in regex.find_iter(text) {
        let Some(found) = found.ok().filter(|found| found.start() == end) else { break };
        end = found.end();
    }
    (end < text.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_the_dialects_read_differently() {
        for (ours, theirs) in SPELLINGS {
            assert_eq!((to_oniguruma(ours).unwrap(), from_oniguruma(theirs).unwrap()), (theirs, ours));
        }
        for same in [BYTE_LEVEL, r"[^\r\n\p{L}]?\p{Lu}{1,3}|\$|\s+(?!\S)|\S|\s", r"\p{L}+|\P{L}"] {
            assert_eq!((to_oniguruma(same).unwrap(), from_oniguruma(same).unwrap()), (same, same));
        }
        for differing in [r"\s+$", r"^a", r"\p{N}{1,3}+", r"a{2}+", r"(?m)a"] {
            assert!(to_oniguruma(differing).is_err(), "{differing}");
        }
        let in_context = (r"\s+(?!\S)|\S+", r#"" a ""#);
        for (left_out, text) in [(r"\p{L}+|\s+", r#""\0""#), (".", r#""\n""#), (r"[^中]", r#""中""#), in_context] {
            let error = from_oniguruma(left_out).unwrap_err().to_string();
            assert!(error.contains("leaves out text such as ") && error.contains(text), "{error}");
        }
    }
}
