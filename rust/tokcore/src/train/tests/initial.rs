//! Extending a vocabulary.

use std::sync::Arc;

use super::*;
use crate::tokenizer::Tokenizer;
use crate::vocab::{SpecialTokens, Vocabulary};

fn tokenizer(tokens: &[(&str, u32)], special: &[(&str, u32)]) -> Arc<Tokenizer> {
    let bytes = (0..=255u8).map(|byte| (vec![byte], u32::from(byte)));
    let tokens = tokens.iter().map(|(token, id)| (token.as_bytes().to_vec(), *id));
    let vocabulary = Vocabulary::new(bytes.chain(tokens)).unwrap();
    let special = SpecialTokens::new(special.iter().copied()).unwrap();
    Arc::new(Tokenizer::new("old", pattern().as_str(), vocabulary, special).unwrap())
}

fn of(trained: Trained) -> Arc<Tokenizer> {
    Arc::new(Tokenizer::new("new", pattern().as_str(), trained.vocabulary, trained.special).unwrap())
}

#[test]
fn extending_a_trained_vocabulary_on_its_text_is_training_on() {
    let texts = texts(60);
    let whole = train_documents(&mut Texts::new(&texts), &config(150), &mut ()).unwrap();
    let first = train_documents(&mut Texts::new(&texts), &config(70), &mut ()).unwrap();
    let config = Config { initial: Some(of(first)), ..config(150) };
    let extended = train_documents(&mut Texts::new(&texts), &config, &mut ()).unwrap();
    assert_eq!(extended.merges, whole.merges[70..]);
    assert!(extended.vocabulary.iter().eq(whole.vocabulary.iter()));
    assert_eq!(extended.stats.tokens, whole.stats.tokens);
}

#[test]
fn old_ids_stay_and_new_ones_follow_the_highest() {
    let old = tokenizer(&[("he", 256), ("lo", 300)], &[("<|end|>", 400), ("<|also|>", 400)]);
    let config = Config {
        initial: Some(Arc::clone(&old)),
        special_tokens: vec!["<|end|>".into(), "<|new|>".into()],
        ..Config::new(262, pattern())
    };
    let texts = ["hello<|end|>hello<|new|>hello<|also|>hello"];
    let trained = train_documents(&mut Texts::new(&texts), &config, &mut ()).unwrap();
    assert_eq!(trained.merges, [(u32::from(b'l'), 300), (256, 401)]);
    assert!(old.vocabulary().iter().all(|(id, token)| trained.vocabulary.token(id) == Some(token)));
    assert_eq!(trained.vocabulary.token(402), Some(&b"hello"[..]));
    let special: Vec<_> = trained.special.iter().collect();
    assert_eq!(special, [("<|end|>", 400), ("<|also|>", 400), ("<|new|>", 403)]);
    assert_eq!((trained.stats.tokens, trained.stats.totals.bytes), (4, 20));
    assert_eq!(of(trained).encode_ordinary(b"hello").unwrap(), [402]);
}

#[test]
fn a_token_that_is_there_already_is_not_made_again() {
    // "abcd" is a token that its own merges do not reach: neither "abc" nor "bcd" nor "cd" is there.
    let old = tokenizer(&[("ab", 256), ("abcd", 257)], &[]);
    let config = Config { initial: Some(old), ..Config::new(300, pattern()) };
    let texts = ["abcdx abcdx abcdx abcx"];
    let trained = train_documents(&mut Texts::new(&texts), &config, &mut ()).unwrap();
    assert!(trained.merges.len() > 2);
    assert_eq!(trained.vocabulary.iter().filter(|(_, token)| *token == b"abcd").count(), 1);
}

#[test]
fn too_small_a_size_names_the_initial_vocabulary() {
    let config = Config { initial: Some(tokenizer(&[("ab", 256)], &[("<|x|>", 257)])), ..Config::new(257, pattern()) };
    let error = train_documents(&mut Texts::new(&["text"]), &config, &mut ()).unwrap_err();
    assert!(
        error.to_string().contains("257 tokens of the initial vocabulary and 1 special tokens make 258"),
        "{error}"
    );
}
