"""The windows processor: readings in; rows of windows, and flags of late and repeated readings, out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs, State
from processors.windows import closing, longer, retention, saving
from processors.windows.config import WindowsConfig
from processors.windows.echoes import echoes
from processors.windows.memory import Memory
from processors.windows.repeats import compare
from processors.windows.rows import FAILED, NEVER, Rows
from processors.windows.watermark import Verdict
from telemetry import flags
from telemetry.batch import Bool, Readings
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

BUDGET = 131_072
"""Rows that one call closes or computes; the rest is done in the calls that follow."""
OPEN_ROWS = 262_144
"""Without a tick a sweep begins when open rows have doubled since the last one, and these more."""
PATIENCE = (4, 12)
"""Ticks for which the shortest and the longer windows wait for further devices to pass."""


class WindowsProcessor:
    """Tumbling windows of all lengths over event time; see the package for the picture.

    Batches must come in log order. A reading is flagged LATE when a window of it had been
    closed and it changes it; EXPIRED too when it lies below the horizon, so that no window
    counts it; DUPLICATE when its (series, time) was there (the last value wins). Counts:
    late (expired ones included), expired, duplicates. Readings of unknown age (retained and
    without a time) pass as they are, and no window counts them.
    """

    name = "windows"

    def __init__(self, config: WindowsConfig, table: SeriesTable, sensors: SensorTable, chunk_dir: Path) -> None:
        self.memory = Memory.new(config, table, sensors, chunk_dir)

    def process(self, readings: Readings, out: Outputs) -> Readings:
        undated = flags.of_unknown_age(readings.flags)
        if not undated.any():
            return self._windowed(readings, out)
        bits = readings.flags.copy()
        bits[~undated] = self._windowed(readings.take(~undated), out).flags
        return readings.with_flags(bits)

    def _windowed(self, readings: Readings, out: Outputs) -> Readings:
        if not len(readings):
            return readings
        memory = self.memory
        memory.grow()
        series = readings.series.astype(np.intp)
        device = memory.table.device_of.take(series).astype(np.intp)
        verdict = memory.clocks.admit(device, readings.time, readings.arrival)
        rows = _rows(readings, verdict)
        kept = np.arange(len(rows))
        if verdict is not None and verdict.expired.any():
            kept = np.flatnonzero(~verdict.expired)
            rows = rows.take(kept)
        repeated, same = self._repeats(rows)
        if same is not None:
            rows, kept = rows.take(~same), kept[~same]
        if verdict is not None:
            memory.open.add(echoes(memory, rows, verdict.closed[:, kept]))
        memory.open.add(rows)
        if memory.unfinished or memory.open.size > 2 * memory.swept + OPEN_ROWS:
            self._work(out)
        if verdict is None and repeated is None:
            return readings
        return _flagged(readings, verdict, repeated, same, out)

    def _repeats(self, rows: Rows) -> tuple[Bool | None, Bool | None]:
        doubtful = self.memory.newest.doubtful(rows.series.astype(np.intp), rows.time)
        if doubtful is None:
            return None, None
        found = compare(rows, doubtful, self.memory.config.base, self.memory.stored)
        return found.repeated, found.same

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        memory = self.memory
        memory.grow()
        if tick.connected_since > 0:
            self._close_silent(tick)
        shortest, others = self._due()
        if others:
            memory.planning = 1
        if shortest or others or memory.unfinished or memory.again:
            self._work(out)
        if tick.connected_since > 0:
            memory.clocks.freeze(tick.time, tick.connected_since)
        if not memory.unfinished:
            retention.retain(memory)
            retention.forget_gaps(memory)

    def _close_silent(self, tick: TickEntry) -> None:
        memory = self.memory
        watched = memory.watched.devices[:-1]
        since = memory.clocks.since[: len(watched)]
        np.copyto(since, tick.connected_since, where=watched & (since == NEVER))
        memory.clocks.close_silent(tick.time, tick.connected_since, watched)

    def _due(self) -> tuple[bool, bool]:
        """Whether the shortest and the longer windows are to be looked through now."""
        memory, clocks = self.memory, self.memory.clocks
        late = any(bucket.after for bucket in memory.open.buckets.values())
        count = (
            int(np.count_nonzero(clocks.emitted[0, : clocks.size] < clocks.closed[0, : clocks.size])),
            longer.due(memory),
        )
        ready = [False, False]
        for which, devices in enumerate(count):
            waited, before = memory.waited[which].tolist()
            ready[which] = devices > 0 and (devices == before or waited >= PATIENCE[which])
            memory.waited[which] = (0, 0) if ready[which] or not devices else (waited + 1, devices)
        return ready[0] or late, ready[1]

    def _work(self, out: Outputs) -> None:
        """One bounded piece of what is due."""
        memory = self.memory
        memory.unfinished = 1
        budget = closing.sweep(memory, out, BUDGET)
        if budget <= 0:
            return
        if memory.planning:
            memory.planning = 0
            longer.plan(memory)
        longer.plan_again(memory)
        longer.work(memory, out, budget)
        memory.unfinished = 1 if memory.jobs or memory.spans else 0

    def pieces(self) -> Iterator[State]:
        """As a snapshot, but most of it is the state itself: to be read before the next call."""
        return saving.pieces(self.memory)

    def snapshot(self) -> State:
        return {name: column.copy() for piece in self.pieces() for name, column in piece.items()}

    def restore(self, state: State) -> None:
        saving.load(self.memory, state)

    def sync(self) -> None:
        """Make the chunks durable that a snapshot just taken names. May run in a thread."""
        self.memory.chunks.sync()

    def saved(self) -> None:
        """The snapshot last taken is committed: earlier ones are needed no more. May run in a thread."""
        self.memory.chunks.saved()


def _rows(readings: Readings, verdict: Verdict | None) -> Rows:
    """The batch as rows. What is not a finite number is taken as failed."""
    failed = (readings.flags & flags.FAIL != 0) | ~np.isfinite(readings.value)
    mark = np.multiply(failed, FAILED, dtype=np.uint16)
    if verdict is not None:
        mark |= verdict.late
    return Rows(readings.series, readings.time, readings.value, mark)


def _flagged(
    readings: Readings, verdict: Verdict | None, repeated: Bool | None, same: Bool | None, out: Outputs
) -> Readings:
    size = len(readings)
    expired = np.zeros(size, np.bool_) if verdict is None else verdict.expired
    late = np.zeros(size, np.bool_) if verdict is None else verdict.late != 0
    duplicate, unchanged = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    if repeated is not None and same is not None:
        duplicate[~expired] = repeated
        unchanged[~expired] = same
    late = late & ~unchanged
    out.count("late", int(np.count_nonzero(late)))
    out.count("expired", int(np.count_nonzero(expired)))
    out.count("duplicates", int(np.count_nonzero(duplicate)))
    if not (late.any() or duplicate.any()):
        return readings
    added = late * np.uint32(flags.LATE) | expired * np.uint32(flags.EXPIRED) | duplicate * np.uint32(flags.DUPLICATE)
    return readings.with_flags(readings.flags | added)
