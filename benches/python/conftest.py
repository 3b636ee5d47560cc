"""Text and tokenizers for the pytest-benchmark suite."""

from __future__ import annotations

import pytest
import tiktoken

import tokcore
from tokcore.benchmarking import corpora

ENCODINGS = ["r50k_base", "cl100k_base", "o200k_base"]
HAN = "朋友买了西瓜手机，回家以后发现屏幕上有一道细小的划痕；于是第二天又去店里换了一台新的。\n"


@pytest.fixture(scope="session", params=["code", "han"])
def texts(request: pytest.FixtureRequest) -> list[str]:
    """About 2 MB: Python's standard library, or one Chinese sentence with running numbers."""
    if request.param == "code":
        return corpora.standard_library(2_000_000)
    return [f"{number}{HAN}" * 20 for number in range(800)]


@pytest.fixture(scope="session", params=ENCODINGS)
def tokenizer(request: pytest.FixtureRequest) -> tokcore.Tokenizer:
    """One of the named encodings."""
    return tokcore.get_encoding(request.param)


@pytest.fixture(scope="session")
def peer(tokenizer: tokcore.Tokenizer) -> tiktoken.Encoding:
    """Return tiktoken's `Encoding` over the same vocabulary."""
    return tiktoken.Encoding(
        tokenizer.name,
        pat_str=tokenizer._pat_str,
        mergeable_ranks=tokenizer._mergeable_ranks,
        special_tokens=tokenizer._special_tokens,
    )
