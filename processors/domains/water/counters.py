"""The rule "counters": how much each volume meter has counted, through rollovers and resets.

    99 998 ── 99 999 ── 0 ── 1      rollover: about as much as this meter counts in the time between
    60 000 ──┄ 6 h ┄── 0 ── 1       a new meter: 40,000 m3 are no home's

A fall by more than half of the modulus is a rollover, where that means no more than the meter is seen to count. Any
other fall is a new meter, or one that was reset: what it counted before is not known, so nothing is added. Nor is what
no meter passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.water.scene import VOLUME, Lane, Scene
from telemetry.batch import Float64, Index

_SPARE: Final = 10.0
"""Times the fastest that a meter was seen to count, by which a rollover is still explained. Our own."""
_LITTLE: Final = 1.0
"""m3 that explain one besides: some meters have not counted yet."""


class Counters:
    """total: m3 counted since the first reading; before: that up to the reading before the last; pace: the fastest
    that was counted from one reading to the next, m3/s, NaN while nothing is known."""

    name = "counters"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.lane = Lane(scene.roster, VOLUME)
        self.columns = Columns(
            value=(np.float64, np.nan), total=(np.float64, 0.0), before=(np.float64, 0.0), pace=(np.float64, np.nan)
        )
        self.modulus: Float64 = np.zeros(0)
        self.fastest: Float64 = np.zeros(0)

    def grow(self) -> None:
        self.scene.grow()
        self.lane.grow()
        self.columns.grow(len(self.lane))
        self.scene.sensors.sync()
        self.modulus = self.scene.sensors.modulus[self.scene.roster.series[self.lane.slot]]
        self.fastest = self.scene.each(self.lane.slot, "balance.fastest")

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.counting, self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        rows, value = self.lane.rows(wave.slot), wave.value
        columns = self.columns
        step = value - columns["value"][rows]
        seconds = wave.elapsed / 1000
        most = self.fastest[rows] * seconds
        fell = step < 0
        if fell.any():
            step = np.where(fell, self._rolled(rows, step, seconds, most), step)
        believed = (step >= 0) & (step <= most)
        columns["value"][rows] = value
        columns["before"][rows] = columns["total"][rows]
        columns["total"][rows] += np.where(believed, step, 0.0)
        rises = believed & ~fell & (seconds > 0)
        columns["pace"][rows[rises]] = np.fmax(columns["pace"][rows[rises]], step[rises] / seconds[rises])

    def _rolled(self, rows: Index, step: Float64, seconds: Float64, most: Float64) -> Float64:
        """m3 that falls of `step` mean as rollovers; NaN where they are none."""
        modulus = self.modulus[rows]
        usual = _SPARE * self.columns["pace"][rows] * seconds + _LITTLE
        around = step + modulus
        return np.where((-step > modulus / 2) & (around <= np.fmin(most, usual)), around, np.nan)

    def tick(self, now: int, out: Outputs) -> None:
        """Nothing is judged here."""

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        """Snapshots of earlier versions do not know how fast meters count."""
        self.columns.restore({"pace": np.zeros(0), **state})
