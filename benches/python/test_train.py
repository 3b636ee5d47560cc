"""Train and count words beside Hugging Face's trainer; the vocabularies are checked equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import tokcore

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SIZE = 400
SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def train_tokenizers(texts: list[str]) -> Tokenizer:
    """Train with Hugging Face's `BpeTrainer` under the same split."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(SPLIT), "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=SIZE, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


@pytest.mark.benchmark(group="train 400 tokens")
def test_train(benchmark: BenchmarkFixture, texts: list[str]) -> None:
    trained = benchmark(tokcore.train, texts, SIZE, pattern=SPLIT)
    peer = train_tokenizers(texts)
    sample = "".join(texts)[:100_000]
    assert trained.n_vocab == peer.get_vocab_size() == SIZE
    assert trained.encode_ordinary(sample) == peer.encode(sample).ids


@pytest.mark.benchmark(group="train 400 tokens")
def test_train_tokenizers(benchmark: BenchmarkFixture, texts: list[str]) -> None:
    assert benchmark.pedantic(train_tokenizers, (texts,), rounds=3).get_vocab_size() == SIZE


@pytest.mark.benchmark(group="count the words of a list of documents")
def test_count_words(benchmark: BenchmarkFixture, texts: list[str]) -> None:
    assert benchmark(tokcore.count_words, texts, pattern=SPLIT).documents == len(texts)
