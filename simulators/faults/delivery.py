"""What happens on the way from gateway to broker: loss, repeats, delay, and connections that come and go."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simulators.base import Fleet
from simulators.faults.base import DELAY, GATEWAY, LOSS, REPEAT, Case, Fault, Rows
from simulators.feed import GatewayState, Int64, RawMessage, Samples, join, take

WILL_AFTER = 45_000
"""ms until a broker gives up a silent gateway with a keep-alive of 30 s, and speaks its last will."""
_UPLOAD_AFTER = 30_000
_UPLOAD_PACE = 0.02
"""ms after reconnecting, and how long the upload takes as a share of the outage."""


def without(samples: Samples, rows: Rows) -> Samples:
    kept = np.ones(len(samples), np.bool_)
    kept[rows] = False
    return take(samples, kept)


def _arriving(samples: Samples, rows: Rows, arrival: Int64) -> Samples:
    changed = samples.arrival.copy()
    changed[rows] = arrival
    return Samples(samples.fleet, samples.device, samples.time, changed, samples.values)


class Dropout(Fault):
    """Of a device's messages, 60 % are lost (times strength)."""

    stage: ClassVar[int] = LOSS

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        return without(samples, rows[self.rng.random(len(rows)) < 0.6 * abs(self.case.strength)])


class Duplicates(Fault):
    """A third of the messages (times strength) come again within 5 s, as QoS 1 allows."""

    stage: ClassVar[int] = REPEAT

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        again = rows[self.rng.random(len(rows)) < 0.33 * abs(self.case.strength)]
        repeat = take(samples, again)
        later = repeat.arrival + self.rng.integers(1, 5000, len(again))
        return join([samples, Samples(repeat.fleet, repeat.device, repeat.time, later, repeat.values)])


class OutOfOrder(Fault):
    """Each message is up to two minutes late (times strength), so that later ones overtake it."""

    stage: ClassVar[int] = DELAY

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        late = self.rng.uniform(0.0, 120_000.0 * abs(self.case.strength), len(rows)).astype(np.int64)
        return _arriving(samples, rows, samples.arrival[rows] + late)


class Unreachable(Fault):
    """The line is cut: the last will after a while, `online` at the end."""

    def states(self) -> list[GatewayState]:
        case = self.case
        gone = min(case.start + WILL_AFTER, case.end)
        return [
            GatewayState(case.city, gateway, online, when)
            for online, when in ((False, gone), (True, case.end))
            for gateway in case.gateways
        ]


class GatewayLost(Unreachable):
    """What its devices measure meanwhile is lost."""

    stage: ClassVar[int] = GATEWAY

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        return without(samples, rows)


class Backfill(Unreachable):
    """What its devices measure meanwhile is kept, and uploaded after the newest has been sent again."""

    stage: ClassVar[int] = DELAY

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        case = self.case
        waited = (_UPLOAD_PACE * (samples.arrival[rows] - case.start)).astype(np.int64)
        return _arriving(samples, rows, case.end + _UPLOAD_AFTER + waited)


class Breaks(Fault):
    """Connections that break and come back: what is measured meanwhile comes, in order, when they are back."""

    stage: ClassVar[int] = DELAY

    def __init__(self, case: Case, seed: tuple[int, ...]) -> None:
        super().__init__(case, seed)
        self._breaks = {gateway: np.array(list(self.breaks()), np.int64).reshape(-1, 2) for gateway in case.gateways}
        """int64[breaks, (begin, end)] of each gateway, one after the other."""
        self._speakers: dict[Fleet, NDArray[np.str_]] = {}

    @abstractmethod
    def breaks(self) -> Iterator[tuple[int, int]]:
        """(begin, end) of a gateway's breaks, drawn anew for each."""

    def bind(self, fleet: Fleet) -> bool:
        self._speakers[fleet] = np.array([place.gateway for place in fleet.places])
        return super().bind(fleet)

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        arrival = samples.arrival[rows]
        speakers = self._speakers[samples.fleet][samples.device[rows]]
        for gateway, breaks in self._breaks.items():
            if not len(breaks):
                continue
            last = np.searchsorted(breaks[:, 0], arrival, side="right") - 1
            waits = (speakers == gateway) & (last >= 0) & (arrival < breaks[last, 1])
            arrival = np.where(waits, breaks[last, 1], arrival)
        return _arriving(samples, rows, arrival)

    def states(self) -> list[GatewayState]:
        found = [
            GatewayState(self.case.city, gateway, online, when)
            for gateway, breaks in self._breaks.items()
            for pair in breaks.tolist()
            for online, when in zip((False, True), pair, strict=True)
        ]
        return sorted(found, key=lambda state: state.arrival)


class Flapping(Breaks):
    """Up for 20 to 90 s (the less, the stronger), down for 5 to 40 s, and so on."""

    def breaks(self) -> Iterator[tuple[int, int]]:
        now = self.case.start
        while True:
            begin = now + int(self.rng.uniform(20_000, 90_000) / abs(self.case.strength))
            now = begin + int(self.rng.uniform(5_000, 40_000))
            if now >= self.case.end:
                return
            yield begin, now


class ReconnectStorm(Breaks):
    """The broker was restarted: all are gone at once, and each needs a few attempts to come back and stay."""

    def breaks(self) -> Iterator[tuple[int, int]]:
        attempts = 1 + int(self.rng.poisson(3.0 * abs(self.case.strength)))
        edges = np.unique(self.rng.integers(1, self.case.end - self.case.start, 2 * attempts - 1))
        edges = self.case.start + np.concatenate(([0], edges[: len(edges) - (len(edges) + 1) % 2]))
        yield from zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
