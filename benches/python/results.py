"""Where the benchmarks write what they found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the folder for results."""
    parser.add_argument("--out", type=Path, default=Path("bench-out"), help="folder for results (default: %(default)s)")


def make_folder(parser: argparse.ArgumentParser, out: Path) -> None:
    """Make the folder before anything is measured; where that fails it is an error of the command line."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"argument --out: cannot make the folder {out}: {error.strerror}")


def write(path: Path, report: Any) -> None:
    """Write a report as JSON."""
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
