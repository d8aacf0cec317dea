"""What a zone asks for: the shape of a day, of rest days, of heat and rain, and the zone's own mood."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np

from simulators.base import Bound, Float64, Place, bell
from simulators.weather import Weather
from simulators.zonal import Mood, ZonalFleet

MINUTES = np.arange(1440) / 60.0


def _bumps(noon: float, late: float) -> tuple[Float64, Float64, Float64]:
    """Weights, centres and widths (hours): float64[bumps, 1]. late: hours by which the morning is."""
    centres = (6.0 + late, 8.5 + late, 12.3, 18.1, 21.5)
    rows = np.array(((0.95, 0.30, noon, 0.92, 0.22), centres, (1.2, 1.6, 2.2, 1.7, 1.9)))
    weights, middles, widths = rows[:, :, np.newaxis]
    return weights, middles, widths


_WORK, _REST = _bumps(0.33, 0.0), _bumps(0.42, 1.3)


def _raw_demand(hour: Bound, rest: bool) -> Float64:
    """Homes wash before dawn prayer and work, cook at noon, wash again before and after sunset."""
    weights, centres, widths = _REST if rest else _WORK
    washing, more, noon, evening, late = weights * bell(np.asarray(hour), centres, widths)
    return np.asarray(0.30 + (washing + more) + noon + evening + late)


_WEEKDAY_MEAN = float(_raw_demand(MINUTES, rest=False).mean())


def demand(hour: Bound, rest: bool = False) -> Float64:
    """Demand as a multiple of the weekday's mean, at a local hour. rest: a weekend or holiday."""
    return _raw_demand(hour, rest) / _WEEKDAY_MEAN


class WaterFleet(ZonalFleet):
    """Devices on a network. Zones share demand and the head that they are fed with."""

    domain = "water"

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval, holidays)
        self._early = self.of_zone(-0.5, 0.5, 1)
        self._zone_mood = Mood(self.zone_keys, 2, 0.03, 5400.0)
        self._head_mood = Mood(self.zone_keys, 3, 1.5, 2700.0)
        self._static = self.of_zone(312.0, 345.0, 4)
        self.friction = self.of_zone(6.0, 8.5, 5)[self.zone]
        """kPa lost up to the inlet at the mean flow."""

    def share(self, now: int) -> Float64:
        """float64[devices]: what their zone asks for, as a multiple of its weekday's mean."""
        hour = self.weather.hour(now) + self._early
        indoors = 1.0 - 0.07 * np.minimum(self.zone_rain(now) / 6.0, 1.0)
        heat = 1.0 + 0.012 * (self.weather.temperature(now) - 28.0)
        share = demand(hour, self.calendar.rest(now)) * heat * indoors
        return np.asarray((share * (1.0 + self._zone_mood.at(now)))[self.zone])

    def head(self, now: int) -> Float64:
        """float64[devices]: kPa at the inlet of their zone if nothing flowed."""
        return np.asarray((self._static + self._head_mood.at(now))[self.zone])
