"""Results to standard output, files that appear only when whole, and progress on standard error."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import os
import shutil
import sys
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from tokcore.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

Rows = list[dict[str, Any]]


class Results(Console):
    """A console for results, where a reader that has gone is left to `reported`, as everywhere."""

    def on_broken_pipe(self) -> None:
        """Go on raising what was raised."""
        raise BrokenPipeError


class ClosedOutput(io.TextIOBase):
    """Standard output of a process that was started without: what is written to it would be lost, and fails."""

    encoding = "utf-8"

    def write(self, _text: str) -> int:
        """Fail."""
        raise CommandError("standard output is closed")

    @property
    def buffer(self) -> IO[bytes]:
        """Fail."""
        raise CommandError("standard output is closed")


def check_target(path: Path, suffixes: Sequence[str]) -> None:
    """Refuse a file that cannot be written or whose suffix tells no format, before any work is done for it."""
    check_place(path)
    if path.suffix not in suffixes:
        raise CommandError(f"{path}: the suffix of OUT tells its format; give one of {' '.join(suffixes)}")


def check_place(path: Path) -> None:
    """Refuse a path that is no file to write, or lies in no directory to write to."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise CommandError(f"{path}: not a regular file; name a file to write to")
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a directory; name a file to write", str(path))
    if not _followed(path).parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "No such directory; make it first", str(path.parent))
    effective = os.access in os.supports_effective_ids
    if not os.access(_followed(path).parent, os.W_OK, effective_ids=effective):
        raise PermissionError(errno.EACCES, "Permission denied: no file may be made in its directory", str(path))


def _followed(path: Path) -> Path:
    # Other paths stay relative if they are: the directories above may be closed to this process.
    try:
        return path.resolve() if path.is_symlink() else path
    except RuntimeError as error:  # before Python 3.13
        raise CommandError(f"{path}: is a link to itself; name a file to write") from error


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[IO[bytes]]:
    """Open a file beside `target` that takes its place when the block ends well and vanishes when it does not.

    Links are followed, and a file that was there leaves its permissions.
    """
    check_place(target)
    target = _followed(target)
    # The name is known before the file exists, so that no signal can come between making it and removing it.
    part = target.with_name(f".tokcore-{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        if target.exists():
            shutil.copymode(target, part)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar of bytes while the block runs, if standard error is a terminal; yields its `advance`."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _bytes: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda size: bar.advance(task, size)


def print_rows(rows: Rows, *, as_json: bool = False, as_csv: bool = False) -> None:
    """Print rows of one shape: as JSON or CSV with exact values, or as a table for people."""
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    elif rows:
        headers = [key.replace("_", " ") for key in rows[0]]
        print_table(headers, [list(row.values()) for row in rows])


def print_table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers are grouped by thousands and stand to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, header in enumerate(headers):
        numeric = all(isinstance(row[column], int | float | None) for row in rows)
        table.add_column(header, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(format_value(value)) for value in row))
    print_rich(table)


def print_rich(table: Table) -> None:
    """Print a table as wide as the terminal; on a pipe as wide as it needs, so that nothing is folded or cut off."""
    console = Results()
    if not console.is_terminal:
        console = Results(width=max(1, Console(width=10_000).measure(table).maximum))
    console.print(table)


def format_value(value: object) -> str:
    """Return 1,234 for an int, 1.234 for a float, nothing for None, and other values as they are."""
    if isinstance(value, float):
        return f"{value:,.3f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
