"""Tokens, bytes, characters and documents of a source: what `count` and `compare` print."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tokcore.cli import scripts, sources
from tokcore.cli.interruptible import interruptible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import tokcore


@dataclass
class Totals:
    """What one source holds, with one token count for each tokenizer."""

    tokens: list[int]
    bytes: int = 0
    characters: int = 0
    documents: int = 0


def count(
    tokenizers: Sequence[tokcore.Tokenizer],
    source: sources.Source,
    separator: str | None,
    threads: int | None,
    advance: Callable[[int], None],
) -> Totals:
    """Count `source` under every tokenizer in one pass over it; text between documents is not counted."""
    totals = Totals([0] * len(tokenizers))
    for documents in sources.batches(source, separator, advance):
        totals.documents += len(documents)
        totals.bytes += sum(map(len, documents))
        totals.characters += sum(map(characters, documents))
        for index, tokenizer in enumerate(tokenizers):
            work = functools.partial(tokenizer.count_batch, documents, num_threads=threads)
            totals.tokens[index] += int(interruptible(work).sum())
    return totals


def characters(text: bytes) -> int:
    """Return how many UTF-8 characters begin in `text`: its bytes that are not continuation bytes."""
    return int(np.count_nonzero(np.frombuffer(text, np.int8) >= -64))


def by_script(tokenizers: Sequence[tokcore.Tokenizer], documents: Sequence[bytes]) -> dict[str, Totals]:
    """Count lines by the script that most of their letters have; every line is counted by itself."""
    groups: dict[str, list[bytes]] = {}
    for document in documents:
        for line in document.splitlines(keepends=True):
            groups.setdefault(scripts.main_script(line.decode("utf-8", "replace")), []).append(line)
    found = {}
    for script, lines in sorted(groups.items(), key=lambda item: -sum(map(len, item[1]))):
        tokens = [int(tokenizer.count_batch(lines).sum()) for tokenizer in tokenizers]
        found[script] = Totals(tokens, sum(map(len, lines)), sum(map(characters, lines)), len(lines))
    return found


def ratio(one: int, other: int) -> float | None:
    """Return how many times the other; None where a split pattern matches nothing of the text."""
    return round(one / other, 4) if other else None
