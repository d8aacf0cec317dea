"""Disaster: a river with its travel time, rain gauges, wet slopes and the air."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.base import Fleet, Float64, Place, Quantity, Wander, bell
from simulators.incidents import Event
from simulators.weather import HOUR, Weather, mean_rain

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


class RainGauges(Fleet):
    """Tipping buckets: mm since the last reading.

    sampling: ms of the city's clock between readings, for the bound of a violent shower (60 mm/h).
    """

    domain = "disaster"

    def __init__(
        self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000, sampling: int | None = None
    ) -> None:
        super().__init__(places, weather, seed, interval)
        self._owed = np.zeros(len(self))
        violent = 60.0 * (sampling or interval) / HOUR
        self.quantities = (Quantity("rainfall", "mm", 1, 0.0, 100.0, high=max(violent, 0.2)),)

    def physics(self, now: int, elapsed: float) -> Float64:
        intensity = self.weather.rain(now, self.lat, self.lon) + 110.0 * self.strength("cloudburst", now)
        self._owed += intensity * elapsed / 3600.0
        tips = np.floor(self._owed * 10.0 + 1e-9) / 10.0
        self._owed -= tips
        return tips[:, np.newaxis]


class Slopes(Fleet):
    """Soil moisture: wetted by rain up to saturation, dried over two days."""

    domain = "disaster"
    quantities = (Quantity("soil_moisture", "%", 1, 0.0, 100.0, high=70.0),)

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        self._dry = self.rng.uniform(22.0, 30.0, len(self))
        self._wet = self.rng.uniform(1.0, 8.0, len(self))

    def physics(self, now: int, elapsed: float) -> Float64:
        soaked = 0.35 * self.weather.rain(now, self.lat, self.lon) * elapsed / 3600.0
        room = np.maximum(1.0 - self._wet / 35.0, 0.0)
        self._wet = self._wet * np.exp(-elapsed / (48 * 3600.0)) + soaked * room
        return (self._dry + self._wet + self.rng.normal(0.0, 0.1, len(self)))[:, np.newaxis]


class AirStations(Fleet):
    """Fine and coarse dust: traffic's two peaks, still nights, washed out by rain."""

    domain = "disaster"
    quantities = (
        Quantity("pm25", "ug/m3", 1, 0.0, 1000.0, high=150.4),  # ISPU: very unhealthy
        Quantity("pm10", "ug/m3", 1, 0.0, 2000.0, high=350.0),
    )

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        self._base = self.rng.uniform(18.0, 30.0, len(self))
        self._ratio = self.rng.uniform(1.5, 2.0, len(self))
        self._mood = Wander(self.rng, len(self), 0.12, 2 * 3600.0)
        self._clean = np.zeros(len(self))

    def physics(self, now: int, elapsed: float) -> Float64:
        hour = self.weather.hour(now)
        raining = np.minimum(self.weather.rain(now, self.lat, self.lon) / 5.0, 1.0)
        pace = 1.0 - np.exp(-elapsed / 1800.0)
        self._clean += (raining - self._clean) * pace
        traffic = 0.75 + 0.55 * bell(hour, 7.5, 1.6) + 0.5 * bell(hour, 18.5, 2.0) + 0.2 * bell(hour, 2.0, 3.0)
        fine = self._base * traffic * np.exp(np.clip(self._mood.step(elapsed), -0.4, 0.4)) * (1.0 - 0.55 * self._clean)
        fine = fine + self.rng.normal(0.0, 0.4, len(self))
        return np.column_stack((fine, fine * self._ratio + self.rng.normal(0.0, 0.8, len(self))))
