"""The figures of a score, of one run or of several pooled: days, events and delays are added up.

Shares are 0 to 1, delays are in s; None where there is nothing to divide by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from simulators.scoring.answers import RIVER
from simulators.scoring.matching import SLACK, Matching, Outcome, Verdict

FLOOD_COUNT: Final = 10
FLOOD_TIME: Final = 600_000
"""More than ten incidents in ten minutes are a flood of alarms (ANSI/ISA-18.2, EEMUA 191)."""

_RIGHT: Final = frozenset({Verdict.answer, Verdict.consequence, Verdict.fault})
_WRONG: Final = frozenset({Verdict.false, Verdict.misread})


class EventFigures(msgspec.Struct, frozen=True):
    """Of one kind of event (or fault). events: those that an operator should be told of."""

    events: int
    recalled: int
    late: int
    """Recalled, but after the truth's `by`."""
    recall: float | None
    delay_p50: float | None
    delay_p90: float | None
    incidents_per_event: float | None


class IncidentFigures(msgspec.Struct, frozen=True):
    """Of one kind of incident, those that page."""

    incidents: int
    right: int
    wrong: int
    precision: float | None


class Figures(msgspec.Struct, frozen=True):
    """See docs/detection.md, "Reading a score"."""

    days: float
    devices: int
    """The most of any run."""
    events: int
    recalled: int
    recall: float | None
    late: int
    delay_p50: float | None
    delay_p90: float | None
    life_events: int
    life_recall: float | None
    incidents: int
    wrong: int
    precision: float | None
    wrong_per_day: float
    wrong_per_day_per_1000: float
    incidents_per_event: float | None
    flood_share: float
    """Of all time."""
    faults: int
    """That operators should be told of."""
    fault_recall: float | None
    faults_noticed: int
    """Faults, whether to be told of or not, that led to any report."""
    faults_as_faults: float | None
    """Share of the noticed ones that were only ever called faults."""
    by_event: dict[str, EventFigures]
    by_incident: dict[str, IncidentFigures]


def figures(runs: Sequence[Matching]) -> Figures:
    """Pool the runs."""
    told = [outcome for run in runs for outcome in run.outcomes if outcome.truth.tell]
    events = [outcome for outcome in told if outcome.truth.category == "event"]
    life = [outcome for outcome in events if outcome.truth.life_safety]
    paging = [judged for run in runs for judged in run.judged if judged.report.told]
    right = sum(judged.verdict in _RIGHT for judged in paging)
    wrong = sum(judged.verdict in _WRONG for judged in paging)
    days = sum(run.span.days for run in runs)
    thousands_days = sum(run.span.days * run.span.devices for run in runs) / 1000
    every_fault = [outcome for run in runs for outcome in run.outcomes if outcome.truth.category == "fault"]
    noticed = [outcome for outcome in every_fault if outcome.answers or outcome.others]
    delays = [outcome.delay for outcome in events if outcome.delay is not None]
    faults = [outcome for outcome in told if outcome.truth.category == "fault"]
    return Figures(
        days=days,
        devices=max((run.span.devices for run in runs), default=0),
        events=len(events),
        recalled=len(delays),
        recall=_share(len(delays), len(events)),
        late=sum(outcome.late for outcome in events),
        delay_p50=_delay(delays, 0.5),
        delay_p90=_delay(delays, 0.9),
        life_events=len(life),
        life_recall=_share(_answered(life), len(life)),
        incidents=right + wrong,
        wrong=wrong,
        precision=_share(right, right + wrong),
        wrong_per_day=wrong / days if days else 0.0,
        wrong_per_day_per_1000=wrong / thousands_days if thousands_days else 0.0,
        incidents_per_event=_incidents_per_event(runs, None),
        flood_share=sum(map(flood_time, runs)) / (86_400_000 * days) if days else 0.0,
        faults=len(faults),
        fault_recall=_share(_answered(faults), len(faults)),
        faults_noticed=len(noticed),
        faults_as_faults=_share(sum(not outcome.others for outcome in noticed), len(noticed)),
        by_event=_by_event(runs, told),
        by_incident=_by_incident(runs),
    )


def flood_time(run: Matching) -> int:
    """ms in which more than FLOOD_COUNT incidents had opened within the FLOOD_TIME before."""
    said = np.array([judged.report.said for judged in run.judged if judged.report.told], np.int64)
    edges = np.concatenate((said, said + FLOOD_TIME))
    change = np.concatenate((np.ones(len(said), np.int64), -np.ones(len(said), np.int64)))
    order = np.argsort(edges, kind="stable")
    edges = np.clip(edges[order], run.span.start, run.span.end)
    flooded = np.cumsum(change[order])[:-1] > FLOOD_COUNT
    return int(np.diff(edges)[flooded].sum())


def _by_event(runs: Sequence[Matching], told: Iterable[Outcome]) -> dict[str, EventFigures]:
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in told:
        kinds[outcome.truth.kind].append(outcome)
    result = {}
    for kind, outcomes in sorted(kinds.items()):
        delays = [outcome.delay for outcome in outcomes if outcome.delay is not None]
        result[kind] = EventFigures(
            events=len(outcomes),
            recalled=len(delays),
            late=sum(outcome.late for outcome in outcomes),
            recall=_share(len(delays), len(outcomes)),
            delay_p50=_delay(delays, 0.5),
            delay_p90=_delay(delays, 0.9),
            incidents_per_event=_incidents_per_event(runs, kind),
        )
    return result


def _by_incident(runs: Sequence[Matching]) -> dict[str, IncidentFigures]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for run in runs:
        for judged in run.judged:
            if judged.report.told and judged.verdict is not Verdict.silent:
                name = judged.report.kind or f"({judged.report.detector or 'no kind'})"
                counts[name][judged.verdict in _WRONG] += 1
    return {
        kind: IncidentFigures(right + wrong, right, wrong, _share(right, right + wrong))
        for kind, (right, wrong) in sorted(counts.items())
    }


def _incidents_per_event(runs: Sequence[Matching], kind: str | None) -> float | None:
    """Incidents about the answered events (of a kind), divided by these. One flood that passes
    several gauges of a river is one event here."""
    incidents = events = 0
    for run in runs:
        answered = [
            outcome
            for outcome in run.outcomes
            if outcome.truth.category == "event" and outcome.answers and kind in (None, outcome.truth.kind)
        ]
        incidents += len({number for outcome in answered for number in (*outcome.answers, *outcome.others)})
        events += _occurrences(answered)
    return incidents / events if events else None


def _occurrences(outcomes: Sequence[Outcome]) -> int:
    """Events, with those that overlap along a river as one. In the order of their starts."""
    number, reach = 0, dict.fromkeys(RIVER, -(2**62))
    for outcome in outcomes:
        kind = outcome.truth.kind
        if kind not in RIVER:
            number += 1
            continue
        number += outcome.truth.start > reach[kind]
        reach[kind] = max(reach[kind], outcome.truth.end + SLACK)
    return number


def _answered(outcomes: Iterable[Outcome]) -> int:
    return sum(outcome.delay is not None for outcome in outcomes)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _delay(delays: Sequence[int], quantile: float) -> float | None:
    """s; linear between the two nearest."""
    return float(np.quantile(np.array(delays, np.float64), quantile)) / 1000 if delays else None
