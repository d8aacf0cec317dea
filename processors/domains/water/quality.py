"""The rule "quality": drinking water by Permenkes 2/2023, and what looks like contamination.

One quantity beyond its limit is an anomaly of that sensor. Contamination changes several: murk up,
acid up, chlorine gone. So it is told, as a matter of life, when `quality.agree` quantities of one
station agree, or one quantity at so many stations of the zone; a sensor's fault changes one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors import texts
from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.water.latch import SILENT, Latch, lively, prefixed, under
from processors.domains.water.scene import (
    CHLORINE,
    CRITICAL,
    DAY,
    PH,
    TURBIDITY,
    WARNING,
    Lane,
    Scene,
    Told,
    date_of,
)
from telemetry.batch import Anomalies, Bool, Float64, Index, Int64

KIND: Final = "water-quality"
DETECTOR: Final = "water.quality"
_DEADBAND: Final = 0.02
"""Of a limit, that a value must come back by."""
_CREDIBLE_PH: Final = (3.0, 12.0)
"""What a probe says beyond this, no water in a main does: its own fault."""


class WaterQuality:
    """bad: sensors beyond a limit. days: readings of the local day under way, and of the one before."""

    name = "quality"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.lane = Lane(scene.roster, TURBIDITY, PH, CHLORINE)
        self.told = Told(scene, KIND, self.lane)
        self.bad = Latch()
        self.last = Columns(value=(np.float64, np.nan), at=(np.int64, 0))
        self.days = Columns(
            day=(np.int64, -1),
            total=(np.int64, 0),
            bad=(np.int64, 0),
            last_day=(np.int64, -1),
            last_total=(np.int64, 0),
            last_bad=(np.int64, 0),
        )
        self.low: Float64 = np.zeros(0)
        self.high: Float64 = np.zeros(0)
        self.samples: Float64 = np.zeros(0)
        self.agree: Float64 = np.zeros(0)
        self.lively: Int64 = np.zeros(0, np.int64)

    def grow(self) -> None:
        self.scene.grow()
        self.lane.grow()
        self.told.grow()
        size, slots = len(self.lane), self.lane.slot
        self.bad.grow(size)
        self.last.grow(size)
        self.days.grow(size)
        quantity = self.quantity = self.scene.roster.quantity[slots]
        each = self.scene.each
        self.samples = each(slots, "quality.samples")
        self.lively = lively(self.scene, slots)
        self.agree = self.scene.of_zones("quality.agree")[self.lane.zone]
        ph, chlorine = each(slots, "quality.ph"), each(slots, "quality.chlorine")
        self.low = np.where(quantity == PH, ph[:, 0], np.where(quantity == CHLORINE, chlorine[:, 0], -np.inf))
        self.high = np.where(quantity == PH, ph[:, 1], chlorine[:, 1])
        self.high = np.where(quantity == TURBIDITY, each(slots, "quality.turbidity"), self.high)

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.drinking, self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        rows, time, value = self.lane.rows(wave.slot), wave.time, wave.value
        low, high = self.low[rows], self.high[rows]
        beyond = (value < low) | (value > high)
        self._count(rows, self.scene.clocks(wave) // DAY, beyond)
        self.last["value"][rows], self.last["at"][rows] = value, time
        inside = (value > low * (1 + _DEADBAND)) & (value < high * (1 - _DEADBAND))
        changed = self.bad.take(rows, time, beyond, inside, self.samples[rows])
        changed = changed[self.bad.on[changed]]
        if len(changed):
            self._note(changed, out)

    def _count(self, rows: Index, day: np.ndarray[Any, Any], beyond: Bool) -> None:
        days = self.days
        turned = rows[day != days["day"][rows]]
        if len(turned):
            for name in ("day", "total", "bad"):
                days[f"last_{name}"][turned] = days[name][turned]
                days[name][turned] = 0
            days["day"][rows] = day
        days["total"][rows] += 1
        days["bad"][rows] += beyond

    def tick(self, now: int, out: Outputs) -> None:
        told = self.told.columns.of("told")
        if not (self.bad.on.any() or told.any()):
            return
        silent = now - self.last.of("at")
        gone = told & (silent > SILENT)
        wanted = self._contaminated((silent <= self.lively) | (told & ~gone)) | gone
        for row in self.told.edges(wanted).tolist():
            self._speak(row, out)

    def _contaminated(self, heard: Bool) -> Bool:
        """Sensors of zones where several that are `heard` speak of it: by quantities at a device, or devices by
        quantity."""
        value = self.last.of("value")
        lies = (self.quantity == PH) & ((value < _CREDIBLE_PH[0]) | (value > _CREDIBLE_PH[1]))
        # Too much chlorine is no contamination: it is what one is treated with.
        much = (self.quantity == CHLORINE) & (value > self.low)
        found: Bool = self.bad.on & heard & ~lies & ~much
        if not found.any():
            return found
        device, zone = self.lane.device, self.lane.zone
        stations = np.bincount(device[found], minlength=len(self.scene.roster.devices))
        key = zone.astype(np.int64) * len(self.scene.roster.quantities) + self.quantity
        alike = np.bincount(key[found], minlength=int(key.max()) + 1)
        sure = found & (np.maximum(stations[device], alike[key]) >= self.agree)
        zones = np.zeros(len(self.scene.roster.zones), np.bool_)
        zones[zone[sure]] = True
        return np.asarray(found & zones[zone])

    def _words(self, row: int) -> tuple[str, dict[str, str]]:
        identity = self.scene.identity(int(self.lane.slot[row]))
        value = float(self.last["value"][row])
        low = value < self.low[row]
        limit = float(self.low[row] if low else self.high[row])
        return "below" if low else "above", {
            "zone": identity.zone,
            "device": identity.device,
            "quantity": self.scene.quantity(identity.quantity),
            "named": texts.quantity_within(identity.quantity, self.scene.language),
            "value": self.scene.measured(value, identity.quantity),
            "limit": self.scene.measured(limit, identity.quantity),
        }

    def _speak(self, row: int, out: Outputs) -> None:
        active = bool(self.told.columns["told"][row])
        _, words = self._words(row)
        reason = self.scene.say("quality.contaminated" if active else "quality.ended", **words)
        on = bool(self.bad.on[row])
        time = int(self.bad.since[row]) if on == active else int(self.last["at"][row])
        value = float(self.last["value"][row])
        out.signals.append(self.told.signal(row, time, CRITICAL, value, 0.95, reason))

    def _note(self, rows: Index, out: Outputs) -> None:
        """A sensor that has gone beyond its limit, an anomaly each."""
        reasons = []
        for row in rows.tolist():
            side, words = self._words(row)
            reasons.append(self.scene.say(f"quality.{side}", **words))
        size = len(rows)
        out.anomalies.append(
            Anomalies(
                series=self.scene.roster.series[self.lane.slot[rows]],
                time=self.last["at"][rows],
                value=self.last["value"][rows],
                baseline=np.full(size, np.nan),
                low=np.where(np.isfinite(self.low[rows]), self.low[rows], np.nan),
                high=self.high[rows],
                score=np.full(size, 0.6),
                severity=np.full(size, WARNING, np.int64),
                detector=(DETECTOR,) * size,
                reason=tuple(reasons),
            )
        )

    def indicators(self) -> list[dict[str, Any]]:
        """Per sensor: the share of the last whole day's readings that comply, with its parts."""
        found = []
        for row in np.flatnonzero(self.days.of("last_total")).tolist():
            identity = self.scene.identity(int(self.lane.slot[row]))
            total, bad = self.days["last_total"][row].item(), self.days["last_bad"][row].item()
            found.append(
                {"city": identity.city, "domain": identity.domain, "zone": identity.zone, "device": identity.device}
                | {"indicator": "quality-compliance", "quantity": identity.quantity, "unit": "%"}
                | {"value": 100 * (total - bad) / total, "numerator": total - bad, "denominator": total}
                | {"day": date_of(self.days["last_day"][row].item())}
            )
        return found

    def snapshot(self) -> State:
        return {
            **prefixed("told", self.told.columns.snapshot()),
            **prefixed("bad", self.bad.snapshot()),
            **prefixed("last", self.last.snapshot()),
            **prefixed("days", self.days.snapshot()),
        }

    def restore(self, state: State) -> None:
        self.told.columns.restore(under("told", state))
        self.bad.restore(under("bad", state))
        self.last.restore(under("last", state))
        self.days.restore(under("days", state))
