"""What the log holds. Inputs are appended by ingest, derived entries by the processors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from telemetry.batch import Anomalies, IncidentEvents, Incidents, Indicators, Readings, Sequences, UInt32, Windows
from telemetry.series import Declaration


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message, or one reading of it, that was refused; kept raw."""

    arrival: int
    topic: str
    payload: bytes
    reason: str
    """One word of the contract: json, schema, time, future, not_finite, unit, topic, too_large, series_limit, rate."""
    detail: str
    gateway: int = -1
    readings: int = 1
    """How many readings are refused by this (an unreadable message is one)."""


class GatewayState(NamedTuple):
    """What a gateway, or its last will, said of itself on its status topic; or what other formats say of one, or of
    one device, whose name then stands in the gateway's place."""

    city: str
    gateway: str
    online: bool


@dataclass(frozen=True, slots=True)
class ReadingsEntry:
    """What one commit takes in: readings, the names they use first, counters, refusals, gateways' states."""

    readings: Readings
    declared: tuple[Declaration, ...] = ()
    sequences: Sequences = field(default_factory=Sequences.empty)
    refusals: tuple[Refusal, ...] = ()
    messages: int = 0
    gateways: tuple[GatewayState, ...] = ()


@dataclass(frozen=True, slots=True)
class TickEntry:
    """Time passing, once a second: drives whatever depends on silence."""

    time: int
    connected_since: int
    """When the present MQTT session began to deliver (ms); 0 while not connected. Silence of
    devices is measured from here at the earliest, for before it nothing could arrive."""
    declared: tuple[Declaration, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """What an operator decided about an incident. It takes effect with the next tick."""

    time: int
    """ms, when nadi was told."""
    incident: str
    command: str
    """acknowledge, shelve, unshelve, comment, out-of-service, in-service."""
    by: str
    """Who: a signed-in user, or "local"."""
    reason: str = ""
    until: int = 0
    """When a shelf ends, ms."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The results of processing inputs up to `covers` (a Position), beyond the previous
    derived entry's `covers`.

    flags: final flags of all readings covered, in log order; None where they are as they
    came. counts: small named totals (JSON) that must be counted exactly once.
    after: the previous derived entry's `covers`. stored: distinct readings stored since the books
    began, these included. Both -1 where they are not known.
    """

    covers: int
    flags: UInt32 | None = None
    windows: tuple[Windows, ...] = ()
    anomalies: Anomalies | None = None
    counts: dict[str, int] = field(default_factory=dict)
    snapshot: str | None = None
    incidents: Incidents | None = None
    incident_events: IncidentEvents | None = None
    after: int = -1
    stored: int = -1
    indicators: Indicators | None = None


Input = ReadingsEntry | TickEntry | CommandEntry
Entry = Input | Derived
