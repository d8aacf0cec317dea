"""Waste: bins that fill by the hour and the neighbourhood, and are emptied by a truck on its round."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Bound, Fleet, Float64, Place, Quantity, Wander, bell
from simulators.weather import DAY, HOUR, Weather

_STOP = 240_000
"""ms between a truck's stops."""
_ROUNDS = (5.5, 7.0, 8.5)
"""Hours (local) at which the rounds of successive zones begin."""
_FULL_KG = 85.0


def filling(hour: Bound) -> Float64:
    """How fast waste comes, as a multiple of the day's mean."""
    return (0.25 + 1.5 * bell(hour, 8.0, 2.5) + 1.0 * bell(hour, 13.0, 2.5) + 1.4 * bell(hour, 19.0, 2.2)) / 1.0877


class Bins(Fleet):
    """Street containers. `rates`: % a day, by land use; a truck visits each one once a day."""

    domain = "waste"

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        size = len(self)
        self.rates = self.rng.choice([36.0, 47.0, 58.0], size) * self.rng.uniform(0.9, 1.1, size)
        """Homes, shops, markets."""
        self._density = self.rng.uniform(0.75, 1.0, size)
        self._lean = self.rng.uniform(0.5, 4.0, size)
        self._shade = self.rng.uniform(0.5, 4.5, size)
        self._mood = Wander(self.rng, size, 0.15, 2 * 3600.0)
        self._warmth = Wander(self.rng, size, 0.4, 1800.0)
        self._stops = self._visits()
        self._fill: Float64 | None = None
        self.quantities = (
            Quantity("fill", "%", 1, 0.0, 100.0, high=90.0),
            Quantity("weight", "kg", 1, 0.0, 500.0, high=200.0),
            Quantity("temperature", "degC", 1, -40.0, 300.0, high=60.0),
            Quantity("tilt", "deg", 1, 0.0, 180.0, high=45.0),
        )

    def _visits(self) -> Float64:
        """float64[devices]: local time of day, ms, at which the truck comes."""
        zones = {zone: number for number, zone in enumerate(dict.fromkeys(place.zone for place in self.places))}
        stops: dict[str, int] = {}
        visits = []
        for place in self.places:
            stop = stops[place.zone] = stops.get(place.zone, -1) + 1
            visits.append(_ROUNDS[zones[place.zone] % len(_ROUNDS)] * HOUR + stop * _STOP)
        return np.array(visits)

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        local = now + self.weather.offset * HOUR
        since = (local - self._stops) % DAY
        if self._fill is None:  # what has gathered since the last visit
            self._fill = self.rng.uniform(1.0, 4.0, size) + self.rates * since / DAY
        speed = np.maximum(1.0 + self._mood.step(elapsed), 0.0) * filling(self.weather.hour(now))
        self._fill = np.minimum(self._fill + self.rates * speed * elapsed * 1000.0 / DAY, 100.0)
        visited = (since < elapsed * 1000.0) & (self.strength("bin-fire", now) == 0)
        self._fill = np.where(visited, self.rng.uniform(1.0, 4.0, size), self._fill)
        fire = self.strength("bin-fire", now)
        air = self.weather.temperature(now) + self._shade * self.weather.sun(now)
        temperature = air + np.clip(self._warmth.step(elapsed), -1.5, 1.5) + 190.0 * fire
        echo = self.rng.normal(0.0, 0.25, size)
        return np.column_stack(
            (
                np.maximum(self._fill + echo, 0.0),
                np.maximum(self._fill / 100.0 * _FULL_KG * self._density + self.rng.normal(0.0, 0.3, size), 0.0),
                temperature + self.rng.normal(0.0, 0.15 + 3.0 * np.minimum(fire, 1.0), size),
                self._lean + self.rng.normal(0.0, 0.2, size) + 75.0 * (self.strength("bin-tilt", now) > 0),
            )
        )
