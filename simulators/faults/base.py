"""What a fault is: a change of the messages of its devices, from its start to its end.

    fault = Drift(case, seed=(1, 13, 0))
    fault.bind(fleet)                         # whether any of the fleet's devices suffers
    samples = fault.apply(samples, raw)       # others' rows stay as they are, bit for bit

A fault reckons by `Samples.arrival`, the one clock that sensors' faults leave alone. Faults are
applied by `stage`, so that a wrong clock stamps a wrong value, and an outage delays both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from simulators.base import Fleet, Quantity
from simulators.feed import Float64, GatewayState, RawMessage, Samples

Bool = NDArray[np.bool_]
Rows = NDArray[np.intp]
VALUE, LOSS, CLOCK, GATEWAY, REPEAT, DELAY = range(6)
"""Stages."""


@dataclass(frozen=True, slots=True)
class Case:
    """One occurrence. Times ms UTC of the city's clock; strength 1 is a typical one.

    quantity: the one that suffers, if a fault is about one; None: the fleet's first that is no counter.
    gateways: of a gateway's fault, and then `devices` are those that they speak for.
    """

    kind: str
    city: str
    domain: str
    zone: str
    devices: tuple[str, ...]
    start: int
    end: int
    strength: float = 1.0
    quantity: str | None = None
    gateways: tuple[str, ...] = ()


class Fault(ABC):
    """seed: of its own random numbers."""

    stage: ClassVar[int]

    def __init__(self, case: Case, seed: tuple[int, ...]) -> None:
        self.case = case
        self.rng = np.random.default_rng(seed)
        self._here: dict[Fleet, Bool] = {}

    def bind(self, fleet: Fleet) -> bool:
        """Learn which of a fleet's devices are meant; whether there are any."""
        devices, gateways = frozenset(self.case.devices), frozenset(self.case.gateways)
        here = np.array(
            [
                place.city == self.case.city and place.device in devices and (not gateways or place.gateway in gateways)
                for place in fleet.places
            ],
            np.bool_,
        )
        if here.any():
            self._here[fleet] = here
        return bool(here.any())

    def apply(self, samples: Samples, raw: list[RawMessage]) -> Samples:
        """The messages as the fault leaves them. raw: takes messages that are no samples any more."""
        rows = self._rows(samples)
        return self.change(samples, rows, raw) if len(rows) else samples

    def _rows(self, samples: Samples) -> Rows:
        during = (samples.arrival >= self.case.start) & (samples.arrival < self.case.end)
        if not during.any():
            return np.zeros(0, np.intp)
        return np.flatnonzero(during & self._here[samples.fleet][samples.device])

    @abstractmethod
    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        """Samples with its `rows` (at least one) changed; the arrays given are not written to."""

    def states(self) -> list[GatewayState]:
        """What becomes of the gateways' states, by arrival."""
        return []

    def outright(self) -> list[RawMessage]:
        """Messages that come of the fault itself, whatever is measured. Asked for once, after every bind."""
        return []


def column_of(fleet: Fleet, quantity: str | None) -> int | None:
    """Which column is meant, None if the fleet does not measure it."""
    for number, one in enumerate(fleet.quantities):
        if one.name == quantity or (quantity is None and not one.counter):
            return number
    return None


def span(fleet: Fleet, quantity: Quantity) -> Float64:
    """float64[devices]: how wide the usual values of a quantity lie. By this, strengths compare over quantities."""
    low = np.where(np.isnan(quantity.low), quantity.min, quantity.low)
    high = np.where(np.isnan(quantity.high), quantity.max, quantity.high)
    return np.asarray(np.broadcast_to(high - low, len(fleet)), np.float64)
