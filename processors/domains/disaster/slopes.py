"""Slopes: the rate of tilt, and what else speaks for a landslide.

    deg/h    ≥ 0.1 (and the ground does not deny it)  ─▶ critical
             ≥ 0.01 with displacement, saturated soil or rain beyond Caine's threshold ─▶ warning
    mm/h     ≥ 0.4 with saturated soil or such rain ─▶ warning;  ≥ 4 ─▶ critical

Judged at ticks, once a minute, for it joins a device's quantities and the rain gauges near it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.disaster.rain import Rain, recent, threshold
from processors.domains.disaster.scene import CRITICAL, HOUR, MINUTE, WARNING, Lane, Scene, distances
from processors.domains.disaster.trend import Trends
from processors.domains.hearing import Wave
from processors.domains.roster import NOT_OURS
from processors.signals import Signal
from telemetry.batch import Bool, Float64, Index

KIND: Final = "landslide"
_SURE: Final = 4.0
"""Standard errors that a rate must differ from 0 by: a noisy sensor moves nowhere."""
_LETS_GO: Final = 0.5
"""Share of a rate below which it is over."""
_WET_FOR: Final = 24 * HOUR
"""ms after the threshold was passed, or the soil was told to be saturated, in which the ground is still wet."""


class _Slope(NamedTuple):
    """Rows of a device's quantities, -1 where it has none; gauges: rows of the rain gauges near it."""

    tilt: int
    moved: int
    moisture: int
    gauges: tuple[int, ...]


class _Rates(NamedTuple):
    """deg/h and mm/h, either way; NaN where nobody knows."""

    tilt: float
    moved: float

    def sure(self) -> tuple[float, float]:
        """The same, 0 for NaN."""
        return float(np.nan_to_num(self.tilt)), float(np.nan_to_num(self.moved))


class Slopes:
    """State by series (of tilt, displacement and moisture), and `told` by device."""

    name = "slopes"

    def __init__(self, scene: Scene, rain: Rain) -> None:
        self.scene = scene
        self.rain = rain
        self.rules = scene.thresholds.disaster.slope
        self.tilt, self.moved = Lane(scene.roster, "tilt"), Lane(scene.roster, "displacement")
        self.wet = Lane(scene.roster, "soil_moisture")
        self.trends = {lane: Trends(self.rules.span // 3) for lane in (self.tilt, self.moved)}
        self.moisture = Columns(value=(np.float64, np.nan), at=(np.int64, 0))
        self.told = Columns(level=(np.int8, -1))
        """By slot of the device's tilt, or of its displacement: of the one that speaks for it."""
        self.judged = np.zeros(1, np.int64)
        self._slopes: list[_Slope] = []
        self._known = True
        """Whether all slopes and the gauges near them have been looked for since series came: once for many."""

    def grow(self) -> None:
        for lane in (self.tilt, self.moved, self.wet):
            lane.grow()
        for lane, trend in self.trends.items():
            trend.columns.grow(len(lane))
        self.moisture.grow(len(self.wet))
        self.told.grow(len(self.scene.roster))
        self._known = False

    def _find(self) -> list[_Slope]:
        roster = self.scene.roster
        slots = np.concatenate((self.tilt.slot, self.moved.slot))
        gauges = np.array([self.scene.position(slot) for slot in self.rain.lane.slot.tolist()]).reshape(-1, 2)
        found = []
        for device in np.unique(roster.device[slots]).tolist():
            rows = [
                int(lane.row[slot]) if (slot := roster.slot_of(device, name)) != NOT_OURS else -1
                for lane, name in ((self.tilt, "tilt"), (self.moved, "displacement"), (self.wet, "soil_moisture"))
            ]
            slot = int(self.tilt.slot[rows[0]]) if rows[0] >= 0 else int(self.moved.slot[rows[1]])
            found.append(_Slope(rows[0], rows[1], rows[2], self._near(slot, gauges)))
        return found

    def _near(self, slot: int, gauges: Float64) -> tuple[int, ...]:
        """Rain gauges of its own zone, and those within `gauge_km`. gauges: float64[gauges, 2], degrees."""
        zones = self.scene.roster.zone[self.rain.lane.slot]
        near = distances(self.scene.position(slot), gauges) <= self.rules.gauge_km
        return tuple(np.flatnonzero(near | (zones == self.scene.roster.zone[slot])).tolist())

    def minute(self, wave: Wave, out: Outputs) -> None:
        for lane, trends in self.trends.items():
            mine = wave.of(*lane.quantities)
            if len(mine):
                trends.learn(lane.rows(mine.slot), mine.time, mine.value)
        mine = wave.of(*self.wet.quantities)
        if len(mine):
            rows = self.wet.rows(mine.slot)
            self.moisture["value"][rows], self.moisture["at"][rows] = mine.value, mine.time

    def tick(self, now: int, out: Outputs) -> None:
        if now // MINUTE == self.judged[0]:
            return
        self.judged[0] = now // MINUTE
        if not self._known:
            self._slopes, self._known = self._find(), True
        if not self._slopes:
            return
        tilting = self._rates(self.tilt, now)
        moving = self._rates(self.moved, now)
        for slope in self._slopes:
            rates = _Rates(
                float(tilting[slope.tilt]) if slope.tilt >= 0 else np.nan,
                float(moving[slope.moved]) if slope.moved >= 0 else np.nan,
            )
            self._judge(slope, rates, now, out)

    def _judge(self, slope: _Slope, rates: _Rates, now: int, out: Outputs) -> None:
        told = self._told_by(slope)
        before = int(self.told["level"][told]) if told != NOT_OURS else -1
        tilt, moved = rates.sure()
        if before < 0 and tilt < self.rules.precaution and moved < self.rules.displacement:
            return
        speaker = self._speaker(slope, rates, told)
        # Who was swept away can't say that it is over: the incidents know what silence means.
        if speaker == NOT_OURS:
            return
        level = self._level(slope, tilt, moved, now, before)
        if told not in (NOT_OURS, speaker) or (level < 0 <= before):
            self.told["level"][told] = -1
            out.signals.append(self._signal(slope, told, -1, rates, now))
        if level >= 0 and (level != before or told != speaker):
            self.told["level"][speaker] = level
            out.signals.append(self._signal(slope, speaker, level, rates, now))

    def _slots(self, slope: _Slope) -> tuple[int, int]:
        """Of its tilt and its displacement, NOT_OURS where it has none."""
        tilt = int(self.tilt.slot[slope.tilt]) if slope.tilt >= 0 else NOT_OURS
        return tilt, int(self.moved.slot[slope.moved]) if slope.moved >= 0 else NOT_OURS

    def _told_by(self, slope: _Slope) -> int:
        """The slot whose series tells of it; NOT_OURS while nothing is told."""
        slots = [slot for slot in self._slots(slope) if slot != NOT_OURS and self.told["level"][slot] >= 0]
        return slots[0] if slots else NOT_OURS

    def _speaker(self, slope: _Slope, rates: _Rates, told: int) -> int:
        """The slot that speaks for it: who did so while it can, or else the other; NOT_OURS where neither can."""
        able = [slot for slot, rate in zip(self._slots(slope), rates, strict=True) if not np.isnan(rate)]
        return told if told in able else next(iter(able), NOT_OURS)

    def _rates(self, lane: Lane, now: int) -> Float64:
        """float64[rows], units an hour either way; 0 where it is not sure that anything moves, NaN where nobody knows:
        before there is a rate, and when a sensor has been silent for long."""
        rows: Index = np.arange(len(lane))
        rate, error = self.trends[lane].line(rows)
        silent: Bool = now - self.trends[lane].columns["at"][rows] > self.rules.span
        rate = np.where(np.abs(rate) < _SURE * error, 0.0, np.abs(rate))
        return np.where(silent, np.nan, rate)

    def _level(self, slope: _Slope, tilt: float, moved: float, now: int, before: int) -> int:
        rules = self.rules
        held = _LETS_GO if before >= 0 else 1.0
        shifts, signs = moved >= held * rules.displacement, self._signs(slope, now)
        tilts = tilt >= held * rules.precaution
        if (tilt >= rules.warning and (shifts or not self._denied(slope, now))) or moved >= rules.fast:
            return CRITICAL
        if (tilts and (shifts or signs)) or (shifts and signs) or (tilt >= rules.warning and signs):
            return WARNING
        # What has been told of goes on while anything moves.
        return WARNING if before >= 0 and (tilts or shifts) else -1

    def _signs(self, slope: _Slope, now: int) -> bool:
        """Water: saturated soil, or rain beyond the threshold."""
        return self._moist(slope, now) or self._rained(slope, now) >= 0

    def _moist(self, slope: _Slope, now: int) -> bool:
        """Whether the soil was saturated lately: what a sensor said that has died since is no sign."""
        if slope.moisture < 0:
            return False
        value, at = (self.moisture[name][slope.moisture] for name in ("value", "at"))
        return bool(value >= self.rules.moisture and now - at <= _WET_FOR)

    def _denied(self, slope: _Slope, now: int) -> bool:
        """Whether there is a sensor of displacement that would have felt it, for it is heard."""
        return slope.moved >= 0 and now - int(self.trends[self.moved].columns["at"][slope.moved]) <= self.rules.span

    def _rained(self, slope: _Slope, now: int) -> int:
        """The gauge whose rain has passed the threshold; -1 for none."""
        return next((row for row in slope.gauges if recent(self.rain.columns, row, now, _WET_FOR)), -1)

    def _signal(self, slope: _Slope, slot: int, level: int, rates: _Rates, now: int) -> Signal:
        scene, (tilt, moved) = self.scene, rates
        identity = scene.identity(slot)
        if level < 0:
            reason = scene.say("slope.rests", device=identity.device)
        else:
            words = {"tilt": scene.rounded(tilt, "tilt", 3), "moved": scene.rounded(moved, "displacement", 2)}
            reason = scene.say("slope.moves", device=identity.device, signs=self._worded(slope, now), **words)
        severity = CRITICAL if level == CRITICAL else WARNING
        active = level >= 0
        return Signal(KIND, identity[:3], "", scene.series(slot), now, active, severity, rates.sure()[0], 0.8, reason)

    def _worded(self, slope: _Slope, now: int) -> str:
        """What water speaks for it, as the end of a sentence."""
        scene, said = self.scene, ""
        if self._moist(slope, now):
            moisture = float(self.moisture["value"][slope.moisture])
            said += scene.say("slope.wet", moisture=scene.rounded(moisture, "soil_moisture"))
        gauge = self._rained(slope, now)
        if gauge >= 0:
            hours = float(self.rain.columns["beyond_hours"][gauge])
            least = float(threshold(self.rain.rules.caine, np.array([hours]))[0]) * hours
            fallen = scene.rounded(float(self.rain.columns["beyond_rain"][gauge]), "rainfall")
            words = {"hours": str(round(hours)), "threshold": scene.rounded(least, "rainfall")}
            said += scene.say("slope.rain", rain=fallen, **words)
        return said

    def indicators(self) -> list[dict[str, Any]]:
        """Rates of tilt and displacement of each slope, where known."""
        told = []
        for lane, name, unit in ((self.tilt, "tilt_rate", "deg/h"), (self.moved, "displacement_rate", "mm/h")):
            rates = self.trends[lane].rate(np.arange(len(lane)))
            for row in np.flatnonzero(np.isfinite(rates)).tolist():
                identity, time = self.scene.identity(int(lane.slot[row])), int(self.trends[lane].columns["at"][row])
                common = {"city": identity.city, "zone": identity.zone, "device": identity.device, "time": time}
                told.append({**common, "indicator": name, "value": round(float(rates[row]), 4), "unit": unit})
        return told

    def _parts(self) -> dict[str, Columns]:
        tilt, moved = self.trends[self.tilt].columns, self.trends[self.moved].columns
        return {"tilt.": tilt, "moved.": moved, "moisture.": self.moisture, "told.": self.told}

    def snapshot(self) -> State:
        state: State = {"judged": self.judged.copy()}
        for prefix, part in self._parts().items():
            state |= {prefix + name: column for name, column in part.snapshot().items()}
        return state

    def restore(self, state: State) -> None:
        self.judged[:] = state["judged"]
        for prefix, part in self._parts().items():
            part.restore({name: state[prefix + name] for name in part})
