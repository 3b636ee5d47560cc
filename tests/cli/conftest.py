"""Fixtures of the command line's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from tokcore.cli import app

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from support.command import Run

TEXT = "The quick brown fox jumps over the lazy dog. 朋友买了西瓜手机！\r\n\tcafé  naïve 12345\n"


@pytest.fixture
def run() -> Run:
    """Return a function that runs the command line in this process."""

    def invoke(*arguments: object, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return invoke


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    """Return a file with one document in several scripts."""
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT.encode())
    return path
