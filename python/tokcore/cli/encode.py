"""`tokcore encode`: files to token ids."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from tokcore.cli import ids, options, output, sources
from tokcore.cli.errors import CommandError
from tokcore.cli.interruptible import interruptible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    import tokcore

EXAMPLES = (
    "tokcore encode train.txt -e gpt2 -o train.bin --separator '<|endoftext|>' --append '<|endoftext|>'\n\n"
    "echo hello | tokcore encode - -e o200k_base"
)


def command(
    paths: options.Paths,
    encoding: options.Encoding,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", help="File to write: .npy or .bin. Default: print the ids."),
    ] = None,
    append: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="Special token to put after every document.")
    ] = None,
    separator: options.Separator = None,
    pattern: options.Pattern = None,
    threads: options.Threads = None,
) -> None:
    """Encode files to token ids, one document after another.

    .npy is a NumPy array of shape (n_tokens,), .bin the same ids and nothing else: little-endian uint16 where every
    id of the encoding fits, uint32 otherwise. Without OUT, ids are printed, a line for each document.

    Text that looks like a special token is encoded as plain text.
    """
    tokenizer = options.load(encoding, pattern)
    end = None if append is None else _special(tokenizer, append)
    if out is not None:
        output.check_target(out, ids.SUFFIXES)
    found = sources.find(paths)
    with output.progress("encoding", sources.total_size(found)) as advance:
        batches = (batch for source in found for batch in sources.batches(source, separator, advance))
        encode = functools.partial(tokenizer.encode_arrays, num_threads=threads)
        encoded = (interruptible(functools.partial(encode, batch)) for batch in batches)
        if out is None:
            _print(encoded, end)
        else:
            ids.write(out, (_with_end(batch, end) for batch in encoded), ids.dtype_of(tokenizer))


def _special(tokenizer: tokcore.Tokenizer, token: str) -> int:
    if token not in tokenizer.special_tokens_set:
        known = " ".join(sorted(tokenizer.special_tokens_set)) or "none"
        raise CommandError(f"--append {token}: no special token of {tokenizer.name}, which has {known}")
    return tokenizer.encode_single_token(token)


def _with_end(batch: tokcore.TokenBatch, end: int | None) -> npt.NDArray[np.uint32]:
    return batch.ids if end is None else np.insert(batch.ids, batch.offsets[1:], end)


def _print(batches: Iterable[tokcore.TokenBatch], end: int | None) -> None:
    for line in _lines(batches, [] if end is None else [end]):
        print(line)


def _lines(batches: Iterable[tokcore.TokenBatch], end: list[int]) -> Iterator[str]:
    for batch in batches:
        for document in batch.to_lists():
            yield " ".join(map(str, document + end))
