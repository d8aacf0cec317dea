"""Makes batches durable, however long it takes, and says why when it takes long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from ingest.reasons import Lost
from ingest.status import Status
from ingest.waiting import pause
from journal.entries import ReadingsEntry
from telemetry.batch import Sequences
from telemetry.errors import Full, TooLarge, Unavailable

log = logging.getLogger("nadi.ingest")

FIRST_WAIT: Final = 0.1
LONGEST_WAIT: Final = 5.0
SAY_AGAIN: Final = 60.0
"""Seconds before the same trouble is logged anew."""


class Committer:
    """Retries while the journal is full or unavailable; splits what it finds too large.

    Nothing is acknowledged meanwhile. When `stopping` is set it gives up instead of waiting.
    """

    def __init__(
        self, commit: Callable[[ReadingsEntry], Awaitable[object]], status: Status, stopping: asyncio.Event
    ) -> None:
        self.commit = commit
        self.status = status
        self.stopping = stopping
        self._said = float("-inf")

    async def store(self, entry: ReadingsEntry) -> None:
        """Resolves when all of `entry` is durable. Raises Lost if stopped before that."""
        wait = FIRST_WAIT
        while True:
            try:
                await self.commit(entry)
                break
            except TooLarge as error:
                for part in _halves(entry, error):
                    await self.store(part)
                break
            except (Full, Unavailable) as error:
                self._held(str(error))
                if self.stopping.is_set():
                    raise Lost(f"stopped with messages not acknowledged: {error}") from error
            await pause(self.stopping, wait)
            wait = min(2 * wait, LONGEST_WAIT)
        self.status.commits += 1
        if self.status.held:
            log.info("the journal takes messages again; acknowledging goes on")
            self.status.held = ""

    def _held(self, reason: str) -> None:
        now = time.monotonic()
        if not self.status.held and now - self._said > SAY_AGAIN:
            # A nearly full disk takes a small commit now and then: that is one trouble, said once.
            log.error("acknowledging is held: %s", reason)
            self._said = now
        self.status.held = reason


def _halves(entry: ReadingsEntry, error: TooLarge) -> tuple[ReadingsEntry, ...]:
    """Two entries that are committed one after the other; names come with the first. Counters come with the last:
    a receipt says that everything up to them is stored, and the last may never be."""
    readings, refusals = len(entry.readings), len(entry.refusals)
    if readings + refusals > 1:
        row, refusal = readings // 2, (refusals + 1) // 2
        return (
            replace(
                entry,
                readings=entry.readings.take(slice(0, row)),
                sequences=Sequences.empty(),
                refusals=entry.refusals[:refusal],
            ),
            ReadingsEntry(
                entry.readings.take(slice(row, None)),
                sequences=entry.sequences,
                refusals=entry.refusals[refusal:],
            ),
        )
    if not refusals or not entry.refusals[0].payload:
        raise error
    refusal_ = entry.refusals[0]
    shorter = replace(refusal_, payload=refusal_.payload[: len(refusal_.payload) // 2])
    return (replace(entry, refusals=(shorter,)),)
