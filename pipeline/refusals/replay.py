"""Dead letters, once more: through the same scanner, gate and log as what a broker delivers.

    letters ──▶ PUBLISH bytes ──▶ Scanner ──▶ Gate ──▶ JOURNAL      taken in whole: removed from the letters
                                     └─ refused again: the letter stays

A crash between the log and the removal only means that a letter is taken in twice, and a
reading's identity makes the second a duplicate.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from config.settings import Settings
from ingest import wire
from ingest.build import build_scanner
from ingest.decoders.base import Memory
from ingest.facts import Aside
from journal.entries import ReadingsEntry
from pipeline.refusals.deadletters import DeadLetters, Letter
from telemetry.batch import Readings
from telemetry.flags import NO_TIME
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

log = logging.getLogger("nadi.replay")

AT_ONCE: Final = 200
"""Letters that are looked at together, and at most of one commit."""
MOST_READINGS: Final = 65_536
"""Of one commit, and those of one letter more: a small packed letter may hold 20,000."""
_NO_RATE: Final = 10**12
_MAX_TOPIC: Final = 65_535


@dataclass(slots=True)
class Replayed:
    """letters: looked at; taken: stored and removed; readings: in these; still_refused: by reason."""

    letters: int = 0
    taken: int = 0
    readings: int = 0
    still_refused: dict[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        return {
            "letters": self.letters,
            "taken": self.taken,
            "readings": self.readings,
            "still_refused": self.still_refused,
        }


class Replayer:
    """Replays letters, one request at a time."""

    def __init__(
        self,
        settings: Settings,
        table: SeriesTable,
        sensors: SensorTable,
        letters: DeadLetters,
        admit: Callable[[ReadingsEntry], Awaitable[object]],
        clock: Callable[[], int],
        memory: Memory | None = None,
    ) -> None:
        """memory: of decoders; old messages are read by it and change nothing in it."""
        self.table = table
        self.memory = memory
        self.letters = letters
        self.admit = admit
        self.clock = clock
        self.adopt(settings, sensors)
        self._one_at_a_time = asyncio.Lock()

    def adopt(self, settings: Settings, sensors: SensorTable) -> None:
        """Other limits and another catalogue, from the next letter on."""
        # What was refused for its rate comes at once now: an operator has decided so.
        self.scanner = build_scanner(
            self.table,
            sensors,
            max_payload=settings.limits.max_payload,
            max_future=settings.max_future,
            gateway_rate=_NO_RATE,
            decoders=settings.decoders,
            timezone=settings.timezone,
            memory=Aside(self.memory) if self.memory is not None else None,
        )

    async def replay(self, reason: str | None, user: str = "") -> dict[str, Any]:
        """Take in every letter of `reason` (None: all) that is not refused any more; what became of them.

        Raises Full, Unavailable where the journal takes nothing: what was taken before that is stored.
        """
        async with self._one_at_a_time:
            done = Replayed()
            after = ""
            while page := await asyncio.to_thread(self.letters.page, after, reason, AT_ONCE):
                await self._take(page, done)
                after = page[-1].id
        log.info("dead letters were replayed", extra={"user": user, "reason": reason, **done.told()})
        return done.told()

    async def _take(self, page: Sequence[Letter], done: Replayed) -> None:
        good: list[Readings] = []
        taken: list[str] = []
        for letter in page:
            done.letters += 1
            readings, refused = self._scan(letter)
            if readings is None:
                done.still_refused[refused] = done.still_refused.get(refused, 0) + 1
            else:
                good.append(readings)
                taken.append(letter.id)
            if sum(map(len, good)) >= MOST_READINGS:
                await self._store(good, taken, done)
                good, taken = [], []
            # A letter may have been refused because it takes long: all else goes on before the next.
            await asyncio.sleep(0)
        if good:
            await self._store(good, taken, done)

    async def _store(self, good: Sequence[Readings], taken: Sequence[str], done: Replayed) -> None:
        entry = ReadingsEntry(Readings.concat(good), self.table.drain())
        await self.admit(entry)
        await asyncio.to_thread(self.letters.remove, taken)
        done.taken += len(taken)
        done.readings += len(entry.readings)

    def _scan(self, letter: Letter) -> tuple[Readings | None, str]:
        """The readings of a letter in which nothing is refused; else None, and the reason.

        Its `seq` is not counted again: it was when the message came."""
        if letter.reason == "too_large" or len(letter.topic.encode()) > _MAX_TOPIC:
            return None, letter.reason
        self.scanner.reset(wire.V5)
        try:
            packet = wire.publish(wire.V5, letter.topic, letter.payload)
        except ValueError:
            return None, letter.reason
        scanned = self.scanner.scan(packet, self.clock())
        if scanned.refusals:
            return None, scanned.refusals[0].reason
        if scanned.error is not None or not len(scanned.readings):
            return None, letter.reason
        return _as_it_came(scanned.readings, letter.arrival), ""


def _as_it_came(readings: Readings, arrival: int) -> Readings:
    """Readings without a time have that of their arrival, which was then and not now."""
    timeless = (readings.flags & NO_TIME) != 0
    if not timeless.any():
        return readings
    time = np.where(timeless, arrival, readings.time)
    return Readings(readings.series, time, readings.value, readings.flags, readings.arrival, readings.gateway)
