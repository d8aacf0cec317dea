"""Data completeness: for which part of the time sensors have told what they should, by the catalogue's intervals.

    interval 20 s, window 1 min     ●──────●──────┄┄┄┄┄┄┄│     40 s of 60 are covered

Counted when a window closes, and once more for what comes late to a window that had closed. All in ms, which add
up to the same whatever the order. A reading of a sensor that is slower than the windows covers several of them.
"""

from __future__ import annotations

import numpy as np

from processors.base import Outputs
from processors.indicators.cells import Cells
from telemetry import flags
from telemetry.batch import Int32, Int64, Readings, Windows
from telemetry.sensors import SensorTable

NAME = "completeness"
_LATE = flags.LATE | flags.DUPLICATE | flags.EXPIRED | flags.FAIL


class Completeness:
    """Remembers nothing but what is in the cells."""

    def __init__(self, cells: Cells, sensors: SensorTable, shortest: int) -> None:
        self.cells, self.sensors, self.shortest = cells, sensors, shortest
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

    def _closed(self, windows: Windows) -> None:
        self.sensors.sync()
        interval = self.sensors.interval.take(windows.series)
        rows = np.flatnonzero((windows.revision == 0) & (interval > 0))
        if not len(rows):
            return
        interval = interval[rows]
        covered = np.minimum(windows.count[rows] * interval, np.maximum(self.shortest, interval))
        self._add(windows.series[rows], windows.start[rows], covered, np.full(len(rows), self.shortest))

    def late(self, readings: Readings) -> None:
        """Count what came late, once."""
        if not len(readings) or not int(np.bitwise_or.reduce(readings.flags)) & flags.LATE:
            return
        late = np.flatnonzero((readings.flags & _LATE) == flags.LATE)
        if not len(late):
            return
        self.sensors.sync()
        series = readings.series[late]
        self._add(series, readings.time[late], self.sensors.interval[series], np.zeros(len(late), np.int64))

    def _add(self, series: Int32, time: Int64, covered: Int64, expected: Int64) -> None:
        row = self.cells.places.row[series].astype(np.intp)
        days = self.cells.days(time)
        self.cells.add(NAME, row, days, covered.astype(float), expected.astype(float))
