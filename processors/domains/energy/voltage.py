"""Voltage compliance: ten-minute means beside the limits of SPLN 1 and EN 50160.

V   ─────────── +10 %, always ── critical
    ─────────── 231 ──────────── told
       ___           ┌ ends a deadband inside
    ──/───\\─────────┘ 198
    ─────────── -15 %, always ── critical
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from processors import texts
from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import CRITICAL, DAY, VOLTAGES, WARNING, Grid
from telemetry.batch import Float64, Index, Int64

KIND: Final = "voltage"
WEEK: Final = 7


class Voltage:
    """State by slot: what was told (0 nothing), and of each of the last seven days how many means were
    outside of the band, of how many."""

    name = "voltage"

    def __init__(self, grid: Grid, length: int) -> None:
        """length: of the means, ms."""
        self.grid = grid
        self.length = length
        self.columns = Columns(
            told=(np.int8, 0),
            day=(np.int64, -1),
            end=(np.int64, 0),
            outside=(np.int16, 0, WEEK),
            total=(np.int16, 0, WEEK),
        )

    def grow(self) -> None:
        self.grid.grow()
        self.columns.grow(len(self.grid.roster))

    def tick(self, now: int, out: Outputs) -> None:
        """Each meter is judged by itself."""

    def mean(self, slots: Index, ends: Int64, means: Float64, out: Outputs) -> None:
        chosen = self.grid.of(slots, *VOLTAGES)
        if not chosen.any():
            return
        slots, ends, means = slots[chosen], ends[chosen], means[chosen]
        c, each = self.columns, self.grid.each
        nominal = self.grid.slots["nominal"][slots]
        self._week(slots, ends, np.abs(means / nominal - 1.0) > each(slots, "voltage.band"))
        told = c["told"][slots]
        inside = np.where(told > 0, each(slots, "voltage.deadband"), 0.0)
        beyond = (means < each(slots, "voltage.low") + inside) | (means > each(slots, "voltage.high") - inside)
        far = means < each(slots, "voltage.always_low") * nominal
        far |= means > each(slots, "voltage.always_high") * nominal
        level = np.where(far, CRITICAL, np.where(beyond, WARNING, 0)).astype(np.int8)
        c["told"][slots] = level
        for at in np.flatnonzero(level != told).tolist():
            self._tell(int(slots[at]), int(ends[at]), float(means[at]), int(level[at]), out)

    def _week(self, slots: Index, ends: Int64, outside: Any) -> None:
        """Count the means, and forget the days that are more than a week old."""
        c = self.columns
        day = (ends - 1 + self.grid.local.offsets(ends - 1)) // DAY
        before = c["day"][slots]
        for at in np.flatnonzero(day > before).tolist():
            slot = int(slots[at])
            passed = WEEK if before[at] < 0 else min(WEEK, int(day[at] - before[at]))
            gone = (int(day[at]) - np.arange(passed)) % WEEK
            c["outside"][slot, gone] = c["total"][slot, gone] = 0
        c["day"][slots], c["end"][slots] = np.maximum(day, before), ends
        c["total"][slots, day % WEEK] += 1
        c["outside"][slots, day % WEEK] += outside.astype(np.int16)

    def _tell(self, slot: int, end: int, mean: float, level: int, out: Outputs) -> None:
        grid, quantity = self.grid, self.grid.identity(slot).quantity
        words = {"device": grid.identity(slot).device, "voltage": grid.measured(mean, quantity, 1)}
        if level:
            rules = grid.at(slot).voltage
            below = mean < rules.nominal
            bound = rules.low if below else rules.high
            words["voltage"] = grid.measured(grid.outward(mean, bound, 1), quantity, 1)
            words |= {"limit": grid.measured(bound, quantity, 1), "span": texts.exactly(self.length, grid.language)}
            reason = grid.say("voltage.low" if below else "voltage.high", **words)
        else:
            reason = grid.say("voltage.ended", **words)
        score = 0.95 if level == CRITICAL else 0.75
        out.signals.append(grid.signal(KIND, slot, end, level > 0, max(level, WARNING), mean, score, reason))

    def indicators(self) -> list[dict[str, Any]]:
        """Share of the last seven days' ten-minute means within EN 50160's band, of each voltage."""
        c = self.columns
        told = []
        for slot in np.flatnonzero(c["total"][: c.size].sum(1) > 0).tolist():
            total, outside = int(c["total"][slot].sum()), int(c["outside"][slot].sum())
            share = 1.0 - outside / total
            more = {
                "quantity": self.grid.identity(slot).quantity,
                "means": total,
                "complies": share >= self.grid.at(slot).voltage.share,
            }
            value = round(100.0 * share, 2)
            told.append(self.grid.indicator(slot, int(c["end"][slot]), "voltage_within_band", value, "%", **more))
        return told

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
