"""`tokcore compare`: the same text under several tokenizers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tokcore.cli import counting, options, output, sources
from tokcore.cli.errors import CommandError

EXAMPLES = "tokcore compare zh.txt -e cl100k_base -e o200k_base -e mine.tokcore"

Encodings = Annotated[
    list[str], typer.Option("--encoding", "-e", metavar="ENCODING", help="Give it once for each encoding to compare.")
]


def command(
    paths: options.Paths,
    encodings: Encodings,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
    separator: options.Separator = None,
    pattern: options.Pattern = None,
    threads: options.Threads = None,
) -> None:
    """Compare how many tokens encodings need for the same text, each beside the first."""
    options.check_form(as_json, as_csv)
    if pattern is not None and not any(map(options.takes_pattern, encodings)):
        raise CommandError("every ENCODING has a split pattern of its own; leave --pattern out")
    tokenizers = [options.load(name, pattern if options.takes_pattern(name) else None) for name in encodings]
    found = sources.find(paths)
    with output.progress("comparing", sources.total_size(found)) as advance:
        counted = [counting.count(tokenizers, source, separator, threads, advance) for source in found]
    text = {"bytes": sum(one.bytes for one in counted), "characters": sum(one.characters for one in counted)}
    if text["bytes"] == 0:
        raise CommandError("the text is empty; there is nothing to compare")
    tokens = [sum(one.tokens[index] for one in counted) for index in range(len(encodings))]
    rows = [_row(name, count, tokens[0], text) for name, count in zip(encodings, tokens, strict=True)]
    output.print_rows(rows, as_json=as_json, as_csv=as_csv)


def _row(encoding: str, tokens: int, first: int, text: dict[str, int]) -> dict[str, Any]:
    return {
        "encoding": encoding,
        "tokens": tokens,
        "bytes_per_token": counting.ratio(text["bytes"], tokens),
        "characters_per_token": counting.ratio(text["characters"], tokens),
        "tokens_beside_the_first": counting.ratio(tokens, first),
    }
