"""The application object and its commands."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Annotated, TextIO, cast

import typer

from tokcore import __version__
from tokcore.cli import bench, compare, convert, count, count_words, decode, encode, inspect, train
from tokcore.cli.errors import reported
from tokcore.cli.output import ClosedOutput

if TYPE_CHECKING:
    from types import FrameType

app = typer.Typer(
    name="tokcore",
    help="Exact byte-level BPE tokenization: train, encode, decode and count.",
    epilog="ENCODING is a name (gpt2, r50k_base, p50k_base, p50k_edit, cl100k_base, o200k_base, o200k_harmony) "
    "or a file (.tokcore, .json, .tiktoken). PATH may be - for standard input.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

for module in (train, count_words, encode, decode, count, compare, inspect, convert, bench):
    app.command(module.__name__.rpartition(".")[2].replace("_", "-"), epilog=module.EXAMPLES)(reported(module.command))


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tokcore {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del version


def _terminate(signum: int, _frame: FrameType | None) -> None:
    """Leave through the `finally` blocks, so that temporary files go too."""
    sys.exit(128 + signum)


def main() -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    signal.signal(signal.SIGTERM, _terminate)
    if sys.stdout is None:
        sys.stdout = cast("TextIO", ClosedOutput())
    try:
        # Commands report their failures themselves; --help and --version are part of none.
        reported(app)(prog_name="tokcore")
    except typer.Exit as failed:
        sys.exit(failed.exit_code)
