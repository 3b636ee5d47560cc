//! GPT-2's two files: `vocab.json`, every token's spelling and id, and `merges.txt` beside it, a pair of spellings a line
//! in order of rank. Neither has a split pattern. Tokens of several bytes that no merge makes are special tokens, which
//! are spelled as they are; if they are many that a merge could make, merges are missing.
//!
//! Source: GPT-2's encoder.py; `tokenizers` reads them with `models.BPE.from_file`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::View;
use super::byte_alphabet::bytes;
use super::huggingface::{check_merges, listed, spelled, vocabulary};
use super::merges::merges;
use crate::error::{Error, ErrorKind, Result};
use crate::vocab::{SpecialTokens, Vocabulary};

/// The first line of merges.txt; `tokenizers` passes over every line that begins with it up to the colon.
const VERSION: &str = "#version: 0.2";
const COMMENT: &str = "#version";

fn refuse(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Format, why.to_string())
}

/// Whether content is that of a vocab.json, an object of numbers, and not of a tokenizer.json.
pub(super) fn is_vocab(content: &[u8]) -> bool {
    serde_json::from_slice::<std::collections::HashMap<String, u32>>(content).is_ok_and(|tokens| !tokens.is_empty())
}

/// Where the merges of a vocab.json are: `merges.txt`, with the same before it in its name.
///
/// # Errors
/// [`ErrorKind::Argument`] if the name does not end in `vocab.json` or is no UTF-8.
pub fn merges_path(vocab: &Path) -> Result<PathBuf> {
    let Some(prefix) = vocab.file_name().and_then(|name| name.to_str()?.strip_suffix("vocab.json")) else {
        let why =
            format!("{}: the name must be UTF-8 and end in vocab.json, as merges.txt goes beside it", vocab.display());
        return Err(Error::new(ErrorKind::Argument, why));
    };
    Ok(vocab.with_file_name(format!("{prefix}merges.txt")))
}

/// The content of vocab.json and of merges.txt. Name and pattern are not in them: the format has no place for them.
///
/// # Errors
/// [`ErrorKind::Format`] if the format cannot hold the tokenizer: a token that no merges lead to, or a special token that
/// is spelled like another token or has its id.
pub fn write(tokenizer: View<'_>) -> Result<(Vec<u8>, Vec<u8>)> {
    let merges = merges(tokenizer.vocabulary);
    if let Some(id) = merges.unreachable.first() {
        return Err(refuse(format_args!(
            "no merges lead to token {id}: merges.txt cannot hold it, tokenizer.json can"
        )));
    }
    let vocab = spelled(tokenizer.vocabulary, tokenizer.special)?;
    let mut lines = vec![VERSION.to_owned()];
    for [left, right] in listed(tokenizer.vocabulary, merges.pairs, &[]) {
        if left.starts_with(COMMENT) {
            return Err(refuse(format_args!("the merge of {left:?} and {right:?} would be read as a comment")));
        }
        lines.push(format!("{left} {right}"));
    }
    lines.push(String::new());
    Ok((Value::Object(vocab).to_string().into_bytes(), lines.join("\n").into_bytes()))
}

/// The tokens that the content of vocab.json and merges.txt defines.
///
/// # Errors
/// [`ErrorKind::Format`] or [`ErrorKind::Vocabulary`] naming what is malformed or not supported.
pub fn read(vocab: &[u8], merges: &[u8]) -> Result<(Vocabulary, SpecialTokens)> {
    let vocab: Map<String, Value> =
        serde_json::from_slice(vocab).map_err(|error| refuse(format_args!("not JSON: {error}")).with_source(error))?;
    let merges = std::str::from_utf8(merges).map_err(|_| refuse("merges.txt is not UTF-8"))?;
    let lines: Vec<&str> = merges.lines().filter(|line| !line.is_empty() && !line.starts_with(COMMENT)).collect();
    let made: HashSet<String> = lines.iter().map(|line| line.replacen(' ', "", 1)).collect();
    let ordinary = |spelling: &str| made.contains(spelling) || bytes(spelling).is_some_and(|token| token.len() == 1);
    let special = vocab.iter().filter(|(spelling, _)| !ordinary(spelling));
    let special = special.map(|(text, id)| Ok((text.as_str(), number(text, id)?)));
    let special = in_order(special.collect::<Result<_>>()?);
    check_complete(&vocab, &special)?;
    let special = SpecialTokens::new(special)?;
    let vocabulary = vocabulary(&vocab, &special)?;
    check_merges(&json!({"merges": lines}), &vocabulary)?;
    Ok((vocabulary, special))
}

/// More special tokens than this that a merge could make are not by chance.
const BY_CHANCE: usize = 16;

/// Refuses merges of which many are missing: what these made would be taken for special tokens.
fn check_complete(vocab: &Map<String, Value>, special: &[(&str, u32)]) -> Result<()> {
    let is_joined = |text: &str| {
        text.char_indices().skip(1).any(|(at, _)| vocab.contains_key(&text[..at]) && vocab.contains_key(&text[at..]))
    };
    let joined = special.iter().filter(|(text, _)| is_joined(text)).count();
    if joined > BY_CHANCE && 2 * joined > special.len() {
        let why = format!(
            "merges.txt makes {} of {} tokens, but not {joined} more that could be made of two others: it is cut short, or of another \
             vocabulary",
            vocab.len() - special.len(),
            vocab.len()
        );
        return Err(refuse(why));
    }
    Ok(())
}

/// By id: the files have no order of their own.
fn in_order(mut special: Vec<(&str, u32)>) -> Vec<(&str, u32)> {
    special.sort_by_key(|entry| entry.1);
    special
}

/// Whether what was read is a tokenizer's tokens; the order of its special tokens only counts where they share an id.
pub(super) fn is_same(read: &(Vocabulary, SpecialTokens), tokenizer: View<'_>) -> bool {
    read.0 == *tokenizer.vocabulary && read.1.iter().eq(in_order(tokenizer.special.iter().collect()))
}

fn number(spelling: &str, id: &Value) -> Result<u32> {
    let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
    id.ok_or_else(|| refuse(format_args!("token {spelling:?} has no usable id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(extra: &[(&[u8], u32)]) -> Vocabulary {
        let bytes = (0..=255u8).map(|b| (vec![b], u32::from(b)));
        Vocabulary::new(bytes.chain(extra.iter().map(|(t, id)| (t.to_vec(), *id)))).unwrap()
    }

    fn written(vocabulary: &Vocabulary, special: &[(&str, u32)]) -> Result<(Vec<u8>, Vec<u8>)> {
        let special = SpecialTokens::new(special.iter().copied()).unwrap();
        write(View { name: "", pattern: r"\w+|\W", vocabulary, special: &special })
    }

    #[test]
    fn reads_what_it_wrote() {
        let vocabulary = vocabulary(&[(b"ab", 256), (b" #", 257), (b"ab #", 258)]);
        let special = [("<|a b|>", 300), ("\u{4F60}", 259)];
        let (vocab, merges) = written(&vocabulary, &special).unwrap();
        assert_eq!(String::from_utf8_lossy(&merges), "#version: 0.2\na b\n\u{120} #\nab \u{120}#\n");
        assert!(is_vocab(&vocab) && !is_vocab(br#"{"version": "1.0"}"#));
        let read = read(&vocab, &merges).unwrap();
        let special = SpecialTokens::new(special).unwrap();
        assert!(is_same(&read, View { name: "", pattern: "", vocabulary: &vocabulary, special: &special }));
    }

    #[test]
    fn refuses_what_the_files_cannot_hold() {
        let error = |extra: &[(&[u8], u32)], special: &[(&str, u32)]| {
            written(&vocabulary(extra), special).unwrap_err().to_string()
        };
        assert!(error(&[(b"xyz", 256)], &[]).contains("token 256"));
        assert!(error(&[(b"ab", 256)], &[("ab", 257)]).contains("\"ab\""));
        assert!(error(&[(b"ab", 256)], &[("<|x|>", 256)]).contains("<|x|>"));
        let comment: Vec<(Vec<u8>, u32)> = (2..=9).map(|n| (b"#version!"[..n].to_vec(), 254 + n as u32)).collect();
        let comment: Vec<(&[u8], u32)> = comment.iter().map(|(token, id)| (&token[..], *id)).collect();
        assert!(error(&comment, &[]).contains("comment"));
    }

    #[test]
    fn refuses_what_is_malformed() {
        let (vocab, merges) = written(&vocabulary(&[(b"ab", 256), (b"abc", 257)]), &[]).unwrap();
        let error = |vocab: &[u8], merges: &[u8]| read(vocab, merges).unwrap_err().to_string();
        assert!(error(b"[", &merges).contains("JSON"));
        assert!(error(&vocab, b"ab c\na b\n").contains("order"));
        assert!(error(&vocab, b"a q\n").contains("\"a\" \"q\""));
        assert!(error(&vocab, b"\xFF").contains("UTF-8"));
        assert!(error(br#"{"a": -1}"#, b"").contains("usable id"));
        let path = merges_path(Path::new("dir/mine-vocab.json")).unwrap();
        assert_eq!(path, Path::new("dir/mine-merges.txt"));
        assert!(merges_path(Path::new("other.json")).unwrap_err().to_string().contains("vocab.json"));
    }
}
