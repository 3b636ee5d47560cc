//! Enumerates the vocabularies of the `tiktoken-rs` crate and writes each as two files for `include_bytes!`, in the
//! layouts of `tokcore::vocab::format::body`: its tokens, and the parts that each token is merged from, which take far
//! longer to find than to read. Not compressed: a wheel or an archive does that, and loading need not undo it.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use tiktoken_rs::CoreBPE;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let out = std::env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    // (file, vocabulary, highest id): gpt2 and r50k_base share ranks, so do the two p50k and the two o200k encodings.
    let sources = [
        ("r50k", tiktoken_rs::r50k_base()?, 50_256),
        ("p50k", tiktoken_rs::p50k_base()?, 50_280),
        ("cl100k", tiktoken_rs::cl100k_base()?, 100_276),
        ("o200k", tiktoken_rs::o200k_base()?, 200_018),
    ];
    for (file, source, highest) in sources {
        let tokens = tokens(&source, highest);
        std::fs::write(Path::new(&out).join(file), body(&tokens))?;
        std::fs::write(Path::new(&out).join(file).with_extension("parts"), parts(&tokens))?;
    }
    Ok(())
}

/// The tokens by id; a hole is empty.
fn tokens(source: &CoreBPE, highest: usize) -> Vec<Vec<u8>> {
    let special = source.special_tokens();
    let is_special = |token: &Vec<u8>| std::str::from_utf8(token).is_ok_and(|text| special.contains(text));
    // What does not decode is a hole: no token has that id.
    let token = |id| source.decode_bytes(&[id as u32]).ok().filter(|token| !is_special(token)).unwrap_or_default();
    let mut tokens: Vec<Vec<u8>> = (0..=highest).map(token).collect();
    while tokens.last().is_some_and(Vec::is_empty) {
        tokens.pop();
    }
    tokens
}

fn body(tokens: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    push_number(&mut body, tokens.len());
    for token in tokens {
        push_number(&mut body, token.len());
    }
    body.extend(tokens.concat());
    body
}

fn parts(tokens: &[Vec<u8>]) -> Vec<u8> {
    let ids: HashMap<&[u8], usize> = tokens.iter().enumerate().map(|(id, token)| (&token[..], id)).collect();
    let mut parts = Vec::new();
    for (id, token) in tokens.iter().enumerate().filter(|(_, token)| token.len() > 1) {
        match merged(&ids, token, id)[..] {
            [start, middle, end] => {
                push_number(&mut parts, ids[&token[start..middle]] + 1);
                push_number(&mut parts, ids[&token[middle..end]]);
            }
            _ => parts.push(0),
        }
    }
    parts
}

/// Where tokens begin and end after merging `token`'s bytes by all ranks below `limit`, lowest first, leftmost first.
fn merged(ids: &HashMap<&[u8], usize>, token: &[u8], limit: usize) -> Vec<usize> {
    let mut bounds: Vec<usize> = (0..=token.len()).collect();
    let rank = |from: usize, to: usize| ids.get(&token[from..to]).copied().filter(|&rank| rank < limit);
    let mut ranks: Vec<Option<usize>> = bounds.windows(3).map(|triple| rank(triple[0], triple[2])).collect();
    while let Some((_, at)) = ranks.iter().enumerate().filter_map(|(at, rank)| Some(((*rank)?, at))).min() {
        bounds.remove(at + 1);
        ranks.remove(at);
        // The pairs on both sides of the merged one have changed.
        for near in at.saturating_sub(1)..(at + 1).min(ranks.len()) {
            ranks[near] = rank(bounds[near], bounds[near + 2]);
        }
    }
    bounds
}

/// LEB128.
fn push_number(body: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        body.push(number as u8 | 0x80);
        number >>= 7;
    }
    body.push(number as u8);
}
