"""Fill: the level that is believed, collections, and bins that overflow.

    fill %   ╱│            a leap waits until the next reading agrees: one echo may be lost
           ╱  │
         ╱    ●─●          30 points down to at most 20 %: a collection

What several quantities say together (an echo means nothing while the bin lies on its side) is
judged at ticks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.waste.fire import Fire
from processors.domains.waste.forecast import Points
from processors.domains.waste.health import Health
from processors.domains.waste.scene import DAY, FILL, HOUR, WARNING, Scene
from processors.domains.waste.tilt import Tilt
from telemetry.batch import Bool, Index

KIND: Final = "bin-full"
NONE: Final = -1
_EVERY: Final = 10_000
"""ms between two looks at all bins."""


class Fill:
    """State by bin. other: a level that contradicts the believed one, until it is confirmed; over: readings in
    turn at `full`; dropped: when it was emptied, until the next look; emptied: when it was last."""

    name = "fill"

    def __init__(self, scene: Scene, tilt: Tilt, fire: Fire, health: Health) -> None:
        self.scene = scene
        self.tilt, self.fire, self.health = tilt, fire, health
        self.columns = Columns(
            level=(np.float64, np.nan),
            at=(np.int64, 0),
            other=(np.float64, np.nan),
            other_at=(np.int64, 0),
            over=(np.uint8, 0),
            dropped=(np.int64, NONE),
            collected=(np.bool_, False),
            emptied=(np.int64, NONE),
            collections=(np.int64, 0),
            full=(np.bool_, False),
        )
        self.points = Points()
        self.limits = np.zeros((0, 8))
        self.looked = np.zeros(1, np.int64)
        self.visits: list[tuple[int, int]] = []
        """Bins that were found emptied at the last look, and when."""

    def grow(self) -> None:
        size = len(self.scene)
        new = [self.scene.at(device).fill for device in range(len(self.limits), size)]
        rows = [(r.full, r.ends, r.samples, r.jump, r.fastest, r.drop, r.empty, r.spacing) for r in new]
        self.limits = np.concatenate((self.limits, np.array(rows, np.float64).reshape(-1, 8)))
        self.columns.grow(size)
        self.points.columns.grow(size)

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.roster.of(FILL), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, rows, value, time = self.columns, self.scene.devices(wave), wave.value, wave.time
        full, ends, _, jump, fastest, drop, empty, spacing = self.limits[rows].T
        level = c["level"][rows]
        rise = value - level
        fits = np.isnan(level) | ((rise >= -jump) & (rise <= jump + fastest * (time - c["at"][rows]) / HOUR))
        leapt = ~fits & (np.abs(value - c["other"][rows]) <= jump)
        believed = fits | leapt
        emptied = leapt & (rise < 0) & (value <= empty)
        if emptied.any():
            which = rows[emptied]
            c["dropped"][which] = c["other_at"][which]
            c["collected"][which] = (-rise >= drop)[emptied]
        c["other"][rows] = np.where(believed, np.nan, value)
        c["other_at"][rows] = time
        c["level"][rows] = np.where(believed, value, level)
        c["at"][rows] = np.where(believed, time, c["at"][rows])
        over = np.where(value >= full, np.minimum(c["over"][rows] + 1, 100), np.where(value < ends, 0, c["over"][rows]))
        c["over"][rows] = np.where(believed, over, c["over"][rows])
        if believed.any():
            emptied = leapt & (rise < 0)
            chosen = rows[believed], time[believed], value[believed], emptied[believed], spacing[believed]
            self.points.note(*chosen)

    def tick(self, now: int, out: Outputs) -> None:
        self.visits = []
        if now - self.looked[0] < _EVERY or not len(self.scene):
            return
        self.looked[0] = now
        c, size = self.columns, len(self.scene)
        for device in np.flatnonzero(c["dropped"][:size] != NONE).tolist():
            self._visit(device)
        enough = c["over"][:size] >= np.maximum(self.limits[:, 2], np.where(c["full"][:size], 1, 0))
        # What can't be judged is as it was: a fault does not make room, only a truck does.
        left = c["full"][:size].copy()
        left[[device for device, _ in self.visits]] = False
        full = np.where(self.judged, enough, left)
        for device in np.flatnonzero(full != c["full"][:size]).tolist():
            c["full"][device] = full[device]
            self._tell(device, bool(full[device]), out)

    @property
    def judged(self) -> Bool:
        """bool[devices]: whose fill means something now, at the latest look."""
        now = int(self.looked[0])
        return self.health.sound & ~self.tilt.lying(now) & ~self.fire.burning(now)

    def _visit(self, device: int) -> None:
        """A drop that was confirmed; of a bin on its side it was an echo."""
        c = self.columns
        time, c["dropped"][device] = int(c["dropped"][device]), NONE
        if self.tilt.columns["down"][device] or self.tilt.columns["against"][device]:
            return
        c["emptied"][device] = time
        c["collections"][device] += bool(c["collected"][device])
        self.visits.append((device, time))

    def _tell(self, device: int, active: bool, out: Outputs) -> None:
        c = self.columns
        value = float(c["level"][device])
        reason = self.scene.say(
            "fill.full" if active else "fill.fits", device, value=self.scene.measured(value, "fill")
        )
        said = (int(c["at"][device]), active, WARNING, value, 0.8)
        out.signals.append(self.scene.signal(KIND, device, "fill", said, reason, ""))

    def indicators(self) -> list[dict[str, Any]]:
        """Of each bin its fill, how fast it fills, and when it is at `target`; the first to be full first.

        Unknown (null) below `points` points since it was emptied, or while it does not fill.
        """
        c, size = self.columns, len(self.scene)
        rows: Index = np.flatnonzero(np.isfinite(c["level"][:size]))
        rates, counts = self.points.rates(rows)
        judged = self.judged
        told: list[dict[str, Any]] = []
        for row, rate, count in zip(rows.tolist(), rates.tolist(), counts.tolist(), strict=True):
            rules, level = self.scene.at(row).fill, float(c["level"][row])
            known = bool(judged[row]) and count >= rules.points and rate > 0
            hours = max(0.0, (rules.target - level) / rate) if known else None
            bin = self.scene.name(row)
            told.append(
                {
                    "indicator": "fill_forecast",
                    "city": bin.city,
                    "zone": bin.zone,
                    "device": bin.device,
                    "time": int(c["at"][row]),
                    "value": None if hours is None else round(hours, 1),
                    "unit": "h",
                    "fill": round(level, 1),
                    "rate": round(rate * DAY / HOUR, 1) if known else None,
                    "emptied": int(c["emptied"][row]) if c["emptied"][row] != NONE else None,
                    "collections": int(c["collections"][row]),
                }
            )
        order = sorted(told, key=_urgency)
        return [{**each, "rank": rank} for rank, each in enumerate(order, 1)]

    def snapshot(self) -> State:
        points = {f"points.{name}": column for name, column in self.points.columns.snapshot().items()}
        return {"looked": self.looked.copy(), **points, **self.columns.snapshot()}

    def restore(self, state: State) -> None:
        self.looked = state["looked"].copy()
        self.columns.restore(state)
        self.points.columns.restore({name: state[f"points.{name}"] for name in self.points.columns.kinds})


def _urgency(told: dict[str, Any]) -> tuple[bool, float, float]:
    return told["value"] is None, told["value"] or 0.0, -told["fill"]
