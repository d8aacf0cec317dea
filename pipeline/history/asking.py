"""Questions to a store that may hang, each in a thread of its own.

    ask ─▶ a place of `most`, waited for ─▶ thread ─▶ answer
                  └─ none, or no answer, within `seconds` ─▶ NadiError

A place stays taken until its thread returns, so that a store that hangs holds `most` threads and no more. They are
not the loop's own threads, which the audit, alerts, signing in and snapshots need; and no end waits for them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from telemetry.errors import NadiError

MOST: Final = 4
SECONDS: Final = 10.0
"""From the question to its whole answer."""
PATIENCE: Final = 5.0
"""s, for each sign of life of the store."""

Answer = TypeVar("Answer")


class Asking:
    """most: questions at a time. seconds: what one who asks waits, for a place and for the answer together."""

    def __init__(self, most: int = MOST, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._places = asyncio.Semaphore(most)

    async def ask(self, store: str, work: Callable[[], Answer]) -> Answer:
        """What `work` answers, or raises. store: its name, for messages. NadiError where it takes too long."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        asked = False
        try:
            async with asyncio.timeout(self.seconds):
                await self._places.acquire()
                asked = True
                self._begin(work, answer)
                return await answer
        except TimeoutError:
            why = "does not answer" if asked else "is busy with other questions and does not answer this one"
            raise NadiError(f"the store ({store}) {why} within {self.seconds:g} s; ask for less, or later") from None

    def _begin(self, work: Callable[[], Answer], answer: asyncio.Future[Answer]) -> None:
        loop = asyncio.get_running_loop()

        def run() -> None:
            result: Any = None
            fault: BaseException | None = None
            try:
                result = work()
            except BaseException as error:
                fault = error
            # Where the loop has ended nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._settle, answer, result, fault)

        try:
            # A daemon: Python's own pools are waited for at the end, however long one of their threads hangs.
            threading.Thread(target=run, name="store-question", daemon=True).start()
        except RuntimeError as error:
            self._places.release()
            raise NadiError(f"no thread can be had to ask a store in: {error}") from error

    def _settle(self, answer: asyncio.Future[Answer], result: Answer, fault: BaseException | None) -> None:
        self._places.release()
        if answer.done():
            return  # who asked has left
        if fault is not None:
            answer.set_exception(fault)
        else:
            answer.set_result(result)
