"""Counters are judged by their increase per hour since the reading before."""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.base import State
from processors.runs import Runs, extended
from telemetry.batch import Float64
from telemetry.growth import copied
from telemetry.sensors import SensorTable

HOUR: Final = 3_600_000.0


class Increases:
    """State per series: the last value of a counter, 8 bytes."""

    def __init__(self, sensors: SensorTable) -> None:
        self.sensors = sensors
        self.size = 0
        self.last: Float64 = np.zeros(0)

    def grow(self, size: int) -> None:
        if size > self.size:
            self.last = extended(self.last, size, np.nan)
            self.size = size

    def process(self, runs: Runs) -> Runs:
        """The readings, those of counters as increases per hour; without a counter's first one, and
        without one that is less than that before (a reset), unless the modulus tells of a roll-over."""
        counter = self.sensors.counter.take(runs.series)
        if not counter.any():
            return runs
        before = np.empty(len(runs))
        before[1:] = runs.value[:-1]
        before[runs.starts] = self.last.take(runs.series[runs.starts])
        ends = runs.starts + runs.lengths() - 1
        ends = ends[counter[ends]]
        self.last[runs.series[ends]] = runs.value[ends]
        with np.errstate(over="ignore", invalid="ignore"):
            increase = runs.value - before
            rolled = increase + self.sensors.modulus.take(runs.series)
            # A roll-over leaves a small increase; what is more than half of the range is a reset.
            increase = np.where((increase < 0) & (rolled < 0.5 * (rolled - increase)), rolled, increase)
            rate = increase * HOUR / np.maximum(runs.elapsed, 1)
        kept = ~counter | ((increase >= 0) & np.isfinite(rate))
        value = np.where(counter, rate, runs.value)
        judged = Runs(runs.rows, runs.series, runs.time, value, runs.newer, runs.elapsed, runs.starts)
        return judged.take(kept)

    def snapshot(self) -> State:
        return {"last": self.last[: self.size].copy()}

    def restore(self, state: State) -> None:
        self.last = copied(state["last"])
        self.size = len(self.last)
