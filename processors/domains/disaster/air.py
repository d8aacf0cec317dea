"""Air: ISPU (Permen LHK 14/2020) from the mean of the last 24 whole hours, judged once an hour.

    index = (Ia - Ib) / (Xa - Xb) * (X - Xb) + Ib      between two breakpoints Xb and Xa

A mean of 24 hours tells of haze when people have breathed it for half a day. So where most stations
of a city agree, it is told by the NowCast of the last 12 hours already (US EPA 2013), which weighs
recent hours more the faster the air changes.

A monitor alone is not believed where its city has others: haze lies over all of them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from processors import texts
from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.disaster.scene import CRITICAL, HOUR, WARNING, Lane, Scene
from processors.domains.hearing import Wave
from processors.sentences.disaster import AIR_GRADES
from processors.signals import Place, Signal
from telemetry.batch import Float64, Index, Int64

KIND: Final = "air-quality"
INDEX: Final = (0.0, 50.0, 100.0, 200.0, 300.0, 500.0)
_GRADES: Final = (50.0, 100.0, 200.0, 300.0)
_HOURS: Final = 24
_NOWCAST: Final = 12
_LEAST_WEIGHT: Final = 0.5


def nowcast(means: Float64) -> Float64:
    """The EPA's NowCast of hourly means: float64[rows, 12], the newest first, NaN where there is none.

    Weights w^age, w = least / greatest of the means, at least 0.5; NaN unless two of the last three hours are there.
    """
    there = ~np.isnan(means)
    least = np.where(there, means, np.inf).min(1)
    most = np.where(there, means, -np.inf).max(1)
    steady = np.divide(least, most, out=np.ones(len(means)), where=there.any(1) & (most > 0))
    weight = np.where(there, np.maximum(steady, _LEAST_WEIGHT)[:, None] ** np.arange(means.shape[1]), 0.0)
    known = there[:, :3].sum(1) >= 2
    total = np.where(known, weight.sum(1), 1.0)
    return np.where(known, (weight * np.nan_to_num(means, nan=0.0)).sum(1) / total, np.nan)


def ispu(mean: Float64, breakpoints: tuple[float, ...]) -> Float64:
    """The index of 24 h means in ug/m3; NaN stays NaN, and beyond the table it stays at its top."""
    return np.where(np.isnan(mean), np.nan, np.interp(np.nan_to_num(mean), breakpoints, INDEX))


def grades_of(indices: Float64) -> Index:
    """0 good, 1 moderate, 2 unhealthy, 3 very unhealthy, 4 dangerous."""
    return np.searchsorted(_GRADES, indices)


def grade_of(index: float) -> int:
    """One of `grades_of`."""
    return int(grades_of(np.array([index]))[0])


class Air:
    """State by series: sums and counts of the last 24 hours and of the present one (ring of 25), and its index."""

    name = "air"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.rules = scene.thresholds.disaster.air
        self.lane = Lane(scene.roster, "pm25", "pm10")
        self.cities: list[Place] = []
        self.fine = np.zeros(0, np.bool_)
        self.columns = Columns(
            sums=(np.float64, 0.0, _HOURS + 1),
            counts=(np.int32, 0, _HOURS + 1),
            hour=(np.int64, -1),
            mean=(np.float64, np.nan),
            index=(np.float64, np.nan),
            hot=(np.bool_, False),
            soon=(np.float64, np.nan),
            told=(np.int8, -1),
        )
        self._stirred = True
        """Whether an index has changed since the last tick; unknown after a restart."""

    def grow(self) -> None:
        fine = self.scene.roster.quantities.index("pm25")
        for row in self.lane.grow():
            slot = int(self.lane.slot[row])
            self.cities.append(self.scene.city(slot))
            self.fine = np.append(self.fine, self.scene.roster.quantity[slot] == fine)
        self.columns.grow(len(self.lane))

    def minute(self, wave: Wave, out: Outputs) -> None:
        wave = wave.of(*self.lane.quantities)
        if not len(wave):
            return
        c = self.columns
        rows, hour = self.lane.rows(wave.slot), wave.time // HOUR
        turned = hour != c["hour"][rows]
        if turned.any():
            self._turn(rows[turned], hour[turned])
        bucket = hour % (_HOURS + 1)
        c["sums"][rows, bucket] += wave.value
        c["counts"][rows, bucket] += 1

    def _turn(self, rows: Index, hour: Int64) -> None:
        """A new hour: empty the buckets that are too old, and judge the 24 hours before it."""
        c, size = self.columns, _HOURS + 1
        passed = np.where(c["hour"][rows] < 0, size, np.minimum(hour - c["hour"][rows], size))
        old = (hour[:, None] - np.arange(size)) % size < passed[:, None]
        c["sums"][rows] = np.where(old, 0.0, c["sums"][rows])
        c["counts"][rows] = np.where(old, 0, c["counts"][rows])
        c["hour"][rows] = hour
        counts, sums = c["counts"][rows], c["sums"][rows]
        filled = counts > 0
        hours = filled.sum(1)
        means = np.where(filled, sums / np.maximum(counts, 1), 0.0).sum(1) / np.maximum(hours, 1)
        mean = np.where(hours >= self.rules.hours, means, np.nan)
        index = np.where(self.fine[rows], ispu(mean, self.rules.pm25), ispu(mean, self.rules.pm10))
        c["mean"][rows], c["index"][rows] = mean, index
        bound = np.where(c["hot"][rows], self.rules.clears, self.rules.unhealthy)
        c["hot"][rows] = np.nan_to_num(index, nan=0.0) >= bound
        newest = (hour[:, None] - 1 - np.arange(_NOWCAST)) % size
        lately = np.take_along_axis(np.where(filled, sums / np.maximum(counts, 1), np.nan), newest, axis=1)
        soon = nowcast(lately)
        c["soon"][rows] = np.where(self.fine[rows], ispu(soon, self.rules.pm25), ispu(soon, self.rules.pm10))
        self._stirred = True

    def tick(self, now: int, out: Outputs) -> None:
        if not self._stirred:
            return
        self._stirred = False
        c, size = self.columns, len(self.lane)
        bad = c["soon"][:size] >= self.rules.unhealthy
        concerned = np.flatnonzero(c["hot"][:size] | (c["told"][:size] >= 0) | bad).tolist()
        for city in dict.fromkeys(self.cities[row] for row in concerned):
            rows = [row for row in range(size) if self.cities[row] == city]
            judged = {self._device(row) for row in rows if not np.isnan(c["index"][row])}
            hot = {self._device(row) for row in rows if c["hot"][row]}
            agreed = len(hot) >= min(self.rules.stations, len(judged))
            early = self._most(rows)
            for row in rows:
                self._tell(row, agreed, early, out)

    def _most(self, rows: list[int]) -> bool:
        """Whether the NowCast of so many stations of a city is unhealthy that it is the city's air."""
        soon, rules = self.columns["soon"], self.rules
        judged = {self._device(row) for row in rows if not np.isnan(soon[row])}
        bad = {self._device(row) for row in rows if soon[row] >= rules.unhealthy}
        return len(bad) >= max(rules.stations, rules.most * len(judged))

    def _device(self, row: int) -> int:
        return int(self.scene.roster.device[self.lane.slot[row]])

    def _tell(self, row: int, agreed: bool, early: bool, out: Outputs) -> None:
        c, rules = self.columns, self.rules
        # By the index that the sentence tells: of the day, or of the last hours before that is unhealthy.
        index = c["index"][row] if c["hot"][row] else c["soon"][row]
        grave = CRITICAL if index >= rules.dangerous else WARNING
        going_on = c["told"][row] >= 0 and c["soon"][row] >= rules.clears
        bad = early and c["soon"][row] >= rules.unhealthy
        level = grave if (agreed and c["hot"][row]) or bad or going_on else -1
        if level != c["told"][row]:
            c["told"][row] = level
            out.signals.append(self._signal(row, level))

    def _signal(self, row: int, level: int) -> Signal:
        scene, slot, index = self.scene, int(self.lane.slot[row]), float(self.columns["index"][row])
        identity = scene.identity(slot)
        words = {"station": identity.device, "index": texts.number(np.round(index), scene.language)}
        if level < 0:
            reason = scene.say("air.better", **words)
        elif not self.columns["hot"][row]:
            index = float(self.columns["soon"][row])
            grade = AIR_GRADES[scene.language][grade_of(index)]
            name = texts.quantity_name(identity.quantity, scene.language)
            number = texts.number(round(index), scene.language)
            reason = scene.say("air.early", station=identity.device, index=number, grade=grade, quantity=name)
        else:
            grade = AIR_GRADES[scene.language][grade_of(index)]
            mean = scene.rounded(float(self.columns["mean"][row]), identity.quantity, 1)
            name = texts.quantity_name(identity.quantity, scene.language)
            reason = scene.say("air.unhealthy", **words, grade=grade, quantity=name, mean=mean)
        time = int(self.columns["hour"][row]) * HOUR
        return Signal(
            KIND, self.cities[row], "", scene.series(slot), time, level >= 0, max(level, 1), index, 0.8, reason
        )

    def indicators(self) -> list[dict[str, Any]]:
        """ISPU of each series, as of its latest whole hour."""
        told = []
        for row in np.flatnonzero(np.isfinite(self.columns["index"][: len(self.lane)])).tolist():
            identity = self.scene.identity(int(self.lane.slot[row]))
            index, time = round(float(self.columns["index"][row]), 1), int(self.columns["hour"][row]) * HOUR
            common = {"city": identity.city, "zone": identity.zone, "device": identity.device, "time": time}
            grade = AIR_GRADES[self.scene.language][grade_of(index)]
            words = {"quantity": identity.quantity, "class": grade}
            told.append({**common, "indicator": "ispu", "value": index, "unit": "ISPU", **words})
        return told

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
        self._stirred = True
