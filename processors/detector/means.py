"""The shortest windows' means, as readings that the anomaly engine can judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.runs import UNSEEN, extended
from telemetry.batch import Int64, Readings, Windows
from telemetry.growth import copied
from telemetry.sensors import SensorTable

WHOLE: Final = 0.9
"""Of the readings that a window should have."""


class Means:
    """Of each round's windows those that are new, once each. State per series: the newest one's start."""

    def __init__(self, sensors: SensorTable, length: int) -> None:
        """length: of the windows to take, ms."""
        self.sensors = sensors
        self.length = length
        self.newest: Int64 = np.zeros(0, np.int64)
        self._out: Outputs | None = None
        self._taken = 0

    def sync(self) -> None:
        self.newest = extended(self.newest, self.sensors.size, UNSEEN)

    def of(self, out: Outputs) -> Iterator[Readings]:
        """Means (of counters the last value) of the windows that `out` has got since the last call. Without counters'
        that are not whole: what they gained until the last reading came is not the gain of a window. It is in that of
        the next whole one."""
        if out is not self._out:
            self._out, self._taken = out, 0
        new, self._taken = out.windows[self._taken :], len(out.windows)
        for rows in new:
            if rows.length == self.length:
                counter = self.sensors.counter.take(rows.series)
                told = (rows.count > 0) & ~(counter & (rows.count < WHOLE * rows.expected))
                yield self._readings(rows.take(told & (rows.revision == 0)))

    def _readings(self, rows: Windows) -> Readings:
        counter = self.sensors.counter.take(rows.series)
        return Readings(
            rows.series,
            rows.start,
            np.where(counter, rows.last, rows.mean),
            np.zeros(len(rows), np.uint32),
            rows.start,
            np.full(len(rows), -1, np.int32),
        )

    def snapshot(self) -> State:
        return {"newest": self.newest[: self.sensors.size].copy()}

    def restore(self, state: State) -> None:
        self.newest = copied(state["newest"])
