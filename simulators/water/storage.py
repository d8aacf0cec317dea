"""Tanks and the pumps that fill them: at night by the tariff, in the day by the level."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np

from simulators.base import Float64, Place, Quantity, Wander, columns, within
from simulators.water.demand import WaterFleet
from simulators.water.network import BURST, SEEP
from simulators.weather import DAY, HOUR, Weather

GRID = 300_000
"""ms: tanks are reckoned on this grid from the midnight before, so that all fleets of a zone agree."""
RATE = 0.42
"""m that a tank rises in an hour by the mean flow."""
FULL, LOW, HIGH = 4.3, 2.0, 3.0
"""m: what the night fills up to; where the day's pumping starts and ends."""
_NIGHT = (22.0, 5.0)
"""Hours of the cheap tariff."""
_MOST = 2.1
"""What the pumps can lift, as a multiple of the mean flow."""
_FROZEN = 0.3
"""What a stuck valve at the tank's inlet lets through."""
_BASE = 0.95
"""What they always lift by day."""


class StoredFleet(WaterFleet):
    """Devices that follow their zone's tank."""

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval, holidays)
        self._at: int | None = None
        self._levels = (np.zeros(len(self)), np.zeros(len(self)))
        self.lift = np.zeros(len(self))
        """What the pumps lift, as a multiple of the zone's mean flow."""
        self._boost = np.zeros(len(self), np.bool_)

    def tank(self, now: int) -> Float64:
        """float64[devices]: the level of their zone's tank, m. Brings `lift` up to date."""
        cell = now // GRID
        if self._at is None or cell - self._at > DAY // GRID:
            local = now + int(self.weather.offset * HOUR)
            self._at = (now - local % DAY - DAY) // GRID - 1
            self._levels = (np.full(len(self), 3.2), np.full(len(self), 3.2))
        while self._at < cell:
            self._at += 1
            before = self._levels[1]
            self._levels = (before, self._after(self._at * GRID, before))
        part = (now - self._at * GRID) / GRID
        return np.asarray(self._levels[0] + (self._levels[1] - self._levels[0]) * part)

    def _after(self, now: int, level: Float64) -> Float64:
        """The level one cell later."""
        hour = self.weather.hour(now)
        drawn = self.share(now) + BURST * 0.5 * self.strength("burst-main", now)
        drawn = drawn + SEEP * self.strength("slow-leak", now)
        cut, valve = (np.minimum(self.strength(kind, now), 1.0) for kind in ("supply-cut", "stuck-valve"))
        drawn = drawn * (1.0 - cut)
        if hour >= _NIGHT[0] or hour < _NIGHT[1]:
            left = (_NIGHT[1] - hour) % 24.0
            lift = np.clip(drawn + (FULL - level) / RATE / max(left, 0.5), 0.0, _MOST)
            self._boost[:] = False
        else:
            self._boost = (level < LOW) | (self._boost & (level < HIGH))
            lift = np.where(self._boost, _MOST, _BASE)
        lift = np.where(level >= 5.2, 0.0, lift) * (1.0 - cut)
        self.lift = lift + valve * (np.minimum(lift, _FROZEN) - lift)
        return np.asarray(np.clip(level + RATE * (self.lift - drawn) * GRID / HOUR, 0.3, 5.5))


class Reservoirs(StoredFleet):
    """Service reservoirs: the level by mass balance, and the quality of what they hold."""

    own = frozenset({"contamination"})

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
        self._floor = self.rng.uniform(-0.15, 0.15, size)
        self._quality = np.clip(self.rng.normal(0.0, 1.0, (3, size)), -2.5, 2.5)
        self._drift = [Wander(self.rng, size, 1.0, 3 * 3600.0) for _ in range(3)]
        self.quantities = (
            Quantity("level", "m", 3, 0.0, 6.0, low=1.2, high=4.8),
            Quantity("turbidity", "NTU", 2, 0.0, 100.0, high=3.0),  # Permenkes 2/2023, as are the next two
            Quantity("ph", "", 2, 0.0, 14.0, low=6.5, high=8.5),
            Quantity("chlorine", "mg/L", 3, 0.0, 5.0, low=0.2, high=0.5),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        wet = np.minimum(self.rain(now) / 20.0, 1.0)
        murk, acid, dose = (within(drift.step(elapsed), -2.5, 2.5) for drift in self._drift)
        foul = self.strength("contamination", now)
        level = self.tank(now) + self._floor + self.rng.normal(0.0, 0.004, size)
        turbidity = 0.75 + 0.08 * self._quality[0] + 0.10 * murk + 0.6 * wet + self.rng.normal(0.0, 0.02, size)
        ph = 7.3 + 0.05 * self._quality[1] + 0.05 * acid + self.rng.normal(0.0, 0.01, size)
        chlorine = 0.35 + 0.01 * self._quality[2] + 0.02 * dose + self.rng.normal(0.0, 0.003, size)
        return columns(
            level,
            np.maximum(turbidity, 0.05) + 6.0 * foul,
            ph - 0.9 * np.minimum(foul, 2.0),
            np.maximum(chlorine * np.exp(-2.0 * foul), 0.0),
        )


class Pumps(StoredFleet):
    """Pumps of a zone's tank, that share its lift: flow, and pressure on the pump's curve."""

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
        self.base = self.rng.lognormal(np.log(25.0), 0.25, size)
        """Flow at the zone's mean, L/s."""
        self._shut = self.rng.uniform(560.0, 640.0, size)
        self._bend = self.rng.uniform(30.0, 45.0, size)
        self.quantities = (
            Quantity("flow", "L/s", 2, 0.0, 500.0, high=2.5 * self.base),
            Quantity("pressure", "kPa", 1, 0.0, 1600.0, high=700.0),
        )

    def physics(self, now: int, elapsed: float) -> Float64:
        size = len(self)
        level = self.tank(now)
        flow = self.base * self.lift * (1.0 + self.rng.normal(0.0, 0.008, size))
        pressure = np.where(self.lift > 0, self._shut - self._bend * self.lift**2, 9.81 * level)
        return columns(flow, pressure + self.rng.normal(0.0, 1.5, size))
