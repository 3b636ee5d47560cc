//! tiktoken's rank files: a line for each token, its bytes in base64, a space, its rank. Pattern and special tokens are
//! not in them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, ErrorKind, Result};
use crate::vocab::Vocabulary;

/// The vocabulary of a rank file's content. Lines may be in any order and end in LF or CRLF; empty ones are skipped.
///
/// # Errors
/// [`ErrorKind::Format`] with the line's number for a malformed line, or a token or rank that stands twice;
/// [`ErrorKind::Vocabulary`] if one of the 256 single bytes is missing.
pub fn read(content: &[u8]) -> Result<Vocabulary> {
    let mut tokens = Vec::new();
    let mut lines_of_tokens = HashMap::new();
    let mut lines_of_ranks = HashMap::new();
    for (at, line) in content.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let parsed = parse(line).and_then(|(token, rank)| {
            first(&mut lines_of_ranks, rank, at, || format!("rank {rank}"))?;
            first(&mut lines_of_tokens, token.clone(), at, || format!("token {:?}", String::from_utf8_lossy(&token)))?;
            Ok((token, rank))
        });
        tokens.push(parsed.map_err(|error| error.context(format_args!("line {}", at + 1)))?);
    }
    if tokens.is_empty() {
        return Err(broken("no tokens: the file is empty".into()));
    }
    Vocabulary::new(tokens)
}

/// The content of the rank file of `vocabulary`, in ascending order of rank: byte for byte what is published for it.
pub fn write(vocabulary: &Vocabulary) -> Vec<u8> {
    let mut content = String::new();
    for (id, token) in vocabulary.iter() {
        STANDARD.encode_string(token, &mut content);
        content.push_str(&format!(" {id}\n"));
    }
    content.into_bytes()
}

fn parse(line: &[u8]) -> Result<(Vec<u8>, u32)> {
    let mut fields = line.split(|&byte| byte == b' ');
    let (Some(token), Some(rank), None) = (fields.next(), fields.next(), fields.next()) else {
        return Err(broken(format!("expected a base64 token, a space and a rank, found {}", shown(line))));
    };
    let decoded = STANDARD.decode(token).map_err(|error| broken(format!("{} is not base64: {error}", shown(token))))?;
    if decoded.is_empty() {
        return Err(broken("the token is empty".into()));
    }
    let digits = !rank.is_empty() && rank.iter().all(u8::is_ascii_digit);
    let rank_of = |rank| std::str::from_utf8(rank).ok()?.parse().ok();
    let parsed = rank_of(rank).filter(|_| digits);
    parsed.map(|parsed| (decoded, parsed)).ok_or_else(|| broken(format!("{} is not a rank", shown(rank))))
}

/// Remembers that `key` stands on line `at`; an error if it stood on an earlier one.
fn first<K: Hash + Eq>(lines: &mut HashMap<K, usize>, key: K, at: usize, what: impl Fn() -> String) -> Result<()> {
    match lines.entry(key) {
        Entry::Occupied(earlier) => Err(broken(format!("{} stands on line {} already", what(), earlier.get() + 1))),
        Entry::Vacant(place) => {
            place.insert(at);
            Ok(())
        }
    }
}

fn broken(why: String) -> Error {
    Error::new(ErrorKind::Format, why)
}

/// The beginning of `bytes`, quoted.
fn shown(bytes: &[u8]) -> String {
    let cut = if bytes.len() > 40 { "..." } else { "" };
    format!("{:?}{cut}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<String> {
        let mut lines: Vec<String> = (0..=255u8).map(|b| format!("{} {b}", STANDARD.encode([b]))).collect();
        lines.push("YWI= 256".into());
        lines.push("YWJj 300".into());
        lines
    }

    fn error(change: impl Fn(&mut Vec<String>)) -> String {
        let mut lines = lines();
        change(&mut lines);
        read(lines.join("\n").as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn reads_any_order_and_line_end_and_writes_ascending() {
        let plain = lines().join("\n") + "\n";
        let vocabulary = read(plain.as_bytes()).unwrap();
        assert_eq!((vocabulary.id(b"abc"), vocabulary.len()), (Some(300), 258));
        assert_eq!(write(&vocabulary), plain.as_bytes());
        let mut reversed = lines();
        reversed.reverse();
        assert_eq!(read(reversed.join("\r\n").as_bytes()).unwrap(), vocabulary);
        assert_eq!(read(format!("\n{plain}\n\n").as_bytes()).unwrap(), vocabulary);
    }

    #[test]
    fn names_the_line_and_what_is_wrong() {
        assert!(error(|l| l[9] = "Y!== 9".into()).starts_with("line 10: \"Y!==\" is not base64"));
        assert!(error(|l| l[9] = "CQ==".into()).starts_with("line 10: expected a base64 token, a space and a rank"));
        assert!(error(|l| l[9] = "CQ== ".into()).contains("line 10: \"\" is not a rank"));
        assert!(error(|l| l[9] = "CQ== 9 9".into()).contains("line 10: expected"));
        assert!(error(|l| l[9] = "CQ== +9".into()).contains("is not a rank"));
        assert!(error(|l| l[9] = "CQ== 99999999999".into()).contains("is not a rank"));
        assert!(error(|l| l[9] = " 9".into()).contains("line 10: the token is empty"));
        assert!(error(|l| l[256] = "YWI= 25".into()).contains("line 257: rank 25 stands on line 26 already"));
        assert!(error(|l| l[257] = "YWI= 257".into()).contains("line 258: token \"ab\" stands on line 257 already"));
        assert!(error(|l| drop(l.remove(65))).contains("0x41"));
        assert!(error(|l| l.push("YWJjZA== 99999999".into())).contains("above"));
        assert!(error(Vec::clear).contains("empty"));
        assert!(read(b"\xFF\xFE\x00 3").unwrap_err().to_string().contains("line 1"));
    }
}
