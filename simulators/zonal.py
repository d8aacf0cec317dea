"""What fleets of one zone have in common without knowing of each other.

Anything shared (a zone's mood of demand, the grid's frequency) is a function of seed, zone and time
alone, made by hashing instead of drawing in turn: two fleets that are stepped at different moments
still live in the same zone.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from datetime import date
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simulators.base import Fleet, Float64, Place, within
from simulators.holidays import Calendar
from simulators.incidents import ANYWHERE, KINDS, Event
from simulators.weather import Weather

UInt64 = NDArray[np.uint64]
_KM_PER_DEGREE = 111.2
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(number: UInt64) -> UInt64:
    """Splitmix64's finaliser (Steele et al. 2014): every bit of the result depends on every bit of `number`."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


def keys_of(seed: int, names: Sequence[str]) -> UInt64:
    """A number for each name."""
    crcs = np.array([zlib.crc32(name.encode()) for name in names], np.uint64)
    return mix(crcs + np.uint64((seed + 1) * int(_GOLDEN) % 2**64))


def uniforms(keys: UInt64, index: int | NDArray[np.int64]) -> Float64:
    """In (0, 1), one for each key and index (broadcast): always the same one."""
    turn = np.atleast_1d(index).astype(np.uint64) * _GOLDEN
    return ((mix(keys ^ mix(turn)) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def normals(keys: UInt64, index: int | NDArray[np.int64]) -> Float64:
    """Standard normal, one for each key and index (Box and Muller 1958)."""
    radius = np.sqrt(-2.0 * np.log(uniforms(keys, index)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniforms(mix(keys), index)))


class Mood:
    """Smooth noise of deviation `sigma` that forgets in about `memory` s, for each key, at any time.

    Independent normals at knots `memory` apart, blended by cosine and sine: the variance is the same
    at each moment, so the sampling interval does not matter. Cut at 2.5 deviations.
    """

    def __init__(self, keys: UInt64, tag: int, sigma: float, memory: float) -> None:
        self._keys = mix(keys + np.uint64(tag))
        self._sigma, self._memory = sigma, memory * 1000.0
        self._knot: int | None = None
        self._from = self._to = np.zeros(len(keys))

    def at(self, now: int) -> Float64:
        """float64[keys]"""
        knot, part = divmod(now, self._memory)
        if knot != self._knot:
            self._knot = int(knot)
            self._from, self._to = (normals(self._keys, self._knot + step) for step in (0, 1))
        angle = 0.5 * np.pi * part / self._memory
        blend = self._from * np.cos(angle) + self._to * np.sin(angle)
        return self._sigma * within(blend, -2.5, 2.5)


class Slots:
    """What each key draws anew in every slot of `length` ms: uniform in (0, 1), the same for all who ask."""

    def __init__(self, keys: UInt64, tag: int, length: int) -> None:
        self._keys = mix(keys + np.uint64(tag))
        self._length = length
        self._slot: int | None = None
        self._drawn = np.zeros(len(keys))

    def at(self, now: int) -> Float64:
        """float64[keys]"""
        if (slot := now // self._length) != self._slot:
            self._slot, self._drawn = slot, uniforms(self._keys, slot)
        return self._drawn

    def over(self, since: int, now: int) -> tuple[Float64, Float64]:
        """(seconds in each slot: float64[slots], its draws: float64[slots, keys]) from `since` to `now`."""
        first, last = since // self._length, now // self._length
        if first == last:
            return np.array([(now - since) / 1000.0]), self.at(now)[np.newaxis]
        slots = np.arange(first, last + 1)
        edges = np.clip(np.append(slots, last + 1) * self._length, since, now)
        return np.diff(edges) / 1000.0, uniforms(self._keys, slots[:, np.newaxis])


class ZonalFleet(Fleet):
    """A fleet whose devices live in zones. An event reaches those of its devices that are in the fleet;
    or, where it names none of this fleet's, all of the zone's devices in it: they hang on what was hit.

    holidays: days of rest beyond weekends and the fixed holidays.
    """

    spreads: ClassVar[frozenset[str]] = frozenset()
    """Kinds that reach all of the zone's devices of the fleet, whichever of them the event names."""
    own: ClassVar[frozenset[str]] = frozenset()
    """Kinds that reach named devices only."""

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval)
        self.calendar = Calendar(weather, holidays)
        names = [f"{place.city}/{place.zone}" for place in self.places]
        self.zones = tuple(dict.fromkeys(names))
        """"city/zone", in the order of appearance."""
        self.zone = np.array([self.zones.index(name) for name in names], np.intp)
        """Each device's row in `zones`."""
        self.zone_keys = keys_of(seed, self.zones)
        self.device_keys = keys_of(seed, [f"{place.city}/{place.zone}/{place.device}" for place in self.places])
        count = np.maximum(np.bincount(self.zone, minlength=len(self.zones)), 1)
        self.zone_lat = np.bincount(self.zone, self.lat, len(self.zones)) / count
        self.zone_lon = np.bincount(self.zone, self.lon, len(self.zones)) / count

    def inject(self, event: Event) -> None:
        """Let `event` happen to what it reaches here."""
        inside = np.array(
            [place.city == event.city and event.zone in (place.zone, ANYWHERE) for place in self.places], np.bool_
        )
        names = frozenset(event.devices)
        named = inside & np.array([place.device in names for place in self.places], np.bool_)
        whole = event.kind in self.spreads or (event.kind not in self.own and not named.any())
        here = inside if whole else named
        if here.any() and KINDS[event.kind].domain == self.domain:
            self._events.append((event, here.astype(np.float64)))

    def of_zone(self, low: float, high: float, tag: int) -> Float64:
        """float64[zones]: a constant of each zone, uniform, the same in every fleet of the seed."""
        return low + (high - low) * uniforms(self.zone_keys, tag)

    def distance(self, event: Event) -> Float64:
        """km from where an event is: its own place, the first of its devices in this fleet, or the zone's middle."""
        if event.lat is not None and event.lon is not None:
            return self._apart(event.lat, event.lon)
        names = [place.device for place in self.places]
        first = next((device for device in event.devices if device in names), None)
        zones = [event.zone in (place.zone, ANYWHERE) and place.city == event.city for place in self.places]
        at = [row for row, inside in enumerate(zones) if inside and (first is None or names[row] == first)]
        if not at:
            return np.zeros(len(self))
        return self._apart(float(self.lat[at].mean()), float(self.lon[at].mean()))

    def _apart(self, lat: float, lon: float) -> Float64:
        north = (self.lat - lat) * _KM_PER_DEGREE
        east = (self.lon - lon) * _KM_PER_DEGREE * np.cos(np.radians(lat))
        return np.asarray(np.hypot(north, east))

    def zone_rain(self, now: int) -> Float64:
        """float64[zones]: mm/h over each zone."""
        return self.weather.rain(now, self.zone_lat, self.zone_lon)

    def rain(self, now: int) -> Float64:
        """float64[devices]: mm/h over their zones."""
        return self.zone_rain(now)[self.zone]
