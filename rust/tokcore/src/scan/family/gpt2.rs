//! GPT-2 and its successors r50k and p50k.

/// As tiktoken spells it.
pub(super) const R50K: &str = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s";
