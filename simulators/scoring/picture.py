"""A time line as SVG: the truth above the reports, a row a zone and domain.

Genteng   ■■■■■■■■              truth: events dark, faults grey
water       ▬▬▬▬▬▬   ▬          reports, by what they turned out to be
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

from simulators.scoring.matching import Matching, Outcome, Verdict
from simulators.scoring.report import Report

WIDTH, LEFT, RIGHT, TOP, ROW, BAR, FOOT = 1200, 150, 24, 84, 34, 9, 44
LEAST: Final = 2.5
"""Pixels: what is shorter is still seen."""
TEXT, GRID, EVENT, UNTOLD, FAULT, MISSED = "#333a40", "#e3e6e9", "#24476b", "#8aa4bd", "#9a9a9a", "#b3261e"
COLOURS: Final = {
    Verdict.answer: "#2e8b57",
    Verdict.consequence: "#9ac7a6",
    Verdict.fault: "#7a7a7a",
    Verdict.misread: "#d98a1f",
    Verdict.false: "#c6412f",
    Verdict.silent: "#d5d9dd",
}
_WORDS: Final = {
    Verdict.answer: "right",
    Verdict.consequence: "true, but not the answer",
    Verdict.fault: "a fault, called one",
    Verdict.misread: "a fault, called an event",
    Verdict.false: "false",
    Verdict.silent: "does not page",
}
_Lane = tuple[str, str, str]


def svg(title: str, run: Matching, offset: float = 7.0) -> str:
    """offset: hours of local time ahead of UTC, for the axis."""
    lanes = _lanes(run)
    height = TOP + ROW * len(lanes) + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11" fill="{TEXT}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
        *_legend(),
        *_axis(run, height, offset),
    ]
    for number, lane in enumerate(lanes):
        top = TOP + number * ROW
        parts.append(f'<line x1="0" x2="{WIDTH}" y1="{top}" y2="{top}" stroke="{GRID}"/>')
        parts.append(f'<text x="12" y="{top + 14}">{escape(lane[2])}</text>')
        parts.append(f'<text x="12" y="{top + 27}" font-size="10" opacity="0.6">{escape(lane[1])}</text>')
    parts += _truth(run, lanes)
    parts += _reports(run, lanes)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lanes(run: Matching) -> list[_Lane]:
    """(city, domain, zone) with anything to show."""
    lanes = {_lane(outcome.truth.city, outcome.truth.domain, outcome.truth.zone) for outcome in run.outcomes}
    lanes |= {_lane(one.report.city, one.report.domain, one.report.zone) for one in run.judged}
    return sorted(lanes, key=lambda lane: (lane[1], lane[0], lane[2]))


def _lane(city: str, domain: str, zone: str) -> _Lane:
    everywhere = {"*": "(several zones)", "": "(none)"}
    return city, {"*": "all domains"}.get(domain, domain), everywhere.get(zone, zone)


def _legend() -> Iterator[str]:
    """One row of what happened, one of what was reported, as in each lane."""
    happened = [("event", EVENT, ""), ("event that need not be told", UNTOLD, ""), ("fault of a sensor", FAULT, "")]
    happened.append(("nobody was told", EVENT, MISSED))
    reported = [(_WORDS[verdict], colour, "") for verdict, colour in COLOURS.items()]
    for y, name, entries in ((35, "happened", happened), (53, "reported", reported)):
        x = LEFT
        yield f'<text x="12" y="{y + 9}" font-weight="bold">{name}</text>'
        for words, colour, edge in entries:
            stroke = f' stroke="{edge}" stroke-width="1.5"' if edge else ""
            yield f'<rect x="{x}" y="{y}" width="10" height="10" fill="{colour}"{stroke}/>'
            yield f'<text x="{x + 15}" y="{y + 9}">{words}</text>'
            x += 34 + int(5.8 * len(words))


def _axis(run: Matching, height: int, offset: float) -> Iterator[str]:
    """About eight round times. The label of a day's first is its date."""
    span = (run.span.end - run.span.start) / 3_600_000
    step = next((hours for hours in (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 96) if span / hours <= 9), 168)
    size = int(step * 3_600_000)
    shift = int(offset * 3_600_000)
    first = -(-(run.span.start + shift) // size) * size - shift
    for moment in range(first, run.span.end + 1, size):
        local = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=moment + shift)
        words = f"{local:%d %b}" if local.hour == local.minute == 0 else f"{local:%H:%M}"
        x = _x(run, moment)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - FOOT}" stroke="{GRID}"/>'
        anchor = "middle" if x < WIDTH - 2 * RIGHT else "end"
        yield f'<text x="{x:.1f}" y="{height - FOOT + 16}" text-anchor="{anchor}">{words}</text>'
    yield f'<text x="{WIDTH - RIGHT}" y="{height - 8}" text-anchor="end" font-size="10" opacity="0.6">'
    yield f"local time (UTC{offset:+g})</text>"


def _x(run: Matching, moment: int) -> float:
    share = (moment - run.span.start) / max(1, run.span.end - run.span.start)
    return LEFT + (WIDTH - LEFT - RIGHT) * min(max(share, 0.0), 1.0)


def _bar(run: Matching, begin: int, end: int, y: float, colour: str, words: str, edge: str = "") -> str:
    left, right = _x(run, begin), _x(run, end)
    stroke = f' stroke="{edge}" stroke-width="1.5"' if edge else ""
    return (
        f'<rect x="{left:.1f}" y="{y:.1f}" width="{max(right - left, LEAST):.1f}" height="{BAR}" '
        f'fill="{colour}"{stroke}><title>{escape(words)}</title></rect>'
    )


def _truth(run: Matching, lanes: Sequence[_Lane]) -> Iterator[str]:
    """What should have been told and was not has a red edge."""
    row = {lane: number for number, lane in enumerate(lanes)}
    named = _Names(run)
    for outcome in sorted(run.outcomes, key=lambda outcome: outcome.truth.start, reverse=True):
        truth = outcome.truth
        y = TOP + ROW * row[_lane(truth.city, truth.domain, truth.zone)] + 5
        colour = FAULT if truth.category == "fault" else EVENT if truth.tell else UNTOLD
        edge = MISSED if truth.tell and not outcome.answers else ""
        yield _bar(run, truth.start, truth.end, y, colour, _told(outcome), edge)
        yield from named.beside(truth.start, truth.end, y, truth.kind)


class _Names:
    """Names behind bars, where there is room up to the next bar; bars come by their start, the latest first."""

    def __init__(self, run: Matching) -> None:
        self._run = run
        self._room: dict[float, float] = {}

    def beside(self, start: int, end: int, y: float, kind: str) -> Iterator[str]:
        left, right = _x(self._run, start), _x(self._run, end)
        words = kind.replace("-", " ")
        begin = max(right, left + LEAST) + 4
        if begin + 4.7 * len(words) < self._room.get(y, WIDTH):
            yield f'<text x="{begin:.1f}" y="{y + 8:.1f}" font-size="9" opacity="0.75">{escape(words)}</text>'
        self._room[y] = min(left, self._room.get(y, WIDTH))


def _told(outcome: Outcome) -> str:
    truth = outcome.truth
    delay = "not reported" if outcome.delay is None else f"reported after {outcome.delay / 1000:g} s"
    return f"{truth.kind}, {truth.severity}: {delay if truth.tell else 'need not be told'}"


def _reports(run: Matching, lanes: Sequence[_Lane]) -> Iterator[str]:
    row = {lane: number for number, lane in enumerate(lanes)}
    named = _Names(run)
    for one in sorted(run.judged, key=lambda one: (one.verdict is not Verdict.silent, -one.report.opened)):
        report = one.report
        y = TOP + ROW * row[_lane(report.city, report.domain, report.zone)] + 19
        ended = run.span.end if report.ended is None else report.ended
        yield _bar(run, report.opened, ended, y, COLOURS[one.verdict], _said(report, one.verdict))
        yield from named.beside(report.opened, ended, y, report.kind or "")


def _said(report: Report, verdict: Verdict) -> str:
    return f"{report.kind or report.detector or 'unnamed'}, {report.severity}: {_WORDS[verdict]}"
