"""Tropical weather that all domains share: showers that drift over a map, clouds, and the heat of the day.

A function of seed, time and the injected events alone: any moment may be asked for, in any order.

    weather = Weather(seed=1, regions=((-7.26, 112.75),), climate=DRY)
    weather.inject(Event("heat-wave", ...))          # what City.inject does with every event
    weather.temperature(now), weather.sun(now), weather.rain(now, lat, lon)

Three kinds of events are weather, and are felt by all who ask it: a `heat-wave` raises `temperature`, a
`haze` raises `haze` and dims `sun`, a `cloudburst` adds a cell to `rain` around its place. A fleet that
reads these must not act on the same event a second time by its own `strength`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.incidents import KINDS, Event

Float64 = NDArray[np.float64]

HOUR = 3_600_000
DAY = 24 * HOUR
KM_PER_DEGREE = 111.2
HEAVIEST = 50.0
"""mm/h that ordinary rain never exceeds; a cloudburst comes on top."""
_EVENTS = ("heat-wave", "haze", "cloudburst")
_HEAT = 4.5
"""degC that a heat wave of strength 1 adds."""
_BURST, _BURST_RADIUS = 110.0, 3.0
"""mm/h amid a cloudburst of strength 1, and its Gaussian radius, km."""
_DAWN, _WARMING = 5.0, 8.5
"""Local hour of the coolest moment, and the hours from it to the hottest."""
_SAMPLE = 300_000
"""ms: how finely rain is summed over time."""


@dataclass(frozen=True, slots=True)
class Climate:
    """cells: convective ones a day and region, on average; spells: how strongly wet and dry days cluster
    (deviation of the logarithm); wind: where cells drift, degrees from north; cloud: mean cover, 0 to 1;
    warmth: degC at dawn; swing: degC from dawn to the hottest hour."""

    cells: float
    spells: float
    wind: float
    cloud: float
    warmth: float
    swing: float


WET = Climate(cells=3.0, spells=0.8, wind=110.0, cloud=0.55, warmth=25.0, swing=6.8)
"""Java from November to April: west monsoon, showers in the afternoon, about 250 to 350 mm a month."""
DRY = Climate(cells=0.15, spells=0.8, wind=290.0, cloud=0.3, warmth=24.0, swing=8.2)
"""Java from June to September: east monsoon, 10 to 30 mm a month."""


class Cells(NamedTuple):
    """Rain cells, a row each. Times ms; drift km/h; radius km; intensity mm/h."""

    begin: Float64
    length: Float64
    lat: Float64
    lon: Float64
    east: Float64
    north: Float64
    radius: Float64
    intensity: Float64


@dataclass(frozen=True, eq=False)
class Weather:
    """Over `regions` (centres: lat, lon), each with its own showers. offset: hours of local time ahead of UTC."""

    seed: int
    regions: tuple[tuple[float, float], ...]
    offset: float = 7.0
    climate: Climate = WET
    events: list[tuple[Event, float, float]] = field(default_factory=list, compare=False, repr=False)
    """Injected ones, with the place of each (lat, lon)."""

    def inject(self, event: Event, near: tuple[float, float] | None = None) -> None:
        """Let `event` happen, if it is weather. near: its place, where it doesn't say so itself."""
        if event.kind in _EVENTS:
            lat, lon = near or self.regions[0]
            place = (lat, lon) if event.lat is None or event.lon is None else (event.lat, event.lon)
            self.events.append((event, *place))

    def hour(self, now: int) -> float:
        """Local time of day, hours."""
        return ((now + self.offset * HOUR) % DAY) / HOUR

    def weekend(self, now: int) -> bool:
        """Saturday or Sunday, local time. (1 January 1970 was a Thursday.)"""
        return int((now + self.offset * HOUR) // DAY + 3) % 7 >= 5

    def day(self, now: int) -> int:
        """Local days since 1970."""
        return int((now + self.offset * HOUR) // DAY)

    def temperature(self, now: int) -> float:
        """Of the air in the shade, degC: coolest about 05:00, hottest about 13:30."""
        return self._usual(now) + _HEAT * self._level("heat-wave", now)

    @lru_cache(maxsize=16)  # noqa: B019 - a Weather lives as long as its city, whose fleets ask for the same moments
    def _usual(self, now: int) -> float:
        """The temperature without events, degC."""
        hour, day = self.hour(now), self.day(now)
        warmth = _warmth((hour - _DAWN) % 24.0)
        mood: float = 0.8 * _blend(self._normal(1, day), self._normal(1, day + 1), hour / 24.0)
        return self.climate.warmth + self.climate.swing * warmth + mood

    @lru_cache(maxsize=16)  # noqa: B019
    def cloud(self, now: int) -> float:
        """Cover, 0 to 1: most in the afternoon, more on wet days."""
        hours, part = divmod(now + self.offset * HOUR, HOUR)
        patch = _blend(self._normal(3, int(hours)), self._normal(3, int(hours) + 1), part / HOUR)
        afternoon = math.exp(-0.5 * ((self.hour(now) - 16.0) / 3.0) ** 2)
        spell = self._normal(4, self.day(now))
        return min(max(self.climate.cloud - 0.06 + 0.2 * afternoon + 0.08 * spell + 0.13 * patch, 0.0), 1.0)

    def sun(self, now: int) -> float:
        """Share of the clear-sky noon's irradiance, 0 to 1; clouds as Kasten and Czeplak (1980)."""
        clear = max(0.0, math.sin(math.pi * (self.hour(now) - 5.5) / 12.0))
        if clear == 0.0:
            return 0.0
        return clear * (1.0 - 0.75 * math.pow(self.cloud(now), 3.4)) * math.exp(-0.25 * self.haze(now))

    def haze(self, now: int) -> float:
        """Smoke over the city, as the strength of its event: 0 on a clear day."""
        return self._level("haze", now)

    def rain(self, now: Any, lat: Any, lon: Any) -> Float64:
        """mm/h at times (ms) and places that broadcast together."""
        moment = np.asarray(now, np.float64)
        first, last = (float(moment.min()), float(moment.max())) if moment.ndim else (float(moment),) * 2
        days = self._alive(first, last)
        total = np.zeros(np.broadcast(moment, lat, lon).shape)
        if not days and not any(event.kind == "cloudburst" for event, _, _ in self.events):
            return total
        lat, lon = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
        for cells in days:
            total += _fall(cells, moment, lat, lon)
        if days:
            total = HEAVIEST * -np.expm1(-total / HEAVIEST)
        for event, north, east in self.events:
            if event.kind == "cloudburst":
                near = np.exp(-0.5 * _squared(lat - north, lon - east, lat) / _BURST_RADIUS**2)
                total = total + _BURST * _levels(event, moment) * near
        return total

    def rainfall(self, since: int, now: int, lat: Any, lon: Any) -> Float64:
        """mm that fell at each place in between, summed every five minutes or finer."""
        parts = max(math.ceil((now - since) / _SAMPLE), 1)
        length = (now - since) / parts
        total = sum(self.rain(since + (part + 0.5) * length, lat, lon) for part in range(parts))
        return np.asarray(total * length / HOUR)

    def _level(self, kind: str, now: int) -> float:
        return max((event.level(now) for event, _, _ in self.events if event.kind == kind), default=0.0)

    @lru_cache(maxsize=256)  # noqa: B019
    def _normal(self, what: int, index: int) -> float:
        """A standard normal of this seed, cut at 2.5."""
        return float(np.clip(np.random.default_rng([self.seed, what, index]).normal(), -2.5, 2.5))

    @lru_cache(maxsize=64)  # noqa: B019
    def _cells(self, day: int) -> Cells:
        """All regions' cells that begin on a local day."""
        midnight = day * DAY - self.offset * HOUR
        found = [self._showers(region, day, midnight) for region in range(len(self.regions))]
        return Cells(*(np.concatenate(column) for column in zip(*found, strict=True)))

    @lru_cache(maxsize=64)  # noqa: B019
    def _alive(self, first: float, last: float) -> tuple[tuple[tuple[float, ...], ...], ...]:
        """Rows of Cells that give rain between two times, those of each day on which there are any."""
        days = []
        for day in range(self.day(int(first)) - 1, self.day(int(last)) + 1):
            cells = self._cells(day)
            alive = np.flatnonzero((cells.begin < last) & (cells.begin + cells.length > first))
            if len(alive):
                days.append(tuple(zip(*(column[alive].tolist() for column in cells), strict=True)))
        return tuple(days)

    def _showers(self, region: int, day: int, midnight: float) -> Cells:
        """Convective cells, mostly of the afternoon, and the weak wide rain that some of them leave."""
        rng = np.random.default_rng([self.seed, 2, region, day])
        climate = self.climate
        spell = climate.spells * self._normal(4, day) - 0.5 * climate.spells**2
        count = int(rng.poisson(climate.cells * math.exp(spell)))
        late = rng.random(count) < 0.15
        hour = np.where(late, rng.uniform(0.0, 24.0, count), rng.triangular(12.5, 15.5, 20.0, count))
        course = np.radians(climate.wind + 20.0 * self._normal(5, day) + rng.normal(0.0, 12.0, count))
        speed = rng.uniform(6.0, 16.0, count)
        lat, lon = self.regions[region]
        cells = Cells(
            begin=midnight + hour * HOUR,
            length=rng.uniform(0.7, 2.0, count) * HOUR,
            lat=lat + rng.normal(0.0, 0.06, count),
            lon=lon + rng.normal(0.0, 0.06, count),
            east=speed * np.sin(course),
            north=speed * np.cos(course),
            radius=rng.uniform(3.0, 7.0, count),
            intensity=np.minimum(rng.lognormal(math.log(14.0), 0.6, count), 60.0),
        )
        return _with_tails(cells, rng.random(count) < 0.45)


def _with_tails(cells: Cells, tailed: NDArray[np.bool_]) -> Cells:
    """The cells, and the lasting light rain behind the tailed ones."""
    tails = Cells(*(column[tailed] for column in cells))
    tails = tails._replace(
        begin=tails.begin + 0.6 * tails.length,
        length=2.0 * tails.length,
        radius=2.2 * tails.radius,
        intensity=0.12 * tails.intensity,
    )
    return Cells(*(np.concatenate(pair) for pair in zip(cells, tails, strict=True)))


def _warmth(hours: float) -> float:
    """0 at dawn, 1 at the hottest; it warms quickly and cools slowly, and most slowly at night. hours: since dawn."""
    if hours < _WARMING:
        return 0.5 - 0.5 * math.cos(math.pi * hours / _WARMING)
    return 0.5 + 0.5 * math.cos(math.pi * math.pow((hours - _WARMING) / (24.0 - _WARMING), 0.75))


def _blend(before: float, after: float, part: float) -> float:
    """From one normal to the next, keeping the variance."""
    return before * math.cos(0.5 * math.pi * part) + after * math.sin(0.5 * math.pi * part)


def _squared(north: Float64, east: Float64, lat: Float64) -> Float64:
    """km2, of a distance in degrees."""
    return np.asarray((north * KM_PER_DEGREE) ** 2 + (east * KM_PER_DEGREE * np.cos(np.radians(lat))) ** 2)


def _levels(event: Event, moment: Float64) -> Float64:
    """`Event.level` at many times."""
    kind = KINDS[event.kind]
    up = (moment - event.start) / (1000 * kind.rise)
    down = 1.0 - (moment - event.end) / (1000 * kind.fall)
    return np.asarray(event.strength * np.clip(np.minimum(up, down), 0.0, 1.0))


def _fall(cells: tuple[tuple[float, ...], ...], moment: Float64, lat: Float64, lon: Float64) -> Float64:
    """mm/h of cells (rows of `Cells`) together; one swells and fades as a half sine, and is a Gaussian across."""
    total = np.zeros(np.broadcast(moment, lat, lon).shape)
    shrink = KM_PER_DEGREE * np.cos(np.radians(lat))
    for begin, length, at_lat, at_lon, east, north, radius, intensity in cells:
        age = np.clip((moment - begin) / length, 0.0, 1.0)
        hours = (moment - begin) / HOUR
        up = (lat - at_lat) * KM_PER_DEGREE - north * hours
        right = (lon - at_lon) * shrink - east * hours
        total += intensity * np.sin(np.pi * age) * np.exp((up * up + right * right) * (-0.5 / radius**2))
    return total
