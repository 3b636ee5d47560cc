"""PATH arguments to batches of documents, a bounded part of a file at a time."""

from __future__ import annotations

import contextlib
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from tokcore.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK = 8 << 20
"""Bytes read at a time: large enough for every thread, small enough for Ctrl-C to be answered between two blocks."""

WORD_COUNTS = b"tokcore word counts "
NO_TEXT = {WORD_COUNTS: "word counts", b"\x1f\x8b": "gzip data", b"\x28\xb5\x2f\xfd": "Zstandard data"}
"""How files begin whose bytes nobody means to have counted or encoded as text."""


@dataclass(frozen=True)
class Source:
    """One PATH argument: what to call it, and how many bytes it has where that is known."""

    path: str
    size: int | None

    @property
    def name(self) -> str:
        """The path as given, or `<stdin>`."""
        return "<stdin>" if self.path == "-" else self.path

    def open(self) -> contextlib.AbstractContextManager[BinaryIO]:
        """Open for reading bytes; standard input is left open afterwards."""
        return contextlib.nullcontext(standard_input().buffer) if self.path == "-" else open(self.path, "rb")


def find(paths: list[str]) -> list[Source]:
    """Check every path before any work starts, so that a wrong last one does not cost the time of the others."""
    return [Source(path, None) if path == "-" else _file(path) for path in paths]


def _file(path: str) -> Source:
    status = Path(path).stat()
    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
        # What stands in the way of reading it is known now. A pipe is opened once, when its turn comes.
        with open(path, "rb") as file:
            beginning = file.read(max(map(len, NO_TEXT)))
        if found := [kind for start, kind in NO_TEXT.items() if beginning.startswith(start)]:
            raise CommandError(f"{path}: holds {found[0]}, no text; only train and count-words read that")
    return Source(path, status.st_size if stat.S_ISREG(status.st_mode) else None)


def holds_word_counts(path: str) -> bool:
    """Return whether a path is that of a file as count-words writes it."""
    if path == "-" or not Path(path).is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(WORD_COUNTS)) == WORD_COUNTS


def check_apart(paths: list[str], out: Path) -> None:
    """Refuse to replace a file that is read, unless it holds word counts: they are kept until the end."""
    texts = [path for path in paths if path != "-" and Path(path).exists() and not holds_word_counts(path)]
    if out.exists() and any(out.samefile(path) for path in texts):
        raise CommandError(f"{out}: is read, and would be replaced; name another file to write")


def standard_input() -> TextIO:
    """Return standard input, or fail if this process was started without."""
    if sys.stdin is None:
        raise CommandError("standard input is closed")
    return sys.stdin


def total_size(sources: list[Source]) -> int | None:
    """Bytes in all sources, or None where one of them is a pipe."""
    sizes = [source.size for source in sources]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def _unwatched(_bytes: int) -> None:
    pass


def batches(
    source: Source, separator: str | None, advance: Callable[[int], None] = _unwatched
) -> Iterator[list[bytes]]:
    """Yield lists of whole documents, about `BLOCK` bytes of them at a time; empty documents are left out.

    `advance` is told how many bytes were read. Without a separator the source is one document and is read whole.
    """
    with source.open() as file:
        if not separator:
            text = file.read()
            advance(len(text))
            yield [text] if text else []
            return
        rest = b""
        # Reading at least as much as what is kept keeps one very long document linear in its length.
        while block := file.read(max(BLOCK, len(rest))):
            advance(len(block))
            *documents, rest = (rest + block).split(separator.encode())
            yield [document for document in documents if document]
        if rest:
            yield [rest]
