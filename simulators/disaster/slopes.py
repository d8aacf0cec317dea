"""Slopes that are wetted by rain, creep, and fail."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity, Wander, columns, within
from simulators.incidents import Event
from simulators.weather import DAY, HOUR, Weather

_SOAK = 0.55
"""Points of moisture per mm of rain on dry ground."""
_CAPACITY = 35.0
"""Points of moisture from dry to saturated."""
_DRYING = 60 * 3600.0
_ONSET = 0.02
"""deg/h with which the creep of a landslide of strength 1 begins."""
_BREAK = 0.005
"""Share of a landslide's time before its failure in which the creep no longer accelerates."""
_LEVER = 40.0
"""mm along the slope per degree of tilt: a shear zone a few metres deep."""
_CREEP = 0.002
"""deg a day of a wet slope, without any event."""


class Slopes(Fleet):
    """Soil moisture (wetted by rain up to saturation, dried over days), tilt and displacement.

    A landslide fails at its event's end. Until then it creeps with Fukuzono's inverse velocity (1985): the rate
    is _ONSET * strength * D / (time left), D the event's length, so its inverse falls in a straight line; what
    has moved stays moved. With strength 1 it passes 0.1 deg/h when a fifth of D is left.
    """

    domain = "disaster"
    quantities = (
        Quantity("soil_moisture", "%", 1, 0.0, 100.0, high=70.0),
        Quantity("tilt", "deg", 3, -90.0, 90.0, low=-5.0, high=5.0),
        Quantity("displacement", "mm", 2, -100.0, 5000.0, low=-20.0, high=200.0),
    )

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        size = len(self)
        self._dry = self.rng.uniform(22.0, 30.0, size)
        self._wet = self.rng.uniform(3.0, 10.0, size)
        self._mounted = self.rng.normal(0.0, 0.5, size).clip(-1.5, 1.5)
        self._origin = self.rng.uniform(0.0, 5.0, size)
        self._slow = self.rng.uniform(0.3, 1.5, size) * _CREEP
        self._swell = self.rng.uniform(0.002, 0.006, size)
        self._crept = np.zeros(size)
        self._mood = Wander(self.rng, size, 0.001, 3600.0)

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        fallen = self.weather.rainfall(now - round(elapsed * 1000.0), now, self.lat, self.lon) if elapsed else 0.0
        room = np.maximum(1.0 - self._wet / _CAPACITY, 0.0)
        self._wet = self._wet * np.exp(-elapsed / _DRYING) + room * -np.expm1(-_SOAK * fallen / _CAPACITY) * _CAPACITY
        wetness = self._wet / _CAPACITY
        self._crept += self._slow * wetness * elapsed * 1000.0 / DAY
        slid = self._slid(now)
        moisture = self._dry + self._wet + 18.0 * np.minimum(self.strength("landslide", now), 1.0) * (1.0 - wetness)
        warmth = self._swell * (self.weather.temperature(now) - 28.0) / 4.0
        tilt = self._mounted + self._crept + slid + within(warmth, -0.012, 0.012) + self._mood.step(elapsed)
        moved = self._origin + _LEVER * (self._crept + slid)
        return columns(
            moisture + self.rng.normal(0.0, 0.1, size),
            tilt + self.rng.normal(0.0, 0.001, size),
            moved + self.rng.normal(0.0, 0.05, size),
        )

    def _slid(self, now: int) -> Float64:
        """float64[devices]: deg that landslides have tilted the slopes, so far and for good."""
        total = np.zeros(len(self))
        for event, here in self._events:
            if event.kind == "landslide" and now > event.start:
                total += here * creep(event, now)
        return total


def creep(event: Event, now: int) -> float:
    """deg of tilt that a landslide has made by `now`; the slide itself adds 2 deg within its last moments."""
    length = (event.end - event.start) / HOUR
    left = max((event.end - now) / HOUR, _BREAK * length)
    slide = 2.0 * float(np.clip((now - event.end) / 60_000.0, 0.0, 1.0))
    return event.strength * (_ONSET * length * float(np.log(length / left)) + slide)
