"""Long work that Ctrl-C ends even while it waits for a pipe that gives nothing."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PATIENCE_S = 0.7
"""How long work may take to stop and tidy up before it is left behind."""


def interruptible(work: Callable[[Callable[[], None]], T]) -> T:
    """Run `work(check)` on a thread of its own and return its result.

    Compiled code that waits for input cannot look for signals, so this thread stays free for them. After a signal
    `check` raises KeyboardInterrupt, which stops work that calls it; work that does not ends with the process.
    """
    stopping = threading.Event()
    result: Future[T] = Future()

    def check() -> None:
        if stopping.is_set():
            raise KeyboardInterrupt

    def body() -> None:
        try:
            result.set_result(work(check))
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            result.set_exception(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
    except BaseException:
        stopping.set()
        thread.join(PATIENCE_S)
        raise
    return result.result()
