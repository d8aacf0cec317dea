"""Data completeness: for which part of the time sensors have told what they should, by the catalogue's intervals.

    interval 20 s   ●────●────┄┄┄┄┄┄●────●────●────     a reading covers the time until the next one is due
    windows         │ 40 of 60 s    │ 60 of 60 s   │

Counted when a window closes, whether anything came or not: of its time so much as its own readings cover, and
those before it. So no sensor covers more than the time there is, however often it tells. What comes late covers
what was missing then: that is remembered by grains of local time, for as long as readings may come late.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.indicators.cells import DAY, Cells
from processors.runs import starts_of
from telemetry import flags
from telemetry.batch import Index, Int32, Int64, Readings, Windows
from telemetry.sensors import SensorTable

NAME: Final = "completeness"
GRAINS: Final = 8
"""That are remembered: more than those in which readings may come late."""
_LATE: Final = flags.LATE | flags.DUPLICATE | flags.EXPIRED | flags.FAIL
_NEVER: Final = -(2**62)
_SIZES: Final = tuple(minutes * 60_000 for minutes in (15, 30, 60, 120, 180, 240, 360, 480, 720, 1440))
"""ms; a day is so many whole grains."""


class Completeness:
    """State by series. until: ms, up to when its readings cover; late: time of its latest reading that came late;
    missing: ms that were not covered of each of the grains in `ring`."""

    name = NAME

    def __init__(self, cells: Cells, sensors: SensorTable, shortest: int, lateness: int = 3_600_000) -> None:
        """shortest: ms, of the windows that are counted. lateness: ms, how late readings may come."""
        self.cells, self.sensors, self.shortest = cells, sensors, shortest
        least = max(shortest, lateness // (GRAINS // 2))
        self.grain = next((size for size in _SIZES if size >= least), DAY)
        self.ring = np.full(GRAINS, -1, np.int64)
        """Which grain of local time stands in each place, counted from 1970."""
        self.columns = Columns(until=(np.int64, 0), late=(np.int64, _NEVER), missing=(np.int32, 0, GRAINS))
        self._waiting: list[tuple[Int32, Int64]] = []
        """Series and times of what came late, in the log's order, until the next tick."""
        self._round: Outputs | None = None
        self._taken = 0
        """Windows of this round that were counted."""

    def gather(self, out: Outputs) -> None:
        """Count the windows that have closed since the last call."""
        if self._round is not out:
            self._round, self._taken = out, 0
        for windows in out.windows[self._taken :]:
            if windows.length == self.shortest:
                self._closed(windows)
        self._taken = len(out.windows)

    def hear(self, readings: Readings) -> None:
        """Keep what came late until the next tick: then the windows beside it have closed, however the log was cut."""
        if not len(readings) or not int(np.bitwise_or.reduce(readings.flags)) & flags.LATE:
            return
        late = np.flatnonzero((readings.flags & _LATE) == flags.LATE)
        if len(late):
            self._waiting.append((readings.series.take(late), readings.time.take(late)))

    def tick(self, now: int) -> None:
        """Count what came late. now: ms of the log."""
        if self._waiting:
            self._late(*self._drained())
        self._turn(int(self._local(np.array([now]))[0]) // self.grain)

    def _turn(self, newest: int) -> None:
        """Let the ring reach up to a grain."""
        if newest > self.ring.max():
            ring = newest - (newest - np.arange(GRAINS)) % GRAINS
            self.columns["missing"][:, ring != self.ring] = 0
            self.ring = ring

    def _closed(self, windows: Windows) -> None:
        self._grow()
        interval = self.sensors.interval.take(windows.series)
        rows = np.flatnonzero((windows.revision == 0) & (interval > 0))
        if not len(rows):
            return
        series, start, interval = windows.series[rows].astype(np.intp), windows.start[rows], interval[rows]
        readings, covered = windows.count[rows], np.zeros(len(rows), np.int64)
        until = self.columns["until"]
        for turn in _turns(series) if readings.any() else (np.arange(len(rows)),):
            who, begin = series[turn], start[turn]
            # Its last reading lies before the window's end, and covers no more than an interval.
            last = np.minimum(
                np.maximum(until[who], begin) + readings[turn] * interval[turn], begin + self.shortest + interval[turn]
            )
            until[who] = np.where(readings[turn] > 0, np.maximum(until[who], last), until[who])
            covered[turn] = np.clip(until[who] - begin, 0, self.shortest)
        self._add(series, self.cells.days(start), covered, np.full(len(rows), self.shortest))
        self._miss(series, start, self.shortest - covered)

    def _miss(self, series: Index, start: Int64, missing: Int64) -> None:
        short = np.flatnonzero(missing)
        if not len(short):
            return
        grain = self._local(start[short]) // self.grain
        self._turn(int(grain.max()))
        known = self.ring[grain % GRAINS] == grain
        where = series[short[known]], grain[known] % GRAINS
        np.add.at(self.columns["missing"], where, missing[short[known]].astype(np.int32))

    def _late(self, series: Int32, time: Int64) -> None:
        self._grow()
        interval = self.sensors.interval.take(series)
        order = np.argsort(series, kind="stable")
        order = order[interval[order] > 0]
        if not len(order):
            return
        who, time, interval = series[order].astype(np.intp), time[order], interval[order]
        before = np.roll(time, 1)
        first = starts_of(who)
        before[first] = self.columns["late"][who[first]]
        self.columns["late"][who] = time
        np.maximum.at(self.columns["until"], who, time + interval)
        # What the late reading before it covers is not covered twice, whether they come forwards or backwards.
        covers = np.minimum(interval, np.abs(time - before))
        begin = np.where(time >= before, time + interval - covers, time)
        self._fill(who, self._local(begin), covers)

    def _fill(self, series: Index, begin: Int64, covers: Int64) -> None:
        """Cover what was missing. begin: local ms."""
        end = begin + covers
        begin = np.maximum(begin, self.ring.min() * self.grain)
        for number in range(GRAINS):
            grain = begin // self.grain + number
            part = np.minimum(end, (grain + 1) * self.grain) - np.maximum(begin, grain * self.grain)
            rows = np.flatnonzero((part > 0) & (self.ring[grain % GRAINS] == grain))
            if not len(rows):
                continue
            places, which = np.unique(series[rows] * GRAINS + grain[rows] % GRAINS, return_inverse=True)
            who, place = places // GRAINS, places % GRAINS
            missing = self.columns["missing"][who, place]
            found = np.minimum(np.bincount(which, part[rows]).astype(np.int64), missing)
            self.columns["missing"][who, place] = missing - found
            self._add(who, self.ring[place] * self.grain // DAY, found, np.zeros(len(who), np.int64))

    def _add(self, series: Index, days: Int64, covered: Int64, expected: Int64) -> None:
        row = self.cells.places.row[series].astype(np.intp)
        self.cells.add(NAME, row, days, covered.astype(float), expected.astype(float))

    def _local(self, time: Int64) -> Int64:
        return np.asarray(time + self.cells.local.offsets(time), np.int64)

    def _grow(self) -> None:
        self.sensors.sync()
        self.columns.grow(len(self.cells.places.row))

    def _drained(self) -> tuple[Int32, Int64]:
        series, time = zip(*self._waiting, strict=True)
        self._waiting = []
        return np.concatenate(series), np.concatenate(time)

    def snapshot(self) -> State:
        series, time = np.zeros(0, np.int32), np.zeros(0, np.int64)
        if self._waiting:
            series, time = self._drained()
            self._waiting = [(series, time)]
        state: State = {"ring": self.ring.copy(), "grain": np.array([self.grain]), **self.columns.snapshot()}
        return {**state, "waiting.series": series.copy(), "waiting.time": time.copy()}

    def restore(self, state: State) -> None:
        """A state from before anything was remembered here is empty: then it begins anew."""
        if not state:
            return
        self.columns.grow(max(len(state["until"]), len(self.cells.places.row)))
        self.columns.restore({name: state[name] for name in self.columns.kinds})
        if int(state["grain"][0]) == self.grain:
            self.ring = state["ring"].copy()
        series, time = state["waiting.series"].copy(), state["waiting.time"].copy()
        self._waiting = [(series, time)] if len(series) else []


def _turns(series: Index) -> Iterator[Index]:
    """Rows such that no series stands twice in one turn, each series' own in order."""
    order = np.argsort(series, kind="stable")
    starts = starts_of(series[order])
    if len(starts) == len(order):
        yield order
        return
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    for number in range(int(rank.max()) + 1):
        yield order[rank == number]
