"""The last reading of a counter before a window, which its first increment is taken from."""

from __future__ import annotations

import numpy as np

from processors.base import State
from processors.windows.chunks import ChunkStore
from processors.windows.rows import ECHO, FAILED, NEVER, Rows, distinct, ordered
from processors.windows.statistics import Summary
from telemetry.batch import Bool, Float64, Int32, Int64
from telemetry.growth import extended


class Last:
    """time (ms, NEVER for none) and value by series."""

    def __init__(self) -> None:
        self.time: Int64 = np.empty(0, np.int64)
        self.value: Float64 = np.empty(0)

    def grow(self, size: int) -> None:
        self.time, self.value = extended(self.time, size, NEVER), extended(self.value, size, np.nan)


def last_good(rows: Rows) -> Rows:
    """Of rows as they came, the last reading of each series that has not failed."""
    readings = distinct(ordered(rows.take(rows.mark & ECHO == 0)))
    readings = readings.take(readings.mark & FAILED == 0)
    ends = np.ones(len(readings), np.bool_)
    if len(readings):
        ends[:-1] = readings.series[1:] != readings.series[:-1]
    return readings.take(ends)


class Carry:
    """closed: the last good reading in all closed windows; dropped: in those no longer on disk."""

    def __init__(self, chunks: ChunkStore) -> None:
        self.chunks = chunks
        self.closed = Last()
        self.dropped = Last()

    def grow(self, size: int) -> None:
        self.closed.grow(size)
        self.dropped.grow(size)

    def before(self, series: Int32, start: int) -> tuple[Int64, Float64]:
        """Time and value of the last good reading before `start`; NEVER, NaN where none is known."""
        time, value = self.closed.time[series], self.closed.value[series]
        open_ = np.flatnonzero(time >= start)
        if len(open_):
            time[open_], value[open_] = self._search(series[open_], start)
        return time, value

    def _search(self, series: Int32, start: int) -> tuple[Int64, Float64]:
        """The same from chunks, newest first, and at last from what was dropped."""
        time, value = self.dropped.time[series], self.dropped.value[series]
        missing = np.arange(len(series))
        for earlier in sorted((known for known in self.chunks.chunks if known < start), reverse=True):
            missing = missing[self.dropped.time[series[missing]] < earlier]
            if not len(missing):
                break
            found = last_good(Rows.concat(self.chunks.find(earlier, series[missing])))
            places = missing[np.searchsorted(series[missing], found.series)]
            time[places], value[places] = found.time, found.value
            missing = np.setdiff1d(missing, places, assume_unique=True)
        return time, value

    def note(self, summary: Summary, start: int, end: int, counter: Bool) -> None:
        """The readings of the shortest windows start..end have been closed, or changed."""
        series = summary.series[counter]
        newest = series[self.closed.time[series] < end]
        if not len(newest):
            return
        lost = newest[self.closed.time[newest] >= start]
        self.closed.time[lost], self.closed.value[lost] = self._search(lost, start)
        good = summary.good
        last = np.ones(len(good), np.bool_)
        last[:-1] = good.series[1:] != good.series[:-1]
        found = good.take(last)
        found = found.take(np.isin(found.series, newest))
        self.closed.time[found.series], self.closed.value[found.series] = found.time, found.value

    def retire(self, rows: Rows) -> None:
        """A chunk with these rows of counters is about to be dropped."""
        found = last_good(rows)
        found = found.take(found.time > self.dropped.time[found.series])
        self.dropped.time[found.series], self.dropped.value[found.series] = found.time, found.value

    def forget(self, series: Int32) -> None:
        """These ids stand for other series from now on."""
        for last in (self.closed, self.dropped):
            last.time[series], last.value[series] = NEVER, np.nan

    def save(self, size: int) -> State:
        return {
            "carry.closed.time": self.closed.time[:size],
            "carry.closed.value": self.closed.value[:size],
            "carry.dropped.time": self.dropped.time[:size],
            "carry.dropped.value": self.dropped.value[:size],
        }

    def load(self, state: State) -> None:
        self.grow(len(state["carry.closed.time"]))
        for name, last in (("closed", self.closed), ("dropped", self.dropped)):
            size = len(state[f"carry.{name}.time"])
            last.time[:size] = state[f"carry.{name}.time"]
            last.value[:size] = state[f"carry.{name}.value"]
