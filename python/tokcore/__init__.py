"""Exact byte-level BPE tokenization: train, encode, decode and count.

>>> import tokcore
>>> enc = tokcore.get_encoding("o200k_base")
>>> enc.decode(enc.encode("hello world"))
'hello world'

`tokcore.Tokenizer` has the whole interface of `tiktoken.Encoding`, so `import tokcore as tiktoken` works.
"""

from typing import TYPE_CHECKING

from tokcore._tokcore import (
    TokenBatch,
    Tokenizer,
    TrainingStats,
    WordCounts,
    __version__,
    encoding_for_model,
    encoding_name_for_model,
    get_encoding,
    list_encoding_names,
)
from tokcore.training import count_words, train

if TYPE_CHECKING:
    from tokcore.benchmarking import benchmark

Encoding = Tokenizer
"""tiktoken's name for `Tokenizer`."""

__all__ = [
    "Encoding",
    "TokenBatch",
    "Tokenizer",
    "TrainingStats",
    "WordCounts",
    "__version__",
    "benchmark",
    "count_words",
    "encoding_for_model",
    "encoding_name_for_model",
    "get_encoding",
    "list_encoding_names",
    "train",
]


def __getattr__(name: str) -> object:
    """Import `benchmark` when it is asked for: its modules take far longer to import than all else."""
    if name != "benchmark":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tokcore.benchmarking import benchmark

    return benchmark
