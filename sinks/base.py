"""The contract of a sink: encode, then write. Retrying, splitting and the cursor are the
delivery runner's (`pipeline/delivery/runner.py`). Every outcome of a write has a name and a fate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from telemetry.batch import Anomalies, Columns, IncidentEvents, Incidents, Indicators, Readings, Windows


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one or more derived entries yield for a sink, in log order."""

    readings: Readings
    windows: tuple[Windows, ...] = ()
    anomalies: tuple[Anomalies, ...] = ()
    incidents: tuple[Incidents, ...] = ()
    incident_events: tuple[IncidentEvents, ...] = ()
    indicators: tuple[Indicators, ...] = ()

    @property
    def points(self) -> int:
        return len(self.readings) + sum(map(len, self.others))

    @property
    def others(self) -> tuple[Columns, ...]:
        """All batches but the readings."""
        return (*self.windows, *self.anomalies, *self.incidents, *self.incident_events, *self.indicators)


class Payload(Protocol):
    """An encoded piece of a delivery that is written in one request."""

    @property
    def points(self) -> int: ...

    @property
    def readings(self) -> int:
        """How many of the points are raw readings."""
        ...

    def split(self) -> tuple[Payload, Payload]:
        """Two halves, in order; only called when points > 1."""
        ...

    def text(self) -> str:
        """For the quarantine, when a single point is refused."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """All points are in the store."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The store read the payload and refuses something in it: bisect, quarantine, go on.

    dropped: how many points were left out, where the store says so and wrote all the others.
    """

    reason: str
    dropped: int | None = None


@dataclass(frozen=True, slots=True)
class Oversized:
    """Too large in one piece: split."""


@dataclass(frozen=True, slots=True)
class Throttled:
    """The store asks to wait (seconds)."""

    retry_after: float | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Not there, timed out, or failing: retry with back-off."""

    reason: str


@dataclass(frozen=True, slots=True)
class Denied:
    """Credentials or the database's name are wrong: say so once, clearly; retry slowly."""

    reason: str


Outcome = Written | Refused | Oversized | Throttled | Unreachable | Denied


class Sink(Protocol):
    name: str

    async def open(self) -> None:
        """Make what writing needs (a client session); no network needed to succeed."""
        ...

    def encode(self, delivery: Delivery) -> Sequence[Payload]:
        """Pieces in the order in which they must be written."""
        ...

    async def write(self, payload: Payload) -> Outcome:
        """One attempt; never raises for what the store does."""
        ...

    async def close(self) -> None: ...
