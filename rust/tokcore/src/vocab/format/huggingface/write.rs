//! A tokenizer as tokenizer.json.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::read::check_spellings;
use super::{split, unsupported};
use crate::error::Result;
use crate::vocab::format::View;
use crate::vocab::format::byte_alphabet::spell;
use crate::vocab::format::merges::{merges, splits};
use crate::vocab::{SpecialTokens, Vocabulary};

/// The content of the tokenizer.json of `tokenizer`. Its name is not in it: the format has no place for one.
///
/// # Errors
/// [`crate::ErrorKind::Format`] if the format cannot hold it: a special token that is spelled like another token or
/// has its id, or a pattern that Hugging Face's regex engine reads differently.
pub fn write(tokenizer: View<'_>) -> Result<Vec<u8>> {
    file(tokenizer).map_err(|error| error.context("tokenizer.json"))
}

fn file(tokenizer: View<'_>) -> Result<Vec<u8>> {
    let pattern = split::to_oniguruma(tokenizer.pattern)?;
    let file = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added_tokens(tokenizer.special),
        "normalizer": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        ]},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": model(tokenizer.vocabulary, tokenizer.special)?,
    });
    Ok(file.to_string().into_bytes())
}

/// Of names that share an id, `tokenizers` decodes to the one added last, tokcore to the first: their order is turned.
pub(super) fn turn_shared<T>(entries: &mut [T], id: impl Fn(&T) -> u32) {
    let mut ids: Vec<u32> = entries.iter().map(&id).collect();
    ids.sort_unstable();
    let shared: HashSet<u32> = ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    for shared_id in shared {
        let places: Vec<usize> = (0..entries.len()).filter(|&at| id(&entries[at]) == shared_id).collect();
        for pair in 0..places.len() / 2 {
            entries.swap(places[pair], places[places.len() - 1 - pair]);
        }
    }
}

fn added_tokens(special: &SpecialTokens) -> Vec<Value> {
    let mut entries: Vec<(&str, u32)> = special.iter().collect();
    turn_shared(&mut entries, |entry| entry.1);
    let entry = |(text, id)| {
        json!({"id": id, "content": text, "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true})
    };
    entries.into_iter().map(entry).collect()
}

fn model(vocabulary: &Vocabulary, special: &SpecialTokens) -> Result<Value> {
    let vocab = spelled(vocabulary, special)?;
    let merges = merges(vocabulary);
    if !merges.unreachable.is_empty() {
        check_spellings(special)?;
    }
    Ok(json!({
        "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
        "ignore_merges": !merges.unreachable.is_empty(),
        "vocab": vocab,
        "merges": listed(vocabulary, merges.pairs, &merges.unreachable),
    }))
}

/// All tokens as the files spell them. Special tokens are among them: `tokenizers` takes their ids from there, not from
/// `added_tokens`.
pub(in crate::vocab::format) fn spelled(
    vocabulary: &Vocabulary,
    special: &SpecialTokens,
) -> Result<Map<String, Value>> {
    let mut vocab: Map<String, Value> = vocabulary.iter().map(|(id, token)| (spell(token), id.into())).collect();
    for (text, id) in special.iter() {
        if vocabulary.token(id).is_some() {
            return Err(unsupported(format_args!("special token {text:?} shares id {id} with an ordinary token")));
        }
        if vocab.insert(text.to_owned(), id.into()).is_some() {
            return Err(unsupported(format_args!("special token {text:?} is spelled like an ordinary token there")));
        }
    }
    Ok(vocab)
}

/// The merges in order of rank; a token out of reach is listed with all its splits, as any of them may meet in a text.
pub(in crate::vocab::format) fn listed(
    vocabulary: &Vocabulary,
    mut pairs: Vec<(u32, u32, u32)>,
    unreachable: &[u32],
) -> Vec<[String; 2]> {
    for &id in unreachable {
        pairs.extend(splits(vocabulary, id).into_iter().map(|(left, right)| (left, right, id)));
    }
    pairs.sort_by_key(|&(.., merged)| merged);
    let spelled = |id| spell(vocabulary.token(id).unwrap_or_default());
    pairs.into_iter().map(|(left, right, _)| [spelled(left), spelled(right)]).collect()
}
