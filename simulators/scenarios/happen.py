"""From what a scenario says to the events that happen: deterministic by seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulators.build import Layout
from simulators.city import City
from simulators.disaster import Rivers
from simulators.incidents import KINDS, Event
from simulators.scenarios.reach import REACH
from simulators.scenarios.schema import EventSpec, Scenario
from simulators.scenarios.targets import groups, zone_of
from simulators.scenarios.timing import between, occurrences
from simulators.weather import KM_PER_DEGREE
from telemetry.errors import SettingsError

_TRIES = 40
_FAR = 60.0


def expand_events(scenario: Scenario, layout: Layout, city: City, seed: int) -> list[Event]:
    """Every event, by its start. Raises SettingsError where the city has no place for one.

    Random places are drawn again while the same kind still lasts or fades at one of their devices.
    """
    made: list[Event] = []
    for number, spec in enumerate(scenario.events):
        rng = np.random.default_rng([seed, 11, number])
        for start, end in occurrences(spec, scenario, rng):
            events = _somewhere(spec, layout, city, start, end, made, rng)
            if not events:
                where = f"scenario {scenario.name}: events[{number}], {spec.kind}"
                raise SettingsError(f"{where}: with seed {seed} the city has no device that it could reach")
            made += (event for event in events if event.start < scenario.end)
    return sorted(made, key=lambda event: (event.start, event.kind, event.zone, event.devices))


def _somewhere(
    spec: EventSpec, layout: Layout, city: City, start: int, end: int, made: list[Event], rng: np.random.Generator
) -> list[Event]:
    drawn: list[Event] = []
    for _ in range(_TRIES):
        drawn = list(_draw(spec, layout, city, start, end, rng))
        if not any(_overlap(one, other) for one in drawn for other in made):
            break
    return drawn


def _overlap(one: Event, other: Event) -> bool:
    if one.kind != other.kind or one.city != other.city:
        return False
    fall = int(KINDS[one.kind].fall * 1000)
    return (
        one.start <= other.end + fall
        and other.start <= one.end + fall
        and not set(one.devices).isdisjoint(other.devices)
    )


def _draw(
    spec: EventSpec, layout: Layout, city: City, start: int, end: int, rng: np.random.Generator
) -> Iterator[Event]:
    strength = between(spec.strength, rng)
    reach = REACH[spec.kind]
    if reach.scope == "river":
        for fleet in city.fleets:
            if isinstance(fleet, Rivers):
                yield from fleet.flood(start, end - start, strength)
        return
    magnitude = None if spec.magnitude is None else between(spec.magnitude, rng)
    for group in groups(layout, reach.fleets, reach.leading, reach.scope, spec.where, rng):
        code, zone = zone_of(group)
        lat, lon = spec.where.at or (_epicentre(layout, rng) if spec.kind == "quake" else (None, None))
        devices = tuple(place.device for place in group)
        yield Event(spec.kind, code, zone, devices, start, end, strength, lat, lon, magnitude, spec.depth)


def _epicentre(layout: Layout, rng: np.random.Generator) -> tuple[float, float]:
    """Anywhere up to `_FAR` km from the city's middle."""
    lats, lons = zip(*layout.zones.values(), strict=True)
    far, bearing = rng.uniform(0.0, _FAR), rng.uniform(0.0, 2.0 * np.pi)
    north, east = far * np.cos(bearing) / KM_PER_DEGREE, far * np.sin(bearing) / KM_PER_DEGREE
    return round(float(np.mean(lats) + north), 4), round(float(np.mean(lons) + east), 4)
