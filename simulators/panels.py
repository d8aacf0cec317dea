"""Time series as SVG, for people: panels above one another, what happened shaded and named above them.

title
legend
▔▔▔▔▔ burst main: Gubeng            names, over what they shade
┌────░░░░░───────────┐ quantity
└────░░░░░───────────┘
   06:00   12:00   18:00            local time
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.base import Float64

COLOURS: Final = ("#1f6f8b", "#c4622d", "#5b8c3a")
"""Dark enough to be read as words too."""
GREY, FAULT, LIMIT, ANY = "#b4bbc1", "#59636b", "#b3261e", "#8a5a00"
_WIDTH, _LEFT, _RIGHT, _GAP, _FOOT = 1000, 70, 24, 30, 46
_TEXT, _SOFT, _GRID = "#2b3238", "#6b757d", "#e6e9ec"
_ROW, _BUCKETS = 15, 450
_OFFSET: Final = 7 * 3_600_000
"""ms by which western Indonesia is ahead of UTC."""
_UNITS: Final = {"m3": "m³", "degC": "°C", "ug/m3": "µg/m³", "cm/s2": "cm/s²", "deg": "°"}
_NAMES: Final = {"pm25": "PM2.5", "pm10": "PM10", "ph": "pH", "pga": "Peak acceleration"}
_STEPS: Final = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 96)


@dataclass(frozen=True, slots=True)
class Curve:
    """time: ms; both float64[points]."""

    name: str
    colour: str
    time: Float64
    value: Float64


@dataclass(frozen=True, slots=True)
class Panel:
    """limits: (value, colour), drawn where the curves come near them."""

    quantity: str
    unit: str
    curves: Sequence[Curve]
    limits: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Shade:
    """Something that happens from start to end, ms UTC."""

    words: str
    colour: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Picture:
    """legend: (words, colour); begin, end: ms UTC."""

    title: str
    subtitle: str
    panels: Sequence[Panel]
    legend: Sequence[tuple[str, str]]
    shades: Sequence[Shade]
    begin: int
    end: int

    @property
    def panel(self) -> int:
        """Height of each panel."""
        return {1: 220, 2: 150}.get(len(self.panels), 115)

    def x(self, moment: float | Float64) -> Float64:
        share = (np.clip(moment, self.begin, self.end) - self.begin) / (self.end - self.begin)
        return np.asarray(_LEFT + (_WIDTH - _LEFT - _RIGHT) * share)


def svg(picture: Picture) -> str:
    rows, names = _names(picture)
    top = 74 + _ROW * rows + 22
    height = top + len(picture.panels) * (picture.panel + _GAP) - _GAP + _FOOT
    bottom = height - _FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{_TEXT}">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="28" font-size="18" font-weight="bold">{escape(picture.title)}</text>',
        f'<text x="{_WIDTH - _RIGHT}" y="28" font-size="11" fill="{_SOFT}" text-anchor="end">',
        f"{escape(picture.subtitle)}</text>",
        *_legend(picture),
        *_shades(picture, top, bottom),
        *names,
        *_hours(picture, top, bottom),
    ]
    for number, panel in enumerate(picture.panels):
        parts += _panel(picture, panel, top + number * (picture.panel + _GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(picture: Picture) -> Iterator[str]:
    """Coloured devices by name; the grey ones, of which there may be some, in one."""
    entries = [entry for entry in picture.legend if entry[1] != GREY]
    if len(entries) < len(picture.legend):
        entries.append(("where nothing happens", GREY))
    x = float(_LEFT)
    for words, colour in entries:
        yield f'<rect x="{x:.0f}" y="45" width="16" height="4" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 22:.0f}" y="52">{escape(words)}</text>'
        x += 44 + 6.6 * len(words)
    drawn = {colour for panel in picture.panels for _, colour in _near(panel)}
    if drawn:
        words, colour = ("limit", LIMIT) if LIMIT in drawn else ("limit of each", _SOFT)
        yield f'<line x1="{x:.0f}" x2="{x + 16:.0f}" y1="47" y2="47" stroke="{colour}" stroke-dasharray="4 3"/>'
        yield f'<text x="{x + 22:.0f}" y="52">{words}</text>'


def _shades(picture: Picture, top: int, bottom: int) -> Iterator[str]:
    for shade in picture.shades:
        left, right = (float(picture.x(at)) for at in (shade.start, shade.end))
        yield (
            f'<rect x="{left:.1f}" y="{top}" width="{max(right - left, 1.5):.1f}" height="{bottom - top}" '
            f'fill="{shade.colour}" opacity="0.13"><title>{escape(shade.words)}</title></rect>'
        )


def _names(picture: Picture) -> tuple[int, list[str]]:
    """How many rows the names take, and the names, each over its shade and clear of the others."""
    ends: list[float] = []
    parts = []
    for shade in sorted(picture.shades, key=lambda shade: shade.start):
        left, right = (float(picture.x(at)) for at in (shade.start, shade.end))
        width = 6.0 * len(shade.words) + 10
        begin = min(left, _WIDTH - _RIGHT - width)
        row = next((number for number, end in enumerate(ends) if end < begin), len(ends))
        ends[row : row + 1] = [max(begin + width, right)]
        y = 74 + _ROW * row
        parts.append(
            f'<rect x="{left:.1f}" y="{y + 11}" width="{max(right - left, 1.5):.1f}" height="3" fill="{shade.colour}"/>'
            f'<text x="{begin:.1f}" y="{y + 8}" font-size="11" fill="{shade.colour}">{escape(shade.words)}</text>'
        )
    return len(ends), parts


def _panel(picture: Picture, panel: Panel, top: int) -> Iterator[str]:
    unit = _UNITS.get(panel.unit, panel.unit)
    name = _NAMES.get(panel.quantity, panel.quantity.replace("_", " ").capitalize())
    words = f"{name} ({unit})" if unit else name
    yield f'<text x="{_LEFT}" y="{top - 7}" font-weight="bold">{escape(words)}</text>'
    every = np.concatenate([curve.value for curve in panel.curves]) if panel.curves else np.zeros(0)
    if not len(every):
        return
    low, high = _range(np.concatenate((every, [value for value, _ in _near(panel)])))

    def y(value: float | Float64) -> Float64:
        return np.asarray(top + picture.panel * (1.0 - (np.asarray(value) - low) / (high - low)))

    for tick, said in _ticks(low, high):
        at = float(y(tick))
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{_GRID}"/>'
        yield f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="{_SOFT}">{said}</text>'
    for limit, colour in _near(panel):
        at = float(y(limit))
        yield (
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{colour}" '
            f'stroke-dasharray="4 3" opacity="0.8"/>'
        )
    for curve in panel.curves:
        width = 1.0 if curve.colour == GREY else 1.5
        yield (
            f'<path d="{_path(picture.x(curve.time), y(curve.value), _gaps(curve.time))}" fill="none" '
            f'stroke="{curve.colour}" stroke-width="{width}" stroke-linejoin="round">'
            f"<title>{escape(curve.name)}</title></path>"
        )


def _gaps(time: Float64) -> NDArray[np.intp]:
    """Where a curve begins anew: after a silence of more than four usual intervals."""
    apart = np.diff(time)
    return np.flatnonzero(apart > 4.0 * np.median(apart)) + 1 if len(apart) else np.zeros(0, np.intp)


def _path(x: Float64, y: Float64, gaps: NDArray[np.intp]) -> str:
    pieces = []
    for across, down in zip(np.split(x, gaps), np.split(y, gaps), strict=True):
        thin = _thinned(down)
        pairs = zip(across[thin].tolist(), down[thin].tolist(), strict=True)
        pieces.append("M" + " ".join(f"{one:.1f},{other:.1f}" for one, other in pairs))
    return "".join(pieces)


def _near(panel: Panel) -> list[tuple[float, str]]:
    """The limits that belong into the picture: those that a curve comes near."""
    every = [curve.value for curve in panel.curves if len(curve.value)]
    if not every:
        return []
    low, high = min(float(one.min()) for one in every), max(float(one.max()) for one in every)
    room = 0.35 * (high - low)
    return [limit for limit in panel.limits if low - room <= limit[0] <= high + room]


def _range(values: Float64) -> tuple[float, float]:
    """Somewhat more than the values take, from 0 where they come near it."""
    low, high = float(values.min()), float(values.max())
    room = (high - low) or max(abs(high), 1.0)
    bottom = low - 0.06 * room
    return (0.0 if 0.0 <= low < 0.25 * room else bottom), high + 0.06 * room


def _ticks(low: float, high: float) -> Iterator[tuple[float, str]]:
    """Two to five round values, with what is written beside them."""
    rough = (high - low) / 4.0
    power = 10.0 ** np.floor(np.log10(rough))
    size = float(next(power * digit for digit in (1, 2, 2.5, 5, 10) if power * digit >= rough))
    decimals = len(f"{size:.6g}".partition(".")[2]) if size >= 1e-4 else 6
    for number in range(int(np.ceil(low / size - 1e-9)), int(np.floor(high / size + 1e-9)) + 1):
        yield number * size, f"{number * size:,.{decimals}f}"


def _thinned(value: Float64) -> NDArray[np.intp]:
    """Rows of the least and the greatest of each bucket, so that no peak is lost."""
    if len(value) <= 2 * _BUCKETS:
        return np.arange(len(value))
    size = -(-len(value) // _BUCKETS)
    padded = np.pad(value, (0, -len(value) % size), mode="edge").reshape(-1, size)
    first = np.arange(len(padded)) * size
    return np.unique(np.concatenate((first + padded.argmin(1), first + padded.argmax(1))).clip(max=len(value) - 1))


def _hours(picture: Picture, top: int, bottom: int) -> Iterator[str]:
    """About eight round local times; a day's first is its date."""
    hours = (picture.end - picture.begin) / 3_600_000
    size = int(next((step for step in _STEPS if hours / step <= 9), 168) * 3_600_000)
    for moment in range(-(-(picture.begin + _OFFSET) // size) * size - _OFFSET, picture.end + 1, size):
        local = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=moment + _OFFSET)
        words = f"{local:%a %d %b}" if local.hour == local.minute == 0 else f"{local:%H:%M}"
        x = float(picture.x(moment))
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{_GRID}"/>'
        anchor = "middle" if x < _WIDTH - 2 * _RIGHT else "end"
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="{anchor}" fill="{_SOFT}">{words}</text>'
    began = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=picture.begin + _OFFSET)
    yield (
        f'<text x="{_WIDTH - _RIGHT}" y="{bottom + 36}" text-anchor="end" font-size="11" fill="{_SOFT}">'
        f"from {began:%A, %d %B %Y, %H:%M}, western Indonesian time (UTC+7)</text>"
    )
