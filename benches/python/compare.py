"""Encode and count the same documents with tokcore and its peers, in turn, each in a fresh process.

    python benches/python/compare.py en.txt zh.txt -e cl100k_base -e o200k_base --threads 1

Ids are compared before any ratio is printed; a library whose ids differ is named with the place where they do.
Besides the documents there are 10,000 short strings: lines of the first of them. Writes compare.json, compare.md and
plots for encoding, for counting and for lists of int into --out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import results
import tokcore
from plots import bars
from tokcore.benchmarking import corpora

if TYPE_CHECKING:
    from tokcore.benchmarking import Report

PEERS = ["tiktoken", "tokenizers", "gigatoken", "tokie", "splintr"]


def main() -> None:
    """Run all corpora under all encodings."""
    arguments = parse()
    texts = {path.stem: corpora.documents(path, arguments.separator, arguments.size) for path in arguments.paths}
    texts["code"] = corpora.standard_library(arguments.size)
    texts["short"] = corpora.short(next(iter(texts.values())), 10_000)
    reports = {
        f"{name}, {encoding}": measure(name, documents, encoding, arguments)
        for encoding in arguments.encoding
        for name, documents in texts.items()
    }
    found = {name: report.to_dict() for name, report in reports.items()}
    results.write(arguments.out / "compare.json", found)
    (arguments.out / "compare.md").write_text(markdown(reports), encoding="utf-8")
    for operation in ("encode", "count", "lists"):
        bars(arguments.out / f"compare-{operation}.png", *series(reports, operation), f"{operation}, MB/s")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="text files; Python's standard library is always added")
    parser.add_argument("-e", "--encoding", action="append", help="default: r50k_base, cl100k_base and o200k_base")
    parser.add_argument("-a", "--against", action="append", choices=PEERS, help="default: all")
    parser.add_argument("-t", "--threads", type=int, default=1)
    parser.add_argument("--separator", default="<|endoftext|>", help="text between documents")
    parser.add_argument("--size", type=int, default=20_000_000, help="bytes of each corpus")
    parser.add_argument("--rounds", type=int, default=3)
    results.add_out(parser)
    arguments = parser.parse_args()
    results.make_folder(parser, arguments.out)
    arguments.encoding = arguments.encoding or ["r50k_base", "cl100k_base", "o200k_base"]
    arguments.against = arguments.against or PEERS
    return arguments


def measure(name: str, documents: list[str], encoding: str, arguments: argparse.Namespace) -> Report:
    """Measure one corpus under one encoding and print the table."""
    report = tokcore.benchmark(
        documents,
        encoding,
        against=arguments.against,
        num_threads=arguments.threads,
        rounds=arguments.rounds,
        operations=("encode", "count", "lists"),
        progress=lambda line: print(line, file=sys.stderr),
    )
    print(f"{name}\n{report}")
    return report


def markdown(reports: dict[str, Report]) -> str:
    """Return one table for all corpora: first / later MB/s, and a star where ids differ from tokcore's."""
    first = next(iter(reports.values()))
    rows = list(dict.fromkeys((m.operation, m.peer) for report in reports.values() for m in report.measurements))
    lines = [f"| | {' | '.join(reports)} |", "|---|" + "---|" * len(reports)]
    for operation, peer in rows:
        cells = [cell(report, peer, operation) for report in reports.values()]
        lines.append(f"| {peer} {first.versions.get(peer, '')}, {operation} | {' | '.join(cells)} |")
    about = f"{first.machine['cpu']}, {first.machine['python']}, threads: {first.threads}, rounds: {first.rounds}"
    return "\n".join([*lines, "", f"MB/s, first / later passes. {about}.", ""])


def cell(report: Report, peer: str, operation: str) -> str:
    """Return one library's first / later MB/s on one corpus."""
    found = report.find(peer, operation)
    if found is None:
        return ""
    speeds = [report.text["bytes"] / seconds / 1e6 for seconds in (found.first_s, found.later_s) if seconds]
    return " / ".join(f"{speed:.0f}" for speed in speeds) + ("" if found.ids_equal else " *")


def series(reports: dict[str, Report], operation: str) -> tuple[list[str], dict[str, list[float]]]:
    """Return corpora, and for each library its MB/s on a first and on later passes of each of them."""
    found: dict[str, list[float]] = {}
    for report in reports.values():
        for m in (m for m in report.measurements if m.operation == operation):
            size = report.text["bytes"] / 1e6
            found.setdefault(f"{m.peer}, first", []).append(size / m.first_s)
            if m.later_s:
                found.setdefault(f"{m.peer}, later", []).append(size / m.later_s)
    whole = {name: values for name, values in found.items() if len(values) == len(reports)}
    return list(reports), whole


if __name__ == "__main__":
    main()
