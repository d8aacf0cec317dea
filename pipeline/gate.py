"""The gate between ingest and the journal: what may be acknowledged, and why not now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from journal.base import START, Journal, Position
from journal.entries import ReadingsEntry, TickEntry
from telemetry.errors import JournalError, Unavailable

CLOCK_TOLERANCE_MS = 1_000
"""Less than this is how clocks are disciplined, not a clock that is wrong."""


class Gate:
    """Appends inputs to the journal. Resolved means durable: the subscriber may acknowledge."""

    def __init__(self, journal: Journal, clock: Callable[[], int], blocked: Callable[[], Iterable[str]]) -> None:
        self.journal = journal
        self.clock = clock
        self.blocked = blocked
        self.last = START
        self.problem = ""
        self.commit_ms = 0.0
        """How long commits take, smoothed."""
        self.newest_arrival = journal.stats().newest_arrival

    async def admit(self, entry: ReadingsEntry) -> Position:
        """Commit what a connection delivered.

        Raises Full or Unavailable with the reason when acknowledging must be held: the disk,
        the backlog of a sink that blocks, or a clock that runs behind what is stored.
        """
        try:
            self._check()
            began = time.monotonic()
            self.last = await self.journal.append(0, entry)
        except JournalError as error:
            self.problem = str(error)
            raise
        self.problem = ""
        self.commit_ms += 0.1 * ((time.monotonic() - began) * 1000 - self.commit_ms)
        return self.last

    async def tick(self, connected_since: int) -> None:
        """Note that time passes; a tick that can't be stored is left out."""
        now = self.clock()
        if now < self.newest_arrival - CLOCK_TOLERANCE_MS:
            return
        try:
            self.last = await self.journal.append(0, TickEntry(now, connected_since))
        except JournalError as error:
            self.problem = str(error)
        else:
            self.newest_arrival = max(self.newest_arrival, now)

    def _check(self) -> None:
        now = self.clock()
        if now < self.newest_arrival - CLOCK_TOLERANCE_MS:
            behind = (self.newest_arrival - now) / 1000
            raise Unavailable(
                f"this machine's clock is {behind:.1f} s before the newest arrival in the journal; "
                "set the clock right (or wait until it has passed)"
            )
        self.newest_arrival = max(self.newest_arrival, now)
        for reason in self.blocked():
            raise Unavailable(reason)
