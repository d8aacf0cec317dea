"""The rule "pressure": too little or too much for customers, and how often.

Too little is below `pressure.least`, or far below what it was before a step (a valve that is
stuck); too much is above the catalogue's `high`. Two sensors of the zone must agree, or it has
only one. The share of readings that comply is kept for each sensor and local day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.water.latch import SILENT, Latch, prefixed, under
from processors.domains.water.scene import DAY, WARNING, Scene, Told, date_of, several
from processors.domains.water.steps import Steps
from telemetry.batch import Bool, Float64, Index

KIND: Final = "water-pressure"
_DEADBAND: Final = 0.02
"""Of a limit, for pressure (EEMUA 191)."""


class Pressure:
    """low, high: sensors beyond a limit. days: readings of the local day under way, and of the one before."""

    name = "pressure"

    def __init__(self, scene: Scene, steps: Steps) -> None:
        self.scene, self.steps, self.lane = scene, steps, steps.lane
        self.told = Told(scene, KIND, self.lane)
        self.low, self.high = Latch(), Latch()
        self.days = Columns(
            day=(np.int32, -1),
            total=(np.int32, 0),
            low=(np.int32, 0),
            high=(np.int32, 0),
            last_day=(np.int32, -1),
            last_total=(np.int32, 0),
            last_low=(np.int32, 0),
            last_high=(np.int32, 0),
        )
        self.least: Float64 = np.zeros(0)
        self.most: Float64 = np.zeros(0)
        self.collapse: Float64 = np.zeros(0)
        self.samples: Float64 = np.zeros(0)

    def grow(self) -> None:
        size, slots = len(self.lane), self.lane.slot
        self.told.grow()
        self.low.grow(size)
        self.high.grow(size)
        self.days.grow(size)
        self.least = self.scene.each(slots, "pressure.least")
        self.collapse = self.scene.each(slots, "pressure.collapse")
        self.samples = self.scene.each(slots, "pressure.samples")
        self.scene.sensors.sync()
        self.most = self.scene.sensors.high[self.scene.roster.series[slots]]

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.network, self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        rows, time, value = self.lane.rows(wave.slot), wave.time, wave.value
        least, most = self.least[rows], self.most[rows]
        low, high = value < least, value > most
        days = self.days
        day = self.scene.clocks(wave) // DAY
        turned = rows[day != days["day"][rows]]
        if len(turned):
            self._turn(turned)
            days["day"][rows] = day
        days["total"][rows] += 1
        days["low"][rows] += low
        days["high"][rows] += high
        samples = self.samples[rows]
        self.low.take(rows, time, low, value > least * (1 + _DEADBAND), samples)
        self.high.take(rows, time, high, ~(value >= most * (1 - _DEADBAND)), samples)

    def _turn(self, rows: Index) -> None:
        for name in ("day", "total", "low", "high"):
            self.days[f"last_{name}"][rows] = self.days[name][rows]
            self.days[name][rows] = 0

    def tick(self, now: int, out: Outputs) -> None:
        stepped, told = self.steps.stepped(), self.told.columns.of("told")
        if not (stepped.any() or self.low.on.any() or self.high.on.any() or told.any()):
            return
        gone = told & (now - self.steps.columns.of("at") > SILENT)
        live = self.steps.live(now) | (told & ~gone)
        wanted = self._agreeing((self.low.on | self._collapsed()) & live, live)
        wanted |= self._agreeing(self.high.on & live, live) | gone
        for row in self.told.edges(wanted).tolist():
            self._speak(row, now, out)

    def _collapsed(self) -> Bool:
        """Stepped down to a small share of what it was."""
        steps = self.steps
        size, before = steps.columns.of("size"), steps.columns.of("before")
        with np.errstate(invalid="ignore"):
            found = steps.stepped() & ~steps.flow & (size >= (1 - self.collapse) * before)
        return np.asarray(found)

    def _agreeing(self, found: Bool, live: Bool) -> Bool:
        """Those that are not alone in their zone, or are all that it has."""
        if not found.any():
            return found
        zone, device, count = self.lane.zone, self.lane.device, len(self.scene.roster.zones)
        sensors = live & ~self.steps.flow
        agree = several(device[found], zone[found], count) >= 2
        alone = several(device[sensors], zone[sensors], count) <= 1
        return np.asarray(found & (agree | alone)[zone])

    def _speak(self, row: int, now: int, out: Outputs) -> None:
        identity = self.scene.identity(int(self.lane.slot[row]))
        columns, active = self.steps.columns, bool(self.told.columns["told"][row])
        value, before = float(columns["value"][row]), float(columns["before"][row])
        if not active:
            sentence, limit, since = "pressure.ended", self.least[row], int(columns["at"][row])
        elif self.high.on[row]:
            sentence, limit, since = "pressure.high", self.most[row], int(self.high.since[row])
        elif self.low.on[row]:
            sentence, limit, since = "pressure.low", self.least[row], int(self.low.since[row])
        else:
            sentence, limit, since = "pressure.collapsed", before, int(columns["since"][row])
        reason = self.scene.say(
            sentence,
            zone=identity.zone,
            device=identity.device,
            value=self.scene.measured(value, "pressure"),
            limit=self.scene.measured(float(limit), "pressure"),
        )
        out.signals.append(self.told.signal(row, since, WARNING, value, 0.7, reason))

    def indicators(self) -> list[dict[str, Any]]:
        """Per sensor: the share of the last whole day's readings that comply, with its parts."""
        found = []
        for row in np.flatnonzero(self.days.of("last_total")).tolist():
            identity = self.scene.identity(int(self.lane.slot[row]))
            total, low, high = (self.days[f"last_{name}"][row].item() for name in ("total", "low", "high"))
            found.append(
                {"city": identity.city, "domain": identity.domain, "zone": identity.zone, "device": identity.device}
                | {"indicator": "pressure-compliance", "unit": "%", "value": 100 * (total - low - high) / total}
                | {"numerator": total - low - high, "denominator": total, "low": low, "high": high}
                | {"day": date_of(self.days["last_day"][row].item())}
            )
        return found

    def snapshot(self) -> State:
        return {
            **prefixed("told", self.told.columns.snapshot()),
            **prefixed("low", self.low.snapshot()),
            **prefixed("high", self.high.snapshot()),
            **prefixed("days", self.days.snapshot()),
        }

    def restore(self, state: State) -> None:
        self.told.columns.restore(under("told", state))
        self.low.restore(under("low", state))
        self.high.restore(under("high", state))
        self.days.restore(under("days", state))
