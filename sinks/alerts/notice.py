"""What a channel is told."""

from __future__ import annotations

from typing import Literal

import msgspec

Event = Literal["opened", "raised", "escalated", "reminded", "acknowledged", "returned", "put-aside", "closed", "test"]
"""raised: it has become graver, is back, or asks anew for who had acknowledged it. escalated: nobody has acknowledged
for so long. put-aside: shelved, out of service, or held back in a flood of alarms. returned: the condition is over, but
nobody has acknowledged."""

OVER: frozenset[Event] = frozenset({"closed", "put-aside"})
"""After these a channel shows the incident no more, unless it is opened again."""


class Reference(msgspec.Struct, frozen=True):
    """An earlier notice of the same incident on the same channel."""

    id: str
    time: int


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told of one incident. Times in ms UTC.

    id: the same however often it is sent, so that a receiver can leave repeats out.
    """

    id: str
    event: Event
    time: int
    incident: str
    city: str
    domain: str
    zone: str
    kind: str
    cause: str
    severity: str
    state: str
    value: float
    members: int
    reason: str
    opened: int
    ended: int | None
    first: Reference | None = None
    """The first notice of this incident; None where this is it."""
    previous: Reference | None = None

    @property
    def merged(self) -> bool:
        """Closed, but not over: it goes on as part of another incident, which `reason` names."""
        return self.event == "closed" and self.state == "merged"
