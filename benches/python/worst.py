"""Texts that are hard for a tokenizer, through every entry point, beside plain text: time per byte and on doubling.

    python benches/python/worst.py --plain en.txt

Each call has an empty cache (`clear_cache`), the plain text's too, because nothing of a hard text comes again. For
every entry point and text it prints ns a byte at 1 MB, how many times the plain text's that is, and how many times as
long 2 MB take; the worst of each column stand last. Writes worst.json into --out.
"""

from __future__ import annotations

import argparse
import base64
import random
import statistics
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import results
import tokcore
from tokcore.benchmarking import corpora, machine

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[], object]

SIZE = 1_000_000
SCRIPTS = ["Latin", "кириллица", "ελληνικά", "漢字かな", "한국어", "العربية", "עברית", "ไทย", "हिन्दी", ""]


def main() -> None:
    """Measure and print one table for each encoding."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", type=Path, help="the text to compare with; default: Python's standard library")
    parser.add_argument("-e", "--encoding", action="append", help="default: cl100k_base and o200k_base")
    parser.add_argument("-k", "--kind", action="append", help="default: every kind of text")
    parser.add_argument("--entry", action="append", help="default: every entry point")
    parser.add_argument("--rounds", type=int, default=3)
    results.add_out(parser)
    arguments = parser.parse_args()
    results.make_folder(parser, arguments.out)
    source = (
        corpora.documents(arguments.plain, "<|endoftext|>", 2 * SIZE + SIZE // 4)
        if arguments.plain
        else corpora.standard_library(2 * SIZE)
    )
    plain = cut("".join(source), 2 * SIZE)
    texts = {name: text for name, text in hard_texts().items() if not arguments.kind or name in arguments.kind}
    found = {}
    for encoding in arguments.encoding or ["cl100k_base", "o200k_base"]:
        tokenizer = tokcore.get_encoding(encoding)
        found[encoding] = measure(tokenizer, plain, texts, arguments.entry, arguments.rounds)
        print(table(encoding, found[encoding]))
    report = {"machine": machine.describe(), "version": tokcore.__version__, "found": found}
    results.write(arguments.out / "worst.json", report)


def hard_texts() -> dict[str, str]:
    """Return every kind of text, of 2 MB each."""
    chance = random.Random(5)
    letters = "abcdefghijklmnopqrstuvwxyz"
    kinds = {
        name: text * (2 * SIZE) for name, text in {"a": "a", "space": " ", "newline": "\n", "^": "^", "7": "7"}.items()
    }
    kinds["中"] = "中" * (2 * SIZE // 3)
    kinds["letters"] = "".join(chance.choices(letters, k=2 * SIZE))
    kinds["Letters"] = "".join(chance.choices(letters + letters.upper(), k=2 * SIZE))
    kinds["base64"] = base64.b64encode(chance.randbytes(2 * SIZE)).decode("ascii")
    kinds["scripts"] = cut("".join(chance.choices(SCRIPTS, k=SIZE // 2)), 2 * SIZE)
    characters = "".join(SCRIPTS)
    kinds["characters"] = cut("".join(chance.choices(characters, k=SIZE)), 2 * SIZE)
    return {name: cut(text, 2 * SIZE) for name, text in kinds.items()}


def cut(text: str, size: int) -> str:
    """Return as much of `text` as has `size` bytes of UTF-8."""
    return text.encode("utf-8")[:size].decode("utf-8", "ignore")


def calls(tokenizer: tokcore.Tokenizer, text: str) -> dict[str, Call]:
    """Return every entry point, called with `text` or its ids. Limits are half of them."""
    ids = tokenizer.encode_ordinary(text)
    limit = len(ids) // 2
    return {
        "encode": lambda: tokenizer.encode(text),
        "encode_ordinary": lambda: tokenizer.encode_ordinary(text),
        "encode_arrays": lambda: tokenizer.encode_arrays([text]),
        "encode_batch": lambda: tokenizer.encode_batch([text]),
        "count": lambda: tokenizer.count(text),
        "count_batch": lambda: tokenizer.count_batch([text]),
        "fits": lambda: tokenizer.fits(text, limit),
        "truncate": lambda: tokenizer.truncate(text, limit),
        "encode_with_offsets": lambda: tokenizer.encode_with_offsets(text),
        "decode": lambda: tokenizer.decode(ids),
        "decode_batch": lambda: tokenizer.decode_batch([ids]),
    }


def measure(
    tokenizer: tokcore.Tokenizer, plain: str, texts: dict[str, str], entries: list[str] | None, rounds: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each entry point and text ns a byte at 1 MB, that over plain text's, and the factor for 2 MB."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, text in {"plain": plain, **texts}.items():
        whole, half = calls(tokenizer, text), calls(tokenizer, cut(text, SIZE))
        for entry in entries or whole:
            once, twice = seconds(tokenizer, half[entry], rounds), seconds(tokenizer, whole[entry], rounds)
            base = found.get(entry, {}).get("plain", {}).get("ns", once / SIZE * 1e9)
            one = {"ns": once / SIZE * 1e9, "times": once / SIZE * 1e9 / base, "doubled": twice / once}
            found.setdefault(entry, {})[name] = one
    return found


def seconds(tokenizer: tokcore.Tokenizer, call: Call, rounds: int) -> float:
    """Return the median time of a call with an empty cache."""
    taken = []
    for _ in range(rounds):
        tokenizer.clear_cache()
        started = perf_counter()
        call()
        taken.append(perf_counter() - started)
    return statistics.median(taken)


def table(encoding: str, found: dict[str, dict[str, dict[str, float]]]) -> str:
    """Return a table of "ns a byte (times plain text's, factor on doubling)"."""
    names = list(next(iter(found.values())))
    lines = [f"{encoding:<20}" + "".join(f"{name:>18}" for name in names)]
    for entry, row in found.items():
        cells = (f"{one['ns']:.1f} ({one['times']:.1f}, {one['doubled']:.1f})" for one in row.values())
        lines.append(f"{entry:<20}" + "".join(f"{cell:>18}" for cell in cells))
    for column in ("times", "doubled"):
        worst, entry, name = max(
            (one[column], entry, name) for entry, row in found.items() for name, one in row.items()
        )
        lines.append(f"worst {column}: {worst:.2f} ({entry} of {name})")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
