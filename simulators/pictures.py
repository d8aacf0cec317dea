"""Pictures of what a scenario's devices say: an SVG for each fleet that something happens to.

    ./nadi simulate burst-main --plot pictures/
    python -m simulators.pictures burst-main pictures/ [SEED]

Of a long scenario the day with the most events is drawn. Devices that something happens to are in
colour, some others in grey beside them; the layout is in `simulators/panels.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from simulators import panels
from simulators.base import Fleet, Float64, Place, Quantity
from simulators.feed import Int32, Int64, Step
from simulators.incidents import ANYWHERE
from simulators.panels import Curve, Panel, Picture, Shade
from simulators.scenarios import Running, open_scenario
from simulators.truth import Truth
from simulators.weather import DAY, HOUR

COLOURED: Final = 3
"""Devices in colour, at most."""
OTHERS: Final = 3
"""Devices in grey, at most."""
TITLES: Final = {
    "Meters": "Water entering the districts",
    "PressurePoints": "Water pressure at the far ends of districts",
    "Reservoirs": "Water tanks",
    "Pumps": "Water pumps",
    "QualityStations": "Water quality in the network",
    "Customers": "Household water meters",
    "Feeders": "Electricity feeders",
    "Transformers": "Distribution transformers",
    "Households": "Household electricity meters",
    "Solar": "Homes with solar panels",
    "Bins": "Street waste bins",
    "Rivers": "River gauges, from the hills to the city",
    "RainGauges": "Rain gauges",
    "Slopes": "Slopes watched for landslides",
    "AirStations": "Air quality",
    "Tides": "Tide gauges",
    "Seismometers": "Shaking of the ground",
}


@dataclass(slots=True)
class Trace:
    """What the shown devices of a fleet said, in the order of arrival."""

    fleet: Fleet
    coloured: Sequence[int]
    others: Sequence[int]
    device: list[Int32] = field(default_factory=list)
    time: list[Int64] = field(default_factory=list)
    values: list[Float64] = field(default_factory=list)

    def curve(self, device: int, quantity: int) -> tuple[Float64, Float64]:
        """Times (ms) and values, in the order of time, without those that were not measured."""
        if not self.device:
            return np.zeros(0), np.zeros(0)
        rows = np.concatenate(self.device) == device
        time = np.concatenate(self.time)[rows].astype(np.float64)
        value = np.concatenate(self.values)[rows, quantity]
        order = np.argsort(time, kind="stable")
        order = order[~np.isnan(value[order])]
        return time[order], value[order]


def window(truth: Sequence[Truth], start: int, end: int, length: int) -> tuple[int, int]:
    """(from, to), ms: the part of `length` in which the most events begin, early in it; whole hours if it is long."""
    if end - start <= length:
        return start, end
    begins = [one.start for one in truth if one.category == "event"] or [one.start for one in truth] or [start]
    lead, unit = length // 6, HOUR if length >= 6 * HOUR else 60_000
    tried = [min(max((begin - lead) // unit * unit, start), end - length) for begin in begins]
    begin = max(tried, key=lambda first: sum(first <= at < first + length - lead for at in begins))
    return begin, begin + length


def trace(steps: Iterable[Step], traces: Sequence[Trace], begin: int, end: int) -> None:
    """Run the steps up to `end`, and keep what is to be shown from `begin` on."""
    kept, shown = {}, {}
    for one in traces:
        kept[id(one.fleet)] = one
        mask = shown[id(one.fleet)] = np.zeros(len(one.fleet), np.bool_)
        mask[[*one.coloured, *one.others]] = True
    for step in steps:
        if step.now <= begin:
            continue
        for samples in step.samples:
            one = kept[id(samples.fleet)]
            rows = np.flatnonzero(shown[id(samples.fleet)][samples.device])
            one.device.append(samples.device[rows])
            one.time.append(samples.time[rows])
            one.values.append(samples.values[rows])
        if step.now >= end:
            break


def chosen(fleet: Fleet, truth: Sequence[Truth]) -> Trace:
    """One device of each thing that happens, as far as there is room, and some that nothing happens to."""
    reached: list[int] = []
    touched: set[int] = set()
    for one in sorted(truth, key=lambda one: one.category != "event"):
        here = [number for number, place in enumerate(fleet.places) if reaches(one, place)]
        touched.update(here)
        if here and reached[:COLOURED].count(here[0]) == 0:
            reached.append(here[0])
    coloured = sorted(reached[:COLOURED])
    calm = [number for number in range(len(fleet)) if number not in touched]
    return Trace(fleet, coloured, calm[:OTHERS])


def reaches(truth: Truth, place: Place) -> bool:
    """Whether it happens to the device, or to the gateway that speaks for it."""
    if place.city != truth.city or truth.zone not in (place.zone, ANYWHERE):
        return place.gateway in truth.gateways
    return place.device in truth.devices or place.gateway in truth.gateways


def picture(kept: Trace, subtitle: str, truth: Sequence[Truth], begin: int, end: int) -> Picture:
    """The panels of a fleet; counters are left out, as they only rise."""
    places = kept.fleet.places
    shown = [*kept.others, *kept.coloured]
    colours = dict.fromkeys(kept.others, panels.GREY)
    colours |= dict(zip(kept.coloured or kept.others, panels.COLOURS, strict=False))
    made = []
    for number, quantity in enumerate(kept.fleet.quantities):
        if not quantity.counter:
            curves = [Curve(places[device].device, colours[device], *kept.curve(device, number)) for device in shown]
            made.append(Panel(quantity.name, quantity.unit, curves, _limits(quantity, colours, len(places))))
    several = len({places[device].zone for device in shown}) > 1
    legend = [(f"{places[d].device} · {places[d].zone}" if several else places[d].device, colours[d]) for d in colours]
    shades = [_shade(one, places, colours) for one in truth if any(reaches(one, places[device]) for device in shown)]
    title = TITLES.get(type(kept.fleet).__name__, type(kept.fleet).__name__)
    return Picture(title, subtitle, made, legend, shades, begin, end)


def _limits(quantity: Quantity, colours: Mapping[int, str], size: int) -> list[tuple[float, str]]:
    """A limit that is the same for all once, in its own colour; else that of each device in colour."""
    found = []
    for bound in (quantity.low, quantity.high):
        each = np.broadcast_to(np.asarray(bound, np.float64), size)
        if not np.isnan(each).all():
            alike = bool((each == each[0]).all())
            coloured = [(float(each[device]), colour) for device, colour in colours.items() if colour != panels.GREY]
            found += [(float(each[0]), panels.LIMIT)] if alike else coloured
    return found


def _shade(truth: Truth, places: Sequence[Place], colours: Mapping[int, str]) -> Shade:
    """In the colour of the one device in colour that it happens to."""
    words = truth.kind.replace("-", " ") + (" (fault)" if truth.category == "fault" else "")
    where = truth.zone if truth.zone != ANYWHERE else ", ".join(truth.gateways) or "several zones"
    hit = {colour for device, colour in colours.items() if reaches(truth, places[device])} - {panels.GREY}
    several = panels.FAULT if truth.category == "fault" else panels.ANY
    return Shade(f"{words}: {where}", hit.pop() if len(hit) == 1 else several, truth.start, truth.end)


def draw(running: Running, folder: Path, length: int = DAY) -> list[Path]:
    """A picture of each fleet that something happens to within `length` (ms), or of all where nothing does: the files.

    The scenario is run for it, up to the end of what is drawn.
    """
    scenario, every = running.scenario, running.truth()
    begin, end = window(every, scenario.start, scenario.end, length)
    truth = [one for one in every if one.start < end and one.end > begin]
    traces = [chosen(fleet, truth) for fleet in running.city.fleets]
    traces = [kept for kept in traces if kept.coloured] or traces
    trace(running.only([kept.fleet for kept in traces]), traces, begin, end)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for kept in traces:
        name = type(kept.fleet).__name__
        subtitle = f"simulated: scenario {scenario.name}, {name}, seed {running.seed}"
        file = folder / f"{scenario.name}-{name.lower()}.svg"
        file.write_text(panels.svg(picture(kept, subtitle, truth, begin, end)), "utf-8")
        files.append(file)
    return files


if __name__ == "__main__":
    scenario = open_scenario(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else None)
    print(*draw(scenario, Path(sys.argv[2])), sep="\n")
