//! cl100k and the patterns made after it.

use super::Family;
use crate::scan::rules::{Contractions, Rules, Words};

const RULES: Rules = Rules {
    contractions: Contractions::AnyCase,
    words: Words::AfterAny,
    most_digits: Some(3),
    trail: b"\r\n",
    newlines: true,
    blank_to_end: false,
};

/// As tiktoken has it now: blank text at the very end is one pre-token, even where it holds newlines.
pub(super) static CL100K: Family = Family {
    spellings: &[
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    ],
    rules: Rules { blank_to_end: true, ..RULES },
};

/// As first published, and as Llama 3, GLM and OLMo have it.
pub(super) static CL100K_FIRST: Family = Family {
    spellings: &[
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    ],
    rules: RULES,
};

/// Qwen 2 to 3, Ling, LLaDA: every digit alone.
pub(super) static QWEN2: Family = Family {
    spellings: &[
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    ],
    rules: Rules { most_digits: Some(1), ..RULES },
};

/// Qwen 3.5 and 3.6: combining marks are letters, every digit alone.
pub(super) static QWEN35: Family = Family {
    spellings: &[
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ],
    rules: Rules { words: Words::WithMarks, most_digits: Some(1), ..RULES },
};
