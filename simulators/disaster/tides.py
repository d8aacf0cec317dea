"""The sea at a tide gauge: four harmonic constituents, a wandering residual, and surges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity, Wander, within
from simulators.weather import HOUR, Weather


class Constituent(NamedTuple):
    """speed: degrees an hour (Schureman 1958, table 2); amplitude: cm; phase: degrees at the epoch of 1970."""

    speed: float
    amplitude: float
    phase: float


CONSTITUENTS = {
    "M2": Constituent(28.9841042, 44.0, 40.0),
    "S2": Constituent(30.0, 26.0, 5.0),
    "K1": Constituent(15.0410686, 47.0, 310.0),
    "O1": Constituent(13.9430356, 28.0, 265.0),
}
"""Of a mixed tide as in the strait of Madura: amplitudes are typical of its gauges, phases are arbitrary."""
_SPEED, _AMPLITUDE, _PHASE = (np.array(column) for column in zip(*CONSTITUENTS.values(), strict=True))
_MEAN = 157.0
"""cm above the gauge's zero: mean sea level at Tanjung Perak, as published for 1994 to 2009."""
_SURGE = 80.0
"""cm at the top of a high-tide event of strength 1."""


class Tides(Fleet):
    """Tide gauges of one coast: the level above the gauge's zero. `surge` events raise it smoothly."""

    domain = "disaster"
    quantities = (Quantity("tide", "cm", 1, -100.0, 700.0, low=-30.0, high=345.0),)

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        size = len(self)
        self.amplitude = _AMPLITUDE * self.rng.uniform(0.93, 1.07, (size, 1))
        """float64[devices, constituents], cm: the coast's shape strengthens or weakens all of them."""
        self._late = self.rng.uniform(-0.15, 0.15, (size, 1))
        self._residual = Wander(self.rng, size, 2.5, 8 * 3600.0)
        self._seiche = Wander(self.rng, size, 1.0, 600.0)

    def astronomical(self, now: int) -> Float64:
        """cm above the gauge's zero, float64[devices]: what harmonic analysis would take away."""
        angle = np.radians(_SPEED * (now / HOUR - self._late) - _PHASE)
        return np.asarray(_MEAN + (self.amplitude * np.cos(angle)).sum(1))

    def physics(self, now: int, elapsed: float) -> Float64:
        weather = within(self._residual.step(elapsed), -7.5, 7.5) + self._seiche.step(elapsed)
        surge = _SURGE * np.sin(0.5 * np.pi * np.minimum(self.strength("high-tide", now), 1.0)) ** 2
        return (self.astronomical(now) + weather + surge + self.rng.normal(0.0, 0.4, len(self)))[:, np.newaxis]
