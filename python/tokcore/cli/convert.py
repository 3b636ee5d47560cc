"""`tokcore convert`: a vocabulary from one file format to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tokcore.cli import options

EXAMPLES = (
    "tokcore convert cl100k_base.tiktoken cl100k.json --pattern cl100k_base\n\n"
    "tokcore convert mine.json vocab.json --format gpt2"
)


def command(
    source: Annotated[str, typer.Argument(metavar="IN", help="A named encoding or a vocabulary file.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    file_format: Annotated[
        Literal["huggingface", "gpt2", "tiktoken", "tokcore"] | None,
        typer.Option(
            "--format",
            "-f",
            help="Default: by the suffix of OUT. gpt2: vocab.json, and merges.txt beside it. tiktoken: tokens only.",
        ),
    ] = None,
    pattern: options.Pattern = None,
) -> None:
    """Convert a vocabulary file; the result is read again and compared before it replaces OUT."""
    options.load(source, pattern).save(target, format=file_format)
