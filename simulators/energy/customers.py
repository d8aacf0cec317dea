"""Meters of homes, and of roofs with panels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np

from simulators.base import Float64, Place, Quantity, Wander, columns, within
from simulators.energy.grid import GridFleet
from simulators.energy.load import cooling, household_now, shine
from simulators.weather import Weather
from simulators.zonal import Slots

ROLLOVER = 100_000.0
"""kWh: a meter of five digits."""
_TAMPERED = 0.8
"""Share of the consumption that a tampered meter no longer counts."""


class Households(GridFleet):
    """Single-phase meters. A tampered one counts a fraction of what is drawn."""

    own = frozenset({"meter-tamper"})

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval, holidays)
        size = len(self)
        self.contract = self.rng.choice([0.9, 1.3, 2.2, 3.5], size, p=[0.35, 0.35, 0.2, 0.1])
        """kVA at which the limiter trips."""
        self.mean = self.contract * self.rng.uniform(0.18, 0.30, size)
        """kW at the evening peak."""
        self._source = self.rng.uniform(222.0, 227.0, size)
        self._mood = Wander(self.rng, size, 0.25, 1500.0)
        self._appliance = Slots(self.device_keys, 41, 420_000)
        self._cold = self.rng.uniform(0.05, 0.11, size)
        """kW of the refrigerator's compressor."""
        self._cycle = self.rng.uniform(2100.0, 3300.0, size)
        self._phase = self.rng.uniform(0.0, 1.0, size)
        self.energy = self.rng.uniform(100.0, 90_000.0, size)
        near = np.arange(size) % 12 == 5
        self.energy[near] = ROLLOVER - self.rng.uniform(0.2, 3.0, int(near.sum()))
        self.quantities = (
            Quantity("power", "kW", 3, 0.0, 10.0, high=self.contract),
            Quantity("voltage", "V", 1, 0.0, 400.0, low=198.0, high=231.0),
            Quantity("energy", "kWh", 3, 0.0, ROLLOVER, counter=True, modulus=ROLLOVER),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        share = household_now(self.weather.hour(now)) * cooling(self.weather.temperature(now))
        alive, sag = self.alive(now), self.sag(now, elapsed)
        drawn = self.drawn(now, elapsed, share) * (1.0 + self.pickup(now))
        power = np.minimum(drawn, 0.97 * self.contract) * alive
        drop = 8.0 * share + 4.0 * power / self.contract + 14.0 * np.minimum(self.strength("feeder-overload", now), 1.5)
        voltage = self._source - drop + self.zone_voltage.at(now)[self.zone] + self.rng.normal(0.0, 0.25, size)
        counted = power * (1.0 - _TAMPERED * np.minimum(self.strength("meter-tamper", now), 1.2))
        self.energy = (self.energy + counted * elapsed / 3600.0) % ROLLOVER
        seen = np.floor(self.energy * 1000.0) / 1000.0
        return columns(counted, voltage * alive * (1.0 - sag), seen)

    def drawn(self, now: int, elapsed: float, share: Float64) -> Float64:
        """kW: lamps and screens, a compressor that comes and goes, now and then an iron, a pump or a cooker."""
        mood = np.exp(within(self._mood.step(elapsed), -0.6, 0.6) - 0.03) * (1.0 + self.zone_load.at(now)[self.zone])
        cold = self._cold * ((now / 1000.0 / self._cycle + self._phase) % 1.0 < 0.4)
        heavy = 0.9 * self.mean * (self._appliance.at(now) < 0.3 * share)
        return np.asarray(0.65 * self.mean * share * mood + cold + heavy)


class Solar(GridFleet):
    """Homes with panels: what they draw from the grid, below 0 when they give; energy: all that was made."""

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval, holidays)
        size = len(self)
        self.peak = self.rng.choice([2.0, 3.3, 5.0], size) * self.rng.uniform(0.75, 0.85, size)
        """kW that the panels give in full sun."""
        self._load = self.peak * self.rng.uniform(0.2, 0.35, size)
        self._mood = Wander(self.rng, size, 0.3, 1500.0)
        self._clouds = Wander(self.rng, size, 0.08, 300.0)
        self.energy = self.rng.uniform(100.0, 90_000.0, size)
        near = np.arange(size) % 12 == 5
        self.energy[near] = ROLLOVER - self.rng.uniform(1.0, 15.0, int(near.sum()))
        self.quantities = (
            Quantity("power", "kW", 3, -20.0, 20.0, low=-1.05 * self.peak, high=1.1 * self.peak),
            Quantity("energy", "kWh", 3, 0.0, ROLLOVER, counter=True, modulus=ROLLOVER),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        cloud = self.zone_cloud.at(now)[self.zone] + within(self._clouds.step(elapsed), -0.2, 0.2)
        alive = self.alive(now)
        made = self.peak * shine(self.weather.sun(now), self.rain(now), cloud) * (alive >= 1.0)
        share = household_now(self.weather.hour(now)) * cooling(self.weather.temperature(now))
        drawn = self._load * share * np.exp(within(self._mood.step(elapsed), -0.75, 0.75) - 0.04)
        self.energy = (self.energy + made * elapsed / 3600.0) % ROLLOVER
        drawn = drawn * alive * (1.0 + self.pickup(now))
        return columns(drawn - made, np.floor(self.energy * 1000.0) / 1000.0)
