"""What incidents are made of. Plain structures, so that a snapshot is their encoding.

signals ──▶ Condition (one member) ──▶ Case (kind, place, cause) ──▶ Incident, at most one open
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, Literal, NamedTuple

import msgspec

from processors.kinds import KINDS
from processors.signals import Place
from telemetry.batch import NOT_ENDED

NEVER: Final = 2**62
SYSTEM: Final = "nadi"
"""Who did what no person did."""

Phase = Literal["open", "returned", "closed", "historical", "merged"]
Key = tuple[str, Place, str]
"""Kind, place, cause."""


class Condition(msgspec.Struct):
    """What one member shows. Event times in ms; heard: log time of its latest signal."""

    member: int
    active: bool
    since: int
    changed: int
    heard: int
    ended: int
    severity: int
    value: float
    score: float
    reason: str
    floor: int = 0
    """It counts from here on, ms: before this it is evidence of another incident, or what that one left behind."""
    last: int = 0
    """Log time at which its member was last heard, ms; as of the snapshot."""
    lost: bool = False
    """It ended because its member fell silent: it may hold still."""
    again: int = 0
    """Log time at which the member was heard again after that, ms."""

    @property
    def begun(self) -> int:
        """The event time from which it counts, ms."""
        return max(self.since, self.floor)


class Case(msgspec.Struct):
    """All conditions of one kind, place and cause."""

    kind: str
    place: Place
    cause: str
    conditions: dict[int, Condition] = {}
    active: int = 0
    """How many conditions hold."""
    incident: str = ""
    """The id of its open incident."""
    host: str = ""
    """The id of the incident that it is evidence of."""
    due: int = NEVER
    """Log time when it must be looked at again, ms."""

    @property
    def key(self) -> Key:
        return self.kind, self.place, self.cause


class Shelf(msgspec.Struct):
    """Put away by an operator. until: ms; NEVER for what is out of service."""

    key: Key
    until: int
    by: str
    reason: str
    since: int = 0
    """When it was put away, ms; 0 where an earlier version did."""
    incident: str = ""
    """The id of the incident with which it was put away: its name, also when that one is long forgotten."""

    @property
    def state(self) -> str:
        return "out-of-service" if self.until == NEVER else "shelved"


class Evidence(msgspec.Struct):
    kind: str
    member: int
    time: int
    reason: str


class Happening(NamedTuple):
    """One event in an incident's life."""

    time: int
    event: str
    state: str
    by: str
    reason: str


class Incident(msgspec.Struct):
    """Times in ms. opened: event time; time: the same, made unique for its tags."""

    id: str
    kind: str
    place: Place
    cause: str
    opened: int
    time: int
    severity: int
    value: float
    reason: str
    updated: int = 0
    ended: int = NOT_ENDED
    phase: Phase = "open"
    told: bool = False
    """Operators have been told of it."""
    acknowledged: bool = False
    paged: int = 0
    """Log time of the latest page, ms; 0 for none yet."""
    suppressed: bool = False
    members: dict[int, None] = {}
    """Series that showed it at any time; of an incident that is over, the first MOST_MEMBERS."""
    more: int = 0
    """Members beyond those named."""
    evidence: list[Evidence] = []
    events: list[Happening] = []

    @property
    def key(self) -> Key:
        return self.kind, self.place, self.cause

    def state(self, shelf: Shelf | None) -> str:
        """One of INCIDENT_STATES."""
        if self.phase in ("closed", "historical", "merged"):
            return self.phase
        if shelf is not None:
            return shelf.state
        if self.suppressed:
            return "suppressed"
        if self.acknowledged:
            return "acknowledged"
        # Latched: it stays what it is until somebody has seen it.
        return "returned" if self.phase == "returned" and not KINDS[self.kind].latched else "unacknowledged"


def identify(key: Key, opened: int) -> str:
    """The same for the same kind, place, cause and time, whoever computes it again."""
    kind, place, cause = key
    digest = blake2b("\0".join((kind, *place, cause, str(opened))).encode(), digest_size=6).hexdigest()
    return f"{kind}-{digest}"
