//! tokcore's own format: a tokenizer complete in one small, checksummed file.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | `tokcore\n` |
//! | 4 | version, little-endian |
//! | 4 | length of the header, little-endian |
//! | .. | header, JSON: name, pattern, special tokens as [text, id] pairs, length of the uncompressed body |
//! | .. | [`body`], compressed with Zstandard |
//! | 32 | SHA-256 of all bytes before |

use std::io::Read as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Definition, View, body};
use crate::error::{Error, ErrorKind, Result};
use crate::vocab::SpecialTokens;

/// What every such file begins with.
pub const MAGIC: &[u8; 8] = b"tokcore\n";
/// The version that is written, and the newest that is read.
pub const VERSION: u32 = 1;

const PREFIX: usize = MAGIC.len() + 8;
const CHECKSUM: usize = 32;
/// Level 19 halves the file against level 3 and costs under a second for the largest vocabularies.
const LEVEL: i32 = 19;

/// The content of the file of `tokenizer`. The same tokenizer gives the same bytes.
///
/// # Errors
/// [`ErrorKind::Io`] if the compressor fails (out of memory).
pub fn write(tokenizer: View<'_>) -> Result<Vec<u8>> {
    let body = body::write(tokenizer.vocabulary);
    let header = json!({
        "name": tokenizer.name,
        "pattern": tokenizer.pattern,
        "special_tokens": tokenizer.special.iter().collect::<Vec<_>>(),
        "body_length": body.len(),
    })
    .to_string();
    let mut content = MAGIC.to_vec();
    content.extend(VERSION.to_le_bytes());
    content.extend((header.len() as u32).to_le_bytes());
    content.extend(header.as_bytes());
    let compressed = zstd::bulk::compress(&body, LEVEL);
    content.extend(compressed.map_err(|error| Error::new(ErrorKind::Io, "cannot compress").with_source(error))?);
    let checksum = Sha256::digest(&content);
    content.extend(checksum);
    Ok(content)
}

/// The tokenizer that a file's content defines.
///
/// # Errors
/// [`ErrorKind::Format`] if it is not such a file, is newer than [`VERSION`], cut short or corrupt.
pub fn read(content: &[u8]) -> Result<Definition> {
    let (header, compressed) = parts(content)?;
    let header: Value =
        serde_json::from_slice(header).map_err(|error| broken("the header is not JSON").with_source(error))?;
    let text = |key: &str| header[key].as_str().map(str::to_owned).ok_or_else(|| broken("the header lacks a text"));
    let length = header["body_length"].as_u64().ok_or_else(|| broken("the header lacks the body's length"))?;
    let body = decompress(compressed, length)?;
    Ok(Definition {
        name: text("name")?,
        pattern: text("pattern")?,
        vocabulary: body::read(body.into())?.check_distinct()?,
        special: special(&header["special_tokens"])?,
    })
}

/// The header and the compressed body, once magic, version and checksum are found right.
fn parts(content: &[u8]) -> Result<(&[u8], &[u8])> {
    let Some(rest) = content.strip_prefix(MAGIC) else {
        return Err(broken("it does not begin as a .tokcore file"));
    };
    let cut = || broken("it is cut short");
    let (version, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let version = u32::from_le_bytes(*version);
    if version > VERSION {
        let why =
            format!("written by a newer tokcore (format {version}, this one reads up to {VERSION}): update tokcore");
        return Err(Error::new(ErrorKind::Format, why));
    }
    let (header_length, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (data, checksum) = rest.split_last_chunk::<CHECKSUM>().ok_or_else(cut)?;
    if Sha256::digest(&content[..PREFIX + data.len()])[..] != checksum[..] {
        return Err(broken("its checksum is wrong: it is cut short or corrupt"));
    }
    data.split_at_checked(u32::from_le_bytes(*header_length) as usize).ok_or_else(cut)
}

fn decompress(compressed: &[u8], length: u64) -> Result<Vec<u8>> {
    let fail = |error: std::io::Error| broken("the body does not decompress").with_source(error);
    let mut body = Vec::new();
    // One byte beyond the promised length shows an overlong body without unpacking all of it.
    let decoder = zstd::Decoder::with_buffer(compressed).map_err(fail)?;
    decoder.take(length.saturating_add(1)).read_to_end(&mut body).map_err(fail)?;
    if body.len() as u64 == length { Ok(body) } else { Err(broken("the body's length is not as promised")) }
}

fn special(value: &Value) -> Result<SpecialTokens> {
    let pair = |pair: &Value| {
        let id = pair[1].as_u64().and_then(|id| u32::try_from(id).ok())?;
        Some((pair[0].as_str()?.to_owned(), id))
    };
    let pairs = value.as_array().and_then(|pairs| pairs.iter().map(pair).collect::<Option<Vec<_>>>());
    SpecialTokens::new(pairs.ok_or_else(|| broken("the header lacks the special tokens"))?)
}

fn broken(why: &str) -> Error {
    Error::new(ErrorKind::Format, format!("not a usable .tokcore file: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Vocabulary;

    fn definition() -> Definition {
        let tokens = (0..=255u8).map(|b| (vec![b], u32::from(b))).chain([(b"ab".to_vec(), 300)]);
        Definition {
            name: "mine \"é\"".into(),
            pattern: r"\p{L}+|\s+|.".into(),
            vocabulary: Vocabulary::new(tokens).unwrap(),
            special: SpecialTokens::new([("<|end|>", 301), ("<|a|>", 256)]).unwrap(),
        }
    }

    fn error(content: &[u8]) -> String {
        let error = read(content).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        error.to_string()
    }

    #[test]
    fn reads_what_it_wrote() {
        let definition = definition();
        let content = write(definition.view()).unwrap();
        assert_eq!(read(&content).unwrap(), definition);
        assert_eq!(write(definition.view()).unwrap(), content);
    }

    #[test]
    fn any_cut_or_changed_byte_is_noticed() {
        let content = write(definition().view()).unwrap();
        for at in 0..content.len() {
            assert!(read(&content[..at]).is_err(), "cut at {at}");
            let mut changed = content.clone();
            changed[at] ^= 0x20;
            assert!(read(&changed).is_err(), "changed at {at}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let content = write(definition().view()).unwrap();
        assert!(error(b"").contains("does not begin"));
        assert!(error(&content[..20]).contains("cut short"));
        assert!(error(&content[..content.len() - 1]).contains("checksum"));
        let newer = [&MAGIC[..], &2u32.to_le_bytes(), &content[12..]].concat();
        assert!(error(&newer).contains("update tokcore"));
    }
}
