"""River gauges: stage, rate of rise, and when the next stage is due.

    level   ┌───── Siaga 2 ────────────── bound
            │           ╱ ┄┄┄┄┄┄┄┄┄┄┄┄┄┄ due: warned of within `ahead`
            ├───── Siaga 3 ──────── bound
            │       ╱   ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ deadband: it ends only below
            └──────╱──────────────────────▶ time

Stages are judged reading by reading, for they are a matter of life. The rate of rise is that of a line
through the means of minutes, and what is due by it is judged once a minute.

A flood on one river is one incident that grows: its gauges are the members, each with its stage or
the stage that is due. The wave on its way down (`waves.py`) is another, for those who live below.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.disaster.gauges import Bounds, River, place_of, rivers_of
from processors.domains.disaster.scene import CRITICAL, HOUR, MINUTE, WARNING, Lane, Scene
from processors.domains.disaster.trend import Trends
from processors.domains.hearing import Ear, Wave
from processors.domains.roster import NOT_OURS
from processors.sentences.disaster import TRENDS
from processors.signals import Place, Signal
from telemetry.batch import Bool, Float64, Index, Int64

KIND: Final = "river-stage"
_STEADY: Final = 5.0
"""cm/h, either way: people call this steady."""
_AT_FIRST: Final = 2
"""Readings in turn that make a stage believed of which a gauge tells at first: some are read but once an hour, and a
true one must not wait for long."""
_NONE: Final = np.zeros(0, np.int64)
_LETS_GO: Final = 0.5
"""A warning holds until the rise is less than this share of what began it, or the stage twice as far ahead."""


class Rivers:
    """State by gauge. `high`, `high_until`: when its latest time at Siaga 3 or above began, and was last seen.

    total, count: of the believed levels since `judged`, the last minute that was looked at.
    """

    name = "rivers"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.lane = Lane(scene.roster, "river_level")
        self.rules = scene.thresholds.disaster.river
        self.bounds = Bounds(scene)
        self.trends = Trends(self.rules.memory)
        self.rivers = rivers_of(self.rules)
        self.river: list[River | None] = []
        self.places: list[tuple[Place, str]] = []
        self._elsewhere: dict[int, tuple[Place, str]] = {}
        """Where gauges are told of that the settings have since put on another river, or on none."""
        self.columns = Columns(
            level=(np.float64, np.nan),
            at=(np.int64, 0),
            other=(np.float64, np.nan),
            other_at=(np.int64, 0),
            others=(np.int8, 0),
            stage=(np.int8, 0),
            warned=(np.int8, 0),
            high=(np.int64, 0),
            high_until=(np.int64, 0),
            total=(np.float64, 0.0),
            count=(np.int32, 0),
        )
        self.judged = np.zeros(1, np.int64)
        self.calm: Float64 = np.zeros(0)
        """cm, below which a believed level changes nothing: follows from the columns."""

    def grow(self) -> None:
        for row in self.lane.grow():
            slot = int(self.lane.slot[row])
            self.bounds.add(slot)
            river = self.rivers.get(self.scene.identity(slot).device.lower())
            self.river.append(river)
            self.places.append(place_of(self.scene, slot, river))
        self.calm = np.append(self.calm, np.full(len(self.lane) - len(self.calm), -np.inf))
        self.columns.grow(len(self.lane))
        self.trends.columns.grow(len(self.lane))

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.lane.row != NOT_OURS, self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        rows, time, value = self.lane.rows(wave.slot), wave.time, wave.value
        c = self.columns
        calm = self._near(value, time, c["level"].take(rows), c["at"].take(rows)) & (value < self.calm.take(rows))
        if not calm.all():
            self._look(rows[~calm], time[~calm], value[~calm], out)
            rows, time, value = rows[calm], time[calm], value[calm]
        self._note(rows, time, value)

    def _note(self, rows: Index, time: Int64, value: Float64) -> None:
        """Take levels that are believed."""
        c = self.columns
        c["level"][rows], c["at"][rows] = value, time
        c["total"][rows] += value
        c["count"][rows] += 1

    def _look(self, rows: Index, time: Int64, value: Float64, out: Outputs) -> None:
        """Levels that are not to be believed at once, or may be of another stage than before."""
        believed, leapt = self._believe(rows, time, value)
        c = self.columns
        c["total"][rows[leapt]], c["count"][rows[leapt]] = 0.0, 0
        self.trends.forget(rows[leapt])
        self._note(rows[believed], time[believed], value[believed])
        self._judge(rows[believed], time[believed], value[believed], out)
        self._calm(rows)

    def tick(self, now: int, out: Outputs) -> None:
        self._move(out)
        if now // MINUTE == self.judged[0]:
            return
        self.judged[0] = now // MINUTE
        c = self.columns
        rows = np.flatnonzero(c["count"])
        if not len(rows):
            return
        time = c["at"].take(rows)
        self.trends.learn(rows, time, c["total"].take(rows) / c["count"].take(rows))
        c["total"][rows], c["count"][rows] = 0.0, 0
        self._judge(rows, time, c["level"].take(rows), out)
        self._calm(rows)

    def _move(self, out: Outputs) -> None:
        """Tell of gauges where they are now, and no more where they were."""
        for row, (place, cause) in self._elsewhere.items():
            time, level = int(self.columns["at"][row]), float(self.columns["level"][row])
            here = self._signal(row, time, level, self.bounds.at(np.array([row]), np.array([time]))[0])
            out.signals += (here._replace(place=place, cause=cause, active=False), here)
        self._elsewhere = {}

    def _calm(self, rows: Index) -> None:
        """A gauge is calm while it has no stage, is not warned of, and no reading contradicts the one before."""
        c = self.columns
        busy = (c["stage"][rows] != 0) | (c["warned"][rows] != 0) | (c["others"][rows] != 0)
        self.calm[rows] = np.where(busy, -np.inf, self.bounds.least[rows])

    def _near(self, value: Float64, time: Int64, level: Float64, at: Int64) -> Bool:
        """Whether a river may have come from one level to another."""
        return np.abs(value - level) <= self.rules.jump + self.rules.fastest * (time - at) / HOUR

    def _believe(self, rows: Index, time: Int64, value: Float64) -> tuple[Bool, Bool]:
        """Which levels are believed, and which of these are far from what was believed before."""
        c, rules, level = self.columns, self.rules, self.columns["level"][rows]
        first = np.isnan(level)
        fits = np.where(first, value < self.bounds.least[rows], self._near(value, time, level, c["at"][rows]))
        again = self._near(value, time, c["other"][rows], c["other_at"][rows])
        others = np.where(fits, 0, np.where(again, np.minimum(c["others"][rows] + 1, 100), 1))
        leapt = ~fits & (others >= np.where(first, min(rules.agree, _AT_FIRST), rules.agree))
        believed = fits | leapt
        c["others"][rows] = np.where(believed, 0, others)
        c["other"][rows] = np.where(believed, np.nan, value)
        c["other_at"][rows] = np.where(believed, c["other_at"][rows], time)
        return believed, leapt

    def _judge(self, rows: Index, time: Int64, value: Float64, out: Outputs) -> None:
        c = self.columns
        bounds = self.bounds.at(rows, time)
        before, warned_before = c["stage"][rows], c["warned"][rows]
        known = np.where(np.isfinite(bounds), bounds, 0.0)
        band = self.bounds.deadband[rows] * (known[:, 2] - known[:, 0])
        reached = (value[:, None] >= bounds).sum(1)
        kept = (value[:, None] >= bounds - band[:, None]).sum(1)
        stage = np.maximum(reached, np.minimum(before, kept))
        warned = self._due(rows, value, bounds, stage, warned_before)
        c["stage"][rows], c["warned"][rows] = stage, warned
        high = stage > 0
        began = high & ((before == 0) | (c["high_until"][rows] == 0))
        c["high"][rows] = np.where(began, time, c["high"][rows])
        c["high_until"][rows] = np.where(high, time, c["high_until"][rows])
        for at in np.flatnonzero((stage != before) | (warned != warned_before)).tolist():
            out.signals.append(self._signal(int(rows[at]), int(time[at]), float(value[at]), bounds[at]))

    def _due(self, rows: Index, value: Float64, bounds: Float64, stage: Any, before: Any) -> Any:
        """int8[rows]: the stage that is warned of (1 is Siaga 3), 0 for none."""
        rules = self.rules
        rate = np.nan_to_num(self.trends.rate(rows), nan=0.0)
        following = np.append(bounds, np.full((len(bounds), 1), np.inf), axis=1)[np.arange(len(stage)), stage]
        due = np.where(rate > 0, (following - value) / np.where(rate > 0, rate, 1.0) * HOUR, np.inf)
        held = before == stage + 1
        least = np.where(held, _LETS_GO * rules.rise, rules.rise)
        within = np.where(held, rules.ahead / _LETS_GO, rules.ahead)
        return np.where((rate >= least) & (due <= within), stage + 1, 0).astype(np.int8)

    def _signal(self, row: int, time: int, value: float, bounds: Float64) -> Signal:
        slot = int(self.lane.slot[row])
        stage, warned = int(self.columns["stage"][row]), int(self.columns["warned"][row])
        place, cause = self.places[row]
        return Signal(
            kind=KIND,
            place=place,
            cause=cause,
            member=self.scene.series(slot),
            time=time,
            active=stage > 0 or warned > 0,
            severity=CRITICAL if stage >= 2 else WARNING,
            value=value,
            score=min(1.0, 0.7 + 0.1 * stage),
            reason=self._words(row, value, bounds),
        )

    def _words(self, row: int, value: float, bounds: Float64) -> str:
        scene, say = self.scene, self.scene.say
        stage, warned = int(self.columns["stage"][row]), int(self.columns["warned"][row])
        rate = float(self.trends.rate(np.array([row]))[0])
        gauge, river = scene.identity(int(self.lane.slot[row])).device, self.river[row]
        where = gauge if river is None else f"{river.name}: {gauge}"
        known = {"where": where, "level": scene.rounded(value, "river_level")}
        speed = scene.rounded(abs(rate), "river_level")
        if warned:
            bound = float(bounds[warned - 1])
            minutes = str(max(1, round((bound - value) / rate * HOUR / MINUTE)))
            words = {"rate": speed, "bound": scene.rounded(bound, "river_level"), "minutes": minutes}
            words |= {"stage": str(4 - warned)} | ({"now": str(4 - stage)} if stage else {})
            return say("river.further" if stage else "river.warning", **known, **words)
        if stage:
            return say("river.stage", **known, stage=str(4 - stage), trend=self._trend(rate, speed))
        return say("river.ended", **known)

    def _trend(self, rate: float, speed: str) -> str:
        """rate: cm/h, NaN while it is not known."""
        if np.isnan(rate):
            return ""
        falling, steady, rising = TRENDS[self.scene.language]
        return (steady if abs(rate) <= _STEADY else rising if rate > 0 else falling).format(rate=speed)

    def indicators(self) -> list[dict[str, Any]]:
        """Stage, rate of rise (cm/h) and minutes to the next stage of each gauge."""
        rows = np.arange(len(self.lane))
        rates = self.trends.rate(rows)
        told = []
        for row in rows[~np.isnan(self.columns["level"][: len(rows)])].tolist():
            identity = self.scene.identity(int(self.lane.slot[row]))
            level, time, rate = float(self.columns["level"][row]), int(self.columns["at"][row]), float(rates[row])
            common = {"city": identity.city, "zone": identity.zone, "device": identity.device, "time": time}
            if self.bounds.tables[row]:
                stage = int(self.columns["stage"][row])
                told.append({**common, "indicator": "river_stage", "value": 4 - stage, "unit": "Siaga"})
                bounds = self.bounds.at(np.array([row]), np.array([time]))[0]
                if rate >= _STEADY and stage < 3:
                    minutes = round((float(bounds[stage]) - level) / rate * HOUR / MINUTE, 1)
                    told.append({**common, "indicator": "time_to_next_stage", "value": minutes, "unit": "min"})
            if not np.isnan(rate):
                told.append({**common, "indicator": "river_rise", "value": round(rate, 1), "unit": "cm/h"})
        return told

    def _told(self) -> Index:
        """Gauges of which something is told."""
        size = len(self.lane)
        return np.flatnonzero((self.columns["stage"][:size] != 0) | (self.columns["warned"][:size] != 0))

    def snapshot(self) -> State:
        told = self._told()
        rivers = [self._elsewhere.get(row, self.places[row]) for row in told.tolist()]
        return {
            "told": told,
            "told_on": np.array([cause if place[0] == "*" else "" for place, cause in rivers], np.str_),
            "judged": self.judged.copy(),
            **self.columns.snapshot(),
            **{f"trend.{k}": v for k, v in self.trends.columns.snapshot().items()},
        }

    def restore(self, state: State) -> None:
        self.judged[:] = state["judged"]
        self.columns.restore(state)
        self._calm(np.arange(len(self.lane)))
        for row, name in zip(state.get("told", _NONE).tolist(), state.get("told_on", _NONE).tolist(), strict=True):
            there = place_of(self.scene, int(self.lane.slot[row]), River(name, {}) if name else None)
            if there != self.places[row]:
                self._elsewhere[row] = there
        self.trends.columns.restore({k.removeprefix("trend."): v for k, v in state.items() if k.startswith("trend.")})
