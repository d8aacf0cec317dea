"""What is told of which incident: one desk a channel. Plain, synchronous, driven by the log's time.

not told ──opened, escalated──▶ told ──raised, reminded, acknowledged, returned──▶ told
                                 │ ▲
                       put-aside │ │ opened                    closed ──▶ forgotten
                                 ▼ │
                                aside
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import nsmallest
from operator import itemgetter
from types import MappingProxyType
from typing import Final

import msgspec

from sinks.alerts.notice import OVER, Event, Notice, Reference
from sinks.alerts.routing import Route
from telemetry.batch import NOT_ENDED, SEVERITIES, Incidents

FOLLOWED: Final = 10_000
"""Incidents that one channel follows, for a memory must have an end; beyond, some make room (`_rank`)."""
_AT_ONCE: Final = 100
"""Those that make room are chosen so many at a time: to choose is to look at all."""
_ASIDE: Final = frozenset({"shelved", "suppressed", "out-of-service"})
_OVER: Final = frozenset({"closed", "historical", "merged"})
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Followed(msgspec.Struct):
    """An incident as it was last seen, and what has been told of it. Times in ms."""

    incident: str
    city: str
    domain: str
    zone: str
    kind: str
    cause: str = ""
    severity: int = 0
    state: str = ""
    value: float = 0.0
    members: int = 0
    reason: str = ""
    opened: int = 0
    ended: int = NOT_ENDED
    number: int = 0
    """Notices so far."""
    told: Event | None = None
    told_severity: int = -1
    first: Reference | None = None
    last: Reference | None = None
    news: Reference | None = None
    """The last that said something new: a reminder does not."""
    rung: int = 0
    """When last told for its own sake, not for a channel that forgets; 0: in an earlier version, so as `last`."""


class Desk:
    """followed: what an earlier process knew. `changed` and `gone` tell what differs since `settle`; `forgotten` those
    among `gone` that are not over, but had to make room."""

    def __init__(self, channel: str, route: Route, followed: Iterable[Followed] = (), refresh: int = 0) -> None:
        """refresh: ms after which an incident that goes on is told again, for channels that forget; 0: never."""
        self.channel = channel
        self.route = route
        self.refresh = refresh
        self.followed = {each.incident: each for each in followed}
        self.changed: dict[str, Followed] = {}
        self.gone: set[str] = set()
        self.forgotten: set[str] = set()
        self._making_room: list[tuple[tuple[int, int, int], str]] = []

    def settle(self) -> None:
        self.changed, self.gone, self.forgotten = {}, set(), set()

    def take(self, incidents: Incidents, now: int, hosts: Mapping[str, str] = _NONE) -> list[Notice]:
        """The notices that these rows call for. now: ms of the log. hosts: in words, what took in those that were
        merged; the rows only have what they were about."""
        return [notice for row in range(len(incidents)) for notice in self._row(incidents, row, now, hosts)]

    def tick(self, now: int) -> list[Notice]:
        """Those that time alone calls for: escalation, reminders, hours that begin."""
        return [notice for each in list(self.followed.values()) for notice in self._tell(each, now)]

    def _row(self, incidents: Incidents, row: int, now: int, hosts: Mapping[str, str]) -> Iterator[Notice]:
        name = incidents.incident[row]
        severity, state = int(incidents.severity[row]), incidents.state[row]
        each = self.followed.get(name)
        if each is None:
            place = incidents.city[row], incidents.domain[row], incidents.zone[row], incidents.kind[row]
            if state in _OVER or not self.route.takes(place[0], place[1], place[3], severity):
                return
            self._make_room()
            each = self.followed[name] = Followed(name, *place)
        each.cause, each.severity, each.state = incidents.cause[row], severity, state
        each.value, each.members = float(incidents.value[row]), int(incidents.members[row])
        each.opened, each.ended = int(incidents.time[row]), int(incidents.ended[row])
        each.reason = " ".join(filter(None, (incidents.reason[row], hosts.get(name) if state == "merged" else None)))
        self.changed[name] = each
        yield from self._tell(each, now)
        if state in _OVER:
            self._forget(name)

    def _make_room(self) -> None:
        while len(self.followed) >= FOLLOWED:
            if not self._making_room:
                ranked = ((_rank(each), name) for name, each in self.followed.items())
                self._making_room = nsmallest(_AT_ONCE, ranked, key=itemgetter(0))[::-1]
            rank, name = self._making_room.pop()
            # Something may have become of it since it was chosen.
            if (each := self.followed.get(name)) is not None and _rank(each) == rank:
                self._forget(name)
                self.forgotten.add(name)

    def _forget(self, name: str) -> None:
        del self.followed[name]
        self.changed.pop(name, None)
        self.gone.add(name)

    def _tell(self, each: Followed, now: int) -> Iterator[Notice]:
        event = self._due(each, now)
        if event is not None:
            each.rung, each.told_severity = now, each.severity
        elif self._forgotten(each, now):
            event = each.told
        if event is None:
            return
        each.number += 1
        own = Reference(f"{self.channel}-{each.incident}-{each.number}", now)
        yield self._notice(each, event, own)
        each.told = event
        each.first, each.last = each.first or own, own
        if event != "reminded":
            each.news = own
        self.changed[each.incident] = each

    def _due(self, each: Followed, now: int) -> Event | None:
        """What is to be told of it at `now`, if anything."""
        if each.told is None or each.told in OVER:
            return self._first(each, now)
        if each.state in _OVER:
            return "closed"
        if each.state in _ASIDE:
            return "put-aside"
        if each.state in ("acknowledged", "returned"):
            if each.told == each.state or each.told == "acknowledged":
                return None
            return "acknowledged" if each.state == "acknowledged" else "returned"
        if not self.route.open_at(now):
            return None
        if each.severity > each.told_severity or each.told in ("returned", "acknowledged"):
            return "raised"
        assert each.last is not None
        since = now - (each.rung or each.last.time)
        return "reminded" if self.route.repeat and since >= self.route.repeat else None

    def _first(self, each: Followed, now: int) -> Event | None:
        if each.state != "unacknowledged" or now - each.opened < self.route.after or not self.route.open_at(now):
            return None
        return "escalated" if self.route.after else "opened"

    def _forgotten(self, each: Followed, now: int) -> bool:
        """Whether the channel would soon take it for over. At any hour: this rings nobody."""
        if not self.refresh or each.last is None or each.told in OVER:
            return False
        return now - each.last.time >= self.refresh

    def _notice(self, each: Followed, event: Event, own: Reference) -> Notice:
        return Notice(
            id=own.id,
            event=event,
            time=own.time,
            incident=each.incident,
            city=each.city,
            domain=each.domain,
            zone=each.zone,
            kind=each.kind,
            cause=each.cause,
            severity=SEVERITIES[each.severity],
            state=each.state,
            value=each.value,
            members=each.members,
            reason=each.reason,
            opened=each.opened,
            ended=None if each.ended == NOT_ENDED else each.ended,
            first=each.first,
            previous=each.news,
        )


def _rank(each: Followed) -> tuple[int, int, int]:
    """Whom to forget first: what the channel does not show, then what is over or somebody's already, then what is least
    grave; of these the oldest."""
    if each.told in OVER or (each.told is None and each.state in _ASIDE):
        kept = 0
    else:
        kept = 1 if each.state in ("acknowledged", "returned") else 2
    return kept, each.severity, each.opened
