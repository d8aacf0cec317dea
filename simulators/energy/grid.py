"""What all of a grid's meters see alike: frequency, sags, outages and what follows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache

import numpy as np

from simulators.base import Float64, Place
from simulators.incidents import KINDS, Event
from simulators.weather import Weather
from simulators.zonal import Mood, ZonalFleet, keys_of, normals

_MEMORY = 60
"""s: the frequency's."""
_TAPS = np.arange(5 * _MEMORY)
_KERNEL = np.exp(-_TAPS / _MEMORY)
_KERNEL /= np.sqrt((_KERNEL**2).sum())
_WANDER = 0.025
"""Hz."""
_SWING = 0.9
"""Hz that an excursion of strength 1 takes at its deepest."""
_DEPTH = 0.4
"""Share of the voltage that a sag of strength 1 takes."""
_PICKUP, _THAW = 0.6, 1500.0
"""After an outage the load is higher by this share, which falls to a third in these seconds: every
compressor starts at once (cold-load pickup)."""


class GridFleet(ZonalFleet):
    """Meters on the grid. Moods of load, cloud and voltage are the zone's; the frequency is everyone's."""

    domain = "energy"

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        holidays: Collection[date] = (),
    ) -> None:
        super().__init__(places, weather, seed, interval, holidays)
        self._seed = seed
        self._swings: list[Event] = []
        self.zone_load = Mood(self.zone_keys, 31, 0.02, 3600.0)
        self.zone_cloud = Mood(self.zone_keys, 32, 0.08, 1800.0)
        self.zone_voltage = Mood(self.zone_keys, 33, 0.5, 600.0)

    def inject(self, event: Event) -> None:
        if event.kind == "frequency-excursion":  # the grid has one frequency, wherever it is told
            self._swings.append(event)
        else:
            super().inject(event)

    def hertz(self, now: int) -> float:
        """The grid's frequency: an Ornstein-Uhlenbeck process on a grid of seconds, and excursions."""
        hertz = 50.0 + _WANDER * min(max(_wander(self._seed, now // 1000), -4.0), 4.0)
        for event in self._swings:
            if now >= event.start:
                peak = 1000.0 * KINDS[event.kind].rise
                decay = max((event.end - event.start) / 4.0, 10_000.0)
                hertz -= _SWING * event.level(now) * float(np.exp(-max(now - event.start - peak, 0.0) / decay))
        return hertz

    def alive(self, now: int) -> Float64:
        """float64[devices]: 0 in an outage, 1 otherwise, in between while it comes back."""
        return 1.0 - np.minimum(self.strength("feeder-outage", now), 1.0)

    def pickup(self, now: int) -> Float64:
        """float64[devices]: how much more is drawn after an outage, as a share of the load."""
        more = np.zeros(len(self))
        for event, here in self._events:
            if event.kind == "feeder-outage" and now > event.end:
                dark = 1.0 - np.exp(-(event.end - event.start) / 1000.0 / _THAW)
                after = (now - event.end) / 1000.0
                more = np.maximum(more, here * _PICKUP * min(event.strength, 1.0) * dark * np.exp(-after / _THAW))
        return more

    def sag(self, now: int, elapsed: float) -> Float64:
        """float64[devices]: the share of the voltage that is missing in this reading.

        A meter that reports each second or faster gives the lowest half-cycle since its last word
        (IEC 61000-4-30); a slower one the mean, in which a sag is lost.
        """
        missing = np.zeros(len(self))
        since = now - max(elapsed, 0.001) * 1000.0
        for event, here in self._events:
            over = event.end + 1000.0 * KINDS[event.kind].fall
            if event.kind == "voltage-sag" and since < over and now >= event.start:
                deepest = event.level(int(min(max(event.end, since), now)))
                seen = (min(now, event.end) - max(since, event.start)) / 1000.0 / elapsed if elapsed > 1.0 else 1.0
                missing = np.maximum(missing, here * _DEPTH * deepest * max(seen, 0.0))
        return np.minimum(missing, 0.95)


@lru_cache(maxsize=16)
def _wander(seed: int, second: int) -> float:
    """The frequency's noise, of deviation 1: the same for all who ask."""
    block, last = divmod(second, len(_TAPS))
    drawn = np.concatenate((_draws(seed, block - 1), _draws(seed, block)))
    return float(_KERNEL @ np.ascontiguousarray(drawn[last + len(_TAPS) : last : -1]))


@lru_cache(maxsize=4)
def _draws(seed: int, block: int) -> Float64:
    """A normal for each second of a block as long as the kernel."""
    return normals(keys_of(seed, ("grid",)), block * len(_TAPS) + _TAPS)
