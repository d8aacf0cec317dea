"""From a fleet's physics to messages: each device measures at its own moment, and its message takes its way."""

from __future__ import annotations

import numpy as np

from simulators.base import Fleet
from simulators.feed import Float64, Int64, Samples

_JITTER = (0.05, 500.0)
"""Of a device's timer: share of its interval, and ms, at most."""
_TRANSIT = (15.0, 40.0, 2000.0)
"""ms from the device to the broker: the least, the mean above it (exponential), the most above it."""


class Sampler:
    """Steps `fleet` each `interval` ms from `start` on, and spreads its devices over the interval.

    A device's value is the one at the instant's beginning; it is stamped with the device's own phase
    and jitter after that, so nothing shows before it happens. On a calm way all arrives within the interval.
    """

    def __init__(self, fleet: Fleet, interval: int, start: int, seed: tuple[int, ...]) -> None:
        self.fleet = fleet
        self.interval = interval
        self._due = start
        self._rng = np.random.default_rng(seed)
        self._jitter = min(_JITTER[0] * interval, _JITTER[1])
        self._longest = min(_TRANSIT[2], 0.2 * interval)
        self._least = min(_TRANSIT[0], 0.1 * self._longest)
        free = interval - self._jitter - self._longest - self._least - 1.0
        self._phase: Float64 = self._rng.uniform(0.0, max(free, 0.0), len(fleet))

    def until(self, now: int) -> Samples | None:
        """The messages of all instants before `now`, by arrival; None if there are none."""
        instants = []
        while self._due < now:
            instants.append(self._due)
            self._due += self.interval
        return self._stamped(instants) if instants else None

    def _stamped(self, instants: list[int]) -> Samples:
        count = len(instants)
        if count == 1:
            values, phase = self.fleet.step(instants[0]), self._phase
            began: Int64 | int = instants[0]
        else:
            values = np.concatenate([self.fleet.step(instant) for instant in instants])
            phase = np.tile(self._phase, count)
            began = np.repeat(np.array(instants, np.int64), len(self._phase))
        size = len(phase)
        late = phase + self._rng.random(size) * self._jitter
        way = self._least + np.minimum(self._rng.exponential(_TRANSIT[1], size), self._longest)
        time = began + late.astype(np.int64)
        arrival = time + way.astype(np.int64)
        order = arrival.argsort(kind="stable")
        finite = np.isfinite(values)
        if not finite.all():
            order = order[np.any(finite, axis=1)[order]]
        devices = order.astype(np.int32) if count == 1 else (order % len(self._phase)).astype(np.int32)
        return Samples(self.fleet, devices, time.take(order), arrival.take(order), values.take(order, axis=0))
