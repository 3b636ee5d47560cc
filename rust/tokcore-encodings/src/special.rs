//! The special tokens of each encoding. Source: tiktoken's `openai_public.py`.

use tokcore::{Result, SpecialTokens};

const END_OF_TEXT: &str = "<|endoftext|>";
const FIM: [&str; 3] = ["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"];
const END_OF_PROMPT: &str = "<|endofprompt|>";

pub(crate) fn r50k() -> Result<SpecialTokens> {
    SpecialTokens::new([(END_OF_TEXT, 50_256)])
}

pub(crate) fn p50k_edit() -> Result<SpecialTokens> {
    SpecialTokens::new([(END_OF_TEXT, 50_256), (FIM[0], 50_281), (FIM[1], 50_282), (FIM[2], 50_283)])
}

pub(crate) fn cl100k() -> Result<SpecialTokens> {
    SpecialTokens::new([
        (END_OF_TEXT, 100_257),
        (FIM[0], 100_258),
        (FIM[1], 100_259),
        (FIM[2], 100_260),
        (END_OF_PROMPT, 100_276),
    ])
}

pub(crate) fn o200k() -> Result<SpecialTokens> {
    SpecialTokens::new([(END_OF_TEXT, 199_999), (END_OF_PROMPT, 200_018)])
}

/// The named tokens of 199,998 to 200,012, then reserved ones up to 201,087. 200,018 has two names, as published.
pub(crate) fn harmony() -> Result<SpecialTokens> {
    let named = [
        (END_OF_TEXT, 199_999),
        (END_OF_PROMPT, 200_018),
        ("<|startoftext|>", 199_998),
        ("<|reserved_200000|>", 200_000),
        ("<|reserved_200001|>", 200_001),
        ("<|return|>", 200_002),
        ("<|constrain|>", 200_003),
        ("<|reserved_200004|>", 200_004),
        ("<|channel|>", 200_005),
        ("<|start|>", 200_006),
        ("<|end|>", 200_007),
        ("<|message|>", 200_008),
        ("<|reserved_200009|>", 200_009),
        ("<|reserved_200010|>", 200_010),
        ("<|reserved_200011|>", 200_011),
        ("<|call|>", 200_012),
    ];
    let reserved = (200_013..=201_087).map(|id| (format!("<|reserved_{id}|>"), id));
    SpecialTokens::new(named.map(|(text, id)| (text.to_owned(), id)).into_iter().chain(reserved))
}
