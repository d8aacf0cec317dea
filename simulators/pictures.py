"""Pictures of what a scenario's devices say: an SVG a fleet, a panel a quantity.

    python -m simulators.pictures burst-main pictures/ [SEED]

A panel shows the devices that events reach, and a few others; what happens is shaded, with its name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Final

import numpy as np

from simulators.base import Fleet, Float64
from simulators.feed import Step
from simulators.scenarios import open_scenario
from simulators.truth import Truth

SHOWN: Final = 6
"""Devices in a panel."""
POINTS: Final = 900
"""Of a curve: more are thinned out."""
WIDTH, LEFT, RIGHT, TOP, PANEL, GAP, FOOT = 960, 76, 14, 44, 92, 26, 24
TEXT, GRID, SHADE, MARK = "#333a40", "#e3e6e9", "#f4d9c9", "#a34a1f"
COLOURS: Final = ("#1f6f8b", "#c4622d", "#4b8b3b", "#8256a8", "#b8860b", "#5a6b7a")
_OFFSET: Final = 7 * 3_600_000


@dataclass(slots=True)
class Trace:
    """What the shown devices of a fleet said, in the order of time."""

    fleet: Fleet
    devices: Sequence[int]
    time: dict[int, list[int]] = field(default_factory=dict)
    values: dict[int, list[Float64]] = field(default_factory=dict)

    def of(self, device: int, quantity: int) -> tuple[Float64, Float64]:
        """Times (ms) and values, without those that were not measured."""
        time = np.array(self.time.get(device, ()), np.float64)
        if not len(time):
            return time, time
        value = np.array(self.values[device])[:, quantity]
        order = np.argsort(time, kind="stable")
        given = ~np.isnan(value[order])
        return time[order][given], value[order][given]


def trace(steps: Iterable[Step], fleets: Iterable[Fleet], truth: Sequence[Truth]) -> list[Trace]:
    """Run the steps and keep what is to be shown."""
    traces = {id(fleet): Trace(fleet, _chosen(fleet, truth)) for fleet in fleets}
    for step in steps:
        for samples in step.samples:
            kept = traces[id(samples.fleet)]
            for row in np.flatnonzero(np.isin(samples.device, kept.devices)).tolist():
                device = int(samples.device[row])
                kept.time.setdefault(device, []).append(int(samples.time[row]))
                kept.values.setdefault(device, []).append(samples.values[row])
    return list(traces.values())


def _chosen(fleet: Fleet, truth: Sequence[Truth]) -> list[int]:
    """Half of those that something happens to, and others."""
    reached = [number for number, place in enumerate(fleet.places) if any(_reaches(one, place) for one in truth)]
    others = [number for number in range(len(fleet)) if number not in set(reached)]
    first = reached[: SHOWN // 2 if others else SHOWN]
    return sorted([*first, *others[: SHOWN - len(first)]])


def _reaches(truth: Truth, place: object) -> bool:
    zone, device = getattr(place, "zone", None), getattr(place, "device", None)
    return device in truth.devices and truth.zone in (zone, "*")


def svg(title: str, kept: Trace, truth: Sequence[Truth], start: int, end: int) -> str:
    """One fleet: a panel a quantity, over the time from start to end (ms)."""
    quantities = kept.fleet.quantities
    height = TOP + len(quantities) * (PANEL + GAP) + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="11" fill="{TEXT}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    concerned = [one for one in truth if any(_reaches(one, kept.fleet.places[number]) for number in kept.devices)]
    for number, quantity in enumerate(quantities):
        top = TOP + number * (PANEL + GAP)
        parts.append(
            f'<text x="{LEFT}" y="{top - 5}" font-weight="bold">{escape(f"{quantity.name} ({quantity.unit})")}'
        )
        parts.append("</text>")
        parts += _shades(concerned, start, end, top, named=number == 0)
        parts += _curves(kept, number, start, end, top)
    parts += _hours(start, end, height)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(moment: Float64 | float, start: int, end: int) -> Float64:
    return np.asarray(LEFT + (WIDTH - LEFT - RIGHT) * (np.asarray(moment) - start) / (end - start))


def _shades(truth: Sequence[Truth], start: int, end: int, top: int, *, named: bool) -> Iterator[str]:
    for number, one in enumerate(truth):
        left, right = (float(_x(min(max(at, start), end), start, end)) for at in (one.start, one.end))
        width = max(right - left, 2)
        yield f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{PANEL}" fill="{SHADE}" opacity="0.7"/>'
        if named:
            y = top + 11 + 11 * (number % 3)
            yield f'<text x="{left + 2:.1f}" y="{y}" font-size="9" fill="{MARK}">{escape(one.kind)}</text>'


def _curves(kept: Trace, quantity: int, start: int, end: int, top: int) -> Iterator[str]:
    found = [kept.of(device, quantity) for device in kept.devices]
    every = np.concatenate([value for _, value in found]) if found else np.zeros(0)
    if not len(every):
        return
    low, high = float(every.min()), float(every.max())
    room = (high - low) or max(abs(high), 1.0)
    bottom, span = low - 0.05 * room, 1.1 * room
    for share in (0.0, 0.5, 1.0):
        y, value = top + PANEL * (1 - (share * room + low - bottom) / span), low + share * room
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>'
    for number, (time, series) in enumerate(found):
        thin = slice(None, None, max(1, len(time) // POINTS))
        xs, ys = _x(time[thin], start, end), top + PANEL * (1 - (series[thin] - bottom) / span)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True))
        colour = COLOURS[number % len(COLOURS)]
        name = escape(kept.fleet.places[kept.devices[number]].device)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.1"><title>{name}</title>'
        yield "</polyline>"


def _hours(start: int, end: int, height: int) -> Iterator[str]:
    """About eight round times, local to western Indonesia."""
    hours = (end - start) / 3_600_000
    step = next((size for size in (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48) if hours / size <= 9), 96)
    size = int(step * 3_600_000)
    for moment in range(-(-(start + _OFFSET) // size) * size - _OFFSET, end + 1, size):
        local = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=moment + _OFFSET)
        words = f"{local:%d %b}" if local.hour == local.minute == 0 else f"{local:%H:%M}"
        yield f'<text x="{float(_x(moment, start, end)):.1f}" y="{height - 8}" text-anchor="middle">{words}</text>'


def draw(source: Path | str, folder: Path, seed: int | None = None) -> list[Path]:
    """A picture of each fleet of a scenario; their files. Raises SettingsError for a wrong scenario."""
    running = open_scenario(source, seed)
    scenario, truth = running.scenario, running.truth()
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for kept in trace(running, running.city.fleets, truth):
        name = type(kept.fleet).__name__
        file = folder / f"{scenario.name}-{name.lower()}.svg"
        title = f"{name} ({kept.fleet.domain}): {scenario.name}, seed {running.seed}"
        file.write_text(svg(title, kept, truth, scenario.start, scenario.end))
        files.append(file)
    return files


if __name__ == "__main__":
    for made in draw(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None):
        print(made)
