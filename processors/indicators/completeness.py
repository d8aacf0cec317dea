"""Data completeness: for which part of the time sensors have told what they should, by the catalogue's intervals.

    interval 20 s   ●────●────┄┄┄┄┄┄●────●────●────     a reading covers the time until the next one is due
    windows         │ 40 of 60 s    │ 60 of 60 s   │

Windows say how much time there is, and how many readings came; what these cover follows on what those before them
do. Both are kept by series and local day, in ms, and are set off against each other: so no sensor covers more than
the time there is, however often it tells, and windows may come in any order beside those that have nothing in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.indicators.cells import DAY, DAYS, Cells
from processors.runs import starts_of
from telemetry import flags
from telemetry.batch import Float64, Index, Int32, Int64, Readings, Windows
from telemetry.sensors import SensorTable

NAME: Final = "completeness"
_LATE: Final = flags.LATE | flags.DUPLICATE | flags.EXPIRED | flags.FAIL
_NEVER: Final = -(2**62)


class Completeness:
    """State by series. since, until: ms, the latest time without a gap that readings cover; late: ms, time of its
    latest reading that came late. By open day (`days` says which): ms covered beyond what was due so far, and due
    beyond what was covered."""

    name = NAME

    def __init__(self, cells: Cells, sensors: SensorTable, shortest: int) -> None:
        self.cells, self.sensors, self.shortest = cells, sensors, shortest
        self.days = np.full(DAYS, -1, np.int64)
        self.columns = Columns(
            since=(np.int64, 0),
            until=(np.int64, 0),
            late=(np.int64, _NEVER),
            covered=(np.int32, 0, DAYS),
            due=(np.int32, 0, DAYS),
        )
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

    def tick(self) -> None:
        """Count what came late."""
        if self._waiting:
            self._late(*self._drained())

    def turn(self) -> None:
        """Make room for the days that have become open, with what readings cover of them already."""
        self._grow()
        open_days = self.cells.open()
        days = open_days[np.argsort(open_days % DAYS)]
        new = np.flatnonzero(days != self.days)
        if not len(new):
            return
        self.columns["covered"][:, new] = self.columns["due"][:, new] = 0
        self.days = days
        series = np.flatnonzero(self.columns.of("until"))
        if len(series):
            local = self._local(self.columns["since"][series])
            lasting = self.columns["until"][series] - self.columns["since"][series]
            self._cover(series, local, local + lasting, set(new.tolist()))

    def settle(self) -> None:
        """Tell the cells what is covered of what was due."""
        covered, due = self.columns.of("covered"), self.columns.of("due")
        series, place = np.nonzero((covered > 0) & (due > 0))
        if len(series):
            found = np.minimum(covered[series, place], due[series, place])
            covered[series, place] -= found
            due[series, place] -= found
            self._add(series, self.days[place], found.astype(float), np.zeros(len(series)))

    def _closed(self, windows: Windows) -> None:
        self._grow()
        interval = self.sensors.interval.take(windows.series)
        rows = np.flatnonzero((windows.revision == 0) & (interval > 0))
        if not len(rows):
            return
        series, start = windows.series[rows].astype(np.intp), windows.start[rows]
        days = self.cells.days(start)
        self._add(series, days, np.zeros(len(rows)), np.full(len(rows), float(self.shortest)))
        known = np.flatnonzero(self.days[days % DAYS] == days)
        np.add.at(self.columns["due"], (series[known], days[known] % DAYS), np.int32(self.shortest))
        told = np.flatnonzero(windows.count[rows] > 0)
        for turn in _turns(series[told]):
            chosen = told[turn]
            self._follow(series[chosen], start[chosen], windows.count[rows[chosen]], interval[rows[chosen]])

    def _follow(self, series: Index, start: Int64, count: Int64, interval: Int64) -> None:
        """Readings of windows, each series once and later than before: they cover what those before them do not."""
        since, until = self.columns["since"], self.columns["until"]
        begin = np.maximum(until[series], start)
        # The last of them lies before the window's end, and covers no more than an interval.
        end = np.maximum(np.minimum(begin + count * interval, start + self.shortest + interval), begin)
        local = self._local(begin)
        self._cover(series, local, local + (end - begin))
        since[series] = np.where(begin > until[series], begin, since[series])
        until[series] = end

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
        # What the late reading before it covers is not covered twice, whether they come forwards or backwards.
        covers = np.minimum(interval, np.abs(time - before))
        begin = np.where(time >= before, time + interval - covers, time)
        # Nor is what those cover that came in time.
        end, since, until = begin + covers, self.columns["since"][who], self.columns["until"][who]
        ahead, behind = np.minimum(end, since) - begin, end - np.maximum(begin, until)
        begin = np.where(ahead > 0, begin, np.maximum(begin, until))
        covers = np.maximum(ahead, 0) + np.maximum(behind, 0)
        local = self._local(begin)
        self._cover(who, local, local + covers)

    def _cover(self, series: Index, begin: Int64, end: Int64, places: set[int] | None = None) -> None:
        """begin, end: local ms. places: of the days that are meant, all by default."""
        if not len(series):
            return
        first, last = int(begin.min()) // DAY, int(end.max()) // DAY
        covered = self.columns["covered"]
        for place, day in enumerate(self.days.tolist()):
            if not first <= day <= last or (places is not None and place not in places):
                continue
            part = np.minimum(end, (day + 1) * DAY) - np.maximum(begin, day * DAY)
            rows = np.flatnonzero(part > 0)
            who, which = np.unique(series[rows], return_inverse=True)
            more = np.bincount(which, part[rows], len(who)) if len(rows) else np.zeros(0)
            covered[who, place] = np.minimum(covered[who, place] + more, DAY).astype(np.int32)

    def _add(self, series: Index, days: Int64, covered: Float64, due: Float64) -> None:
        self.cells.add(NAME, self.cells.places.row[series].astype(np.intp), days, covered, due)

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
        state: State = {"days": self.days.copy(), "waiting.series": series.copy(), "waiting.time": time.copy()}
        return state | self.columns.snapshot()

    def restore(self, state: State) -> None:
        """A state from before anything was remembered here is empty: then it begins anew."""
        if not state:
            return
        self.columns.grow(max(len(state["until"]), len(self.cells.places.row)))
        self.columns.restore(state)
        self.days = state["days"].copy()
        series, time = state["waiting.series"].copy(), state["waiting.time"].copy()
        self._waiting = [(series, time)] if len(series) else []


def _turns(series: Index) -> Iterator[Index]:
    """Rows such that no series stands twice in one turn, each series' own in order."""
    if not len(series):
        return
    order = np.argsort(series, kind="stable")
    starts = starts_of(series[order])
    if len(starts) == len(order):
        yield order
        return
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    for number in range(int(rank.max()) + 1):
        yield order[rank == number]
