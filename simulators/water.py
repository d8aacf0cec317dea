"""Water: district meters (demand, pressure that drops with flow, volume) and reservoirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Bound, Fleet, Float64, Place, Quantity, Wander, bell
from simulators.weather import Weather

_MINUTES = np.arange(1440) / 60.0
_ROLLOVER = 10_000_000.0
"""m3: a meter of seven digits."""


def _raw_demand(hour: Bound, late: float = 0.0) -> Float64:
    """Night use, the morning peak, a shoulder at noon, and the evening peak. late: hours on a weekend."""
    morning = 1.0 * bell(hour, 6.3 + late, 1.6)
    return 0.30 + morning + 0.42 * bell(hour, 12.3, 2.2) + 0.95 * bell(hour, 18.2, 1.8)


_WEEKDAY_MEAN = float(_raw_demand(_MINUTES).mean())


def demand(hour: Bound, weekend: bool = False) -> Float64:
    """Demand as a multiple of the weekday's mean, at a local hour."""
    return _raw_demand(hour, 1.3 if weekend else 0.0) / _WEEKDAY_MEAN


class Meters(Fleet):
    """Inlets of district metered areas. A burst adds a leak to the flow and takes pressure."""

    domain = "water"

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        size = len(self)
        self.base = self.rng.lognormal(np.log(18.0), 0.35, size)
        """Mean flow, L/s."""
        self._static = self.rng.uniform(300.0, 345.0, size)
        self._friction = self.rng.uniform(22.0, 34.0, size)
        self._early = self.rng.normal(0.0, 0.35, size)
        self._volume = self.rng.uniform(1e5, 9e6, size)
        self._mood = Wander(self.rng, size, 0.03, 7200.0)
        self.quantities = (
            Quantity("flow", "L/s", 2, 0.0, 500.0, high=2.9 * self.base),
            Quantity("pressure", "kPa", 1, 0.0, 1000.0, low=100.0, high=420.0),
            Quantity("volume", "m3", 3, 0.0, _ROLLOVER, counter=True, modulus=_ROLLOVER),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        hour = self.weather.hour(now) + self._early
        indoors = 1.0 - 0.07 * np.minimum(self.weather.rain(now, self.lat, self.lon) / 6.0, 1.0)
        heat = 1.0 + 0.012 * (self.weather.temperature(now) - 28.0)
        share = demand(hour, self.weather.weekend(now)) * heat * indoors
        share = np.maximum(share * (1.0 + self._mood.step(elapsed)), 0.05)
        leak = self.strength("burst-main", now)
        flow = self.base * (share + 2.8 * leak)
        pressure = (self._static - self._friction * share**2) * (1.0 - 0.55 * np.minimum(leak, 1.5))
        self._volume = (self._volume + flow * elapsed / 1000.0) % _ROLLOVER
        flow_seen = flow * (1.0 + self.rng.normal(0.0, 0.008, size))
        return np.column_stack((flow_seen, pressure + self.rng.normal(0.0, 1.2, size), self._volume))


class Reservoirs(Fleet):
    """Service reservoirs: filled at a constant rate, drawn down by demand; and the water's quality."""

    domain = "water"

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        size = len(self)
        self._mean = self.rng.uniform(2.9, 3.3, size)
        self._swing = self.rng.uniform(0.7, 1.0, size)
        stored = np.cumsum(1.0 - demand(_MINUTES))
        self._stored = (stored - stored.mean()) / np.abs(stored - stored.mean()).max()
        self._quality = self.rng.normal(0.0, 1.0, (3, size))
        self._drift = [Wander(self.rng, size, 1.0, 3 * 3600.0) for _ in range(3)]
        self.quantities = (
            Quantity("level", "m", 3, 0.0, 6.0, low=1.2, high=4.8),
            Quantity("turbidity", "NTU", 2, 0.0, 100.0, high=3.0),  # Permenkes 2/2023, as are the next two
            Quantity("ph", "", 2, 0.0, 14.0, low=6.5, high=8.5),
            Quantity("chlorine", "mg/L", 3, 0.0, 5.0, low=0.2, high=0.5),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        stored = np.interp(self.weather.hour(now), _MINUTES, self._stored, period=24.0)
        wet = np.minimum(self.weather.rain(now, self.lat, self.lon) / 20.0, 1.0)
        murk, acid, dose = (np.clip(drift.step(elapsed), -2.5, 2.5) for drift in self._drift)
        level = self._mean + self._swing * stored + self.rng.normal(0.0, 0.004, size)
        turbidity = 0.75 + 0.08 * self._quality[0] + 0.10 * murk + 0.6 * wet + self.rng.normal(0.0, 0.02, size)
        ph = 7.3 + 0.05 * self._quality[1] + 0.05 * acid + self.rng.normal(0.0, 0.01, size)
        chlorine = 0.35 + 0.01 * self._quality[2] + 0.02 * dose + self.rng.normal(0.0, 0.003, size)
        return np.column_stack((level, np.maximum(turbidity, 0.05), ph, chlorine))
