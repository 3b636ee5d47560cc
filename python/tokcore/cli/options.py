"""The arguments and options that several commands share, and how an ENCODING is found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

import tokcore
from tokcore.cli.errors import CommandError

Paths = Annotated[list[str], typer.Argument(metavar="PATH", help="Files to read; - is standard input.")]
Encoding = Annotated[
    str, typer.Option("--encoding", "-e", metavar="ENCODING", help="A named encoding or a vocabulary file.")
]
Pattern = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        help="Split pattern, by name (cl100k_base) or as a regular expression. A .tiktoken file needs it, "
        "and a vocab.json with merges.txt: they have none.",
    ),
]
SplitPattern = Annotated[
    str | None,
    typer.Option(
        "--pattern",
        metavar="PATTERN",
        help="Split pattern, by name or as a regular expression. Default: that of word counts, or else cl100k_base.",
    ),
]
Specials = Annotated[
    list[str] | None,
    typer.Option(
        "--special",
        metavar="TOKEN",
        help="A special token; once for each. For word counts, give it to count-words as well.",
    ),
]
MaxMemory = Annotated[
    int | None,
    typer.Option(parser=lambda text: size(text), metavar="SIZE", help="Memory to stay within, such as 500M or 4G."),
]
DocumentSeparator = Annotated[
    str,
    typer.Option("--separator", metavar="TEXT", help="Text between the documents of a text file; '' if a file is one."),
]
Field = Annotated[str, typer.Option(metavar="NAME", help="Field of a JSON Lines object that holds text.")]
Separator = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", help="Text between the documents of a file, such as '<|endoftext|>'. Without: a file is one."
    ),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", "-t", min=1, max=1 << 16, metavar="N", help="Threads to use. Default: all available."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


def load(encoding: str, pattern: str | None = None) -> tokcore.Tokenizer:
    """Return the tokenizer that ENCODING names; a name wins over a file of the same name.

    Raises
    ------
    CommandError
        If it is neither a named encoding nor a file, or there is a pattern for what has its own.
    """
    named = encoding in tokcore.list_encoding_names()
    path = Path(encoding)
    if pattern is not None and named:
        raise CommandError(f"{encoding}: has a split pattern of its own; leave --pattern out")
    if named:
        return tokcore.get_encoding(encoding)
    if path.is_dir():
        raise CommandError(f"{encoding}: is a directory; name the vocabulary file in it")
    if not path.exists():
        names = ", ".join(tokcore.list_encoding_names())
        raise CommandError(f"{encoding}: no such encoding or file; the named encodings are {names}")
    try:
        return tokcore.Tokenizer.from_file(path, pattern=pattern)
    except ValueError as error:
        message = str(error).replace("pass pattern=", "give --pattern")
        raise CommandError(message.replace("leave out pattern= and special_tokens=", "leave --pattern out")) from error


def takes_pattern(encoding: str) -> bool:
    """Return whether ENCODING has no split pattern of its own."""
    path = Path(encoding)
    if encoding in tokcore.list_encoding_names():
        return False
    merges = path.with_name(path.name.removesuffix("vocab.json") + "merges.txt")
    return path.suffix not in {".json", ".tokcore"} or (path.name.endswith("vocab.json") and merges.exists())


def check_form(as_json: bool, as_csv: bool) -> None:
    """Refuse to print in two forms."""
    if as_json and as_csv:
        raise CommandError("--json and --csv: give one of them")


def size(text: str) -> int:
    """Return a number of bytes written as 500M, 4G or 1000000; the letters stand for powers of 1024."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found:
        raise typer.BadParameter(f"{text!r} is no size; write it as 500M or 4G")
    number, unit = found.groups()
    return int(float(number) * 1024 ** " KMGT".index(unit.upper() or " "))
