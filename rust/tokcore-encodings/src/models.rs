//! Which encoding a model uses: tiktoken's tables, restated. Source: `tiktoken/model.py`, version 0.14.

use tokcore::{Error, ErrorKind, Result};

/// (model, encoding)
const MODELS: &[(&str, &str)] = &[
    ("o1", "o200k_base"),
    ("o3", "o200k_base"),
    ("o4-mini", "o200k_base"),
    ("gpt-5", "o200k_base"),
    ("gpt-4.1", "o200k_base"),
    ("gpt-4o", "o200k_base"),
    ("gpt-4", "cl100k_base"),
    ("gpt-3.5-turbo", "cl100k_base"),
    ("gpt-3.5", "cl100k_base"),
    ("gpt-35-turbo", "cl100k_base"),
    ("davinci-002", "cl100k_base"),
    ("babbage-002", "cl100k_base"),
    ("text-embedding-ada-002", "cl100k_base"),
    ("text-embedding-3-small", "cl100k_base"),
    ("text-embedding-3-large", "cl100k_base"),
    ("text-davinci-003", "p50k_base"),
    ("text-davinci-002", "p50k_base"),
    ("text-davinci-001", "r50k_base"),
    ("text-curie-001", "r50k_base"),
    ("text-babbage-001", "r50k_base"),
    ("text-ada-001", "r50k_base"),
    ("davinci", "r50k_base"),
    ("curie", "r50k_base"),
    ("babbage", "r50k_base"),
    ("ada", "r50k_base"),
    ("code-davinci-002", "p50k_base"),
    ("code-davinci-001", "p50k_base"),
    ("code-cushman-002", "p50k_base"),
    ("code-cushman-001", "p50k_base"),
    ("davinci-codex", "p50k_base"),
    ("cushman-codex", "p50k_base"),
    ("text-davinci-edit-001", "p50k_edit"),
    ("code-davinci-edit-001", "p50k_edit"),
    ("text-similarity-davinci-001", "r50k_base"),
    ("text-similarity-curie-001", "r50k_base"),
    ("text-similarity-babbage-001", "r50k_base"),
    ("text-similarity-ada-001", "r50k_base"),
    ("text-search-davinci-doc-001", "r50k_base"),
    ("text-search-curie-doc-001", "r50k_base"),
    ("text-search-babbage-doc-001", "r50k_base"),
    ("text-search-ada-doc-001", "r50k_base"),
    ("code-search-babbage-code-001", "r50k_base"),
    ("code-search-ada-code-001", "r50k_base"),
    ("gpt2", "gpt2"),
    ("gpt-2", "gpt2"),
];

/// (how a model's name begins, encoding). Where one prefix begins with another, the longer stands first.
const PREFIXES: &[(&str, &str)] = &[
    ("o1-", "o200k_base"),
    ("o3-", "o200k_base"),
    ("o4-mini-", "o200k_base"),
    ("gpt-5", "o200k_base"),
    ("gpt-4.5-", "o200k_base"),
    ("gpt-4.1-", "o200k_base"),
    ("chatgpt-4o-", "o200k_base"),
    ("gpt-4o-", "o200k_base"),
    ("gpt-4-", "cl100k_base"),
    ("gpt-3.5-turbo-", "cl100k_base"),
    ("gpt-35-turbo-", "cl100k_base"),
    ("gpt-oss-", "o200k_harmony"),
    ("ft:gpt-4o", "o200k_base"),
    ("ft:gpt-4", "cl100k_base"),
    ("ft:gpt-3.5-turbo", "cl100k_base"),
    ("ft:davinci-002", "cl100k_base"),
    ("ft:babbage-002", "cl100k_base"),
];

/// The name of the encoding that `model` uses: by its exact name, else by a documented prefix.
///
/// # Errors
/// [`ErrorKind::NotFound`] for any other name: an encoding is never guessed.
pub fn name_for_model(model: &str) -> Result<&'static str> {
    let exact = MODELS.iter().find(|(name, _)| *name == model);
    let found = exact.or_else(|| PREFIXES.iter().find(|(prefix, _)| model.starts_with(prefix)));
    found.map(|(_, encoding)| *encoding).ok_or_else(|| {
        let why = format!(
            "no encoding is known for the model {model:?}; if you know which it uses, name it: get_encoding({})",
            crate::names().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(" | ")
        );
        Error::new(ErrorKind::NotFound, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_exact_names_and_prefixes_and_nothing_else() {
        assert_eq!(name_for_model("gpt-4").unwrap(), "cl100k_base");
        assert_eq!(name_for_model("gpt-4o-2024-05-13").unwrap(), "o200k_base");
        assert_eq!(name_for_model("ft:gpt-4o:mine").unwrap(), "o200k_base");
        assert_eq!(name_for_model("gpt-oss-120b").unwrap(), "o200k_harmony");
        let error = name_for_model("gpt-6").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("gpt-6") && error.to_string().contains("o200k_base"));
    }

    #[test]
    fn no_prefix_hides_a_longer_one() {
        for (at, (prefix, _)) in PREFIXES.iter().enumerate() {
            assert!(PREFIXES[at + 1..].iter().all(|(later, _)| !later.starts_with(prefix)), "{prefix}");
        }
    }
}
