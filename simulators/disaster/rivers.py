"""Gauges down a river: the rain on its catchment, and flood waves, with their travel time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity, Wander
from simulators.incidents import Event
from simulators.weather import Weather, mean_rain

_STEP = 600_000
_KERNEL = np.linspace(0.0, 6.0, 37) * np.exp(-np.linspace(0.0, 6.0, 37) / 0.8)
_KERNEL /= _KERNEL.sum()
"""A catchment's unit hydrograph over 6 h in steps of 10 min: a gamma shape with its top after 50 min."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A gauge on a river. Stages in cm; delay: h of travel from the first gauge.

    alert: Siaga 3, from where an operator should know. gain: cm per mm/h on the catchment.
    surge: cm that a flash flood of strength 1 adds.
    """

    name: str
    delay: float
    base: float
    alert: float
    top: float
    gain: float
    surge: float


CILIWUNG = (
    Reach("katulampa", 0.0, 35.0, 80.0, 400.0, gain=2.2, surge=185.0),
    Reach("depok", 3.0, 115.0, 200.0, 600.0, gain=4.0, surge=260.0),
    Reach("manggarai", 9.0, 605.0, 750.0, 1200.0, gain=7.0, surge=330.0),
)
"""Siaga 3 and travel times (Katulampa to Depok 3 h, Depok to Manggarai 6 h) as the river's operators
publish them; the other figures are typical."""


class Rivers(Fleet):
    """Gauges down one river, in the order of `reaches`; all of it answers to the rain at the first."""

    domain = "disaster"

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        reaches: Sequence[Reach] = CILIWUNG,
    ) -> None:
        super().__init__(places, weather, seed, interval)
        self._reaches = tuple(reaches)
        self.delay = np.array([reach.delay for reach in reaches]) * 3600.0
        """Travel time from the first gauge, s."""
        self._base = np.array([reach.base for reach in reaches])
        self._gain = np.array([reach.gain for reach in reaches])
        self._surge = np.array([reach.surge for reach in reaches])
        self._mood = Wander(self.rng, len(self), 1.0, 6 * 3600.0)
        top = np.array([reach.top for reach in reaches])
        alert = np.array([reach.alert for reach in reaches])
        self.quantities = (Quantity("river_level", "cm", 1, 0.0, top, high=alert),)

    def physics(self, now: int, elapsed: float) -> Float64:
        upstream = now - 1000.0 * self.delay
        rain = mean_rain(self.weather, upstream, self.lat[0], self.lon[0], _KERNEL, _STEP)
        stage = self._base + self._gain * rain + self._surge * self.strength("flash-flood", now)
        stage += np.clip(self._mood.step(elapsed), -2.5, 2.5) + self.rng.normal(0.0, 0.3, len(self))
        return np.asarray(stage)[:, np.newaxis]

    def flood(self, start: int, duration: int, strength: float = 1.0) -> list[Event]:
        """A flash flood that reaches the first gauge at `start` and each other one after its travel time."""
        return [
            Event("flash-flood", place.city, place.zone, (place.device,), begin, begin + duration, strength)
            for place, begin in zip(self.places, (start + (self.delay * 1000).astype(np.int64)).tolist(), strict=True)
        ]
