"""What a decoder of somebody else's format gets and gives.

    Message ──▶ Decoder.decode ──▶ Decoded ──▶ ingest/mapping: whose series is it, in which unit

A decoder knows its standard and nothing of nadi's cities, domains and units. It resolves names,
times and units as the standard says; what that is called here is the mapping's business. It keeps
no state but what its `Memory` holds, for a decoder must go on after a restart where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

Reading = tuple[str, str, float, str | None, int | None]
"""sensor, quantity, value, unit, time (ms UTC). Nested keys are joined by dots in `quantity`. unit: as
written, None where the format names none. time: None where the message has none, which means the time of
arrival. A plain tuple: a named one takes three times as long to make."""

MAX_DEPTH: Final = 32
"""Levels of nesting that a decoder follows; deeper is refused as `schema`."""
MAX_READINGS: Final = 100_000
"""Of one message; more are refused as `too_large`."""


class Message(NamedTuple):
    """One MQTT message, unpacked."""

    topic: str
    payload: bytes
    arrival: int
    """ms UTC."""
    content_type: str | None = None
    """MQTT 5's, where it is set."""
    retained: bool = False


class Refused(NamedTuple):
    """A message, or one record of it, that can't be taken."""

    reason: str
    """One word of the contract: json, schema, time, not_finite, unit, topic, too_large."""
    detail: str
    """What is wrong, where, and what is allowed."""


class Presence(NamedTuple):
    """A gateway (edge node, device) came or went, by its birth, death, last will or availability topic."""

    gateway: str
    online: bool
    device: str | None = None
    """Where only one device behind the gateway came or went."""


class Request(NamedTuple):
    """What the standard asks a host to publish, as Sparkplug's rebirth."""

    topic: str
    payload: bytes


@dataclass(slots=True)
class Decoded:
    """What was in one message. Legal messages may hold nothing at all (a join, an acknowledgement)."""

    readings: list[Reading] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    gateway: str | None = None
    """Through which it came, where the format says."""
    labels: dict[str, str] = field(default_factory=dict)
    """What else says where the sensors stand (application, group, site), for the mapping's rules. Read only: a
    decoder may give the same ones again."""
    presence: list[Presence] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def refuse(self, reason: str, detail: str) -> None:
        self.refused.append(Refused(reason, detail))


class Memory(Protocol):
    """Small facts that outlive the process, such as Sparkplug's aliases. Keys are a decoder's own."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes | None) -> None:
        """None forgets. Durable before the message that brought it is acknowledged."""
        ...


class Decoder(Protocol):
    """Reads one format. Never raises for a payload, whatever it holds; time and memory are linear in its size."""

    def decode(self, message: Message) -> Decoded: ...
