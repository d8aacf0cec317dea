"""The gate between ingest and the journal: what may be acknowledged, and why not now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from journal.base import START, Journal, Position
from journal.entries import CommandEntry, ReadingsEntry, TickEntry
from telemetry.batch import Readings
from telemetry.errors import Full, JournalError, Unavailable
from telemetry.series import Declaration

CLOCK_TOLERANCE_MS = 1_000
"""Less than this is how clocks are disciplined, not a clock that is wrong."""
DECLARE_AT_ONCE = 20_000
"""Names in one entry: encoding a million at once would hold the loop for seconds."""
DECLARE_RETRY_SECONDS = 1.0
SMOOTHING = 0.1
"""Weight of the newest commit in `commit_ms`."""


class Gate:
    """Appends inputs to the journal. Resolved means durable: the subscriber may acknowledge.

    Several may be admitted at once. A name is written again with every entry until one that
    holds it is durable, so that no reading stands in the log before the name of its series,
    whichever of the entries fails.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Callable[[], int],
        blocked: Callable[[], Iterable[str]],
        admitted: Callable[[Position, ReadingsEntry], None] = lambda position, entry: None,
    ) -> None:
        """clock: ms. blocked: why nothing may be acknowledged, in words. admitted: is told what was."""
        self.journal = journal
        self.clock = clock
        self.blocked = blocked
        self.admitted = admitted
        self.last = START
        self.problem = ""
        """Why nothing can be admitted at the moment, as far as is known; empty while it can."""
        self.commit_ms = 0.0
        """How long commits take, smoothed."""
        self.newest_arrival = journal.stats().newest_arrival
        self._under_way: list[int] = []
        """When what is being stored was begun (ms)."""
        self._unwritten: dict[Declaration, None] = {}

    async def admit(self, entry: ReadingsEntry) -> Position:
        """Commit what a connection delivered.

        Raises Full or Unavailable with the reason when acknowledging must be held: the disk,
        the backlog of a sink that blocks, processing that is far behind, or a clock that runs
        behind what is stored.
        """
        if entry.declared:
            self._unwritten |= dict.fromkeys(entry.declared)
        if self._unwritten:
            entry = replace(entry, declared=tuple(self._unwritten))
        try:
            with self._timed():
                for reason in self.blocked():
                    raise Unavailable(reason)
                began = time.monotonic()
                position = await self.journal.append(0, entry)
        except JournalError as error:
            self.problem = str(error)
            raise
        self._written(entry.declared)
        self.admitted(position, entry)
        self.problem = ""
        self.last = max(self.last, position)
        self.commit_ms += SMOOTHING * ((time.monotonic() - began) * 1000 - self.commit_ms)
        return position

    async def declare(self, names: Sequence[Declaration]) -> None:
        """Make names durable, as those of the catalogue, before anything uses them. Raises Full, Unavailable."""
        self._unwritten |= dict.fromkeys(names)
        try:
            position = await self.journal.append(0, ReadingsEntry(Readings.empty(), declared=tuple(names)))
        except JournalError as error:
            self.problem = str(error)
            raise
        self._written(names)
        self.last = max(self.last, position)

    async def declare_all(self, names: Sequence[Declaration]) -> None:
        """Declare any number of names, a bounded number in an entry, however long the journal refuses them."""
        for first in range(0, len(names), DECLARE_AT_ONCE):
            while True:
                try:
                    await self.declare(names[first : first + DECLARE_AT_ONCE])
                    break
                except (Full, Unavailable):
                    await asyncio.sleep(DECLARE_RETRY_SECONDS)

    async def command(self, entry: CommandEntry) -> Position:
        """Make an operator's decision durable, whatever holds readings back. Raises Full, Unavailable."""
        position = await self.journal.append(0, entry)
        self.last = max(self.last, position)
        return position

    def _written(self, names: Iterable[Declaration]) -> None:
        for declaration in names:
            self._unwritten.pop(declaration, None)

    async def tick(self, connected_since: int) -> None:
        """Note that time passes. A tick that can't be stored is left out, and `problem` says why."""
        try:
            with self._timed() as now:
                self.last = max(self.last, await self.journal.append(0, TickEntry(now, connected_since)))
        except JournalError as error:
            self.problem = str(error)
        else:
            self.problem = next(iter(self.blocked()), "")

    @contextmanager
    def _timed(self) -> Iterator[int]:
        """Now, for what is stored inside. Raises Unavailable when that is before what is stored, or being stored.

        Where nothing was stored in the end, a clock that leapt ahead for a moment holds nothing back."""
        now, newest = self.clock(), max((self.newest_arrival, *self._under_way))
        if now < newest - CLOCK_TOLERANCE_MS:
            raise Unavailable(
                f"this machine's clock is {(newest - now) / 1000:.1f} s before the newest arrival in the journal; "
                "set the clock right (or wait until it has passed)"
            )
        self._under_way.append(now)
        try:
            yield now
            self.newest_arrival = max(self.newest_arrival, now)
        finally:
            self._under_way.remove(now)
