"""Rain gauges: tipping buckets under the weather's cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity
from simulators.weather import HOUR, Weather

_BUCKET = 0.1
"""mm a tip."""


class RainGauges(Fleet):
    """Tipping buckets: mm since the last reading, in whole tips.

    sampling: ms of the city's clock between readings, for the bound of a violent shower (60 mm/h).
    A cloudburst is the weather's (see simulators.weather).
    """

    domain = "disaster"

    def __init__(
        self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000, sampling: int | None = None
    ) -> None:
        super().__init__(places, weather, seed, interval)
        self.catch = self.rng.uniform(0.96, 1.01, len(self))
        """Share of the rain that a gauge catches: wind and splashing cost some."""
        self._owed = self.rng.uniform(0.0, _BUCKET, len(self)) * 0.99
        violent = 60.0 * (sampling or interval) / HOUR
        self.quantities = (Quantity("rainfall", "mm", 1, 0.0, 300.0, high=max(violent, 0.2)),)

    def physics(self, now: int, elapsed: float) -> Float64:
        if elapsed:
            since = now - round(elapsed * 1000.0)
            self._owed += self.catch * self.weather.rainfall(since, now, self.lat, self.lon)
        tips = np.floor(self._owed / _BUCKET + 1e-9) * _BUCKET
        self._owed -= tips
        return tips[:, np.newaxis]
