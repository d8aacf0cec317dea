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
MAX_TOPIC: Final = 1024
"""Characters; messages on longer ones are refused as `topic` before they are decoded."""
MAX_NAME: Final = 2048
"""Characters of a sensor's or a quantity's name; a longer one is refused as `schema`, its neighbours are kept."""
BOOLEAN: Final = "boolean"
"""Stands in place of the unit of true and false, for the mapping: they are of no physical quantity."""


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
    booleans: list[int] = field(default_factory=list)
    """Which of `readings` were true or false and are 1 or 0 now, by their places in it."""
    effort: int = 0
    """What reading it took, in objects looked at (`ingest/effort.py`), where that may be more than is found here."""
    packed: bool = False
    """It was packed in a way of the format's own."""

    def marked(self) -> list[Reading]:
        """The readings as the mapping takes them: what was true or false has BOOLEAN for its unit."""
        if not self.booleans:
            return self.readings
        marked = list(self.readings)
        for at in self.booleans:
            sensor, quantity, value, _, time = marked[at]
            marked[at] = (sensor, quantity, value, BOOLEAN, time)
        return marked

    def refuse(self, reason: str, detail: str) -> None:
        self.refused.append(Refused(reason, detail))


class Memory(Protocol):
    """Small facts that outlive the process, such as Sparkplug's aliases. Keys are a decoder's own."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes | None) -> None:
        """None forgets. Durable before the message that brought it is acknowledged."""
        ...


def too_long(topic: str) -> str | None:
    """What to say of a topic that is too long; None for any other."""
    if len(topic) <= MAX_TOPIC:
        return None
    return f"{topic[:60]!r}…: a topic of {len(topic)} characters; at most {MAX_TOPIC} are read"


class Decoder(Protocol):
    """Reads one format. Never raises for a payload, whatever it holds; time and memory are linear in its size."""

    def decode(self, message: Message) -> Decoded: ...
