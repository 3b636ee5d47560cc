//! The published split patterns as data: one file a family, its spellings and its rules.
//!
//! All spellings of a family split every text alike; where two published spellings do not, they are two families.

mod cl100k;
mod gpt2;
mod o200k;

use super::rules::Rules;

/// Spellings of one split pattern, and what they say.
#[derive(Debug)]
pub(super) struct Family {
    /// The first is the one that [`spelling`] hands out.
    pub(super) spellings: &'static [&'static str],
    pub(super) rules: Rules,
}

/// Every known family.
pub(super) static FAMILIES: [&Family; 7] = [
    &gpt2::GPT2,
    &cl100k::CL100K,
    &cl100k::CL100K_FIRST,
    &cl100k::QWEN2,
    &cl100k::QWEN35,
    &o200k::O200K,
    &o200k::TEKKEN,
];

/// The family that `pattern` is a spelling of, to the letter.
pub(super) fn find(pattern: &str) -> Option<&'static Family> {
    FAMILIES.into_iter().find(|family| family.spellings.contains(&pattern))
}

/// The published encodings.
const NAMED: [(&str, &Family); 7] = [
    ("gpt2", &gpt2::GPT2),
    ("r50k_base", &gpt2::GPT2),
    ("p50k_base", &gpt2::GPT2),
    ("p50k_edit", &gpt2::GPT2),
    ("cl100k_base", &cl100k::CL100K),
    ("o200k_base", &o200k::O200K),
    ("o200k_harmony", &o200k::O200K),
];

/// Their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(name, _)| *name)
}

/// The spelling that tiktoken gives to the encoding `name`.
pub(super) fn spelling(name: &str) -> Option<&'static str> {
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, family)| family.spellings[0])
}
