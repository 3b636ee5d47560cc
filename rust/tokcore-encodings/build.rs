//! Enumerates the vocabularies of the `tiktoken-rs` crate and writes each as two files for `include_bytes!`: its tokens, in
//! the layout of `tokcore::vocab::format::body`, and the table of its pairs, in that of `tokcore::bpe::pair_table`, which
//! loading then need not make. Not compressed: a wheel or an archive does that, and loading need not undo it.

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
        std::fs::write(Path::new(&out).join(file).with_extension("pairs"), table(&pairs(&tokens)?))?;
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

/// The left and the right id that each token is merged from, and its own.
fn pairs(tokens: &[Vec<u8>]) -> Result<Vec<[u64; 3]>, Box<dyn Error>> {
    let ids: HashMap<&[u8], usize> = tokens.iter().enumerate().map(|(id, token)| (&token[..], id)).collect();
    let mut pairs = Vec::new();
    for (id, token) in tokens.iter().enumerate().filter(|(_, token)| token.len() > 1) {
        let [start, middle, end] = merged(&ids, token, id)[..] else {
            return Err(format!("merging does not reach token {id}").into());
        };
        pairs.push([ids[&token[start..middle]] as u64, ids[&token[middle..end]] as u64, id as u64]);
    }
    Ok(pairs)
}

/// The table of `pairs`: a test holds it against `tokcore::bpe::pair_table`.
fn table(pairs: &[[u64; 3]]) -> Vec<u8> {
    // With the 256 single bytes.
    let bits = ((pairs.len() + 256) / 4 + 1).next_power_of_two().trailing_zeros();
    let (mut buckets, mut full) = (vec![Vec::with_capacity(8); 1 << bits], Vec::new());
    for &[left, right, id] in pairs {
        let product = (left << 24 | right).wrapping_mul(0x9E37_79B9_7F4B << 16);
        match &mut buckets[(product >> (64 - bits)) as usize] {
            bucket if bucket.len() < 8 => bucket.push(product << bits | id),
            _ => full.extend([left, right, id]),
        }
    }
    let slots = buckets.into_iter().flat_map(|bucket| bucket.into_iter().chain(std::iter::repeat(u64::MAX)).take(8));
    slots.chain(full).flat_map(u64::to_le_bytes).collect()
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
