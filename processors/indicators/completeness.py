"""Data completeness: of the readings that were expected, how many came.

Counted when a window closes, and once more for what comes late to a window that had closed.
"""

from __future__ import annotations

import numpy as np

from processors.base import Outputs
from processors.indicators.cells import Cells
from processors.indicators.places import WHOLE
from telemetry import flags
from telemetry.batch import Readings, Windows
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
        rows = np.flatnonzero((windows.revision == 0) & (windows.expected > 0))
        if not len(rows):
            return
        row = self.cells.places.row[windows.series[rows]].astype(np.intp)
        expected = windows.expected[rows]
        came = np.minimum(windows.count[rows], expected)
        self._add(row, windows.start[rows], came, expected)

    def late(self, readings: Readings) -> None:
        """Count what came late, once."""
        if not len(readings) or not int(np.bitwise_or.reduce(readings.flags)) & flags.LATE:
            return
        late = np.flatnonzero((readings.flags & _LATE) == flags.LATE)
        if not len(late):
            return
        self.sensors.sync()
        late = late[self.sensors.interval[readings.series[late]] > 0]
        row = self.cells.places.row[readings.series[late]].astype(np.intp)
        self._add(row, readings.time[late], np.ones(len(late)), np.zeros(len(late)))

    def _add(self, row: np.ndarray, time: np.ndarray, came: np.ndarray, expected: np.ndarray) -> None:
        known = row != WHOLE
        if known.any():
            days = self.cells.days(time[known])
            self.cells.add(NAME, row[known], days, came[known].astype(float), expected[known].astype(float))
