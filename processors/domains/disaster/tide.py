"""Tide gauges: what the sea stands above the tide that is due; a plain limit until that is known.

level    ╱‾╲    ╱●●╲     surge = level - tide
tide    ╱   ╲  ╱‾‾╲ ╲
       ╱     ╲╱    ╲
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.disaster.harmonics import Harmonics
from processors.domains.disaster.scene import CRITICAL, HOUR, MINUTE, WARNING, Lane, Scene
from processors.domains.disaster.trend import Trends
from processors.domains.hearing import Wave
from processors.signals import Signal
from telemetry.batch import Float64

KIND: Final = "tide"
_DEADBAND: Final = 0.8
"""A surge is over below this share of what began it."""
_BLIND: Final = 3 * 24 * HOUR
"""ms without learning, after which what stands so long is the new sea level."""
_STANDS: Final = 3 * HOUR
"""ms for which a sea that rose too fast is high while it stands no lower than when that was told: later it may be the
tide, which nobody knows yet."""
_FOLLOWED: Final = 3 * HOUR
"""ms between two readings of a gauge that has been followed: of what stood while it was away nothing is known."""


class Tide:
    """State by gauge. high: 0 no, 1 above what is due, 2 above its plain limit, 3 risen too fast; onset, since: level
    and time (ms) at which that was told last."""

    name = "tide"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.rules = scene.thresholds.disaster.tide
        self.lane = Lane(scene.roster, "tide")
        self.fit = Harmonics(self.rules.amplitude)
        self.trends = Trends(10 * MINUTE)
        self.plain: Float64 = np.zeros(0)
        self.columns = Columns(
            level=(np.float64, np.nan),
            surge=(np.float64, np.nan),
            at=(np.int64, 0),
            high=(np.int8, 0),
            severity=(np.int8, 0),
            onset=(np.float64, np.nan),
            since=(np.int64, 0),
        )

    def grow(self) -> None:
        for row in self.lane.grow():
            slot = int(self.lane.slot[row])
            limit = self.scene.at(slot).tide.plain
            sensor = self.scene.sensors.sensors.get(self.scene.identity(slot))
            known = sensor.high if sensor is not None else np.nan
            self.plain = np.append(self.plain, known if limit is None else limit)
        for part in (self.columns, self.fit.columns, self.trends.columns):
            part.grow(len(self.lane))

    def minute(self, wave: Wave, out: Outputs) -> None:
        wave = wave.of(*self.lane.quantities)
        if not len(wave):
            return
        c, rules = self.columns, self.rules
        rows, time, value = self.lane.rows(wave.slot), wave.time, wave.value
        due, error = self.fit.predict(rows, time)
        sure = error <= rules.sure
        self.trends.learn(rows, time, value)
        rate = np.nan_to_num(self.trends.rate(rows), nan=0.0)
        surge = value - due
        before = c["high"][rows]
        band = np.where(before > 0, _DEADBAND, 1.0)
        above = sure & (surge >= band * rules.surge)
        plain = ~sure & (value >= self.plain[rows] - (1.0 - band) * rules.surge)
        fast = ~sure & (rate >= band * rules.rise)
        fast |= ~sure & (before == 3) & (value >= c["onset"][rows]) & (time - c["since"][rows] <= _STANDS)
        high = np.where(above, 1, np.where(plain, 2, np.where(fast, 3, 0))).astype(np.int8)
        great = (sure & (surge >= rules.great)).astype(np.int8)
        severity = np.where(high > 0, WARNING + great, 0).astype(np.int8)
        near = np.abs(surge) < 0.5 * rules.surge
        blind = time - self.fit.columns["learnt"][rows] > _BLIND
        # One level in three days would take months to move the mean: that of another zero is learnt anew.
        moved = blind & sure & ~near & (wave.elapsed <= _FOLLOWED)
        if moved.any():
            self.fit.loosen(rows[moved])
        learns = ((high == 0) & (~sure | near)) | blind
        self.fit.learn(rows[learns], time[learns], value[learns])
        changed = ((high > 0) != (before > 0)) | (severity != c["severity"][rows])
        c["level"][rows], c["surge"][rows], c["at"][rows] = value, np.where(sure, surge, np.nan), time
        c["high"][rows], c["severity"][rows] = high, severity
        began = (high == 3) & (before != 3)
        c["onset"][rows[began]], c["since"][rows[began]] = value[began], time[began]
        for at in np.flatnonzero(changed).tolist():
            out.signals.append(self._signal(int(rows[at]), float(surge[at]), float(rate[at])))

    def tick(self, now: int, out: Outputs) -> None:
        """Each gauge is judged by itself."""

    def _signal(self, row: int, surge: float, rate: float) -> Signal:
        c, scene, slot = self.columns, self.scene, int(self.lane.slot[row])
        level, high = float(c["level"][row]), int(c["high"][row])
        words = {"gauge": scene.identity(slot).device, "level": scene.rounded(level, "tide")}
        if high == 1:
            reason = scene.say("tide.surge", **words, surge=scene.rounded(surge, "tide"))
        elif high == 2:
            reason = scene.say("tide.high", **words, limit=scene.rounded(float(self.plain[row]), "tide"))
        elif high == 3:
            reason = scene.say("tide.rise", **words, rate=scene.rounded(rate, "tide"))
        else:
            reason = scene.say("tide.ended", **words)
        severity = CRITICAL if c["severity"][row] > WARNING else WARNING
        place, series = scene.city(slot), scene.series(slot)
        return Signal(KIND, place, "", series, int(c["at"][row]), high > 0, severity, level, 0.8, reason)

    def indicators(self) -> list[dict[str, Any]]:
        """cm above the tide that is due, of gauges whose tide is known."""
        told = []
        for row in np.flatnonzero(np.isfinite(self.columns["surge"][: len(self.lane)])).tolist():
            identity = self.scene.identity(int(self.lane.slot[row]))
            surge, time = round(float(self.columns["surge"][row]), 1), int(self.columns["at"][row])
            common = {"city": identity.city, "zone": identity.zone, "device": identity.device, "time": time}
            told.append({**common, "indicator": "surge", "value": surge, "unit": "cm"})
        return told

    def snapshot(self) -> State:
        parts = {"": self.columns, "fit.": self.fit.columns, "trend.": self.trends.columns}
        return {f"{prefix}{name}": column for prefix, part in parts.items() for name, column in part.snapshot().items()}

    def restore(self, state: State) -> None:
        """Snapshots of earlier versions do not know where a rise began."""
        state = {"onset": np.zeros(0), "since": np.zeros(0, np.int64), **state}
        for prefix, part in (("", self.columns), ("fit.", self.fit.columns), ("trend.", self.trends.columns)):
            part.restore({name: state[prefix + name] for name in part})
