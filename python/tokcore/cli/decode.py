"""`tokcore decode`: token ids to text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokcore.cli import ids, options, output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import tokcore

EXAMPLES = "tokcore decode train.bin -e gpt2 -o train.txt\n\necho 24912 2375 | tokcore decode - -e o200k_base"


def command(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help=".npy, .bin as `encode` writes it, or ids as text; - is standard input."),
    ],
    encoding: options.Encoding,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="OUT", help="File to write. Default: standard output.")
    ] = None,
    pattern: options.Pattern = None,
) -> None:
    """Decode token ids to the bytes that they stand for."""
    tokenizer = options.load(encoding, pattern)
    size = Path(path).stat().st_size if Path(path).suffix in ids.SUFFIXES else None
    with output.progress("decoding", size) as advance:
        texts = _decoded(tokenizer, path, advance)
        if out is None:
            sys.stdout.buffer.writelines(texts)
        else:
            with output.replacing(out) as file:
                file.writelines(texts)


def _decoded(tokenizer: tokcore.Tokenizer, path: str, advance: Callable[[int], None]) -> Iterator[bytes]:
    for chunk in ids.read(path, ids.dtype_of(tokenizer)):
        yield tokenizer.decode_bytes(chunk)
        advance(chunk.nbytes)
