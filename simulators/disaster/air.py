"""Dust in the air: traffic, still nights, rain that washes it out, and smoke from far fires."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity, Wander, bell, columns, within
from simulators.weather import Weather

_HAZE = 190.0
"""ug/m3 of PM2.5 that haze of strength 1 adds: ISPU very unhealthy."""
_COARSE = 1.15
"""PM10 per PM2.5 of smoke: it is mostly fine."""


class AirStations(Fleet):
    """PM2.5 and PM10: traffic's two peaks (less at weekends), still nights, washed out by rain.

    Haze comes with the city's air: the same course at all stations, patchy by a tenth.
    """

    domain = "disaster"
    quantities = (
        Quantity("pm25", "ug/m3", 1, 0.0, 1000.0, high=150.4),  # ISPU: very unhealthy
        Quantity("pm10", "ug/m3", 1, 0.0, 2000.0, high=350.0),
    )

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        size = len(self)
        self._base = self.rng.uniform(18.0, 30.0, size)
        self._ratio = self.rng.uniform(1.5, 2.0, size)
        self._roads = self.rng.uniform(0.6, 1.3, size)
        self._city = Wander(self.rng, 1, 0.15, 10 * 3600.0)
        self._mood = Wander(self.rng, size, 0.08, 2 * 3600.0)
        self._smoke = Wander(self.rng, size, 0.10, 3 * 3600.0)
        self._clean = np.zeros(size)

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        hour = self.weather.hour(now)
        raining = np.minimum(self.weather.rain(now, self.lat, self.lon) / 5.0, 1.0)
        self._clean += (raining - self._clean) * -np.expm1(-elapsed / 1800.0)
        traffic = 0.55 * bell(hour, 7.5, 1.6) + 0.5 * bell(hour, 18.5, 2.0)
        share = 0.65 if self.weather.weekend(now) else 1.0
        still = 0.2 * bell(hour, 2.0, 3.0)  # the nights' air is shallow
        mood = within(self._city.step(elapsed), -0.4, 0.4) + within(self._mood.step(elapsed), -0.25, 0.25)
        town = self._base * (0.75 + self._roads * share * traffic + still) * np.exp(mood)
        patch = 1.0 + within(self._smoke.step(elapsed), -0.3, 0.3)
        smoke = _HAZE * self.strength("haze", now) * patch * (1.0 - 0.15 * bell(hour, 14.0, 3.0))
        washed = 1.0 - 0.55 * self._clean
        fine, coarse = (town + smoke) * washed, (town * self._ratio + smoke * _COARSE) * washed
        return columns(
            fine * (1.0 + self.rng.normal(0.0, 0.02, size)) + self.rng.normal(0.0, 0.3, size),
            coarse * (1.0 + self.rng.normal(0.0, 0.02, size)) + self.rng.normal(0.0, 0.6, size),
        )
