//! tokenizer.json into a tokenizer, or a clear refusal.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{split, unsupported, write::turn_shared};
use crate::error::Result;
use crate::vocab::format::merges::{merges, splits};
use crate::vocab::format::{Definition, byte_alphabet};
use crate::vocab::{SpecialTokens, Vocabulary};

/// The tokenizer that a tokenizer.json's content defines; its name is empty.
///
/// # Errors
/// [`crate::ErrorKind::Format`] naming the part that is malformed or not supported.
pub fn read(content: &[u8]) -> Result<Definition> {
    let file = serde_json::from_slice(content)
        .map_err(|error| unsupported(format_args!("not JSON: {error}")).with_source(error));
    file.and_then(definition).map_err(|error| error.context("tokenizer.json"))
}

fn definition(file: Value) -> Result<Definition> {
    if !file.is_object() {
        return Err(unsupported("not an object"));
    }
    let model = &file["model"];
    if model.is_null() {
        return Err(unsupported("it has no model"));
    }
    check_model(model)?;
    for (part, plain) in [("normalizer", None), ("post_processor", Some("ByteLevel")), ("decoder", Some("ByteLevel"))] {
        let kind = file[part]["type"].as_str();
        if !file[part].is_null() && (kind.is_none() || kind != plain) {
            let kind = kind.unwrap_or("without a type");
            return Err(unsupported(format_args!("the {part} {kind} is not supported")));
        }
    }
    for part in ["truncation", "padding"] {
        if !file[part].is_null() {
            return Err(unsupported(format_args!(
                "{part} is not supported: set it to null, and cut or fill ids yourself"
            )));
        }
    }
    let pattern = pattern(&file["pre_tokenizer"])?.to_owned();
    let special = special(&file["added_tokens"])?;
    let vocab = model["vocab"].as_object().ok_or_else(|| unsupported("the model has no vocab"))?;
    check_added(&file["added_tokens"], vocab)?;
    let vocabulary = vocabulary(vocab, &special)?;
    check_merges(model, &vocabulary)?;
    if model["ignore_merges"] == true {
        check_spellings(&special)?;
    }
    Ok(Definition { name: String::new(), pattern, vocabulary, special })
}

/// That the model is plain BPE. Early files leave the type out.
fn check_model(model: &Value) -> Result<()> {
    let kind = model["type"].as_str().unwrap_or("BPE");
    if kind != "BPE" {
        return Err(unsupported(format_args!("a model of type {kind} is not supported, only byte-level BPE is")));
    }
    for option in ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"] {
        let value = &model[option];
        if !(value.is_null() || value == false || value == "" || value == 0.0) {
            return Err(unsupported(format_args!("the model's option {option} = {value} is not supported")));
        }
    }
    Ok(())
}

fn pattern(pre_tokenizer: &Value) -> Result<&str> {
    let byte_level = |part: &Value, splits: bool| {
        part["type"] == "ByteLevel" && part["use_regex"].as_bool().unwrap_or(true) == splits
    };
    let parts = pre_tokenizer["pretokenizers"].as_array().map(Vec::as_slice);
    let (split, byte_level) = match (pre_tokenizer["type"].as_str(), parts) {
        (Some("Sequence"), Some([split, last])) if byte_level(last, false) => (split, last),
        (Some("ByteLevel"), _) if byte_level(pre_tokenizer, true) => (&Value::Null, pre_tokenizer),
        _ => return Err(unsupported("this pre_tokenizer is not supported, only Split + ByteLevel or ByteLevel is")),
    };
    if byte_level["add_prefix_space"] != false {
        return Err(unsupported("ByteLevel with add_prefix_space is not supported"));
    }
    if split.is_null() {
        return Ok(split::BYTE_LEVEL);
    }
    let plain = split["type"] == "Split" && split["behavior"] == "Isolated" && split["invert"] == false;
    match split["pattern"]["Regex"].as_str() {
        Some(pattern) if plain => split::from_oniguruma(pattern),
        _ => Err(unsupported("a Split that is not an isolated Regex is not supported")),
    }
}

fn special(added: &Value) -> Result<SpecialTokens> {
    let mut entries = Vec::new();
    for token in added.as_array().map(Vec::as_slice).unwrap_or_default() {
        let id = token["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let (Some(text), Some(id)) = (token["content"].as_str(), id) else {
            return Err(unsupported(format_args!("added token {token} has no content or id")));
        };
        for option in ["single_word", "lstrip", "rstrip"] {
            if token[option] == true {
                return Err(unsupported(format_args!("added token {text:?} with {option} is not supported")));
            }
        }
        // There is no normalizer: it matters only that those with and those without are looked for one after the other.
        if (token["normalized"] == true) != (added[0]["normalized"] == true) {
            return Err(unsupported(
                "added tokens of which some have normalized and others have not are not supported",
            ));
        }
        entries.push((text, id));
    }
    turn_shared(&mut entries, |entry| entry.1);
    SpecialTokens::new(entries)
}

/// That added tokens have the ids that `tokenizers` gives them, which does not go by those in the list: an added token has its
/// id in the model, or else the next one after as many as the model has and the other added tokens'. Versions differ in
/// whether these others are all, or only those that the model does not have.
fn check_added(added: &Value, vocab: &Map<String, Value>) -> Result<()> {
    let ids: HashSet<u64> = vocab.values().filter_map(Value::as_u64).collect();
    let (mut given, mut highest, mut new): (HashMap<&str, u64>, Option<u64>, u64) = (HashMap::new(), None, 0);
    for token in added.as_array().map(Vec::as_slice).unwrap_or_default() {
        let (text, id) = (token["content"].as_str().unwrap_or_default(), token["id"].as_u64());
        let known = vocab.get(text).and_then(Value::as_u64).or_else(|| given.get(text).copied());
        let next = highest.map_or(0, |highest| highest + 1).max(vocab.len() as u64);
        let expected = known.unwrap_or(next);
        if id != Some(expected) || known.is_none() && next != vocab.len() as u64 + new {
            let has = id.map_or("none".into(), |id| id.to_string());
            return Err(unsupported(format_args!(
                "added token {text:?} has id {has}, and tokenizers gives it another, by how many tokens the model has"
            )));
        }
        if known.is_none() && ids.contains(&next) {
            return Err(unsupported(format_args!("added token {text:?} has id {next}, which another token has")));
        }
        new += u64::from(known.is_none());
        highest = highest.max(Some(expected));
        given.insert(text, expected);
    }
    Ok(())
}

/// That no special token is spelled as the bytes of another text are: with `ignore_merges`, `tokenizers` takes that text for
/// the token.
pub(super) fn check_spellings(special: &SpecialTokens) -> Result<()> {
    let spells_other = |text: &str| byte_alphabet::bytes(text).is_some_and(|bytes| bytes != text.as_bytes());
    match special.iter().find(|(text, _)| spells_other(text)) {
        None => Ok(()),
        Some((text, _)) => Err(unsupported(format_args!(
            "special token {text:?} is how another text's bytes are spelled, which ignore_merges takes for it"
        ))),
    }
}

/// The tokens of a model's `vocab` that are not special.
pub(in crate::vocab::format) fn vocabulary(vocab: &Map<String, Value>, special: &SpecialTokens) -> Result<Vocabulary> {
    let added: HashMap<&str, u32> = special.iter().collect();
    let mut tokens = Vec::with_capacity(vocab.len());
    for (spelling, id) in vocab {
        let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
        let id = id.ok_or_else(|| unsupported(format_args!("token {spelling:?} has no usable id")))?;
        match added.get(spelling.as_str()) {
            Some(&other) if other == id => {}
            Some(other) => {
                return Err(unsupported(format_args!("{spelling:?} has id {id} in the model, {other} as added token")));
            }
            None => tokens.push((byte_alphabet::bytes(spelling).ok_or_else(|| not_byte_level(spelling))?, id)),
        }
    }
    Vocabulary::new(tokens)
}

fn not_byte_level(spelling: &str) -> crate::Error {
    unsupported(format_args!("token {spelling:?} is not in the byte-level alphabet"))
}

/// That merging by the file's list is merging by ids: the list goes by ascending id of what it makes, has the pair of
/// every reachable token, and every split of the others, which then count as whole pre-tokens too.
pub(in crate::vocab::format) fn check_merges(model: &Value, vocabulary: &Vocabulary) -> Result<()> {
    let listed = listed(&model["merges"], vocabulary)?;
    if listed.windows(2).any(|pair| pair[0].2 > pair[1].2) {
        return Err(unsupported("the merges are not in the order of the ids they make: not supported"));
    }
    let listed: HashSet<(u32, u32, u32)> = listed.into_iter().collect();
    let merges = merges(vocabulary);
    let whole_pieces = model["ignore_merges"] == true;
    if let (Some(id), false) = (merges.unreachable.first(), whole_pieces) {
        return Err(unsupported(format_args!("no merges lead to token {id}, and ignore_merges is off: not supported")));
    }
    let all_splits = merges
        .unreachable
        .iter()
        .flat_map(|&id| splits(vocabulary, id).into_iter().map(move |(left, right)| (left, right, id)));
    match merges.pairs.iter().copied().chain(all_splits).find(|merge| !listed.contains(merge)) {
        Some((left, right, id)) => {
            Err(unsupported(format_args!("the merge of ids {left} and {right} to {id} is missing: not supported")))
        }
        None => Ok(()),
    }
}

fn listed(merges: &Value, vocabulary: &Vocabulary) -> Result<Vec<(u32, u32, u32)>> {
    let merges = merges.as_array().ok_or_else(|| unsupported("the model has no merges"))?;
    let id = |spelling: &str| vocabulary.id(&byte_alphabet::bytes(spelling)?);
    let parse = |merge: &Value| {
        let (left, right) = match merge.as_str() {
            Some(pair) => pair.split_once(' '),
            None => merge[0].as_str().zip(merge[1].as_str()),
        }
        .ok_or_else(|| unsupported(format_args!("merge {merge} is no pair")))?;
        let ids = || Some((id(left)?, id(right)?, id(&format!("{left}{right}"))?));
        ids().ok_or_else(|| unsupported(format_args!("merge {left:?} {right:?}: not all three are tokens")))
    };
    merges.iter().map(parse).collect()
}
