"""Text that is at hand everywhere, and documents of files up to a size."""

from __future__ import annotations

import itertools
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def standard_library(size: int) -> list[str]:
    """Return source files of Python's standard library in the order of their paths, about `size` bytes of them."""
    root = Path(sysconfig.get_paths()["stdlib"])
    paths = sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts)
    return up_to((path.read_text(encoding="utf-8", errors="replace") for path in paths), size)


def documents(path: Path, separator: str, size: int) -> list[str]:
    """Return the documents of a text file until they hold `size` bytes; reads little more of the file than that."""
    with path.open("rb") as file:
        text = file.read(size + (1 << 16)).decode("utf-8", "replace")
    return up_to((document for document in text.split(separator) if document), size)


def short(texts: Iterable[str], count: int) -> list[str]:
    """Return the first `count` lines of texts, without blanks around them, of 20 to 100 characters."""
    lines = (line.strip() for text in texts for line in text.splitlines())
    return list(itertools.islice((line for line in lines if 20 <= len(line) <= 100), count))


def up_to(texts: Iterable[str], size: int) -> list[str]:
    """Return texts from the first on until they hold `size` bytes of UTF-8; the last one is not cut."""
    taken: list[str] = []
    for text in texts:
        if size <= 0:
            break
        taken.append(text)
        size -= len(text.encode("utf-8", "replace"))
    return taken
