"""Running the command line from tests."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result


class Run(Protocol):
    """`run("count", path)` -> exit code, stdout, stderr."""

    def __call__(self, *arguments: object, stdin: str | bytes | None = None) -> Result: ...


@contextlib.contextmanager
def spawn(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command line as a process of its own, its three streams being pipes; it does not outlive the block."""
    command = [sys.executable, "-m", "tokcore.cli", *map(str, arguments)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    with contextlib.suppress(BrokenPipeError), process:
        try:
            yield process
        finally:
            process.kill()


def fails(result: Result, *fragments: str) -> None:
    """Check for exit code 1 and one line on standard error that holds all fragments."""
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("tokcore: ")
    for fragment in fragments:
        assert fragment in line
