"""Fire: hot by itself, or climbing away from what the city's other bins do.

    degC above the others
         ╱●  ≥ 10 within 10 min, for 3 readings in turn, and not in one leap ─▶ fire
       ●╱
    ●─●────●─────────  a hot day lifts all bins: their median is taken off

One reading at 60 degC may be a spike: the next one confirms it, where it is due soon; of a thermometer that
quality control holds for faulty, one more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from config.thresholds.waste import FireThresholds
from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.waste.health import Health
from processors.domains.waste.scene import CRITICAL, MINUTE, TEMPERATURE, Scene
from processors.kinds import KINDS
from telemetry.batch import Bool, Float64, Index, Int64

KIND: Final = "bin-fire"
_AMBIENT: Final = 10_000
"""ms between two looks at what the other bins do."""
_FEWEST: Final = 3
"""Bins that make a median worth having; below, a bin's own course counts."""
_RECENT: Final = 30 * MINUTE
"""ms after which a bin's temperature says nothing of the others."""
_SILENT: Final = round(1000 * KINDS[KIND].silent)
"""ms after which nobody knows whether a bin still burns; as long as its incident waits for a word."""
_LETS_GO: Final = 0.5
"""Share of the rise below which a fire may be over."""


class Fire:
    """State by bin. excess: degC above the others, at the last reading; earlier: at the one before; lows: the least
    that two readings in turn agreed on, in this and the last half of the window; before: whence the fire rose."""

    name = "fire"

    def __init__(self, scene: Scene, health: Health) -> None:
        self.scene = scene
        self.health = health
        self.columns = Columns(
            value=(np.float64, np.nan),
            at=(np.int64, 0),
            excess=(np.float64, np.nan),
            earlier=(np.float64, np.nan),
            lows=(np.float64, np.inf, 2),
            half=(np.int64, -1),
            climbs=(np.uint8, 0),
            risen=(np.uint8, 0),
            hot=(np.uint8, 0),
            cool=(np.uint8, 0),
            burning=(np.bool_, False),
            before=(np.float64, np.nan),
        )
        self.rules: list[FireThresholds] = []
        self.limits = np.zeros((0, 8))
        self.ambient = np.array([np.nan])
        """degC, the median of the city's bins at the last look; NaN while there are too few."""
        self.looked = np.zeros(1, np.int64)

    def grow(self) -> None:
        size = len(self.scene)
        new = [self.scene.at(device).fire for device in range(len(self.rules), size)]
        self.rules += new
        rows = [(r.hot, r.rise, r.window, r.samples, r.step, r.climbs, r.confirm, r.ends) for r in new]
        self.limits = np.concatenate((self.limits, np.array(rows, np.float64).reshape(-1, 8)))
        self.columns.grow(size)

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.roster.of(TEMPERATURE), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, rows, value = self.columns, self.scene.devices(wave), wave.value
        hot, rise, window, samples, step, climbs, confirm, ends = self.limits[rows].T
        ambient = self.ambient[0]
        excess = value - (0.0 if np.isnan(ambient) else ambient)
        before = self._lows(rows, wave.time, window)
        risen = np.where(c["burning"][rows], c["before"][rows], before)
        up = excess - risen >= rise
        lately = np.fmax(c["excess"][rows], c["earlier"][rows])
        climbed = np.where(excess - lately >= step, c["climbs"][rows] + 1, c["climbs"][rows])
        c["climbs"][rows] = np.where(excess - before < _LETS_GO * rise, 0, np.minimum(climbed, 100))
        c["risen"][rows] = np.where(up, np.minimum(c["risen"][rows] + 1, 100), 0)
        c["hot"][rows] = np.where(value >= hot, np.minimum(c["hot"][rows] + 1, 100), 0)
        doubted = self.health.columns["thermometer"][rows]
        needed = np.where(wave.elapsed > self._patience(rows), 1.0, confirm) + doubted
        blazing = c["hot"][rows] >= needed
        rising = (c["risen"][rows] >= samples) & (c["climbs"][rows] >= climbs)
        cool = (value < ends) & ~(excess - risen >= _LETS_GO * rise)
        c["cool"][rows] = np.where(cool, np.minimum(c["cool"][rows] + 1, 100), 0)
        lit = ~c["burning"][rows] & (blazing | rising)
        # After so long its incident is only what was last known: whoever asks anew is answered with the first word.
        enough = np.where(wave.elapsed > _SILENT, 1.0, samples)
        out_now = c["burning"][rows] & (c["cool"][rows] >= enough)
        c["before"][rows] = np.where(lit, before, c["before"][rows])
        c["burning"][rows] = (c["burning"][rows] | lit) & ~out_now
        self._remember(rows, wave, excess)
        for at in np.flatnonzero(lit | out_now).tolist():
            grown = float(excess[at] - before[at]) if rising[at] and not blazing[at] else 0.0
            self._tell(int(rows[at]), int(wave.time[at]), float(value[at]), grown, out)

    def burning(self, now: int) -> Bool:
        """bool[devices]: which burn, as far as anyone has heard of late."""
        c, size = self.columns, len(self.scene)
        return np.asarray(c["burning"][:size] & (now - c["at"][:size] <= _SILENT))

    def _patience(self, rows: Index) -> Float64:
        if not self.scene.thresholds.sites:
            return np.full(len(rows), float(self.scene.thresholds.waste.fire.confirm_within))
        return np.array([float(self.rules[row].confirm_within) for row in rows.tolist()])

    def _lows(self, rows: Index, time: Int64, window: Float64) -> Float64:
        """float64[rows]: the least excess of the window before this reading; its own past only."""
        c = self.columns
        half = time // np.maximum(window / 2, 1).astype(np.int64)
        passed = half - c["half"][rows]
        lows = c["lows"][rows]
        # Less than none where the settings made the window longer: that is another count of halves.
        turned = passed != 0
        if turned.any():
            lows[turned, 1] = np.where(passed[turned] == 1, lows[turned, 0], np.inf)
            lows[turned, 0] = np.inf
            c["half"][rows] = half
            c["lows"][rows] = lows
        least = lows.min(axis=1)
        return np.where(np.isfinite(least), least, np.nan)

    def _remember(self, rows: Index, wave: Wave, excess: Float64) -> None:
        c = self.columns
        # One reading that is too low is no low: the one before it must have been as low.
        low = np.fmax(excess, c["excess"][rows])
        c["lows"][rows, 0] = np.minimum(c["lows"][rows, 0], low)
        c["earlier"][rows] = c["excess"][rows]
        c["excess"][rows], c["value"][rows], c["at"][rows] = excess, wave.value, wave.time

    def _tell(self, device: int, time: int, value: float, grown: float, out: Outputs) -> None:
        active = bool(self.columns["burning"][device])
        words = {"value": self.scene.measured(value, "temperature")}
        sentence = "fire.hot" if active else "fire.out"
        if grown:
            minutes = str(round(self.rules[device].window / MINUTE))
            words |= {"rise": self.scene.measured(grown, "temperature"), "minutes": minutes}
            sentence = "fire.rising"
        said = (time, active, CRITICAL, value, 0.95)
        reason = self.scene.say(sentence, device, **words)
        out.signals.append(self.scene.signal(KIND, device, "temperature", said, reason, self.scene.name(device).device))

    def tick(self, now: int, out: Outputs) -> None:
        if now - self.looked[0] < _AMBIENT or not len(self.scene):
            return
        self.looked[0] = now
        c, size = self.columns, len(self.scene)
        fresh: Bool = (np.abs(now - c["at"][:size]) < _RECENT) & ~c["burning"][:size]
        before, self.ambient[0] = self.ambient[0], np.nan
        if np.count_nonzero(fresh) >= _FEWEST:
            self.ambient[0] = np.median(c["value"][:size][fresh])
        if np.isnan(before) != np.isnan(self.ambient[0]):
            # The excess is now measured from elsewhere: what it was before says nothing.
            c["lows"][:], c["excess"][:], c["earlier"][:] = np.inf, np.nan, np.nan
            c["climbs"][:], c["risen"][:], c["before"][:] = 0, 0, np.nan

    def indicators(self) -> list[dict[str, Any]]:
        """None: a fire is an incident."""
        return []

    def snapshot(self) -> State:
        return {"ambient": self.ambient.copy(), "looked": self.looked.copy(), **self.columns.snapshot()}

    def restore(self, state: State) -> None:
        self.ambient, self.looked = state["ambient"].copy(), state["looked"].copy()
        self.columns.restore(state)
