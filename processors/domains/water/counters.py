"""The rule "counters": how much each volume meter has counted, through rollovers and resets.

A fall by more than half of the modulus is a rollover. Any other fall is a new meter, or one that
was reset: what it counted before is not known, so nothing is added. Nor is what no meter passes.
"""

from __future__ import annotations

import numpy as np

from processors.base import Outputs, State
from processors.domains.base import Wave
from processors.domains.columns import Columns
from processors.domains.water.scene import VOLUME, Lane, Scene
from telemetry.batch import Float64, Index, Windows


class Counters:
    """total: m3 counted since the first reading; before: that up to the reading before the last."""

    name = "counters"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.lane = Lane(scene.roster, VOLUME)
        self.columns = Columns(value=(np.float64, np.nan), total=(np.float64, 0.0), before=(np.float64, 0.0))
        self.modulus: Float64 = np.zeros(0)
        self.fastest: Float64 = np.zeros(0)

    def grow(self) -> None:
        self.scene.grow()
        self.lane.grow()
        self.columns.grow(len(self.lane))
        self.scene.sensors.sync()
        self.modulus = self.scene.sensors.modulus[self.scene.roster.series[self.lane.slot]]
        self.fastest = self.scene.each(self.lane.slot, "balance.fastest")

    def heard(self, wave: Wave, out: Outputs) -> None:
        mine = np.flatnonzero(self.scene.counting[wave.slot])
        if not len(mine):
            return
        rows: Index = self.lane.row[wave.slot[mine]].astype(np.intp)
        value = wave.value[mine]
        columns = self.columns
        step = value - columns["value"][rows]
        modulus = self.modulus[rows]
        step = np.where(-step > modulus / 2, step + modulus, step)
        believed = (step >= 0) & (step <= self.fastest[rows] * wave.elapsed[mine] / 1000)
        columns["value"][rows] = value
        columns["before"][rows] = columns["total"][rows]
        columns["total"][rows] += np.where(believed, step, 0.0)

    def closed(self, windows: Windows, out: Outputs) -> None:
        """Readings are enough."""

    def tick(self, now: int, out: Outputs) -> None:
        """Nothing is judged here."""

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
