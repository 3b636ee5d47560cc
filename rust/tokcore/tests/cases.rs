//! The cases of tests/data/cases.json, made by the Python `regex` package and tiktoken.

#![allow(clippy::unwrap_used)]

use serde_json::Value;
use tokcore::{Pattern, Spans};

fn cases() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/cases.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn text(case: &Value) -> Vec<u8> {
    match case["hex"].as_str() {
        Some(hex) => (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect(),
        None => case["text"].as_str().unwrap().into(),
    }
}

fn ends(pattern: &Pattern, text: &[u8]) -> Vec<u64> {
    let mut spans = Spans::new();
    assert_eq!(pattern.window(text, 0, &mut spans).unwrap(), text.len());
    spans.bounds()[1..].iter().map(|&end| u64::from(end)).collect()
}

#[test]
fn texts_split_as_regex_and_tiktoken_split_them() {
    let data = cases();
    for (name, spelling) in data["patterns"].as_object().unwrap() {
        let spelling = spelling.as_str().unwrap();
        for pattern in [Pattern::new(spelling).unwrap(), Pattern::by_regex(spelling).unwrap()] {
            for case in data["cases"].as_array().unwrap() {
                let expected: Vec<_> =
                    case["ends"][name].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
                assert_eq!(ends(&pattern, &text(case)), expected, "{name} over {case}");
            }
        }
    }
}

#[test]
fn named_patterns_are_those_of_the_cases() {
    let data = cases();
    for name in ["gpt2", "cl100k_base", "o200k_base"] {
        assert_eq!(Pattern::named(name).unwrap().as_str(), data["patterns"][name].as_str().unwrap());
    }
}
