"""The sinks that the settings choose: a runner, a cursor and a task each, also when they change under way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Final, Literal

from config.settings import Settings
from journal.base import Journal
from pipeline.delivery.runner import DeliveryRunner
from telemetry.errors import JournalError

log = logging.getLogger("nadi.delivery")

SINKS: Final = ("influx", "historian", "republish")
"""Sections of the settings, and names of cursors."""
BEGINS: Final[dict[str, Literal["now", "oldest"]]] = {"republish": "now"}
"""Where a new sink begins, if not at the oldest entry that the log has: who listens wants no flood of the past."""

RETRY_SECONDS: Final = 2.0

Start = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]


class Deliveries:
    """`make` gives the runner of the sink that a section of the settings describes."""

    def __init__(self, journal: Journal, make: Callable[[Settings, str], DeliveryRunner]) -> None:
        self.journal = journal
        self.make = make
        self._runners: dict[str, DeliveryRunner] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def runners(self) -> Sequence[DeliveryRunner]:
        return list(self._runners.values())

    @property
    def blocking(self) -> Iterator[str | None]:
        """Of each sink, why it stops acknowledging."""
        return (runner.blocking for runner in self._runners.values())

    def choose(self, settings: Settings) -> None:
        """Before anything runs: a new sink begins where BEGINS says."""
        for name in chosen(settings):
            self.journal.register_cursor(name, BEGINS.get(name, "oldest"))
            self._runners[name] = self.make(settings, name)

    def start(self, start: Start) -> None:
        self._start = start
        for name in self._runners:
            self._run(name)

    async def change(self, before: Settings, after: Settings) -> None:
        """Go from one choice of sinks to another; those that stay as they are notice nothing.

        One with other credentials or another address goes on at its cursor; the cursor of one
        that is gone is retired.
        """
        for name in SINKS:
            old, new = getattr(before, name), getattr(after, name)
            if old == new and before.raw == after.raw:
                continue
            made = None
            if new is not None:  # before the old one ends: should this fail, that goes on
                await self._register(name)
                made = self.make(after, name)
            if old is not None:
                await self._end(name)
            if made is not None:
                self._runners[name] = made
                self._run(name)
            elif old is not None:
                retire(self.journal, name)

    async def _register(self, name: str) -> None:
        """However long the disk is full."""
        while True:
            try:
                self.journal.register_cursor(name, BEGINS.get(name, "oldest"))
                break
            except JournalError as error:
                log.error("a sink waits for its cursor", extra={"sink": name, "why": str(error)})
                await asyncio.sleep(RETRY_SECONDS)

    def _run(self, name: str) -> None:
        self._tasks[name] = self._start(self._runners[name].run(), f"sink[{name}]")

    async def _end(self, name: str) -> None:
        runner, task = self._runners.pop(name), self._tasks.pop(name)
        async with runner.one_write:
            task.cancel()
            await asyncio.wait({task})


def retire(journal: Journal, name: str) -> None:
    """Hold nothing back any more for the sink `name`."""
    log.warning("a sink is no longer configured, its cursor is retired", extra={"sink": name})
    try:
        journal.drop_cursor(name)
    except JournalError as error:
        log.warning("that is not on the disk yet; the next start says it again", extra={"why": str(error)})


def chosen(settings: Settings) -> list[str]:
    """The names of the sinks that are configured."""
    return [name for name in SINKS if getattr(settings, name) is not None]
