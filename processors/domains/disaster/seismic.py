"""Shaking: STA/LTA at each station, and an earthquake where enough stations agree.

    pga      ·····│╱╲╱╲·····
    STA/LTA  ─────┤on ≥ 4 ──┤off < 2.5      the LTA is frozen in between
    station  _____████████████______
    quake    third station that a wave may have reached from the others: told at the next tick

A lorry beside one station, or a station that is broken, is felt by no other. Earthquakes know no cities: stations of
neighbouring ones vouch for each other, and each city is told of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.disaster.scene import CRITICAL, WARNING, Lane, Scene, distances
from processors.domains.hearing import Ear, Wave
from processors.domains.roster import NOT_OURS
from processors.signals import Place, Signal
from telemetry.batch import Bool, Float64, Index, Int64

KIND: Final = "quake"
_FRESH: Final = 60_000
"""ms for which a trigger waits for others."""
_APART: Final = 60.0
"""km between stations of a city whose places nobody has told."""
_STRONG: Final = 6
"""Class of MMI, as it is told, from which things break: critical."""
_ROMAN: Final = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def intensity(pga: float) -> float:
    """Modified Mercalli intensity of a peak acceleration in cm/s2, 1 to 10 (Wald et al. 1999 and its Indonesian
    use: 1.71 + 2.08 x below x = 0.14, 1.78 + 1.55 x below 1.57, else -1.60 + 3.70 x, with x = log10 pga)."""
    if pga <= 0:
        return 1.0
    x = float(np.log10(pga))
    mmi = 1.71 + 2.08 * x if x < 0.14 else 1.78 + 1.55 * x if x < 1.57 else -1.60 + 3.70 * x
    return min(max(mmi, 1.0), 10.0)


def felt(pga: float) -> int:
    """The class of MMI that people are told, 1 to 10."""
    return round(intensity(pga))


class Seismic:
    """State by station. on_at: when it was triggered, 0 once that is forgotten; told: counted among a quake's;
    grade: the class of MMI that was told of it, 0 for none."""

    name = "seismic"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.rules = scene.thresholds.disaster.seismic
        self.lane = Lane(scene.roster, "pga")
        self.cities: list[Place] = []
        self.city_of: Int64 = np.zeros(0, np.int64)
        """int64[stations]: number of the city."""
        self.positions: Float64 = np.zeros((0, 2))
        """float64[stations, 2]: latitude and longitude, NaN where the catalogue has none."""
        self.columns = Columns(
            sta=(np.float64, 0.0),
            lta=(np.float64, 0.0),
            began=(np.int64, 0),
            at=(np.int64, 0),
            on=(np.bool_, False),
            on_at=(np.int64, 0),
            off_at=(np.int64, 0),
            peak=(np.float64, 0.0),
            told=(np.bool_, False),
            grade=(np.int8, 0),
        )

    def grow(self) -> None:
        for row in self.lane.grow():
            slot = int(self.lane.slot[row])
            self.cities.append(self.scene.city(slot))
            self.positions = np.append(self.positions, [self.scene.position(slot)], axis=0)
        number = {city: each for each, city in enumerate(dict.fromkeys(self.cities))}
        self.city_of = np.array([number[city] for city in self.cities], np.int64)
        self.columns.grow(len(self.lane))

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.lane.row != NOT_OURS, self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, rules = self.columns, self.rules
        rows, time, value = self.lane.rows(wave.slot), wave.time, wave.value
        anew = (wave.elapsed > rules.interval) | (c["at"].take(rows) == 0)
        if anew.any():
            c["sta"][rows[anew]], c["lta"][rows[anew]] = value[anew], value[anew]
            c["began"][rows[anew]] = time[anew]
        seconds, sta, lta = wave.elapsed / -1000.0, c["sta"].take(rows), c["lta"].take(rows)
        c["sta"][rows] = sta = sta + (value - sta) * -np.expm1(seconds / rules.sta)
        c["at"][rows] = time
        learnt = lta + (value - lta) * -np.expm1(seconds / rules.lta)
        shaken = c["on"].take(rows) | (value >= rules.least)
        if shaken.any():
            chosen = np.flatnonzero(shaken)
            stale = self._trigger(rows[chosen], time[chosen], value[chosen], sta[chosen], lta[chosen])
            learnt[chosen] = np.where(stale, sta[chosen], learnt[chosen])
            learnt = np.where(c["on"].take(rows), lta, learnt)
        c["lta"][rows] = learnt

    def _trigger(self, rows: Index, time: Int64, value: Float64, sta: Float64, lta: Float64) -> Bool:
        """Stations that are on or may become so; which of them have been on for too long."""
        c, rules = self.columns, self.rules
        on = c["on"][rows]
        ready = time - c["began"][rows] >= 1000.0 * rules.lta
        ratio = np.where(ready, sta / np.maximum(lta, 1e-9), 0.0)
        rises = ~on & (ratio >= rules.on) & (value >= rules.least)
        stale: Bool = on & (time - c["on_at"][rows] > 1000.0 * rules.longest)
        falls = on & ((ratio < rules.off) | stale)
        c["off_at"][rows[falls]] = time[falls]
        on = (on | rises) & ~falls
        c["on"][rows] = on
        c["on_at"][rows] = np.where(rises, time, c["on_at"][rows])
        c["peak"][rows] = np.where(rises, value, np.where(on, np.maximum(c["peak"][rows], value), c["peak"][rows]))
        return stale

    def tick(self, now: int, out: Outputs) -> None:
        c = self.columns
        if not c["on_at"].any():
            return
        waiting = np.flatnonzero((c["on_at"] != 0) & ~c["told"])
        if len(waiting):
            self._agree(waiting.tolist(), now, out)
        self._end(out)
        self._grow(now, out)
        forgotten = ~c["on"] & ~c["told"] & (c["at"] - c["on_at"] > _FRESH)
        c["on_at"][forgotten] = 0

    def _agree(self, waiting: list[int], now: int, out: Outputs) -> None:
        """Tell of the triggers that one earthquake explains, those of one that goes on included."""
        told = self._feeling(now)
        for row in waiting:
            party = self._near(row, [*told, *waiting])
            if len({(self.cities[other], self._device(other)) for other in party}) >= self.rules.stations:
                fresh = [other for other in party if not self.columns["told"][other]]
                self.columns["told"][fresh] = True
                told += fresh
                for other in fresh:
                    out.signals.append(self._signal(other, told, True, int(self.columns["on_at"][other])))

    def _feeling(self, now: int) -> list[int]:
        """The stations of quakes that go on. One that was lost in it (power fails, walls fall) stays told, for it
        can't say that it is over; but it speaks for no later one."""
        c = self.columns
        heard = c["told"] & (now - c["at"] <= 1000.0 * self.rules.longest)
        rows: list[int] = np.flatnonzero(heard).tolist()
        return rows

    def _near(self, row: int, others: list[int]) -> list[int]:
        """Those of `others` that the wave which `row` feels may have reached when they were triggered."""
        rows = np.array(others)
        apart = distances(self.positions[row], self.positions[rows])
        unknown, same = np.isnan(apart), self.city_of[rows] == self.city_of[row]
        apart = np.where(unknown & same, _APART, apart)
        onset = self.columns["on_at"]
        seconds = np.abs(onset[rows] - onset[row]) / 1000.0
        reached = (seconds <= apart / self.rules.speed + self.rules.margin) & (same | (apart <= self.rules.neighbours))
        found: list[int] = rows[reached].tolist()
        return found

    def _end(self, out: Outputs) -> None:
        c = self.columns
        for row in np.flatnonzero(c["told"] & ~c["on"]).tolist():
            out.signals.append(self._signal(row, [row], False, int(c["off_at"][row])))
            c["on_at"][row] = 0
        c["told"] &= c["on"]
        c["grade"][~c["told"]] = 0

    def _grow(self, now: int, out: Outputs) -> None:
        """Tell again where it has become stronger: what a station felt first is the weakest of an earthquake."""
        c = self.columns
        told = self._feeling(now)
        for row in np.flatnonzero(c["told"]).tolist():
            if felt(float(c["peak"][row])) > c["grade"][row]:
                out.signals.append(self._signal(row, told, True, int(c["at"][row])))

    def _device(self, row: int) -> str:
        return self.scene.identity(int(self.lane.slot[row])).device

    def _signal(self, row: int, told: list[int], active: bool, time: int) -> Signal:
        """told: the stations of all cities that feel it."""
        c = self.columns
        here = [other for other in told if self.city_of[other] == self.city_of[row]] or [row]
        strongest = max(here, key=lambda other: (float(c["peak"][other]), -other))
        pga = float(c["peak"][strongest])
        grade = felt(float(c["peak"][row]))
        severity = CRITICAL if grade >= _STRONG else WARNING
        c["grade"][row] = grade if active else 0
        if active:
            mmi = _ROMAN[felt(pga) - 1]
            words = {"device": self._device(strongest), "pga": self.scene.rounded(pga, "pga", 1), "mmi": mmi}
            words["stations"] = str(len(here))
            if beyond := sum(self.city_of[other] != self.city_of[row] for other in self._near(row, [row, *told])):
                reason = self.scene.say("quake.shared", beyond=str(beyond), **words)
            else:
                reason = self.scene.say("quake.felt", **words)
        else:
            reason = self.scene.say("quake.over")
        series = self.scene.series(int(self.lane.slot[row]))
        return Signal(KIND, self.cities[row], "", series, time, active, severity, pga, 0.9, reason)

    def indicators(self) -> list[dict[str, Any]]:
        """MMI of the latest shaking that several stations felt, while it lasts."""
        told, latest = [], int(self.columns["at"].max(initial=0))
        heard = latest - self.columns["at"] <= 1000.0 * self.rules.longest
        for row in np.flatnonzero(self.columns["told"] & heard).tolist():
            identity = self.scene.identity(int(self.lane.slot[row]))
            mmi, time = round(intensity(float(self.columns["peak"][row])), 1), int(self.columns["at"][row])
            common = {"city": identity.city, "zone": identity.zone, "device": identity.device, "time": time}
            told.append({**common, "indicator": "intensity", "value": mmi, "unit": "MMI"})
        return told

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
