"""One function a trainer: documents to what the library makes of them, and what each can do.

What is returned lists the tokens in the order in which they were learnt. The list is for comparing trainers; a
library's own tokenizer works without it, so it is made apart from the training.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Tokens = Callable[[], list[bytes]]

SEPARATOR = "<|endoftext|>"


class Job(NamedTuple):
    """What to train: a file whose documents stand between separators, a vocabulary size, a split pattern's name."""

    path: Path
    vocab_size: int
    pattern_name: str
    pattern: str
    threads: int


def tokcore(job: Job) -> Tokens:
    """tokcore, from the file."""
    tokenizer = importlib.import_module("tokcore").train(
        job.path, vocab_size=job.vocab_size, pattern=job.pattern_name, num_threads=job.threads
    )
    return lambda: in_order(tokenizer._mergeable_ranks.items())


def tokenizers(job: Job) -> Tokens:
    """Hugging Face tokenizers, from a list of documents.

    Its regex engine reads `{1,3}+` and `$` in another way, so the split is taken from an exported tokenizer.json.
    """
    library = importlib.import_module("tokenizers")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        importlib.import_module("tokcore").get_encoding(job.pattern_name).save(path)
        split = library.Tokenizer.from_file(str(path)).pre_tokenizer
    model = library.Tokenizer(library.models.BPE())
    model.pre_tokenizer = split
    alphabet = sorted(library.pre_tokenizers.ByteLevel.alphabet())
    trainer = library.trainers.BpeTrainer(
        vocab_size=job.vocab_size, initial_alphabet=alphabet, show_progress=False, special_tokens=[]
    )
    model.train_from_iterator(documents(job), trainer)
    decode = {character: bytes([byte]) for byte, character in byte_characters().items()}

    def spell(token: str) -> bytes:
        return b"".join(decode[character] for character in token)

    return lambda: in_order((spell(token), index) for token, index in model.get_vocab().items())


def gigatoken(job: Job) -> Tokens:
    """gigatoken, from the file; it splits as GPT-2 does, always."""
    library = importlib.import_module("gigatoken")
    if job.pattern_name != "gpt2":
        raise ValueError("gigatoken trains with GPT-2's split only")
    vocabulary, merges = library.train_bpe(job.path, job.vocab_size, [], separator=SEPARATOR.encode())
    return lambda: [vocabulary[index] for index in range(256)] + [left + right for left, right in merges]


def rustbpe(job: Job) -> Tokens:
    """rustbpe, from an iterator of documents."""
    model = importlib.import_module("rustbpe").Tokenizer()
    model.train_from_iterator(iter(documents(job)), job.vocab_size, pattern=job.pattern)
    return lambda: in_order(model.get_mergeable_ranks())


def bpeasy(job: Job) -> Tokens:
    """bpeasy, from an iterator of documents."""
    library = importlib.import_module("bpeasy")
    ranks = library.train_bpe(iter(documents(job)), job.pattern, 1 << 20, job.vocab_size)
    return lambda: in_order(ranks.items())


def in_order(ranks: Iterable[tuple[bytes, int]]) -> list[bytes]:
    """Return the tokens by ascending index."""
    return [token for token, _ in sorted(ranks, key=lambda item: item[1])]


def documents(job: Job) -> list[str]:
    """Return the documents of the file."""
    text = job.path.read_bytes().decode("utf-8", "replace")
    return [document for document in text.split(SEPARATOR) if document]


def byte_characters() -> dict[int, str]:
    """Return the characters that byte-level BPE files write bytes as (GPT-2's `bytes_to_unicode`)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + index) for index, byte in enumerate(others)}


TRAINERS: dict[str, Callable[[Job], Tokens]] = {
    trainer.__name__: trainer for trainer in (tokcore, tokenizers, gigatoken, rustbpe, bpeasy)
}
