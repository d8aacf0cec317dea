"""Made-up truth and reports, in minutes from a round hour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from simulators.incidents import KINDS
from simulators.scoring.figures import Figures, figures
from simulators.scoring.matching import Matching, Span, match
from simulators.scoring.report import Report
from simulators.truth import Truth

T0 = 1_763_769_600_000
DAY = Span(T0, T0 + 86_400_000, 1000)
_numbers = count()


def at(minute: float) -> int:
    return T0 + int(minute * 60_000)


def event(kind: str = "burst-main", start: float = 60, end: float = 90, zone: str = "Genteng", **more: Any) -> Truth:
    """By default it should be told of, within 15 minutes."""
    told: dict[str, Any] = {
        "domain": KINDS[kind].domain if kind in KINDS else "water",
        "city": "3578",
        "devices": (),
        "severity": "critical",
        "tell": True,
        "by": at(start + 15),
    }
    return Truth(kind=kind, zone=zone, start=at(start), end=at(end), **(told | more))


def fault(start: float = 60, end: float = 90, zone: str = "Genteng", **more: Any) -> Truth:
    return event("stuck", start, end, zone, **({"category": "fault"} | more))


def report(
    kind: str | None = "burst", opened: float = 61, ended: float | None = 95, zone: str = "Genteng", **more: Any
) -> Report:
    told: dict[str, Any] = {"domain": "water", "city": "3578"}
    return Report(
        id=f"r{next(_numbers)}",
        kind=kind,
        zone=zone,
        opened=at(opened),
        ended=None if ended is None else at(ended),
        **(told | more),
    )


def matched(truth: Sequence[Truth], reports: Sequence[Report], span: Span = DAY) -> Matching:
    return match(truth, reports, span)


def scored(truth: Sequence[Truth], reports: Sequence[Report], span: Span = DAY) -> Figures:
    return figures([match(truth, reports, span)])


def verdicts(truth: Sequence[Truth], reports: Sequence[Report]) -> list[str]:
    return [judged.verdict.value for judged in match(truth, reports, DAY).judged]
