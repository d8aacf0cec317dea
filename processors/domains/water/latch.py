"""A state that turns only after several readings in turn said otherwise, sensor by sensor, and how long it is news."""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.base import State
from processors.domains.columns import Columns
from processors.domains.water.scene import LIVE, Scene
from telemetry.batch import Bool, Float64, Index, Int32, Int64

SILENT: Final = 86_400_000
"""ms: what a sensor showed that has been silent for so long is no evidence any more. It may be gone for good; that what
it told is over is not known either."""

_MISSED: Final = 3
"""Intervals of the catalogue after which a sensor no longer speaks for its zone: as it is silent then."""


def lively(scene: Scene, slots: Int32) -> Int64:
    """int64[slots]: ms from its latest reading for which each sensor speaks for its zone."""
    scene.sensors.sync()
    interval = scene.sensors.interval[scene.roster.series[slots]]
    return np.clip(_MISSED * interval, LIVE, SILENT)


class Latch:
    """on: bool[rows]; since: ms, the first reading of the present state."""

    def __init__(self) -> None:
        self.columns = Columns(on=(np.bool_, False), since=(np.int64, 0), run=(np.int64, 0), first=(np.int64, 0))

    def grow(self, rows: int) -> None:
        self.columns.grow(rows)

    @property
    def on(self) -> Bool:
        on: Bool = self.columns.of("on")
        return on

    @property
    def since(self) -> Int64:
        since: Int64 = self.columns.of("since")
        return since

    def take(self, rows: Index, time: Int64, enters: Bool, leaves: Bool, samples: Float64) -> Index:
        """Rows (each once) that hold, or do not hold, what turns them on and off, so many times in turn each;
        those that turned."""
        columns = self.columns
        on = columns["on"][rows]
        contrary = np.where(on, leaves, enters)
        moving = contrary | (columns["run"][rows] > 0)
        if not moving.any():
            return rows[:0]
        rows, time, contrary, on = rows[moving], time[moving], contrary[moving], on[moving]
        samples = samples[moving]
        run = columns["run"][rows]
        begins = contrary & (run == 0)
        columns["first"][rows[begins]] = time[begins]
        run = np.where(contrary, run + 1, 0)
        turned = run >= samples
        columns["run"][rows] = np.where(turned, 0, run)
        changed = rows[turned]
        columns["on"][changed] = ~on[turned]
        columns["since"][changed] = columns["first"][changed]
        return changed

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)


def prefixed(prefix: str, state: State) -> State:
    """Of several states in one snapshot: each under its own prefix."""
    return {f"{prefix}.{name}": column for name, column in state.items()}


def under(prefix: str, state: State) -> State:
    """The inverse of `prefixed`."""
    start = f"{prefix}."
    return {name.removeprefix(start): column for name, column in state.items() if name.startswith(start)}
