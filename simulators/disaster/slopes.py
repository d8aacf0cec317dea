"""Slopes that are wetted by rain, creep, and fail."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity
from simulators.weather import Weather


class Slopes(Fleet):
    """Soil moisture: wetted by rain up to saturation, dried over two days."""

    domain = "disaster"
    quantities = (
        Quantity("soil_moisture", "%", 1, 0.0, 100.0, high=70.0),
        Quantity("tilt", "deg", 3, -90.0, 90.0),
        Quantity("displacement", "mm", 2, -100.0, 5000.0),
    )

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        self._dry = self.rng.uniform(22.0, 30.0, len(self))
        self._wet = self.rng.uniform(1.0, 8.0, len(self))

    def physics(self, now: int, elapsed: float) -> Float64:
        soaked = 0.35 * self.weather.rain(now, self.lat, self.lon) * elapsed / 3600.0
        room = np.maximum(1.0 - self._wet / 35.0, 0.0)
        self._wet = self._wet * np.exp(-elapsed / (48 * 3600.0)) + soaked * room
        moisture = self._dry + self._wet + self.rng.normal(0.0, 0.1, len(self))
        return np.column_stack((moisture, np.zeros(len(self)), np.zeros(len(self))))
