"""A log in memory, processing over it that can crash, and what sinks get of its results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from journal.base import START, Gap, Position, Restored, SnapshotRef, Stored
from journal.entries import Derived, Entry, Input, ReadingsEntry, TickEntry
from pipeline.processing import runner as module
from pipeline.processing.board import Board
from pipeline.processing.chain import Chain
from pipeline.processing.runner import Processing
from pipeline.wiring import chain
from telemetry.batch import Readings
from telemetry.errors import Full
from telemetry.sensors import SensorTable
from telemetry.series import Identity, SeriesTable
from tests.pipeline.kit import NOW, settings

DEVICES = 3


@dataclass
class MemoryLog:
    """A log and its owner in memory; what was committed outlives a crash of who processes it."""

    entries: list[Stored | Gap] = field(default_factory=list)
    snapshots: dict[str, bytes] = field(default_factory=dict)
    covers: Position = START
    snapshot: SnapshotRef | None = None
    full: bool = False
    cut: int = 3
    """Entries that `read` gives at once."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def append(self, entry: Entry) -> Position:
        position = Position(10 * len(self.entries) + 10)
        self.entries.append(Stored(position, entry))
        self.news.set()
        return position

    def newest(self) -> Position:
        return Position(10 * len(self.entries))

    async def restore(self) -> Restored:
        if self.snapshot is None:
            return Restored(self.covers, None, START)
        assert self.snapshot.cursor is not None
        return Restored(self.covers, self.snapshots[self.snapshot.name], self.snapshot.cursor)

    async def read(self, after: Position, limit: int = 65536) -> AsyncIterator[Sequence[Stored | Gap]]:
        place = after // 10
        while True:
            if found := self.entries[place : place + self.cut]:
                place += len(found)
                yield found
            else:
                self.news.clear()
                await self.news.wait()

    async def commit(self, derived: Derived, cursor: Position, snapshot: SnapshotRef | None = None) -> Position:
        await asyncio.sleep(0)
        if self.full:
            raise Full("no room")
        assert cursor >= self.covers
        self.covers = cursor
        if snapshot is not None:
            assert snapshot.cursor is not None
            assert snapshot.cursor <= cursor, "a snapshot may not be ahead of the results"
            self.snapshot = snapshot
        return self.append(derived)

    async def save_snapshot(
        self,
        blob: Iterable[bytes | memoryview],
        cursor: Position | None = None,
        taken: Callable[[], None] = lambda: None,
    ) -> SnapshotRef:
        name = str(len(self.snapshots))
        pieces = []
        for number, piece in enumerate(blob):
            pieces.append(bytes(piece))
            if number % 50 == 0:  # of some 500: so that a snapshot is whole within the turns between two crashes
                await asyncio.sleep(0)  # others may run meanwhile
        self.snapshots[name] = b"".join(pieces)
        taken()
        await asyncio.sleep(0)
        return SnapshotRef(name, cursor)

    def derived(self) -> list[Derived]:
        return [item.entry for item in self.entries if isinstance(item, Stored) and isinstance(item.entry, Derived)]


async def turns(condition: Callable[[], object]) -> None:
    """Let the other tasks go on, step by step, until `condition` holds."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("not reached")


class Worker:
    """Processing as it runs in nadi; `crash` is all that SIGKILL leaves of it: nothing."""

    def __init__(self, log: MemoryLog, folder: Path, table: SeriesTable) -> None:
        sensors = SensorTable(table)
        chosen = settings(folder)

        # Syncing a disk takes longer than all the rest, and no disk is cut off here.
        def build() -> Chain:
            return replace(chain(chosen, table, sensors), sync=lambda: None)

        self.processing = Processing(log, build, Board(table), 1_000, lambda: 0.0, log.newest)
        self.tasks = [
            asyncio.create_task(self.processing.run()),
            asyncio.create_task(self.processing.commit_rounds()),
        ]

    async def crash(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def finish(self, position: Position) -> None:
        async with asyncio.timeout(60):
            await self.processing.reached(position)


def table() -> SeriesTable:
    made = SeriesTable()
    for device in range(DEVICES):
        made.intern(Identity("3578", "water", "a", f"d{device}", "flow"))
    made.drain()
    return made


def inputs(seed: int, size: int) -> list[Input]:
    """Readings of three devices over 30 s, some late, some twice, ticks in between."""
    rng = np.random.default_rng(seed)
    made: list[Input] = []
    for step in range(size):
        now = NOW + step * 500
        count = int(rng.integers(0, 6))
        late = rng.random(count) < 0.2
        times = now - rng.integers(0, 400, count) - late * rng.integers(1_000, 6_000, count)
        readings = Readings(
            rng.integers(0, DEVICES, count).astype(np.int32),
            times // 100 * 100,
            rng.normal(50, 5, count).round(2),
            np.zeros(count, np.uint32),
            np.full(count, now, np.int64),
            np.full(count, -1, np.int32),
        )
        made.append(ReadingsEntry(readings, messages=count))
        if step % 2:
            made.append(TickEntry(now, NOW))
    return made


Rows = dict[tuple[int, int, int], tuple[float, ...]]


def results(log: MemoryLog) -> tuple[Rows, list[int], list[tuple[int, int, float]]]:
    """The last row of each window, the flags of all readings, the anomalies: as sinks get them,
    which skip a derived entry that covers nothing new."""
    rows: Rows = {}
    flags: list[int] = []
    anomalies: list[tuple[int, int, float]] = []
    covered = START
    place = 0
    stored = [item for item in log.entries if isinstance(item, Stored)]
    readings = [item for item in stored if isinstance(item.entry, ReadingsEntry)]
    for derived in log.derived():
        if derived.covers <= covered:
            assert not derived.windows
            continue
        covered = Position(derived.covers)
        own = []
        while place < len(readings) and readings[place].position <= covered:
            own.append(readings[place].entry.readings)  # type: ignore[union-attr]
            place += 1
        given = Readings.concat(own).flags if own else np.zeros(0, np.uint32)
        flags += (given if derived.flags is None else derived.flags).tolist()
        for windows in derived.windows:
            for row in range(len(windows)):
                key = (windows.length, int(windows.series[row]), int(windows.start[row]))
                rows[key] = tuple(
                    float(getattr(windows, name)[row]) for name in ("count", "mean", "min", "max", "first", "last")
                )
        if derived.anomalies is not None:
            found = derived.anomalies
            anomalies += zip(found.series.tolist(), found.time.tolist(), found.value.tolist(), strict=True)
    return rows, flags, sorted(anomalies)


@contextmanager
def hurried(round_readings: int) -> Iterator[None]:
    """No pauses, and rounds of a few readings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROUND_SECONDS", 0.0)
        patch.setattr(module, "RETRY_SECONDS", 0.0)
        patch.setattr(module, "ROUND_READINGS", round_readings)
        yield
