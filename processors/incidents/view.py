"""Incidents as operators see them: plain values, ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from processors.incidents.memory import Remembered
from processors.incidents.model import NEVER, SYSTEM, Incident
from processors.incidents.register import Register
from processors.kinds import KINDS
from processors.signals import NOBODY
from processors.translation import in_both
from telemetry.batch import NOT_ENDED, SEVERITIES
from telemetry.series import SeriesTable

SHOWN_MEMBERS: Final = 50
STALE_MS: Final = 86_400_000
"""An alarm that stands for so long tells nobody anything (EEMUA 191)."""
_ASKING: Final = ("unacknowledged", "acknowledged")
_OVER: Final = ("closed", "historical", "merged")


def listing(register: Register, table: SeriesTable, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` of those that operators have been told of and that are not forgotten: what goes on
    first, the gravest and newest of it at the top; then what is over."""
    told = [incident for incident in register.known.incidents.values() if incident.told]
    told.sort(key=lambda each: (each.phase in _OVER, each.ended != NOT_ENDED, -each.severity, -each.opened, each.id))
    return [_view(incident, register, table) for incident in told[:limit]]


def marks(known: Remembered) -> dict[str, tuple[object, ...]]:
    """By id of those that operators have been told of: what differs whenever `listing` would tell another story."""
    return {
        incident.id: (
            *(incident.updated, incident.ended, incident.severity, known.state_of(incident), incident.reason),
            *(len(incident.events), len(incident.evidence), len(incident.members), incident.more),
        )
        for incident in known.incidents.values()
        if incident.told
    }


def some(register: Register, table: SeriesTable, ids: Iterable[str]) -> list[dict[str, Any]]:
    """Incidents by their ids, as in `listing`; those that are forgotten are left out."""
    known = register.known.incidents
    return [_view(known[each], register, table) for each in ids if each in known and known[each].told]


def open_counts(known: Remembered) -> dict[tuple[str, str], int]:
    """How many have not ended, by domain and severity."""
    counts: dict[tuple[str, str], int] = {}
    for incident in known.incidents.values():
        if incident.told and incident.ended == NOT_ENDED:
            key = incident.place[1], SEVERITIES[incident.severity]
            counts[key] = counts.get(key, 0) + 1
    return counts


def tally(known: Remembered) -> dict[tuple[str, str, str], int]:
    """How many operators have been told of and are not over, by domain, severity and state."""
    counts: dict[tuple[str, str, str], int] = {}
    for incident in known.incidents.values():
        if incident.told and incident.phase not in _OVER:
            key = incident.place[1], SEVERITIES[incident.severity], known.state_of(incident)
            counts[key] = counts.get(key, 0) + 1
    return counts


def standing(known: Remembered, now: int) -> dict[str, tuple[int, int]]:
    """By city: incidents that have not ended and that nobody has put away, and those of them that opened STALE_MS ago
    or earlier."""
    counts: dict[str, tuple[int, int]] = {}
    for incident in known.incidents.values():
        if incident.told and incident.ended == NOT_ENDED and known.state_of(incident) in _ASKING:
            all_, stale = counts.get(incident.place[0], (0, 0))
            counts[incident.place[0]] = all_ + 1, stale + (now - incident.opened >= STALE_MS)
    return counts


def _view(incident: Incident, register: Register, table: SeriesTable) -> dict[str, Any]:
    city, domain, zone = incident.place
    shelf = register.known.shelf_of(incident)
    return {
        "id": incident.id,
        "kind": incident.kind,
        "city": city,
        "domain": domain,
        "zone": zone,
        "cause": incident.cause,
        "state": register.known.state_of(incident),
        "severity": SEVERITIES[incident.severity],
        "life_safety": KINDS[incident.kind].life_safety,
        "since": incident.opened,
        "updated": incident.updated,
        "ended": incident.ended if incident.ended != NOT_ENDED else None,
        "value": incident.value if math.isfinite(incident.value) else None,
        **in_both(register.reason(incident)),
        "member_count": len(incident.members) + incident.more,
        "members": [_member(series, table) for series in list(incident.members)[:SHOWN_MEMBERS]],
        "evidence": [
            {
                "kind": each.kind,
                "since": each.time,
                **in_both(each.reason),
                **(_member(each.member, table) if each.member != NOBODY else {}),
            }
            for each in incident.evidence
        ],
        "shelf": None
        if shelf is None
        else {"until": shelf.until if shelf.until != NEVER else None, "by": shelf.by, "reason": shelf.reason},
        "events": [
            event._asdict() | (in_both(event.reason) if event.by == SYSTEM else {}) for event in incident.events
        ],
    }


def _member(series: int, table: SeriesTable) -> dict[str, Any]:
    identity = table.identities[series] if 0 <= series < len(table) else None
    if identity is None:
        return {"city": "", "domain": "", "zone": "", "device": f"#{series}", "quantity": ""}
    return identity._asdict()
