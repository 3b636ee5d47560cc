"""`tokcore count-words`: what training needs of a text, kept in a file."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer

import tokcore
from tokcore.cli import options, output, sources
from tokcore.cli.errors import CommandError
from tokcore.cli.interruptible import watched

EXAMPLES = (
    "tokcore count-words en-1.txt -o 1.counts; tokcore count-words en-2.txt -o 2.counts\n\n"
    "tokcore train 1.counts 2.counts --vocab-size 32000 -o en.json"
)


def command(
    paths: options.Paths,
    out: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="File to write the counts to.")],
    pattern: options.SplitPattern = None,
    special: options.Specials = None,
    max_memory: options.MaxMemory = None,
    separator: options.DocumentSeparator = "<|endoftext|>",
    field: options.Field = "text",
    threads: options.Threads = None,
) -> None:
    """Count the pre-tokens of text for training: in parts, on several machines, once for many vocabularies.

    Takes what train takes, and of files of counts makes one. Training on counts gives what training on the text does.
    """
    if str(out) == "-":
        raise CommandError("-: counts go to a file; give it a name")
    output.check_place(out)
    sources.check_apart(paths, out)
    if "-" in paths:
        sources.standard_input()
    count = functools.partial(
        tokcore.count_words,
        [Path(path) for path in paths],
        pattern=pattern,
        special_tokens=special or [],
        num_threads=threads,
        max_memory=max_memory,
        separator=separator or None,
        field=field,
    )
    counts, _ = watched(count)
    counts.save(out)
    typer.echo(
        f"{out}: {counts.words:,} pre-tokens of {counts.documents:,} documents, {counts.bytes:,} bytes", err=True
    )
