"""`tokcore count`: how many tokens files have."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tokcore.cli import counting, options, output, sources

EXAMPLES = "tokcore count README.md docs/*.md -e o200k_base --per-file\n\ngit diff | tokcore count - -e o200k_base"


def command(
    paths: options.Paths,
    encoding: options.Encoding,
    per_file: Annotated[bool, typer.Option("--per-file", help="Print one row a file as well.")] = False,
    as_json: options.AsJson = False,
    as_csv: options.AsCsv = False,
    separator: options.Separator = None,
    pattern: options.Pattern = None,
    threads: options.Threads = None,
) -> None:
    """Count the tokens, bytes, characters and documents of files."""
    options.check_form(as_json, as_csv)
    tokenizer = options.load(encoding, pattern)
    found = sources.find(paths)
    with output.progress("counting", sources.total_size(found)) as advance:
        rows = [_row(source.name, counting.count([tokenizer], source, separator, threads, advance)) for source in found]
    total = {key: sum(row[key] for row in rows) for key in rows[0] if key != "path"} | {"path": "total"}
    output.print_rows([*rows, total] if per_file else [total], as_json=as_json, as_csv=as_csv)


def _row(path: str, totals: counting.Totals) -> dict[str, Any]:
    return {
        "tokens": totals.tokens[0],
        "bytes": totals.bytes,
        "characters": totals.characters,
        "documents": totals.documents,
        "path": path,
    }
