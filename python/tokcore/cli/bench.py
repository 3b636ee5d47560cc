"""`tokcore bench`: tokens per second beside other tokenizers."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

import tokcore
from tokcore.benchmarking.corpora import standard_library
from tokcore.benchmarking.session import MeasuringError
from tokcore.cli import options, output, sources
from tokcore.cli.errors import CommandError

EXAMPLES = (
    "tokcore bench -e o200k_base\n\ntokcore bench zh.txt -e cl100k_base --against tiktoken --against gigatoken -t 1"
)

STANDARD_TEXT = 4_000_000
"""Bytes of Python's standard library taken when no PATH is given."""


def command(
    encoding: options.Encoding,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files to measure on. Default: 4 MB of Python's standard library."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PEER", help="tiktoken, tokenizers, gigatoken, tokie or splintr; once for each. Default: tiktoken."
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Processes a library and operation; medians are shown.")] = 3,
    as_json: options.AsJson = False,
    separator: options.Separator = None,
    pattern: options.Pattern = None,
    threads: options.Threads = None,
) -> None:
    """Measure tokens and bytes per second beside other libraries, their ids compared in the first round."""
    tokenizer = options.load(encoding, pattern)
    named = encoding if encoding in tokcore.list_encoding_names() else tokenizer
    texts = _documents(paths, separator) if paths else standard_library(STANDARD_TEXT)
    against = against or ["tiktoken"]
    console = Console(stderr=True)
    with console.status("measuring") as status:
        say = status.update if console.is_terminal else None
        try:
            report = tokcore.benchmark(texts, named, against=against, num_threads=threads, rounds=rounds, progress=say)
        except MeasuringError as error:
            raise CommandError(f"tokcore could not be measured: {error}") from error
    if as_json:
        print(report.to_json())
        return
    for note in report.notes:
        print(f"tokcore: {note}", file=sys.stderr)
    output.print_rich(report.table())


def _documents(paths: list[str], separator: str | None) -> list[bytes]:
    found = sources.find(paths)
    return [text for source in found for batch in sources.batches(source, separator) for text in batch]
