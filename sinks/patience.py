"""A question that takes too long is given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

AGAIN_SECONDS = 0.05
"""From one interrupt to the next."""


@contextmanager
def interrupted(seconds: float, interrupt: Callable[[], None]) -> Iterator[None]:
    """After `seconds` call `interrupt`, in another thread, and again until the block ends: an interrupt that comes
    between two statements is forgotten, and the next of them would go on for as long as it likes."""
    over = Event()

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            interrupt()
            wait = AGAIN_SECONDS

    watcher = Thread(target=watch, name="patience", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
