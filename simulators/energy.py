"""Energy: low-voltage feeders with a load curve, rooftop sun, voltage, frequency and a meter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Bound, Fleet, Float64, Place, Quantity, Wander, bell
from simulators.weather import Weather

_ROLLOVER = 1_000_000.0
"""kWh: a meter of six digits."""


def household(hour: Bound) -> Float64:
    """Load of homes as a share of its evening peak."""
    return 0.40 + 0.16 * bell(hour, 5.8, 1.3) + 0.12 * bell(hour, 13.0, 3.0) + 0.62 * bell(hour, 19.2, 2.0)


def commerce(hour: Bound, weekend: bool = False) -> Float64:
    """Load of offices and shops as a share of their noon peak, roughly."""
    return 0.28 + (0.34 if weekend else 0.62) * bell(hour, 12.7, 3.2)


class Feeders(Fleet):
    """Three-phase feeders. An overload raises the load and lowers the voltage; an outage ends both."""

    domain = "energy"

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        size = len(self)
        self.base = self.rng.lognormal(np.log(95.0), 0.3, size)
        """Peak load without sun, kW."""
        self._homes = self.rng.uniform(0.15, 0.95, size)
        self.solar = self.rng.uniform(0.05, 0.30, size)
        """Installed rooftop power as a share of the peak load."""
        self._source = self.rng.uniform(226.0, 228.5, size)
        self._drop = self.rng.uniform(9.0, 15.0, size)
        self._energy = self.rng.uniform(1e4, 9e5, size)
        self._mood = Wander(self.rng, size, 0.025, 900.0)
        self._clouds = Wander(self.rng, size, 0.10, 1200.0)
        self._grid = Wander(self.rng, 1, 0.025, 60.0)
        self._voltage = Wander(self.rng, size, 0.5, 600.0)
        self.quantities = (
            Quantity("power", "kW", 2, 0.0, 1000.0, high=1.5 * self.base),
            Quantity("voltage", "V", 1, 0.0, 400.0, low=198.0, high=231.0),  # SPLN 1: 220 V +5/-10 %
            Quantity("current", "A", 2, 0.0, 2000.0, high=2.8 * self.base),
            Quantity("frequency", "Hz", 3, 40.0, 60.0, low=49.5, high=50.5),  # EN 50160: +-1 %
            Quantity("energy", "kWh", 3, 0.0, _ROLLOVER, counter=True, modulus=_ROLLOVER),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        load = self.share(now, self._clouds.step(elapsed)) * (1.0 + self._mood.step(elapsed))
        load = np.maximum(load, 0.02) + 1.35 * self.strength("feeder-overload", now)
        alive = 1.0 - np.minimum(self.strength("feeder-outage", now), 1.0)
        overload = np.maximum(load - 1.2, 0.0)
        voltage = self._source - self._drop * load - 22.0 * overload + np.clip(self._voltage.step(elapsed), -1.5, 1.5)
        voltage = (voltage + self.rng.normal(0.0, 0.25, size)) * alive
        power = self.base * load * alive
        current = np.divide(1000.0 * power, 3.0 * 0.92 * voltage, out=np.zeros(size), where=voltage > 50.0)
        self._energy = (self._energy + power * elapsed / 3600.0) % _ROLLOVER
        hertz = 50.0 + np.clip(self._grid.step(elapsed), -0.1, 0.1) + self.rng.normal(0.0, 0.002, size)
        seen = power * (1.0 + self.rng.normal(0.0, 0.006, size))
        return np.column_stack((seen, voltage, current, np.where(alive > 0.2, hertz, np.nan), self._energy))

    def share(self, now: int, haze: Bound = 0.0) -> Float64:
        """Net load as a share of each feeder's peak: use, more of it in the heat, less what roofs make.
        haze: how much clearer (above 0) or cloudier than usual it is."""
        hour, weather = self.weather.hour(now), self.weather
        use = self._homes * household(hour) + (1.0 - self._homes) * commerce(hour, weather.weekend(now))
        heat = 1.0 + 0.02 * max(weather.temperature(now) - 28.0, 0.0)
        overcast = np.minimum(weather.rain(now, self.lat, self.lon) / 4.0, 0.8)
        clear = np.clip(0.9 - overcast + haze, 0.0, 1.0)
        return use * heat - self.solar * weather.sun(now) * clear
