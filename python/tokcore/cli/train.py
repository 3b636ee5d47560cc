"""`tokcore train`: a vocabulary from text."""

from __future__ import annotations

import functools
import os
import tempfile
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

import tokcore
from tokcore.cli import counting, options, output, sources
from tokcore.cli.errors import CommandError
from tokcore.cli.interruptible import watched

EXAMPLES = (
    "tokcore train en.txt zh.txt --vocab-size 32000 -o mine.json\n\n"
    "tokcore train *.jsonl.gz --vocab-size 100000 --pattern o200k_base --special '<|endoftext|>' -o mine.tokcore"
)

PHASES = ("counting", "indexing", "merging")
PACKED = (".gz", ".zst", ".jsonl", ".ndjson")
"""Suffixes of files that training reads and counting does not."""


def command(
    paths: options.Paths,
    vocab_size: Annotated[
        int,
        typer.Option("--vocab-size", min=1, metavar="N", help="Tokens in all: 256 bytes, merges and special tokens."),
    ],
    out: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="File to write: .json, .tokcore or .tiktoken.")
    ],
    pattern: options.SplitPattern = None,
    special: options.Specials = None,
    min_frequency: Annotated[int, typer.Option(min=0, metavar="N", help="Leave rarer pairs unmerged.")] = 0,
    max_token_length: Annotated[
        int | None,
        typer.Option(min=2, metavar="N", help="Merged tokens of three bytes and more stay shorter than N bytes."),
    ] = None,
    extend: Annotated[
        str | None,
        typer.Option(
            metavar="ENCODING", help="Keep this encoding's tokens, their ids and its pattern, and add to them."
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Keep the state here, and go on from it after a kill.")
    ] = None,
    max_memory: options.MaxMemory = None,
    separator: options.DocumentSeparator = "<|endoftext|>",
    field: options.Field = "text",
    held_out: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Text to judge the vocabulary by, script by script; it is not trained on."),
    ] = None,
    threads: options.Threads = None,
) -> None:
    """Train a byte-level BPE vocabulary on text, JSON Lines (.jsonl), and either compressed (gzip, Zstandard).

    Files of count-words are taken as well.

    The merges are those of Hugging Face's BpeTrainer, whatever the number of threads and the order of documents.
    """
    sources.find(held_out or [])
    output.check_target(out, (".json", ".tokcore", ".tiktoken"))
    sources.check_apart(paths, out)
    if "-" in paths:
        sources.standard_input()
    if "-" in paths and "-" in (held_out or []):
        raise CommandError("--held-out -: standard input is what is trained on; it can be read once")
    if checkpoint is not None and checkpoint.resolve() == out.resolve():
        raise CommandError(f"{out}: --checkpoint and --output are the same file; give each its own")
    if special and out.suffix == ".tiktoken":
        raise CommandError(f"{out}: a rank file has no place for special tokens; write .json or .tokcore")
    if packed := [path for path in held_out or [] if Path(path).suffix in PACKED]:
        raise CommandError(f"{packed[0]}: --held-out reads plain text only")
    initial = None if extend is None else _initial(extend, pattern)
    rehearse(out, pattern or _found_pattern(paths, initial), special or [])
    train = functools.partial(
        tokcore.train,
        [Path(path) for path in paths],
        vocab_size,
        name=_name(out),
        pattern=pattern,
        special_tokens=special or [],
        min_frequency=min_frequency,
        max_token_length=max_token_length,
        initial=initial,
        checkpoint=checkpoint,
        num_threads=threads,
        max_memory=max_memory,
        separator=separator or None,
        field=field,
    )
    tokenizer, notes = watched(train)
    tokenizer.save(out)
    if out.suffix == ".tiktoken" and tokenizer.special_tokens_set:
        typer.echo(f"tokcore: {out}: a rank file has no place for special tokens; they are not in it", err=True)
    for note in notes:
        typer.echo(f"tokcore: {note.message}", err=True)
    typer.echo(summary(tokenizer, out), err=True)
    if held_out:
        output.print_rows(quality(tokenizer, held_out, separator))


def _name(out: Path) -> str:
    """Return the file's name without its suffix, as far as it is text."""
    return os.fsencode(out.stem).decode("utf-8", "replace")


def _initial(encoding: str, pattern: str | None) -> tokcore.Tokenizer:
    return options.load(encoding, pattern if options.takes_pattern(encoding) else None)


def _found_pattern(paths: list[str], initial: tokcore.Tokenizer | None) -> str:
    """Return the pattern that training takes if it is given none."""
    if sources.holds_word_counts(paths[0]):
        return tokcore.WordCounts.from_file(paths[0]).pattern
    return "cl100k_base" if initial is None else initial._pat_str


def rehearse(out: Path, pattern: str, special: list[str]) -> None:
    """Save a vocabulary of single bytes, so that what the format of `out` cannot hold is known before training."""
    pattern = tokcore.WordCounts.from_counts({}, pattern=pattern).pattern
    ranks, tokens = {bytes([byte]): byte for byte in range(256)}, {token: 256 + n for n, token in enumerate(special)}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / out.name
        try:
            tokcore.Tokenizer(_name(out), pat_str=pattern, mergeable_ranks=ranks, special_tokens=tokens).save(place)
        except ValueError as error:
            raise CommandError(str(error).replace(str(place), str(out))) from error


def summary(tokenizer: tokcore.Tokenizer, out: Path) -> str:
    """Return what training saw and made, as lines for people."""
    seen = tokenizer.training
    assert seen is not None
    phases = ", ".join(f"{name} {s:.2f}" for name, s in zip(PHASES, seen.seconds, strict=True))
    return (
        f"{out}: {tokenizer.n_vocab:,} tokens\n"
        f"text: {seen.documents:,} documents, {seen.bytes:,} bytes, {seen.distinct_words:,} different pre-tokens\n"
        f"      {seen.tokens:,} tokens, {seen.bytes / seen.tokens:.2f} bytes per token\n"
        f"the last merge occurred {seen.last_frequency:,} times; "
        f"unreachable tokens: {len(tokenizer.unreachable) or 'none'}\n"
        f"{sum(seen.seconds):.2f} s: {phases}"
    )


def quality(tokenizer: tokcore.Tokenizer, paths: list[str], separator: str) -> output.Rows:
    """Return bytes and characters per token of held-out text, a row for each script."""
    batches = (batch for source in sources.find(paths) for batch in sources.batches(source, separator or None))
    found = counting.by_script([tokenizer], list(chain.from_iterable(batches)))
    return [
        {
            "script": script,
            "lines": totals.documents,
            "bytes": totals.bytes,
            "tokens": totals.tokens[0],
            "bytes_per_token": counting.ratio(totals.bytes, totals.tokens[0]),
            "characters_per_token": counting.ratio(totals.characters, totals.tokens[0]),
        }
        for script, totals in found.items()
    ]
