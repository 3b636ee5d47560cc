//! Hugging Face's `tokenizer.json`, for byte-level BPE.
//!
//! Written is what `tokenizers` needs to give the same ids: a `Split` by the pattern, `ByteLevel` without its own
//! pattern, and the merges in order of rank. Read is the same, and the older form where `ByteLevel` splits by itself;
//! whatever would change ids or text otherwise (normalizers, templates, prefix spaces, token stripping, dropout, truncation,
//! padding) is refused by name, as are merges that ranks do not express.

mod dialect;
mod read;
mod split;
mod write;

pub use read::read;
pub(super) use read::{check_merges, vocabulary};
pub use write::write;
pub(super) use write::{listed, spelled};

use crate::error::{Error, ErrorKind};

fn unsupported(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Format, why.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::vocab::format::Definition;
    use crate::vocab::{SpecialTokens, Vocabulary};

    fn definition(extra: &[(&[u8], u32)], special: &[(&str, u32)]) -> Definition {
        let bytes = (0..=255u8).map(|b| (vec![b], u32::from(b)));
        let vocabulary = Vocabulary::new(bytes.chain(extra.iter().map(|(t, id)| (t.to_vec(), *id)))).unwrap();
        let special = SpecialTokens::new(special.iter().copied()).unwrap();
        Definition { name: String::new(), pattern: r"\p{L}+|\P{L}".into(), vocabulary, special }
    }

    fn plain() -> Definition {
        definition(&[(b"ab", 256), (b"abc", 260)], &[("<|b|>", 300), ("<|a|>", 258), ("<|b2|>", 300)])
    }

    fn changed(change: impl Fn(&mut Value)) -> String {
        let mut file: Value = serde_json::from_slice(&write(plain().view()).unwrap()).unwrap();
        change(&mut file);
        read(file.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn reads_what_it_wrote() {
        let definition = plain();
        assert_eq!(read(&write(definition.view()).unwrap()).unwrap(), definition);
    }

    #[test]
    fn keeps_tokens_that_merging_cannot_reach() {
        let definition = definition(&[(b"bc", 256), (b"ab", 257), (b"xyz", 258), (b"abcd", 259), (b"cd", 260)], &[]);
        let content = write(definition.view()).unwrap();
        let file: Value = serde_json::from_slice(&content).unwrap();
        assert_eq!(file["model"]["ignore_merges"], json!(true));
        assert_eq!(read(&content).unwrap(), definition);
    }

    #[test]
    fn refuses_what_would_change_ids() {
        assert!(changed(|f| f["normalizer"] = json!({"type": "NFC"})).contains("normalizer NFC"));
        assert!(changed(|f| f["normalizer"] = json!({"prepend": "_"})).contains("normalizer without a type"));
        // Of the last two each is right in some versions.
        for id in [5, 256, 303, 1000, 261, 301] {
            let more = json!({"id": id, "content": "<y>", "normalized": false, "special": true});
            let error = changed(|f| f["added_tokens"].as_array_mut().unwrap().push(more.clone()));
            assert!(error.contains(&format!("\"<y>\" has id {id}, and tokenizers gives it another")), "{error}");
        }
        assert!(changed(|f| f["model"]["dropout"] = json!(0.1)).contains("dropout"));
        assert!(changed(|f| f["model"]["byte_fallback"] = json!(true)).contains("byte_fallback"));
        assert!(changed(|f| f["model"]["type"] = json!("Unigram")).contains("Unigram"));
        assert!(
            changed(|f| f["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = json!(true)).contains("prefix")
        );
        assert!(changed(|f| f["pre_tokenizer"] = json!({"type": "Metaspace"})).contains("pre_tokenizer"));
        let parts = json!([{"type": "Split"}, {"type": "ByteLevel"}]);
        assert!(
            changed(|f| f["pre_tokenizer"] = json!({"type": "Digits", "pretokenizers": parts})).contains("pre_tok")
        );
        assert!(changed(|f| f["pre_tokenizer"]["type"] = json!("ByteLevel")).contains("prefix"));
        assert!(changed(|f| f["added_tokens"][0]["lstrip"] = json!(true)).contains("lstrip"));
        assert!(changed(|f| f["added_tokens"][1]["normalized"] = json!(true)).contains("some have normalized"));
        assert!(
            changed(|f| f["post_processor"] = json!({"type": "TemplateProcessing"})).contains("TemplateProcessing")
        );
        assert!(changed(|f| f["decoder"] = json!({"type": "Metaspace"})).contains("decoder"));
        assert!(changed(|f| f["truncation"] = json!({"max_length": 512})).contains("truncation"));
        assert!(changed(|f| f["padding"] = json!({"pad_id": 0})).contains("padding"));
    }

    #[test]
    fn refuses_merges_that_ranks_do_not_express() {
        assert!(changed(|f| drop(f["model"]["merges"].as_array_mut().unwrap().remove(0))).contains("merge"));
        assert!(changed(|f| f["model"]["merges"].as_array_mut().unwrap().reverse()).contains("order"));
        assert!(changed(|f| f["model"]["merges"][0] = json!(["a", "q"])).contains("\"a\" \"q\""));
        assert!(changed(|f| f["model"]["merges"][0] = json!(7)).contains("merge"));
        assert!(changed(|f| f["model"]["vocab"]["two words"] = json!(999)).contains("two words"));
        assert!(read(b"{").unwrap_err().to_string().contains("JSON"));
        assert!(read(b"{}").is_err());
    }

    #[test]
    fn refuses_to_write_what_the_format_cannot_hold() {
        let clash = definition(&[(b"ab", 256)], &[("ab", 257)]);
        assert!(write(clash.view()).unwrap_err().to_string().contains("\"ab\""));
        let shared = definition(&[(b"ab", 256)], &[("<|x|>", 256)]);
        assert!(write(shared.view()).unwrap_err().to_string().contains("<|x|>"));
        let spelled = definition(&[(b"xyz", 256)], &[("Ġx", 257)]);
        assert!(write(spelled.view()).unwrap_err().to_string().contains("\"Ġx\""));
        let anchored = Definition { pattern: r"\s+$|.".into(), ..plain() };
        assert!(write(anchored.view()).unwrap_err().to_string().contains('$'));
    }
}
