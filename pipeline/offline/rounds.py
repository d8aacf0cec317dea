"""Entries of the log run through a chain in the order of their times, a round up to each tick.

    entries ──┤ tick ├── entries ──┤ tick ├──▶ Chain.run ─▶ what was found

Rounds are those of `pipeline/processing/runner.py`, without what makes them durable: journal, sinks,
snapshots that are kept. No clock is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from journal.base import Position, Stored
from journal.entries import ReadingsEntry, TickEntry
from pipeline.processing.chain import Chain
from processors.base import Outputs
from telemetry.batch import Readings

TICK: Final = 10_000
"""ms. Alarms' delays are kept to this; in life there is a tick a second, which is too many for days."""
ROUND_READINGS: Final = 32_768
"""Then a round is run before its tick is due, to bound memory; how rounds are cut changes no result."""
RELEASE: Final = 3_600_000
"""ms of log time after which files of windows that nothing needs are deleted."""


class Rounds:
    """found: is shown each round's outputs and its readings with their final flags. start: ms, from when
    nadi is connected; the first tick comes a `tick` (ms) later."""

    def __init__(
        self, chain: Chain, found: Callable[[Outputs, Sequence[Readings]], None], start: int, tick: int = TICK
    ) -> None:
        self.chain = chain
        self.found = found
        self.start = start
        self.tick = tick
        self.due = start + tick
        """When the next tick comes, ms."""
        self._inputs: list[Stored] = []
        self._waiting = 0
        self._position = 0
        self._release = start + RELEASE

    def append(self, entry: ReadingsEntry) -> None:
        """What came before the next tick, or at its very moment."""
        self._waiting += len(entry.readings)
        self._add(entry)

    def tick_until(self, now: int) -> None:
        """Every tick that is due at `now` or before."""
        while self.due <= now:
            self._add(TickEntry(self.due, self.start))
            self.run()
            if self.due >= self._release:
                self._release_files()
            self.due += self.tick

    def take(self, readings: Readings) -> None:
        """Readings in the order of their arrival, with the ticks that fall between them."""
        begin = 0
        while begin < len(readings):
            self.tick_until(int(readings.arrival[begin]) - 1)
            end = int(readings.arrival.searchsorted(self.due, "right"))
            self.append(ReadingsEntry(readings.take(slice(begin, end))))
            self.run_if_many()
            begin = end

    def finish(self, end: int) -> None:
        """All that is left up to `end` (ms), the last tick included."""
        self.tick_until(end)
        self.run()

    def run_if_many(self) -> None:
        """A round now, where much waits for the next tick."""
        if self._waiting >= ROUND_READINGS:
            self.run()

    def run(self) -> None:
        """A round of what waits."""
        if not self._inputs:
            return
        _, readings, out = self.chain.run(self._inputs)
        self.found(out, readings)
        self._inputs.clear()
        self._waiting = 0

    def _add(self, entry: ReadingsEntry | TickEntry) -> None:
        self._position += 1
        self._inputs.append(Stored(Position(self._position), entry))

    def _release_files(self) -> None:
        """As after a snapshot that was saved. Nothing here need survive, so nothing is synced."""
        for processor in self.chain.processors:
            processor.snapshot()
        self.chain.saved()
        self._release += RELEASE
