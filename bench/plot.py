"""Curves over time as an SVG: one panel a measure, with the faults as marks above them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, PANEL, LEFT, TOP, GAP, RIGHT = 960, 120, 70, 84, 34, 20
LINE, GRID, TEXT, MARK = "#1f6f8b", "#d9dde1", "#333a40", "#c4622d"


@dataclass(frozen=True, slots=True)
class Curve:
    """values: None where there is nothing to show; as many as there are times."""

    title: str
    values: Sequence[float | None]


def svg(title: str, minutes: Sequence[float], curves: Sequence[Curve], marks: Sequence[tuple[float, str]]) -> str:
    """minutes: of each sample. marks: (minute, words)."""
    last = max(minutes, default=1.0) or 1.0
    height = TOP + len(curves) * (PANEL + GAP) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" fill="{TEXT}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    parts += _marks(marks, last, height)
    for number, curve in enumerate(curves):
        parts += _panel(curve, minutes, last, TOP + number * (PANEL + GAP))
    parts += [
        f'<text x="{_x(minute, last):.1f}" y="{height - 6}" text-anchor="middle">{minute:g} min</text>'
        for minute in _steps(last)
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(minute: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * minute / last


def _steps(last: float) -> list[float]:
    """About six round places from 0 on."""
    step = next((size for size in (0.25, 0.5, 1, 2, 5, 10, 20, 30, 60) if last / size <= 7), last / 6)
    return [number * step for number in range(int(last / step) + 1)]


def _marks(marks: Sequence[tuple[float, str]], last: float, height: int) -> list[str]:
    """A line each, with the number of its words in the legend: they would cover each other."""
    kinds = list(dict.fromkeys(words for _, words in marks))
    legend = "   ".join(f"{number} {words}" for number, words in enumerate(kinds, 1))
    parts = [f'<text x="{LEFT}" y="36" font-size="11" fill="{MARK}" xml:space="preserve">{escape(legend)}</text>']
    for minute, words in marks:
        x, number = _x(minute, last), kinds.index(words) + 1
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="55" y2="{height - 22}" stroke="{MARK}" '
            f'stroke-width="1" stroke-dasharray="3 4" opacity="0.6"/>'
            f'<text x="{x:.1f}" y="51" text-anchor="middle" font-size="10" fill="{MARK}">{number}</text>'
        )
    return parts


def _panel(curve: Curve, minutes: Sequence[float], last: float, top: int) -> list[str]:
    known = [value for value in curve.values if value is not None]
    most = _round_up(max(known, default=0.0))
    bottom = top + PANEL
    parts = [f'<text x="{LEFT}" y="{top - 6}" font-weight="bold">{escape(curve.title)}</text>']
    for share in (0.0, 0.5, 1.0):
        y = bottom - PANEL * share
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{most * share:.3g}</text>'
        )
    for run in _runs(curve.values):
        points = " ".join(
            f"{_x(minutes[at], last):.1f},{bottom - PANEL * (curve.values[at] or 0.0) / most:.1f}" for at in run
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="1.5"/>')
    return parts


def _round_up(number: float) -> float:
    """The next of 1, 2, 3, 4, 5, 6, 8, 10 times a power of ten."""
    if number <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(number))
    return next(power * step for step in (1, 2, 3, 4, 5, 6, 8, 10) if number <= power * step)


def _runs(values: Sequence[float | None]) -> list[list[int]]:
    """Places of neighbouring values that are there."""
    runs: list[list[int]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            runs[-1].append(at)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
