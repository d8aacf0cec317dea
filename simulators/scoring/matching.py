"""Which report is about which event. The rules, in full:

           LEAD │ start            end │      SLACK
    ────────────┼──┤■■■■■■■■■■■■■■■■■■├───────────────┤────▶ the telemetry's time
       opened in here: it may be about the event

1. A report is about an event of the same city and domain, in the same zone (or where either
   says "*"), that it opened in, from LEAD before the start (a window is stamped with its start)
   to SLACK after the end. Along a river no places are compared.
2. Its kind must answer the event (ANSWERS), or be unspecific: none, "unusual" or "limit".
3. A report that is still open when another event begins that overlaps its own answers that too:
   one zone's troubles at one time are one incident. An open report answers nothing later than that.
4. A report whose kind is a consequence of an event (CONSEQUENCES) is true of it but no answer.
5. A report said to be of a fault is right where a fault is: same city, and the same domain, zone
   or one of the devices. A report of an event that only a fault explains is a fault *misread*.
6. What does not page is not scored against events: it tells nobody, and it annoys nobody. Of
   faults it counts, for classifying one needs no page.
7. All else is false.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from simulators.incidents import ANYWHERE
from simulators.scoring.answers import ABOUT_ALARMS, ANSWERS, CONSEQUENCES, RIVER, UNSPECIFIC
from simulators.scoring.report import Report
from simulators.truth import Truth

LEAD: Final = 60_000
SLACK: Final = 600_000
"""ms. Ten minutes: an alarm may wait for a window to close, and a sensor at 5 minutes for its turn."""


class Verdict(StrEnum):
    answer = "answer"
    consequence = "consequence"
    fault = "fault"
    """A fault, and said to be one."""
    misread = "misread"
    """A fault, and said to be an event."""
    false = "false"
    silent = "silent"
    """Does not page and is about no fault, or is about the alarms themselves: not judged."""


@dataclass(frozen=True, slots=True)
class Span:
    """What was watched: ms UTC, the end exclusive; devices: how many reported."""

    start: int
    end: int
    devices: int

    @property
    def days(self) -> float:
        return (self.end - self.start) / 86_400_000


@dataclass(frozen=True, slots=True)
class Judged:
    """A report and what it is. about: indices into the truth."""

    report: Report
    verdict: Verdict
    about: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A truth and the reports about it, the earliest first: indices into the judged ones.

    answers: paging answers of an event; for a fault, reports that call it one. others: consequences
    of an event; for a fault, reports that take it for an event. delay: ms from the start to the first
    answer, at least 0; None without one.
    """

    truth: Truth
    answers: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    delay: int | None = None

    @property
    def late(self) -> bool:
        return self.delay is not None and self.truth.start + self.delay > self.truth.by


@dataclass(frozen=True, slots=True)
class Matching:
    """The truth that began in the span, and all reports of one run, beside each other."""

    span: Span
    outcomes: tuple[Outcome, ...]
    judged: tuple[Judged, ...]


def match(truth: Sequence[Truth], reports: Sequence[Report], span: Span) -> Matching:
    """Judge every report, by the rules above, and every truth that began in the span. What began before or after it
    explains reports, but nobody could tell of it in time."""
    truth = sorted(truth, key=lambda record: (record.start, record.kind, record.zone))
    reports = sorted(reports, key=lambda report: (report.said, report.id))
    judged = tuple(_judge(report, truth) for report in reports)
    about: list[list[int]] = [[] for _ in truth]
    for number, one in enumerate(judged):
        for event in one.about:
            about[event].append(number)
    outcomes = tuple(
        _outcome(record, judged, found)
        for record, found in zip(truth, about, strict=True)
        if span.start <= record.start < span.end
    )
    return Matching(span, outcomes, judged)


def _judge(report: Report, truth: Sequence[Truth]) -> Judged:
    if report.kind in ABOUT_ALARMS:
        return Judged(report, Verdict.silent)
    faults = tuple(n for n, record in enumerate(truth) if record.category == "fault" and _of_fault(report, record))
    if report.fault and faults:
        return Judged(report, Verdict.fault, faults)
    if not report.told:
        return Judged(report, Verdict.misread, faults) if faults else Judged(report, Verdict.silent)
    events = [n for n, record in enumerate(truth) if record.category == "event" and _same_place(report, record)]
    answered = [n for n in events if _answers(report, truth[n]) and _opened_in(report, truth[n])]
    if answered:
        answered = _with_those_that_followed(report, truth, answered, events)
        return Judged(report, Verdict.answer, tuple(answered))
    caused = tuple(
        n for n in events if report.kind in CONSEQUENCES.get(truth[n].kind, ()) and _opened_in(report, truth[n])
    )
    if caused:
        return Judged(report, Verdict.consequence, caused)
    return Judged(report, Verdict.misread, faults) if faults and not report.fault else Judged(report, Verdict.false)


def _answers(report: Report, event: Truth) -> bool:
    if report.fault:
        return False
    return report.kind in UNSPECIFIC or report.kind in ANSWERS.get(event.kind, ())


def _same_place(report: Report, event: Truth) -> bool:
    if report.domain != event.domain and not report.fault:
        return False
    if event.kind in RIVER:
        return True
    return report.city == event.city and (report.zone == event.zone or ANYWHERE in (report.zone, event.zone))


def _opened_in(report: Report, record: Truth) -> bool:
    return record.start - LEAD <= report.opened <= record.end + SLACK


def _with_those_that_followed(
    report: Report, truth: Sequence[Truth], answered: list[int], events: Sequence[int]
) -> list[int]:
    """Rule 3. Events are in the order of their starts, so that a chain is followed in one pass."""
    reach = max(truth[n].end for n in answered) + SLACK
    for n in events:
        event = truth[n]
        if n in answered or not _answers(report, event) or event.start < report.opened:
            continue
        if event.start <= reach and (report.ended is None or report.ended >= event.start):
            answered.append(n)
            reach = max(reach, event.end + SLACK)
    return sorted(answered)


def _of_fault(report: Report, fault: Truth) -> bool:
    """Devices decide where both name some; else domain and zone."""
    if report.city != fault.city or not _opened_in(report, fault):
        return False
    if report.devices and fault.devices:
        return bool(set(report.devices) & set(fault.devices))
    domain = report.domain == fault.domain or ANYWHERE in (report.domain, fault.domain)
    return domain and (report.zone == fault.zone or ANYWHERE in (report.zone, fault.zone))


_RIGHT: Final = frozenset({Verdict.answer, Verdict.fault})


def _outcome(record: Truth, judged: Sequence[Judged], about: Sequence[int]) -> Outcome:
    answers = tuple(n for n in about if judged[n].verdict in _RIGHT)
    others = tuple(n for n in about if judged[n].verdict not in _RIGHT)
    delay = max(0, min(judged[n].report.said for n in answers) - record.start) if answers else None
    return Outcome(record, answers, others, delay)
