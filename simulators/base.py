"""What a device model is: a seeded generator of readings, vectorised over its devices.

    fleet = Meters(places, weather, seed=1, interval=1000)
    fleet.inject(Event("burst-main", ...))        # on purpose, and written down as truth
    values = fleet.step(now)                      # float64[devices, quantities], NaN: not measured

The clock is the caller's: `now` is the city's time, ms UTC, and never runs backwards. The same
seed, events and sequence of times give the same readings, bit for bit. A calm day stays inside
`low`..`high` of the catalogue, everything inside `min`..`max`.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simulators.incidents import ANYWHERE, Event
from simulators.weather import Weather
from telemetry.sensors import Sensor
from telemetry.series import Identity

Float64 = NDArray[np.float64]
Bound = float | Float64
"""One for all devices of a fleet, or float64[devices]."""
NONE = float("nan")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device is, and the gateway that speaks for it."""

    city: str
    zone: str
    device: str
    lat: float
    lon: float
    gateway: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """What each device of a fleet measures, in the canonical unit. The bounds are the catalogue's."""

    name: str
    unit: str
    decimals: int
    """The sensor's resolution is 10^-decimals."""
    min: Bound
    max: Bound
    low: Bound = NONE
    high: Bound = NONE
    counter: bool = False
    modulus: float = NONE


class Fleet(ABC):
    """Devices of one kind. `interval`: ms of telemetry time between a device's readings."""

    domain: ClassVar[str]
    quantities: Sequence[Quantity]

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        self.places = tuple(places)
        self.weather = weather
        self.interval = interval
        self.lat = np.array([place.lat for place in self.places])
        self.lon = np.array([place.lon for place in self.places])
        self.rng = np.random.default_rng([seed, zlib.crc32(type(self).__name__.encode())])
        self._events: list[tuple[Event, Float64]] = []
        self._last: int | None = None

    def __len__(self) -> int:
        return len(self.places)

    @abstractmethod
    def physics(self, now: int, elapsed: float) -> Float64:
        """float64[devices, quantities] before resolution and range; `elapsed`: s since the last call, 0 at first."""

    def step(self, now: int) -> Float64:
        """The readings at `now`: float64[devices, quantities], NaN where a device does not measure."""
        elapsed = 0.0 if self._last is None else (now - self._last) / 1000
        self._last = now
        values = self.physics(now, elapsed)
        for column, quantity in enumerate(self.quantities):
            np.clip(values[:, column], quantity.min, quantity.max, out=values[:, column])
            np.round(values[:, column], quantity.decimals, out=values[:, column])
        return values

    def inject(self, event: Event) -> None:
        """Let `event` happen to those of its devices that are in this fleet."""
        devices = frozenset(event.devices)
        here = [
            place.city == event.city and event.zone in (place.zone, ANYWHERE) and place.device in devices
            for place in self.places
        ]
        if any(here):
            self._events.append((event, np.array(here, np.float64)))

    def strength(self, kind: str, now: int) -> Float64:
        """float64[devices]: how strongly events of `kind` act on each now; 0: not at all."""
        total = np.zeros(len(self))
        for event, here in self._events:
            if event.kind == kind and now >= event.start:
                total = np.maximum(total, here * event.level(now))
        return total

    def catalogue(self) -> Iterator[Sensor]:
        """A sensor for each device and quantity."""
        for quantity in self.quantities:
            bounds = [self._each(bound) for bound in (quantity.min, quantity.max, quantity.low, quantity.high)]
            for number, place in enumerate(self.places):
                low, high, lower, upper = (float(bound[number]) for bound in bounds)
                yield Sensor(
                    Identity(place.city, self.domain, place.zone, place.device, quantity.name),
                    unit=quantity.unit,
                    lat=place.lat,
                    lon=place.lon,
                    min=low,
                    max=high,
                    low=lower,
                    high=upper,
                    interval=self.interval,
                    modulus=quantity.modulus,
                    counter=quantity.counter,
                    gateway=place.gateway,
                )

    def _each(self, bound: Bound) -> Float64:
        return np.broadcast_to(np.asarray(bound, np.float64), len(self))


class Wander:
    """Noise that drifts: an Ornstein-Uhlenbeck process of deviation `sigma` that forgets in `memory` s.

    Exact for any step (Gillespie 1996), so the sampling interval does not change its statistics.
    """

    def __init__(self, rng: np.random.Generator, size: int, sigma: float, memory: float) -> None:
        self._rng = rng
        self._sigma = sigma
        self._memory = memory
        self._value = rng.normal(0.0, sigma, size)

    def step(self, elapsed: float) -> Float64:
        kept = np.exp(-elapsed / self._memory)
        fresh = self._sigma * np.sqrt(1.0 - kept * kept)
        self._value = self._value * kept + self._rng.normal(0.0, 1.0, len(self._value)) * fresh
        return self._value


def bell(hour: Bound, centre: float, width: float) -> Float64:
    """A bump around `centre` (hours, local) on the 24 h circle, 1 at its top."""
    apart = (np.asarray(hour) - centre + 12.0) % 24.0 - 12.0
    return np.asarray(np.exp(-0.5 * (apart / width) ** 2))
