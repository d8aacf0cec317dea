"""Consumption out of profile: a day's energy beside the same weekday of the weeks before.

The deviation from the median is measured in robust standard deviations, 1.4826 times the median
absolute deviation; a new habit is one after as many weeks as are compared.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import INFO, Grid
from telemetry.batch import Float64, Index, Int64

KIND: Final = "consumption"
_WEEKDAYS: Final = 7
_WEEKS: Final = 5
_MAD: Final = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution."""


class Consumption:
    """State by slot of a counter: the energy of the last five of each weekday, kWh, and what is told."""

    name = "consumption"

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.columns = Columns(
            days=(np.float32, np.nan, _WEEKDAYS * _WEEKS),
            latest=(np.float64, np.nan),
            at=(np.int64, 0),
            told=(np.bool_, False),
        )

    def grow(self) -> None:
        self.grid.grow()
        self.columns.grow(len(self.grid.roster))

    def counted(self, slots: Index, day: Int64, time: Int64, energy: Float64, out: Outputs) -> None:
        """Judge a day, then learn it."""
        c, each = self.columns, self.grid.each
        known = np.isfinite(energy)
        slots, day, time, energy = slots[known], day[known], time[known], energy[known]
        if not len(slots):
            return
        columns = (day % _WEEKDAYS)[:, None] + _WEEKDAYS * np.arange(_WEEKS)
        usual = c["days"][slots[:, None], columns].astype(np.float64)
        middle = _median(usual)
        spread = _MAD * _median(np.abs(usual - middle[:, None]))
        spread = np.maximum(spread, each(slots, "consumption.spread") * np.abs(middle))
        enough = np.isfinite(usual).sum(1) >= each(slots, "consumption.weeks")
        z = np.where(enough, (energy - middle) / np.maximum(spread, 1e-9), 0.0)
        beyond = np.abs(z) > each(slots, "consumption.z")
        c["days"][slots, day % _WEEKDAYS + _WEEKDAYS * (day // _WEEKDAYS % _WEEKS)] = energy
        c["latest"][slots], c["at"][slots] = energy, time
        told = c["told"][slots]
        c["told"][slots] = beyond
        for at in np.flatnonzero(beyond != told).tolist():
            facts = float(energy[at]), float(middle[at]), float(z[at])
            self._tell(int(slots[at]), int(time[at]), bool(beyond[at]), *facts, out)

    def _tell(self, slot: int, time: int, active: bool, energy: float, usual: float, z: float, out: Outputs) -> None:
        grid = self.grid
        words = {"device": grid.identity(slot).device, "energy": grid.measured(energy, "energy", 1)}
        if active:
            sentence = "consumption.above" if z > 0 else "consumption.below"
            reason = grid.say(sentence, usual=grid.measured(usual, "energy", 1), **words)
        else:
            reason = grid.say("consumption.ended", **words)
        score = min(1.0, 0.5 + 0.05 * abs(z)) if active else 0.5
        out.signals.append(grid.signal(KIND, slot, time, active, INFO, energy, score, reason))

    def tick(self, now: int, out: Outputs) -> None:
        """Each meter is judged by itself."""

    def indicators(self) -> list[dict[str, Any]]:
        """Energy of the latest whole day, of each counter."""
        c = self.columns
        return [
            self.grid.indicator(slot, int(c["at"][slot]), "daily_energy", round(float(c["latest"][slot]), 2), "kWh")
            for slot in np.flatnonzero(np.isfinite(c["latest"][: c.size])).tolist()
        ]

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)


def _median(values: Float64) -> Float64:
    """Of the known values of each row; NaN where there is none."""
    count = np.isfinite(values).sum(1)
    ordered = np.sort(values, axis=1)
    row = np.arange(len(values))
    return np.asarray(0.5 * (ordered[row, np.maximum(count - 1, 0) // 2] + ordered[row, np.maximum(count, 1) // 2]))
