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
from functools import cached_property
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
        self._nothing = np.zeros(len(self.places))
        self._nothing.setflags(write=False)
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
        low, high, scale = self._sensor
        np.maximum(values, low, out=values)
        np.minimum(values, high, out=values)
        values *= scale
        np.rint(values, out=values)
        values /= scale
        return values

    @cached_property
    def _sensor(self) -> tuple[Float64, Float64, Float64]:
        """(min, max, 1 / resolution), each to be broadcast to float64[devices, quantities]."""
        low, high = (
            np.column_stack([self._each(bound) for bound in bounds])
            for bounds in zip(*((quantity.min, quantity.max) for quantity in self.quantities), strict=True)
        )
        return low, high, np.array([10.0**quantity.decimals for quantity in self.quantities])

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
        """float64[devices], not to be written to: how strongly events of `kind` act on each now; 0: not at all."""
        total = self._nothing
        for event, here in self._events:
            if event.kind == kind and event.start <= now and (level := event.level(now)) > 0.0:
                total = np.maximum(total, here * level)
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
        self._elapsed = self._kept = self._fresh = NONE

    def step(self, elapsed: float) -> Float64:
        if elapsed != self._elapsed:
            self._elapsed = elapsed
            self._kept = np.exp(-elapsed / self._memory)
            self._fresh = self._sigma * np.sqrt(1.0 - self._kept * self._kept)
        self._value = self._value * self._kept + self._rng.standard_normal(len(self._value)) * self._fresh
        return self._value


def columns(*parts: Float64) -> Float64:
    """`np.column_stack` of float64[devices] each, which takes several times as long for the few of a fleet."""
    stacked = np.empty((len(parts[0]), len(parts)))
    for number, part in enumerate(parts):
        stacked[:, number] = part
    return stacked


def within(values: Bound, low: float, high: float) -> Float64:
    """`np.clip`, which takes thrice as long for the few numbers of a fleet."""
    return np.asarray(np.minimum(np.maximum(values, low), high))


def bell(hour: Bound, centre: Bound, width: Bound) -> Float64:
    """A bump around `centre` (hours, local) on the 24 h circle, 1 at its top."""
    apart = (np.asarray(hour) - centre + 12.0) % 24.0 - 12.0
    return np.asarray(np.exp(-0.5 * (apart / width) ** 2))
