"""Encode, count and decode beside tiktoken; every benchmark checks the result that it times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    import tiktoken
    from pytest_benchmark.fixture import BenchmarkFixture

    import tokcore

SHORT = "How many tokens does this short text hold?"


@pytest.mark.benchmark(group="encode a list of documents")
def test_encode_arrays(
    benchmark: BenchmarkFixture, tokenizer: tokcore.Tokenizer, peer: tiktoken.Encoding, texts: list[str]
) -> None:
    batch = benchmark(tokenizer.encode_arrays, texts)
    assert batch.to_lists() == peer.encode_ordinary_batch(texts)


@pytest.mark.benchmark(group="encode a list of documents")
def test_encode_lists(
    benchmark: BenchmarkFixture, tokenizer: tokcore.Tokenizer, peer: tiktoken.Encoding, texts: list[str]
) -> None:
    assert benchmark(tokenizer.encode_ordinary_batch, texts) == peer.encode_ordinary_batch(texts)


@pytest.mark.benchmark(group="encode a list of documents")
def test_encode_tiktoken(benchmark: BenchmarkFixture, peer: tiktoken.Encoding, texts: list[str]) -> None:
    assert len(benchmark(peer.encode_ordinary_batch, texts)) == len(texts)


@pytest.mark.benchmark(group="count a list of documents")
def test_count(benchmark: BenchmarkFixture, tokenizer: tokcore.Tokenizer, texts: list[str]) -> None:
    counts = benchmark(tokenizer.count_batch, texts)
    assert np.array_equal(counts, np.diff(tokenizer.encode_arrays(texts).offsets))


@pytest.mark.benchmark(group="encode a short text")
def test_encode_short(benchmark: BenchmarkFixture, tokenizer: tokcore.Tokenizer, peer: tiktoken.Encoding) -> None:
    assert benchmark(tokenizer.encode, SHORT) == peer.encode(SHORT)


@pytest.mark.benchmark(group="encode a short text")
def test_encode_short_tiktoken(benchmark: BenchmarkFixture, peer: tiktoken.Encoding) -> None:
    assert benchmark(peer.encode, SHORT)


@pytest.mark.benchmark(group="decode")
def test_decode(benchmark: BenchmarkFixture, tokenizer: tokcore.Tokenizer, texts: list[str]) -> None:
    text = "".join(texts)[:40_000]
    assert benchmark(tokenizer.decode, tokenizer.encode_ordinary(text)) == text


@pytest.mark.benchmark(group="decode")
def test_decode_tiktoken(benchmark: BenchmarkFixture, peer: tiktoken.Encoding, texts: list[str]) -> None:
    text = "".join(texts)[:40_000]
    assert benchmark(peer.decode, peer.encode_ordinary(text)) == text
