//! The ids of tests/data/cases.json, made by tiktoken.

#![allow(clippy::unwrap_used)]

use serde_json::Value;

#[test]
fn texts_have_the_ids_that_tiktoken_gives_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/cases.json");
    let data: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = data["cases"].as_array().unwrap();
    let texts = cases.iter().filter_map(|case| Some((case["text"].as_str()?, case["ids"].as_object()?)));
    let mut seen = 0;
    for (text, by_encoding) in texts {
        for (name, ids) in by_encoding {
            let expected: Vec<u64> = ids.as_array().unwrap().iter().filter_map(Value::as_u64).collect();
            let tokenizer = tokcore_encodings::get(name).unwrap();
            let found = tokenizer.encode_ordinary(text.as_bytes()).unwrap();
            assert_eq!(found.iter().map(|&id| u64::from(id)).collect::<Vec<_>>(), expected, "{name} over {text:?}");
            assert_eq!(tokenizer.count(text.as_bytes()).unwrap(), expected.len(), "{name} over {text:?}");
            seen += 1;
        }
    }
    assert!(seen > 300, "only {seen} cases");
}
