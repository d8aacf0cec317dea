"""Tropical weather that all domains share: afternoon showers that drift, and the heat of the day.

A function of seed and time alone: any moment may be asked for, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

HOUR = 3_600_000
DAY = 24 * HOUR
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Showers:
    """The rain cells of one region and day, a row each. Times ms; speed in km/h; intensity mm/h."""

    begin: Float64
    length: Float64
    lat: Float64
    lon: Float64
    east: Float64
    north: Float64
    radius: Float64
    intensity: Float64


@dataclass(frozen=True)
class Weather:
    """Over `regions` (centres: lat, lon), each with its own showers. offset: hours of local time ahead of UTC."""

    seed: int
    regions: tuple[tuple[float, float], ...]
    offset: float = 7.0

    def hour(self, now: int) -> float:
        """Local time of day, hours."""
        return ((now + self.offset * HOUR) % DAY) / HOUR

    def weekend(self, now: int) -> bool:
        """Saturday or Sunday, local time. (1 January 1970 was a Thursday.)"""
        return int((now + self.offset * HOUR) // DAY + 3) % 7 >= 5

    def day(self, now: int) -> int:
        return int((now + self.offset * HOUR) // DAY)

    def temperature(self, now: int) -> float:
        """Of the air in the shade, degC: coolest about 05:00, hottest about 13:30."""
        hour = self.hour(now)
        warmth = np.sin(np.pi * (hour - 5.0) / 17.0) if hour >= 5.0 else 0.0
        mood = np.interp(hour, [0.0, 24.0], [self._mood(self.day(now)), self._mood(self.day(now) + 1)])
        return float(25.0 + 7.0 * max(warmth, 0.0) ** 1.3 + mood)

    def sun(self, now: int) -> float:
        """Share of the clear-sky noon's irradiance, 0 to 1."""
        return max(0.0, float(np.sin(np.pi * (self.hour(now) - 5.5) / 12.0)))

    def rain(self, now: Any, lat: Any, lon: Any) -> Float64:
        """mm/h at times (ms) and places that broadcast together."""
        moment, lat, lon = np.broadcast_arrays(np.asarray(now, np.float64), lat, lon)
        total = np.zeros(moment.shape)
        first, last = self.day(int(moment.min())), self.day(int(moment.max()))
        for region in range(len(self.regions)):
            for day in range(first - 1, last + 1):
                total += _fall(self._showers(region, day), moment, lat, lon)
        return total

    @lru_cache(maxsize=64)  # noqa: B019 - a Weather lives as long as its city
    def _mood(self, day: int) -> float:
        return float(np.random.default_rng([self.seed, 1, day]).normal(0.0, 0.8))

    @lru_cache(maxsize=256)  # noqa: B019
    def _showers(self, region: int, day: int) -> Showers:
        """Three a day on average, after noon (the wet season of Java)."""
        rng = np.random.default_rng([self.seed, 2, region, day])
        count = int(rng.poisson(3.0))
        lat, lon = self.regions[region]
        direction = rng.uniform(0.0, 2 * np.pi, count)
        return Showers(
            begin=day * DAY - self.offset * HOUR + rng.triangular(12.5, 15.5, 20.0, count) * HOUR,
            length=rng.uniform(0.7, 2.0, count) * HOUR,
            lat=lat + rng.normal(0.0, 0.05, count),
            lon=lon + rng.normal(0.0, 0.05, count),
            east=12.0 * np.cos(direction),
            north=12.0 * np.sin(direction),
            radius=rng.uniform(3.0, 7.0, count),
            intensity=rng.uniform(3.0, 22.0, count),
        )


def _fall(showers: Showers, moment: Float64, lat: Float64, lon: Float64) -> Float64:
    """mm/h of all cells together; a cell swells and fades as a half sine, and is a Gaussian across."""
    total = np.zeros(moment.shape)
    near_in_time = (showers.begin < moment.max()) & (showers.begin + showers.length > moment.min())
    for row in np.flatnonzero(near_in_time).tolist():
        age = (moment - showers.begin[row]) / showers.length[row]
        alive = (age > 0) & (age < 1)
        hours = (moment - showers.begin[row]) / HOUR
        north = (lat - showers.lat[row]) * _KM_PER_DEGREE - showers.north[row] * hours
        east = (lon - showers.lon[row]) * _KM_PER_DEGREE * np.cos(np.radians(lat)) - showers.east[row] * hours
        near = np.exp(-0.5 * (north**2 + east**2) / showers.radius[row] ** 2)
        total += np.where(alive, showers.intensity[row] * np.sin(np.pi * np.clip(age, 0, 1)) * near, 0.0)
    return total


def mean_rain(weather: Weather, now: Float64, lat: float, lon: float, kernel: Float64, step: int) -> Float64:
    """mm/h at each time (ms) of `now`, weighted over the past: kernel[i] is the weight of i * step ms ago."""
    times = now[:, np.newaxis] - step * np.arange(len(kernel))
    return np.asarray(weather.rain(times, lat, lon) @ kernel)
