"""Dust in the air."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity, Wander, bell
from simulators.weather import Weather


class AirStations(Fleet):
    """Fine and coarse dust: traffic's two peaks, still nights, washed out by rain."""

    domain = "disaster"
    quantities = (
        Quantity("pm25", "ug/m3", 1, 0.0, 1000.0, high=150.4),  # ISPU: very unhealthy
        Quantity("pm10", "ug/m3", 1, 0.0, 2000.0, high=350.0),
    )

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        self._base = self.rng.uniform(18.0, 30.0, len(self))
        self._ratio = self.rng.uniform(1.5, 2.0, len(self))
        self._mood = Wander(self.rng, len(self), 0.12, 2 * 3600.0)
        self._clean = np.zeros(len(self))

    def physics(self, now: int, elapsed: float) -> Float64:
        hour = self.weather.hour(now)
        raining = np.minimum(self.weather.rain(now, self.lat, self.lon) / 5.0, 1.0)
        pace = 1.0 - np.exp(-elapsed / 1800.0)
        self._clean += (raining - self._clean) * pace
        traffic = 0.75 + 0.55 * bell(hour, 7.5, 1.6) + 0.5 * bell(hour, 18.5, 2.0) + 0.2 * bell(hour, 2.0, 3.0)
        fine = self._base * traffic * np.exp(np.clip(self._mood.step(elapsed), -0.4, 0.4)) * (1.0 - 0.55 * self._clean)
        fine = fine + self.rng.normal(0.0, 0.4, len(self))
        return np.column_stack((fine, fine * self._ratio + self.rng.normal(0.0, 0.8, len(self))))
