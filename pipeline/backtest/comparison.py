"""Incidents of the store, of the thresholds as configured, and of the changed ones, side by side.

Two are the same incident if they are of the same kind, place and cause and hold at the same time, or
at most APART one after the other. Where several could be, the earliest are paired with the earliest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pipeline.offline.reported import Incident
from telemetry.batch import NOT_ENDED

APART: Final = 600_000
"""ms."""
_FOREVER: Final = 2**62

Verdict = Literal["same", "earlier", "later", "severity", "new", "gone", "stored"]
"""What the change does. severity: only that differs; stored: neither run raises what was raised then."""

Pair = tuple[Incident | None, Incident | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One incident; None where it was not raised. Without changed thresholds the run as configured is
    compared with what is stored."""

    stored: Incident | None
    configured: Incident | None
    changed: Incident | None
    verdict: Verdict

    @property
    def incident(self) -> Incident:
        """What stands for it: as changed, else as configured, else as stored."""
        found = self.changed or self.configured or self.stored
        assert found is not None
        return found

    @property
    def opened(self) -> int:
        return min(each.opened for each in (self.stored, self.configured, self.changed) if each is not None)

    def any_within(self, begin: int, end: int) -> bool:
        """Whether it opened then, by any of the three."""
        return any(begin <= each.opened < end for each in (self.stored, self.configured, self.changed) if each)


def compare(
    stored: Sequence[Incident], configured: Sequence[Incident], changed: Sequence[Incident] | None
) -> list[Row]:
    """All of them in rows, by opening. changed: None where nothing was changed."""
    if changed is None:
        rows = [
            Row(was, now, None, _verdict(was, now) if was is None or now is not None else "stored")
            for was, now in pairs(stored, configured)
        ]
        return sorted(rows, key=_order)
    both = pairs(configured, changed)
    beside = {id(now): was for was, now in pairs(stored, [now for now, _ in both if now]) if was and now}
    rest = [was for was in stored if all(was is not found for found in beside.values())]
    only = pairs(rest, [then for now, then in both if now is None and then])
    beside |= {id(then): was for was, then in only if was and then}
    rows = [Row(beside.get(id(now or then)), now, then, _verdict(now, then)) for now, then in both]
    rows += [Row(was, None, None, "stored") for was, then in only if was is not None and then is None]
    return sorted(rows, key=_order)


def pairs(before: Iterable[Incident], after: Iterable[Incident]) -> list[Pair]:
    """Each incident once, beside the one of the other side that is the same."""
    found: list[Pair] = []
    ids = {each.id: each for each in after}
    left: dict[tuple[str, ...], tuple[list[Incident], list[Incident]]] = defaultdict(lambda: ([], []))
    for each in before:
        same = ids.pop(each.id, None)
        if same is not None:
            found.append((each, same))
        else:
            left[_key(each)][0].append(each)
    for each in ids.values():
        left[_key(each)][1].append(each)
    for olds, news in left.values():
        found += _paired(sorted(olds, key=_opening), sorted(news, key=_opening))
    return found


def _paired(olds: list[Incident], news: list[Incident]) -> list[Pair]:
    found: list[Pair] = []
    waiting = list(news)
    for old in olds:
        same = next((new for new in waiting if _meet(old, new)), None)
        if same is not None:
            waiting.remove(same)
        found.append((old, same))
    return found + [(None, new) for new in waiting]


def _meet(one: Incident, other: Incident) -> bool:
    if one.cause is not None and other.cause is not None and one.cause != other.cause:
        return False
    return one.opened <= _end(other) + APART and other.opened <= _end(one) + APART


def _verdict(before: Incident | None, after: Incident | None) -> Verdict:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if after.opened != before.opened:
        return "earlier" if after.opened < before.opened else "later"
    return "same" if after.severity == before.severity else "severity"


def _end(incident: Incident) -> int:
    return _FOREVER if incident.ended == NOT_ENDED else incident.ended


def _key(incident: Incident) -> tuple[str, ...]:
    return incident.kind, incident.city, incident.domain, incident.zone


def _opening(incident: Incident) -> tuple[int, str]:
    return incident.opened, incident.id


def _order(row: Row) -> tuple[int, str]:
    return row.opened, row.incident.id
