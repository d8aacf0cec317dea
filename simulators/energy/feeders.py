"""Feeders and the transformers on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np

from simulators.base import Bound, Float64, Place, Quantity, Wander, columns, within
from simulators.energy.grid import GridFleet
from simulators.energy.load import commerce_now, cooling, household_now, shine
from simulators.weather import Weather

ROLLOVER = 1_000_000.0
"""kWh: a meter of six digits."""
_FACTOR = 0.92
"""Power factor."""


class Feeders(GridFleet):
    """Three-phase feeders. An overload raises the load and lowers the voltage; an outage ends both."""

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
        self.base = self.rng.lognormal(np.log(95.0), 0.3, size)
        """Peak load without sun, kW."""
        self._homes = self.rng.uniform(0.15, 0.95, size)
        self.solar = self.rng.uniform(0.05, 0.30, size)
        """Installed rooftop power as a share of the peak load."""
        self._source = self.rng.uniform(226.0, 228.5, size)
        self._drop = self.rng.uniform(9.0, 15.0, size)
        self.energy = self.rng.uniform(1e4, 9e5, size)
        near = np.arange(size) % 12 == 5  # some are about to pass their last digit
        self.energy[near] = ROLLOVER - self.rng.uniform(20.0, 400.0, int(near.sum()))
        self._mood = Wander(self.rng, size, 0.015, 900.0)
        self._clouds = Wander(self.rng, size, 0.05, 600.0)
        self._voltage = Wander(self.rng, size, 0.3, 300.0)
        self.quantities = (
            Quantity("power", "kW", 2, 0.0, 1000.0, high=1.5 * self.base),
            Quantity("voltage", "V", 1, 0.0, 400.0, low=198.0, high=231.0),  # SPLN 1: 220 V +5/-10 %
            Quantity("current", "A", 2, 0.0, 2000.0, high=2.8 * self.base),
            Quantity("frequency", "Hz", 3, 40.0, 60.0, low=49.5, high=50.5),  # EN 50160: +-1 %
            Quantity("energy", "kWh", 3, 0.0, ROLLOVER, counter=True, modulus=ROLLOVER),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        cloud = self.zone_cloud.at(now)[self.zone] + within(self._clouds.step(elapsed), -0.15, 0.15)
        mood = self.zone_load.at(now)[self.zone] + within(self._mood.step(elapsed), -0.04, 0.04)
        load = np.maximum(self.share(now, cloud) * (1.0 + mood), 0.02) * (1.0 + self.pickup(now))
        load = load + 1.35 * self.strength("feeder-overload", now)
        alive, sag = self.alive(now), self.sag(now, elapsed)
        overload = np.maximum(load - 1.2, 0.0)
        wander = self.zone_voltage.at(now)[self.zone] + within(self._voltage.step(elapsed), -0.8, 0.8)
        voltage = self._source - self._drop * load - 22.0 * overload + within(wander, -1.5, 1.5)
        voltage = (voltage + self.rng.normal(0.0, 0.2, size)) * alive * (1.0 - sag)
        power = self.base * load * alive * (1.0 - 0.6 * sag)
        current = np.divide(1000.0 * power, 3.0 * _FACTOR * voltage, out=np.zeros(size), where=voltage > 20.0)
        self.energy = (self.energy + power * elapsed / 3600.0) % ROLLOVER
        hertz = np.where(alive > 0.2, self.hertz(now) + self.rng.normal(0.0, 0.002, size), np.nan)
        seen = power * (1.0 + self.rng.normal(0.0, 0.006, size))
        return columns(seen, voltage, current, hertz, np.floor(self.energy * 1000.0) / 1000.0)

    def share(self, now: int, haze: Bound = 0.0) -> Float64:
        """Net load as a share of each feeder's peak: use, more of it in the heat, less what roofs make.
        haze: how much clearer (above 0) or cloudier than usual it is."""
        hour, weather = self.weather.hour(now), self.weather
        use = self._homes * household_now(hour) + (1.0 - self._homes) * commerce_now(hour, self.calendar.rest(now))
        made = self.solar * shine(weather.sun(now), self.rain(now), haze)
        return np.asarray(use * cooling(weather.temperature(now)) - made)


class Transformers(GridFleet):
    """Distribution transformers: three phases, oil temperature, the grid's frequency."""

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
        self.rated = self.rng.choice([100.0, 160.0, 200.0, 250.0, 400.0], size)
        """kVA."""
        self._peak = self.rng.uniform(0.55, 0.8, size)
        self._homes = self.rng.uniform(0.4, 0.95, size)
        self._solar = self.rng.uniform(0.03, 0.2, size)
        self._source = self.rng.uniform(226.0, 228.0, size)
        self._drop = self.rng.uniform(5.0, 9.0, size)
        split = self.rng.normal(0.0, 0.04, (3, size)).clip(-0.08, 0.08)
        self._split = 1.0 + split - split.mean(0)
        self._phase = [Wander(self.rng, size, 0.02, 1200.0) for _ in range(3)]
        self._rise: Float64 | None = None
        volts = [Quantity(f"voltage_{phase}", "V", 1, 0.0, 400.0, low=198.0, high=231.0) for phase in "abc"]
        ampere = 1.3 * 1000.0 * self.rated / (3.0 * 230.0)
        amps = [Quantity(f"current_{phase}", "A", 1, 0.0, 4000.0, high=ampere) for phase in "abc"]
        self.quantities = (
            *volts,
            *amps,
            Quantity("power", "kW", 2, -500.0, 2000.0, high=1.1 * self.rated),
            Quantity("temperature", "degC", 1, -20.0, 200.0, high=95.0),
            Quantity("frequency", "Hz", 3, 40.0, 60.0, low=49.5, high=50.5),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        load = self.load(now)
        alive, sag = self.alive(now), self.sag(now, elapsed)
        skew = self.strength("unbalance", now)
        phases = np.array([1.0 + 0.45 * skew, 1.0 - 0.2 * skew, 1.0 - 0.25 * skew])
        moods = np.array([within(mood.step(elapsed), -0.05, 0.05) for mood in self._phase])
        loads = load * np.maximum(self._split * (1.0 + moods) * phases, 0.0)
        wander = self.zone_voltage.at(now)[self.zone]
        voltage = self._source + wander - self._drop * loads - 18.0 * np.maximum(loads - 1.1, 0.0)
        voltage *= np.array([1.0 - 0.12 * skew, 1.0 + 0.012 * skew, 1.0 + 0.008 * skew])
        voltage = (voltage + self.rng.normal(0.0, 0.15, (3, size))) * alive * (1.0 - sag)
        power = loads * self.rated / 3.0 * _FACTOR * alive
        current = np.divide(1000.0 * power / _FACTOR, voltage, out=np.zeros((3, size)), where=voltage > 20.0)
        total = power.sum(0)
        oil = self.oil(now, elapsed, np.abs(total) / self.rated)
        hertz = np.where(alive > 0.2, self.hertz(now) + self.rng.normal(0.0, 0.002, size), np.nan)
        total = total * (1.0 + self.rng.normal(0.0, 0.005, size))
        return columns(*voltage, *np.abs(current), total, oil + self.rng.normal(0.0, 0.1, size), hertz)

    def load(self, now: int) -> Float64:
        """Net load as a share of the rating."""
        hour = self.weather.hour(now)
        use = self._homes * household_now(hour) + (1.0 - self._homes) * commerce_now(hour, self.calendar.rest(now))
        warm = cooling(self.weather.temperature(now))
        made = self._solar * shine(self.weather.sun(now), self.rain(now), self.zone_cloud.at(now)[self.zone])
        load = self._peak * (use * warm * (1.0 + self.zone_load.at(now)[self.zone]) - made)
        return np.asarray(load * (1.0 + self.pickup(now)) + 0.7 * self.strength("feeder-overload", now))

    def oil(self, now: int, elapsed: float, load: Float64) -> Float64:
        """degC at the top of the oil (IEC 60076-7: exponent 0.8, losses 1:6, 3 h), 52 K above the air at rating."""
        final = 52.0 * ((1.0 + 6.0 * load**2) / 7.0) ** 0.8
        if self._rise is None:
            self._rise = 52.0 * ((1.0 + 6.0 * (0.6 * self._peak) ** 2) / 7.0) ** 0.8
        self._rise = final + (self._rise - final) * np.exp(-elapsed / 10_800.0)
        return np.asarray(self.weather.temperature(now) + self._rise)
