"""Voltage unbalance of three phases, from ten-minute means.

With b = sum V^4 / (sum V^2)^2 the factor is VUF = sqrt((1 - sqrt(3 - 6 b)) / (1 + sqrt(3 - 6 b)))
(IEC 61000-4-30 for line voltages; of phase voltages it holds as far as the neutral stays put).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from processors import texts
from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import WARNING, Grid
from processors.domains.energy.tenminutes import TenMinutes
from processors.domains.roster import NOT_OURS
from telemetry.batch import Float64, Index, Int32, Int64

KIND: Final = "unbalance"


def unbalance(phases: Float64) -> Float64:
    """% of each row of float64[n, 3] voltages; NaN where there is none."""
    squares = phases**2
    with np.errstate(invalid="ignore", divide="ignore"):
        b = (squares**2).sum(1) / squares.sum(1) ** 2
        root = np.sqrt(np.maximum(3.0 - 6.0 * b, 0.0))
        return np.asarray(100.0 * np.sqrt(np.maximum((1.0 - root) / (1.0 + root), 0.0)))


class Unbalance:
    """State by device: which mean was judged last, its VUF (%), whether it is told of."""

    name = "unbalance"

    def __init__(self, grid: Grid, means: TenMinutes) -> None:
        self.grid = grid
        self.means = means
        self.slots: Int32 = np.zeros((0, 3), np.int32)
        """Of each device's phases; NOT_OURS where it does not measure one."""
        self.three: Index = np.zeros(0, np.intp)
        """Devices that measure all three."""
        self.columns = Columns(judged=(np.int64, -1), factor=(np.float64, np.nan), told=(np.bool_, False))

    def grow(self) -> None:
        self.grid.grow()
        self.slots = self.grid.devices.of("volts")[:, 1:]
        self.three = np.flatnonzero((self.slots != NOT_OURS).all(1))
        self.columns.grow(len(self.slots))

    def tick(self, now: int, out: Outputs) -> None:
        if not len(self.three):
            return
        c, slots = self.columns, self.slots[self.three]
        done = self.means.columns["done"][slots]
        new = (done[:, 0] >= 0) & (done[:, 0] != c["judged"][self.three])
        new &= (done[:, 0] == done[:, 1]) & (done[:, 0] == done[:, 2])
        if new.any():
            self._judge(self.three[new], done[new, 0], out)

    def _judge(self, ready: Index, done: Int64, out: Outputs) -> None:
        c = self.columns
        c["judged"][ready] = done
        factor = unbalance(self.means.columns["mean"][self.slots[ready]])
        c["factor"][ready] = factor
        each, first, told = self.grid.each, self.slots[ready, 0], c["told"][ready]
        beyond = (factor > each(first, "unbalance.limit")) | (told & (factor > each(first, "unbalance.clears")))
        c["told"][ready] = beyond
        for at in np.flatnonzero(beyond != told).tolist():
            end = int(done[at] + 1) * self.means.length
            self._tell(int(self.slots[ready[at], 0]), end, bool(beyond[at]), float(factor[at]), out)

    def _tell(self, slot: int, end: int, active: bool, factor: float, out: Outputs) -> None:
        grid = self.grid
        bound = grid.at(slot).unbalance.limit
        words = {"device": grid.identity(slot).device, "factor": grid.number(grid.outward(factor, bound, 1), 1)}
        if active:
            words |= {"limit": grid.number(bound, 1), "span": texts.exactly(self.means.length, grid.language)}
        reason = grid.say("unbalance.above" if active else "unbalance.ended", **words)
        value = factor if np.isfinite(factor) else 0.0
        score = min(1.0, 0.5 + 0.1 * value)
        out.signals.append(grid.signal(KIND, slot, end, active, WARNING, value, score, reason))

    def indicators(self) -> list[dict[str, Any]]:
        """VUF of the latest means, %, of each device with three phases."""
        c = self.columns
        known = np.flatnonzero(np.isfinite(c["factor"][: c.size])).tolist()
        return [
            self.grid.indicator(
                int(self.slots[row, 0]),
                int(c["judged"][row] + 1) * self.means.length,
                "voltage_unbalance",
                round(float(c["factor"][row]), 2),
                "%",
            )
            for row in known
        ]

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
