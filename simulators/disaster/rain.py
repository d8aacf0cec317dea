"""Rain gauges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity
from simulators.weather import HOUR, Weather


class RainGauges(Fleet):
    """Tipping buckets: mm since the last reading.

    sampling: ms of the city's clock between readings, for the bound of a violent shower (60 mm/h).
    """

    domain = "disaster"

    def __init__(
        self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000, sampling: int | None = None
    ) -> None:
        super().__init__(places, weather, seed, interval)
        self._owed = np.zeros(len(self))
        violent = 60.0 * (sampling or interval) / HOUR
        self.quantities = (Quantity("rainfall", "mm", 1, 0.0, 100.0, high=max(violent, 0.2)),)

    def physics(self, now: int, elapsed: float) -> Float64:
        intensity = self.weather.rain(now, self.lat, self.lon) + 110.0 * self.strength("cloudburst", now)
        self._owed += intensity * elapsed / 3600.0
        tips = np.floor(self._owed * 10.0 + 1e-9) / 10.0
        self._owed -= tips
        return tips[:, np.newaxis]
