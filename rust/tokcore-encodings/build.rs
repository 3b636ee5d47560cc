//! Enumerates the vocabularies of the `tiktoken-rs` crate and writes each as one file for `include_bytes!`, in the
//! layout of `tokcore::vocab::format::body`. Not compressed: a wheel or an archive does that, and loading need not undo it.

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
        std::fs::write(Path::new(&out).join(file), body(&source, highest))?;
    }
    Ok(())
}

fn body(source: &CoreBPE, highest: u32) -> Vec<u8> {
    let special = source.special_tokens();
    let is_special = |token: &Vec<u8>| std::str::from_utf8(token).is_ok_and(|text| special.contains(text));
    // What does not decode is a hole: no token has that id.
    let token = |id| source.decode_bytes(&[id]).ok().filter(|token| !is_special(token)).unwrap_or_default();
    let mut tokens: Vec<Vec<u8>> = (0..=highest).map(token).collect();
    while tokens.last().is_some_and(Vec::is_empty) {
        tokens.pop();
    }
    let mut body = Vec::new();
    push_number(&mut body, tokens.len());
    for token in &tokens {
        push_number(&mut body, token.len());
    }
    body.extend(tokens.concat());
    body
}

/// LEB128.
fn push_number(body: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        body.push(number as u8 | 0x80);
        number >>= 7;
    }
    body.push(number as u8);
}
