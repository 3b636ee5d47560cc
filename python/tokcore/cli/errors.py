"""Failures become one line on standard error and an exit code."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, NoReturn, ParamSpec

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")

FAILED = 1
INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell reports for a program that SIGPIPE ended, which is what the reader of our output asked for."""


class CommandError(Exception):
    """A failure whose message is already the line that the user should read."""


def reported(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command so that what users can cause ends in one line and an exit code, not in a traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            if sys.stdout is not None:
                sys.stdout.flush()
        except KeyboardInterrupt:
            _leave("interrupted", INTERRUPTED)
        except BrokenPipeError:
            # Python flushes standard output once more at exit; give it somewhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(BROKEN_PIPE) from None
        except (CommandError, OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
            _leave(describe(error), FAILED)

    return run


def describe(error: BaseException) -> str:
    """One line for an exception, without the class name where the message says enough."""
    if isinstance(error, MemoryError):
        return "out of memory: give less text at a time, or a --separator so that documents are read one by one"
    if isinstance(error, OSError) and error.strerror:
        name = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        return name + error.strerror
    if isinstance(error, UnicodeEncodeError):
        character = error.object[error.start : error.start + 1]
        return f"the output's encoding {error.encoding} has no {character!a}: set PYTHONIOENCODING=utf-8"
    if isinstance(error, UnicodeDecodeError):
        return str(error)
    message = " ".join(str(error.args[0]).split()) if error.args else type(error).__name__
    return f"a number is too large: {message}" if isinstance(error, OverflowError) else message


def _leave(message: str, code: int) -> NoReturn:
    typer.echo(f"tokcore: {message}", err=True)
    raise typer.Exit(code) from None
