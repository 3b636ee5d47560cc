"""Long work in compiled code that Ctrl-C ends even so."""

from __future__ import annotations

import functools
import threading
import warnings
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from tokcore import progress

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PATIENCE_S = 0.7
"""How long work may take to stop and tidy up before it is left behind."""


def interruptible(work: Callable[[], T], stopping: threading.Event | None = None) -> T:
    """Run `work` on a thread of its own and return its result.

    Python answers signals on the main thread only, which compiled code at work on a long text, or waiting for a pipe,
    would keep busy. After a signal `stopping` is set, for work that looks at it; other work ends with the process.
    """
    result: Future[T] = Future()

    def body() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            result.set_exception(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
    except BaseException:
        if stopping is not None:
            stopping.set()
            thread.join(PATIENCE_S)
        raise
    return result.result()


def watched(work: Callable[..., T]) -> tuple[T, list[warnings.WarningMessage]]:
    """Run `work(progress=...)` with a progress bar and return its result and its warnings; Ctrl-C stops it."""
    stopping = threading.Event()
    return interruptible(functools.partial(_with_bar, work, stopping), stopping)


def _with_bar(work: Callable[..., T], stopping: threading.Event) -> tuple[T, list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as notes, progress.bar() as show:
        warnings.simplefilter("always")

        def report(phase: str, done: int, total: int | None, seconds: float) -> None:
            if stopping.is_set():
                raise KeyboardInterrupt
            show(phase, done, total, seconds)

        return work(progress=report), notes
