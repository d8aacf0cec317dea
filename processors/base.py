"""The contract of a processor: plain synchronous code over batches, no clock but ticks.

The pipeline calls `process` with batches in log order and `tick` about once a second of log
time. How the log is cut into batches must not change the final results (the last row per
key), and the input arrays are never changed. Every processor passes the suite in
`tests/processors/conformance.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from journal.entries import TickEntry
from processors.signals import Signal
from telemetry.batch import Anomalies, IncidentEvents, Incidents, Indicators, Readings, Windows

State = dict[str, "np.ndarray[Any, Any]"]
"""A snapshot: named arrays (any dtype but object), safe to write out from another thread:
copies, or arrays that are never changed again."""


@dataclass(slots=True)
class Outputs:
    """Collects what the processors find in one round."""

    windows: list[Windows] = field(default_factory=list)
    anomalies: list[Anomalies] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    incidents: list[Incidents] = field(default_factory=list)
    incident_events: list[IncidentEvents] = field(default_factory=list)
    indicators: list[Indicators] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, number: int) -> None:
        if number:
            self.counts[name] = self.counts.get(name, 0) + int(number)


class Processor(Protocol):
    name: str

    def process(self, readings: Readings, out: Outputs) -> Readings:
        """Take a batch; return it (flags may be added); append results to `out`."""
        ...

    def tick(self, tick: TickEntry, out: Outputs) -> None: ...

    def snapshot(self) -> State: ...

    def restore(self, state: State) -> None:
        """Take a snapshot back, bit for bit; only ever called on a new instance."""
        ...


@runtime_checkable
class Piecewise(Protocol):
    """A processor with so much state that its snapshot is written a piece at a time, never copied as a whole."""

    def pieces(self) -> Iterator[State]:
        """Its snapshot, each array in one of them. Not to be kept: the arrays may change with the next call."""
        ...
