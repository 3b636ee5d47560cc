"""Exact byte-level BPE tokenization: train, encode, decode and count.

>>> import tokcore
>>> enc = tokcore.get_encoding("o200k_base")
>>> enc.decode(enc.encode("hello world"))
'hello world'

`tokcore.Tokenizer` has the whole interface of `tiktoken.Encoding`, so `import tokcore as tiktoken` works.
"""

from tokcore._tokcore import (
    TokenBatch,
    Tokenizer,
    __version__,
    encoding_for_model,
    encoding_name_for_model,
    get_encoding,
    list_encoding_names,
)

Encoding = Tokenizer
"""tiktoken's name for `Tokenizer`."""

__all__ = [
    "Encoding",
    "TokenBatch",
    "Tokenizer",
    "__version__",
    "encoding_for_model",
    "encoding_name_for_model",
    "get_encoding",
    "list_encoding_names",
]
