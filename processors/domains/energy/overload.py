"""Overload: more load than the catalogue allows, or than a device's days have shown; and the load factor.

    load   ─────────────── limit: 0.9 of `high`, or 1.3 times the usual daily peak, the lower of both
              /\\    ┌ 5 % below: over
           __/  \\___┘

The usual peak is the middle one of the last seven days', of ten-minute means; a day of overload
teaches no more than its limit. Only equipment that measures current has one: a home's peak is chance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import CRITICAL, CURRENTS, DAY, POWER, WARNING, Grid
from processors.domains.energy.outage import Outages
from processors.domains.hearing import Ear, Wave
from telemetry.batch import Float64, Index, Int64

KIND: Final = "overload"
_DAYS: Final = 7
_WHOLE: Final = 0.7
"""Share of a day's means that shows its peak."""


class Overload:
    """State by slot: readings in turn beyond the limit, what is told (severity); the present day's sum, number and
    peak, and the peaks of days before. factor: of the latest whole day. limit: follows from these, from the
    thresholds and the catalogue, so it is no state."""

    name = "overload"

    def __init__(self, grid: Grid, outages: Outages, length: int) -> None:
        """length: of the means, ms."""
        self.grid = grid
        self.outages = outages
        self.length = length
        self.columns = Columns(
            turn=(np.int16, 0),
            told=(np.int8, 0),
            day=(np.int64, -1),
            sum=(np.float64, 0.0),
            count=(np.int16, 0),
            top=(np.float64, 0.0),
            peaks=(np.float32, np.nan, _DAYS),
            factor=(np.float64, np.nan),
            factor_at=(np.int64, 0),
        )
        self.limit: Float64 = np.zeros(0)
        """float64[slots]: A or kW; NaN where there is none."""

    def grow(self) -> None:
        self.grid.grow()
        device, before = self.grid.roster.device, self.columns.size
        self.columns.grow(len(device))
        self.limit = np.append(self.limit, np.full(len(device) - before, np.nan))
        # A device is known as equipment once its current is: its limit may change then.
        self._limit(np.flatnonzero(np.isin(device, device[before:])))

    def _limit(self, slots: Index) -> None:
        equipment = self.grid.devices["equipment"][self.grid.roster.device[slots]]
        share = np.where(equipment, self.grid.each(slots, "overload.near"), 1.0)
        usual = self.grid.each(slots, "overload.learned") * _middle(self.columns["peaks"][slots])
        limit = np.fmin(share * self.grid.slots["high"][slots], np.where(equipment, usual, np.nan))
        self.limit[slots] = np.where(limit > 0, limit, np.nan)

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.grid.roster.of(*CURRENTS, POWER), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, each, slot = self.columns, self.grid.each, wave.slot
        told, limit = c["told"][slot], self.limit[slot]
        share = np.abs(wave.value) / limit
        beyond = share > np.where(told > 0, 1.0 - each(slot, "overload.deadband"), 1.0)
        rows = np.flatnonzero(beyond | (c["turn"][slot] > 0))
        if not len(rows):
            return
        slot, told, share, time = slot[rows], told[rows], share[rows], wave.time[rows]
        restored = self.outages.zones["restored"][self.grid.roster.zone[slot]]
        explained = (time - restored < each(slot, "overload.pickup")) & (told == 0)
        explained &= share < each(slot, "overload.pickup_share")
        turn = np.where(beyond[rows] & ~explained, np.minimum(c["turn"][slot] + 1, 1000), 0)
        level = np.where(share > each(slot, "overload.far"), CRITICAL, WARNING)
        sure = (turn >= each(slot, "overload.agree")) | (told > 0)
        level = np.where(turn == 0, 0, np.where(sure, np.maximum(level, told), 0))
        c["turn"][slot], c["told"][slot] = turn, level
        for at in np.flatnonzero(level != told).tolist():
            self._tell(int(slot[at]), int(time[at]), float(wave.value[rows[at]]), int(level[at]), out)

    def _tell(self, slot: int, time: int, value: float, level: int, out: Outputs) -> None:
        grid, limit = self.grid, float(self.limit[slot])
        identity = grid.identity(slot)
        words = {"device": identity.device, "load": grid.measured(value, identity.quantity, 1)}
        share = abs(value) / limit if limit > 0 else 0.0
        more = {"limit": grid.measured(limit, identity.quantity, 1), "share": grid.number(100.0 * share)}
        reason = grid.say("overload.above", **words, **more) if level else grid.say("overload.ended", **words)
        score = min(1.0, max(0.5, 0.5 * share))
        out.signals.append(grid.signal(KIND, slot, time, level > 0, level or WARNING, value, score, reason))

    def mean(self, slots: Index, ends: Int64, means: Float64, out: Outputs) -> None:
        """Learn from ten-minute means."""
        chosen = self.grid.of(slots, *CURRENTS, POWER)
        if not chosen.any():
            return
        c, slots, ends, load = self.columns, slots[chosen], ends[chosen], np.abs(means[chosen])
        day = (ends - 1 + self.grid.local.offsets(ends - 1)) // DAY
        turned = day > c["day"][slots]
        if turned.any():
            self._turn(slots[turned], day[turned])
        bound = self.grid.each(slots, "overload.learned") * _middle(c["peaks"][slots])
        c["sum"][slots] += load
        c["count"][slots] += 1
        c["top"][slots] = np.maximum(c["top"][slots], np.fmin(load, bound))

    def _turn(self, slots: Index, day: Int64) -> None:
        """A day is over: its peak joins those before."""
        c = self.columns
        due = DAY / np.maximum(self.grid.slots["interval"][slots], self.length)
        whole = slots[(c["count"][slots] >= _WHOLE * due) & (c["top"][slots] > 0)]
        c["peaks"][whole, c["day"][whole] % _DAYS] = c["top"][whole]
        c["factor"][whole] = c["sum"][whole] / c["count"][whole] / c["top"][whole]
        c["factor_at"][whole] = c["day"][whole]
        c["day"][slots] = day
        c["sum"][slots], c["count"][slots], c["top"][slots] = 0.0, 0, 0.0
        self._limit(slots)

    def tick(self, now: int, out: Outputs) -> None:
        """Each device is judged by itself."""

    def indicators(self) -> list[dict[str, Any]]:
        """Load factor (mean / peak of ten-minute means) of the latest whole day, of each load."""
        c, grid = self.columns, self.grid
        told = []
        for slot in np.flatnonzero(np.isfinite(c["factor"][: c.size])).tolist():
            noon = np.array([int(c["factor_at"][slot]) * DAY])
            time = int(grid.local.from_wall(noon)[0])
            quantity = grid.identity(slot).quantity
            told.append(
                grid.indicator(slot, time, "load_factor", round(float(c["factor"][slot]), 3), "1", quantity=quantity)
            )
        return told

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
        self._limit(np.arange(self.columns.size))


def _middle(peaks: Any) -> Float64:
    """The lower median of each row of known values; NaN where there is none."""
    known = np.isfinite(peaks).sum(1)
    ordered = np.sort(peaks, axis=1).astype(np.float64)
    return np.asarray(ordered[np.arange(len(peaks)), np.maximum(known - 1, 0) // 2])
