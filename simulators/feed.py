"""What a running scenario yields, step by step: the seam between models, faults and whoever sends.

    for step in scenario_feed:            # one step per sampling interval of the city's clock
        step.samples                      # what devices say, after sensor faults and gateway faults
        step.states                       # gateways that came or went
        step.raw                          # payloads as they are: malformed ones, leftovers

The MQTT publisher turns a step into messages; the offline path turns it into `Readings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.base import Fleet

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Samples:
    """Messages of one fleet, a row each, in the order in which they reach the broker.

    device: row in the fleet; time: the device's own word for when it measured, ms; arrival: when the
    message reaches the broker, ms; values: float64[rows, quantities], NaN: not in the message.
    """

    fleet: Fleet
    device: Int32
    time: Int64
    arrival: Int64
    values: Float64

    def __len__(self) -> int:
        return len(self.device)


@dataclass(frozen=True, slots=True)
class GatewayState:
    """A gateway's retained status changes. clean: it says goodbye itself; else its last will speaks."""

    city: str
    gateway: str
    online: bool
    arrival: int
    clean: bool = False


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A payload sent as it is, whatever it holds. gateway: whose connection carries it."""

    gateway: str
    topic: str
    payload: bytes
    arrival: int
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """All that reaches the broker after the step before, up to `now` (ms)."""

    now: int
    samples: list[Samples] = field(default_factory=list)
    states: list[GatewayState] = field(default_factory=list)
    raw: list[RawMessage] = field(default_factory=list)


def join(parts: Sequence[Samples]) -> Samples:
    """Samples of one fleet as one, by arrival; what arrives together keeps its order."""
    arrival = np.concatenate([part.arrival for part in parts])
    joined = Samples(
        parts[0].fleet,
        np.concatenate([part.device for part in parts]),
        np.concatenate([part.time for part in parts]),
        arrival,
        np.concatenate([part.values for part in parts]),
    )
    if (arrival[1:] >= arrival[:-1]).all():
        return joined
    return take(joined, np.argsort(arrival, kind="stable"))


def take(samples: Samples, rows: NDArray[Any] | slice) -> Samples:
    """Some of its rows: by index, mask or slice."""
    return Samples(samples.fleet, samples.device[rows], samples.time[rows], samples.arrival[rows], samples.values[rows])
