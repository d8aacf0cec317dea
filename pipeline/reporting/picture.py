"""Plots of a month as inline SVG: one bar, dot or square a day, the target as a dashed line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH, HEIGHT = 620, 150
LEFT, RIGHT, TOP, FOOT = 46, 8, 12, 22
GRID, TEXT, QUIET = "#dfe4e8", "#46525c", "#c3cbd2"
_NEAR_ALL: Final = 80.0
"""Shares that are all above this are drawn on an axis of their own, as dots: bars must stand on zero."""


class Plot(NamedTuple):
    """days: of the month. title: for who can't see it. labels: of each day with a value, told on hover.
    number: how the axis is labelled."""

    days: int
    title: str
    colour: str
    labels: Mapping[int, str]
    number: Callable[[float], str] = "{:g}".format


def courses(plot: Plot, values: Mapping[int, float], target: float | None, share: bool) -> str:
    """A value a day; days without one stay empty."""
    known = {day: value for day, value in values.items() if math.isfinite(value)}
    if share and known and min(known.values()) >= _NEAR_ALL:
        least = math.floor(min([*known.values(), target or 100.0]) / 5) * 5
        axis = _Axis(min(float(least), 95.0), 100.0)
        return _svg(plot, axis, _target(axis, target) + _dots(plot, axis, known))
    axis = _Axis(0.0, _round_up(max([*known.values(), target or 0.0], default=1.0)))
    bars = [_bar(plot, axis, day, 0.0, value, plot.colour) for day, value in known.items()]
    return _svg(plot, axis, "".join(bars) + _target(axis, target))


def stacked(plot: Plot, layers: Sequence[tuple[str, Mapping[int, float]]]) -> str:
    """layers: colour and values a day, the lowest first."""
    heights: dict[int, float] = {}
    parts = []
    for colour, values in layers:
        for day, value in values.items():
            below = heights.get(day, 0.0)
            heights[day] = below + value
            parts.append((day, below, value, colour))
    axis = _Axis(0.0, _round_up(max(heights.values(), default=1.0)))
    return _svg(plot, axis, "".join(_bar(plot, axis, *part) for part in parts))


def squares(plot: Plot, colours: Mapping[int, str]) -> str:
    """A coloured square a day: a class, not a size."""
    step = (WIDTH - LEFT - RIGHT) / plot.days
    parts = []
    for day in range(1, plot.days + 1):
        x = LEFT + (day - 1) * step
        label = f"<title>{escape(plot.labels[day])}</title>" if day in plot.labels else ""
        parts.append(
            f'<rect x="{x + 1:.1f}" y="8" width="{step - 2:.1f}" height="34" rx="3" '
            f'fill="{colours.get(day, "#eef1f3")}">{label}</rect>'
            f'<text x="{x + step / 2:.1f}" y="58" text-anchor="middle">{day}</text>'
        )
    return _frame(plot.title, 64, "".join(parts))


class _Axis(NamedTuple):
    least: float
    most: float

    def y(self, value: float) -> float:
        share = (value - self.least) / (self.most - self.least)
        return TOP + (1 - max(0.0, min(1.0, share))) * (HEIGHT - TOP - FOOT)


def _round_up(value: float) -> float:
    """A number that people count to."""
    if value <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 5, 10) if step * size >= value)


def _x(plot: Plot, day: int) -> tuple[float, float]:
    """Where a day begins, and how wide it is."""
    step = (WIDTH - LEFT - RIGHT) / plot.days
    return LEFT + (day - 1) * step, step


def _bar(plot: Plot, axis: _Axis, day: int, below: float, value: float, colour: str) -> str:
    x, step = _x(plot, day)
    top, foot = axis.y(below + value), axis.y(below)
    label = f"<title>{escape(plot.labels[day])}</title>" if day in plot.labels else ""
    height = max(foot - top, 1.2)  # a day with nothing is not a day without data
    fill = colour if value else QUIET
    return (
        f'<rect x="{x + step * 0.14:.1f}" y="{foot - height:.1f}" width="{step * 0.72:.1f}" '
        f'height="{height:.1f}" fill="{fill}">{label}</rect>'
    )


def _dots(plot: Plot, axis: _Axis, known: Mapping[int, float]) -> str:
    points = {day: (_x(plot, day)[0] + _x(plot, day)[1] / 2, axis.y(value)) for day, value in sorted(known.items())}
    line, before = "", -1
    for day, (x, y) in points.items():
        line += f"{'L' if day == before + 1 else 'M'}{x:.1f} {y:.1f}"
        before = day
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4" fill="{plot.colour}">'
        f"<title>{escape(plot.labels.get(day, ''))}</title></circle>"
        for day, (x, y) in points.items()
    )
    return f'<path d="{line}" fill="none" stroke="{plot.colour}" stroke-width="1.8"/>{dots}'


def _target(axis: _Axis, target: float | None) -> str:
    if target is None or not axis.least <= target <= axis.most:
        return ""
    y = axis.y(target)
    return f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#a33" stroke-width="1.2" stroke-dasharray="5 4"/>'


def _svg(plot: Plot, axis: _Axis, marks: str) -> str:
    lines = ""
    for step in range(3):
        value = axis.least + (axis.most - axis.least) * step / 2
        y = axis.y(value)
        lines += f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>'
        lines += f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{plot.number(value)}</text>'
    for day in (1, *range(5, plot.days + 1, 5)):
        x, width = _x(plot, day)
        lines += f'<text x="{x + width / 2:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{day}</text>'
    return _frame(plot.title, HEIGHT, lines + marks)


def _frame(title: str, height: int, inside: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title, quote=True)}" font-size="11" '
        f'fill="{TEXT}">{inside}</svg>'
    )
