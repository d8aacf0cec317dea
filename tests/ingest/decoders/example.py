"""One published example of a format: what goes in, and what must come out.

The lists in `examples/` are tests and documentation at once: docs/formats is generated from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ingest.decoders.base import Message, Reading
from ingest.decoders.table import Options

ARRIVAL: Final = 1_763_769_600_000
"""2025-11-22T00:00:00Z, when messages of examples arrive unless they say otherwise."""


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    source: str
    """Where it is published: document, section, and that it is made up where it is."""
    messages: tuple[tuple[str, bytes], ...]
    """Topic and payload, in order; one decoder reads them all."""
    readings: tuple[Reading, ...] = ()
    """Of all messages, in order."""
    refused: tuple[str, ...] = ()
    """The reasons, in order."""
    arrival: int = ARRIVAL
    """ms UTC."""
    note: str = ""
    """What to see in it, for the page."""
    options: Options = field(default_factory=Options)

    def delivered(self) -> list[Message]:
        return [Message(topic, payload, self.arrival) for topic, payload in self.messages]
