"""A progress bar for long work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Report: TypeAlias = Callable[[str, int, int | None, float], object]
"""Called with a phase's name, how much of it is done, how much there is in all (if known), and its seconds so far."""

_UNITS = {"counting": "bytes", "indexing": "words", "merging": "tokens"}


@contextmanager
def bar() -> Iterator[Report]:
    """Show a bar for each phase on stderr, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<9}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:

        def report(phase: str, done: int, total: int | None, seconds: float) -> None:
            if phase not in tasks:
                tasks[phase] = shown.add_task(phase, total=None, state="")
            rate = f", {done / seconds:,.0f} a second" if seconds > 0 else ""
            state = f"{done:,} {_UNITS.get(phase, '')}{rate}"
            shown.update(tasks[phase], completed=done, total=total, state=state)

        yield report
