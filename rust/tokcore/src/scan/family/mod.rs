//! The published split patterns.

mod cl100k;
mod gpt2;
mod o200k;

/// The spelling that tiktoken gives to the encoding `name`.
pub(super) fn spelling(name: &str) -> Option<&'static str> {
    match name {
        "gpt2" | "r50k_base" | "p50k_base" | "p50k_edit" => Some(gpt2::R50K),
        "cl100k_base" => Some(cl100k::CL100K),
        "o200k_base" | "o200k_harmony" => Some(o200k::O200K),
        _ => None,
    }
}
