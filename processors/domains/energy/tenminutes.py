"""Means of ten minutes, from the means of windows: what EN 50160 judges.

    windows   |m m m m m m m m m m|m m m …     the shortest, as they close
    means     |─────── mean ──────|────        done with the last window that ends with it, or
                                               with the first of a later one

A mean in which the voltage was interrupted is flagged (IEC 61000-4-30) and told to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import CURRENTS, POWER, VOLTAGES, Grid
from telemetry.batch import Float64, Index, Int64, Windows

_LEAST: Final = 2
"""Readings that make a mean, of a meter that reports so often; of others the one that there is."""
_WANTED: Final = (*VOLTAGES, *CURRENTS, POWER)


class Listener(Protocol):
    def mean(self, slots: Index, ends: Int64, means: Float64, out: Outputs) -> None:
        """Means that are done, each slot at most once. ends: ms, exclusive."""
        ...


def length_of(grid: Grid, shortest: int) -> int:
    """ms: whole windows of `shortest` ms, about as long as the settings say."""
    return max(grid.energy.voltage.over // shortest * shortest, shortest)


class TenMinutes:
    """State by slot: the sum so far; `mean` and `done` of the latest one, NaN where flagged, and how many readings
    the one before had. length: ms; buckets are counted in it, so those of another length are forgotten."""

    name = "means"

    def __init__(self, grid: Grid, listeners: Sequence[Listener], shortest: int) -> None:
        self.grid = grid
        self.listeners = listeners
        self.length = length_of(grid, shortest)
        self.columns = Columns(
            bucket=(np.int64, -1),
            sum=(np.float64, 0.0),
            count=(np.int64, 0),
            flagged=(np.bool_, False),
            mean=(np.float64, np.nan),
            done=(np.int64, -1),
            before=(np.int64, 0),
        )

    def grow(self) -> None:
        self.grid.grow()
        self.columns.grow(len(self.grid.roster))

    def tick(self, now: int, out: Outputs) -> None:
        """Windows close by themselves."""

    def closed(self, windows: Windows, out: Outputs) -> None:
        slot = self.grid.roster.slot.take(windows.series).astype(np.intp)
        rows = np.flatnonzero((windows.revision == 0) & (windows.count > 0) & self.grid.of(slot, *_WANTED))
        if not len(rows):
            return
        start = windows.start[rows]
        for moment in np.unique(start).tolist():
            chosen = rows[start == moment]
            slots = slot[chosen]
            self._add(slots, windows.take(chosen), moment, out)

    def _add(self, slots: Index, windows: Windows, start: int, out: Outputs) -> None:
        """One window of each of `slots`, all of the same `start`."""
        c, bucket = self.columns, start // self.length
        before = c["bucket"][slots]
        over = (before >= 0) & (before < bucket) & (c["count"][slots] > 0)
        self._finish(slots[over], out)
        fresh = slots[before < bucket]
        c["bucket"][fresh], c["sum"][fresh], c["count"][fresh], c["flagged"][fresh] = bucket, 0.0, 0, False
        mine = before <= bucket
        slots = slots[mine]
        c["sum"][slots] += (windows.mean * windows.count)[mine]
        c["count"][slots] += windows.count[mine]
        dark = self.grid.of(slots, *VOLTAGES)
        dark &= windows.min[mine] < self.grid.each(slots, "outage.voltage") * self.grid.slots["nominal"][slots]
        c["flagged"][slots] |= dark
        if (start + windows.length) % self.length == 0:
            self._finish(slots, out)

    def _finish(self, slots: Index, out: Outputs) -> None:
        c = self.columns
        good = (c["count"][slots] >= self._least(slots)) & ~c["flagged"][slots]
        means = np.where(good, c["sum"][slots] / np.maximum(c["count"][slots], 1), np.nan)
        c["mean"][slots], c["done"][slots] = means, c["bucket"][slots]
        c["before"][slots], c["count"][slots] = c["count"][slots], 0
        if good.any():
            ends = (c["bucket"][slots[good]] + 1) * self.length
            for listener in self.listeners:
                listener.mean(slots[good], ends, means[good], out)

    def _least(self, slots: Index) -> Int64:
        """One where the catalogue says that no more can be expected, or where there was but one before."""
        interval = self.grid.slots["interval"][slots]
        rare = np.where(interval > 0, _LEAST * interval > self.length, self.columns["before"][slots] == 1)
        return np.where(rare, 1, _LEAST)

    def indicators(self) -> list[dict[str, Any]]:
        """Those that listen tell theirs."""
        return []

    def snapshot(self) -> State:
        return {**self.columns.snapshot(), "length": np.array([self.length])}

    def restore(self, state: State) -> None:
        if int(state["length"][0]) == self.length:
            self.columns.restore(state)
