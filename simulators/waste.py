"""Waste: bins that fill by the land around them, and are emptied by a truck on its round."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.base import Bound, Fleet, Float64, Place, Quantity, Wander, bell, columns, within
from simulators.weather import DAY, HOUR, Weather

_STOP = 240_000
"""ms between a truck's stops, where its round leaves that much time."""
_ROUND = 3 * HOUR
"""ms that a round takes at most: a zone of many bins has more trucks."""
_ROUNDS = (5.5, 7.0, 8.5)
"""Hours (local) at which the rounds of successive zones begin."""
_LATE = 18 * 60_000.0
"""ms by which a round is late on average, and at most four times that."""
_FULL_KG = 85.0
_BAG = 0.12
"""% of a bin: waste comes in parcels of about this size."""
_SLOT = HOUR // 4
_SLOTS = 7 * 24 * 4
_QUARTERS: Float64 = np.arange(0.125, 24.0, 0.25)
"""Middles of a day's quarters of an hour."""


@dataclass(frozen=True, slots=True)
class LandUse:
    """What fills a bin: peaks of the day as (hour, width in hours, weight), around a constant `floor`.

    weekday, weekend: % of the bin a day. share: of the bins that stand there.
    """

    name: str
    weekday: float
    weekend: float
    floor: float
    peaks: tuple[tuple[float, float, float], ...]
    share: float


LAND_USES = (
    LandUse("housing", 40.0, 48.0, 0.25, ((8.0, 2.5, 1.5), (13.0, 2.5, 0.7), (19.0, 2.2, 1.4)), 0.45),
    LandUse("market", 56.0, 61.0, 0.10, ((6.5, 2.0, 1.2), (10.0, 2.5, 2.0), (17.5, 2.0, 0.7)), 0.25),
    LandUse("offices", 46.0, 14.0, 0.12, ((9.0, 1.5, 0.8), (12.7, 1.2, 1.8), (16.5, 1.5, 1.0)), 0.2),
    LandUse("park", 34.0, 62.0, 0.08, ((8.0, 2.0, 1.2), (16.8, 2.2, 2.0)), 0.1),
)
"""Of our own making, in the range of what street bins of 240 L see."""


def filling(use: LandUse, hour: Bound, weekend: bool = False) -> Float64:
    """How fast waste comes, % an hour, at local hours."""
    shape = _shape(use, hour)
    mean = float(_shape(use, _QUARTERS).mean())
    return np.asarray((use.weekend if weekend else use.weekday) / 24.0 * shape / mean)


def _shape(use: LandUse, hour: Bound) -> Float64:
    return np.asarray(use.floor + sum(weight * bell(hour, at, width) for at, width, weight in use.peaks))


def _week(use: LandUse) -> Float64:
    """% since Monday 00:00 local, at each quarter of an hour: float64[_SLOTS + 1]."""
    days = [filling(use, _QUARTERS, day >= 5) / 4.0 for day in range(7)]
    return np.concatenate(([0.0], np.cumsum(np.concatenate(days))))


class Bins(Fleet):
    """Street containers, each on one use of the land; a truck visits each one once a day.

    The echo that measures the fill is nonsense while a bin lies on its side.
    """

    domain = "waste"
    quantities = (
        Quantity("fill", "%", 1, 0.0, 100.0, high=90.0),
        Quantity("weight", "kg", 1, 0.0, 500.0, high=200.0),
        Quantity("temperature", "degC", 1, -40.0, 300.0, high=60.0),
        Quantity("tilt", "deg", 1, 0.0, 180.0, high=45.0),
    )

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        size = len(self)
        self.use = self.rng.choice(len(LAND_USES), size, p=[use.share for use in LAND_USES])
        """int64[devices]: the row in LAND_USES."""
        self.pace = self.rng.uniform(0.92, 1.08, size)
        """float64[devices]: how fast each bin fills, as a multiple of its land use's rate."""
        self._weeks = np.array([_week(use) for use in LAND_USES])
        self._keys = [seed, zlib.crc32(b"rounds")]
        self._density = self.rng.uniform(0.75, 1.0, size)
        self._shade = self.rng.uniform(0.5, 4.5, size)
        self._lean = self.rng.uniform(0.5, 4.0, size)
        self._fallen = self.rng.uniform(62.0, 105.0, size)
        self._echo = self.rng.uniform(0.15, 0.5, size)
        self._mood = Wander(self.rng, size, 0.15, 2 * 3600.0)
        self._warmth = Wander(self.rng, size, 0.4, 1800.0)
        self._nonsense = Wander(self.rng, size, 30.0, 600.0)
        self._stops, self._zones = self._visits()
        self._due: dict[int, Float64] = {}
        self._fill: Float64 | None = None
        self._before = 0
        self._come = np.zeros(size)

    def _visits(self) -> tuple[Float64, Float64]:
        """Planned local times of day (ms) at which the trucks come, and the number of each bin's zone."""
        zones = {zone: number for number, zone in enumerate(dict.fromkeys(place.zone for place in self.places))}
        number = np.array([zones[place.zone] for place in self.places])
        stop = np.zeros(len(self))
        for zone in range(len(zones)):
            here = number == zone
            stop[here] = np.arange(here.sum()) * min(_STOP, _ROUND / max(here.sum(), 1))
        return np.array(_ROUNDS)[number % len(_ROUNDS)] * HOUR + stop, number

    def due(self, day: int) -> Float64:
        """float64[devices]: when the trucks come on a local day, ms UTC; later than planned, as traffic has it."""
        found = self._due.get(day)
        if found is None:
            rng = np.random.default_rng([*self._keys, day])
            late = np.minimum(rng.exponential(_LATE, int(self._zones.max(initial=0)) + 1), 4.0 * _LATE)
            local = day * DAY + self._stops + late[self._zones] + rng.uniform(0.0, 0.8, len(self)) * _STOP
            found = self._due[day] = local - self.weather.offset * HOUR
        return found

    def gathered(self, now: Bound) -> Float64:
        """% that has come to each bin up to `now` (ms; of each device or one for all) since some Monday."""
        slot = (np.asarray(now) + self.weather.offset * HOUR - 4 * DAY) / _SLOT  # 5 January 1970 was a Monday
        week, at = np.divmod(slot, _SLOTS)
        low = at.astype(np.int64)
        here, after = self._weeks[self.use, low], self._weeks[self.use, low + 1]
        return np.asarray(self.pace * (week * self._weeks[self.use, -1] + here + (after - here) * (at - low)))

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        fire = self.strength("bin-fire", now)
        fill = self._filled(now, elapsed, fire)
        air = self.weather.temperature(now) + self._shade * self.weather.sun(now)
        temperature = air + within(self._warmth.step(elapsed), -1.5, 1.5) + 190.0 * fire
        fallen = np.minimum(self.strength("bin-tilt", now), 1.0)
        wrong = fallen > 0
        seen = np.where(wrong, np.abs(60.0 + self._nonsense.step(elapsed)), fill)
        burning = np.minimum(fire, 1.0)
        weight = fill / 100.0 * _FULL_KG * self._density * np.where(wrong, 0.3, 1.0)
        return columns(
            np.maximum(seen + self.rng.normal(0.0, self._echo + 4.0 * wrong, size), 0.0),
            np.maximum(weight + self.rng.normal(0.0, 0.3, size), 0.0),
            temperature + self.rng.normal(0.0, 0.15 + 3.0 * burning, size),
            np.abs(self._lean + (self._fallen - self._lean) * fallen + self.rng.normal(0.0, 0.2, size)),
        )

    def _filled(self, now: int, elapsed: float, burning: Float64) -> Float64:
        """What is in each bin: it gathers as a gamma process, and is emptied but for a small rest."""
        day = self.weather.day(now)
        mood = np.maximum(1.0 + self._mood.step(elapsed), 0.1)
        if self._fill is None:
            last = np.where(self.due(day) <= now, self.due(day), self.due(day - 1))
            self._come = self.gathered(now)
            self._fill = self.rng.uniform(1.0, 4.0, len(self)) + self._come - self.gathered(last)
            self._before = now
            return self._fill
        visit = np.full(len(self), -np.inf)
        for one in range(self.weather.day(self._before), day + 1):
            due = self.due(one)
            visit = np.where((due > self._before) & (due <= now), due, visit)
        missed = burning + self.strength("missed-rounds", now) + self.strength("bin-tilt", now) > 0
        emptied = np.isfinite(visit) & ~missed
        since = self._come
        if emptied.any():
            since = self.gathered(np.where(emptied, visit, float(self._before)))
        self._come = self.gathered(now)
        more = (self._come - since) * mood
        rest = np.where(emptied, self.rng.uniform(1.0, 4.0, len(self)), self._fill)
        self._fill = np.minimum(rest + self.rng.standard_gamma(np.maximum(more, 0.0) / _BAG) * _BAG, 100.0)
        self._before = now
        for old in [one for one in self._due if one < day - 1]:
            del self._due[old]
        return self._fill
