//! GPT-2 and its successors r50k and p50k.

use super::Family;
use crate::scan::rules::{Contractions, Rules, Words};

pub(super) static GPT2: Family = Family {
    spellings: &[
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
        r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        r"'s|'t|'re|'ve|'m|'ll|'d| ?[\p{L}]+| ?[\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    ],
    rules: Rules {
        contractions: Contractions::Lower,
        words: Words::AfterSpace,
        most_digits: None,
        trail: b"",
        newlines: false,
        blank_to_end: false,
    },
};
