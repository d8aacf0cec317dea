"""Who is reached: the devices of a `where`, drawn from the seed where it leaves them open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Place
from simulators.build import Layout
from simulators.incidents import ANYWHERE
from simulators.scenarios.reach import Scope
from simulators.scenarios.schema import Where
from simulators.weather import KM_PER_DEGREE

Group = list[Place]
"""Places that suffer as one. The first is where it is worst."""


def candidates(layout: Layout, fleets: Sequence[str], where: Where) -> list[Place]:
    """All devices that `where` allows."""
    chosen = [fleet for fleet in fleets if where.fleet in (None, fleet)]
    return [
        place
        for place in layout.of(tuple(chosen))
        if where.zone in (None, place.zone) and (where.devices is None or place.device in where.devices)
    ]


def groups(
    layout: Layout, fleets: Sequence[str], leading: Sequence[str], scope: Scope, where: Where, rng: np.random.Generator
) -> list[Group]:
    """One group for each place that is hit: `where.count` of them, or one. Empty where the city has none."""
    among = candidates(layout, fleets, where)
    if not among:
        return []
    lead = candidates(layout, leading, where) or among
    if where.at is not None:
        return _around(among, lead, scope, where.at, where)
    if where.devices is not None or scope in ("city", "river"):
        return [_in_order(among, where.devices) if where.devices else _worst_first(among, rng)]
    if scope == "device":
        picked = rng.permutation(len(among))[: where.count or 1]
        return [[among[number]] for number in sorted(picked.tolist())]
    zones = list(dict.fromkeys((place.city, place.zone) for place in lead))
    drawn = sorted(rng.permutation(len(zones))[: where.count or 1].tolist())
    return [_of_zone(zones[number], lead, among, rng) for number in drawn]


def _of_zone(zone: tuple[str, str], lead: list[Place], among: list[Place], rng: np.random.Generator) -> Group:
    """A zone's devices; one of the leading fleet, drawn, comes first."""
    leaders = [place for place in lead if (place.city, place.zone) == zone]
    first = leaders[int(rng.integers(len(leaders)))]
    return [first, *(place for place in among if (place.city, place.zone) == zone and place is not first)]


def _in_order(among: list[Place], names: Sequence[str]) -> Group:
    return sorted(among, key=lambda place: names.index(place.device))


def _worst_first(among: list[Place], rng: np.random.Generator) -> Group:
    """The first is drawn, and the others follow by their distance from it."""
    first = among[int(rng.integers(len(among)))]
    return sorted(among, key=lambda place: distance(place, (first.lat, first.lon)))


def _around(among: list[Place], lead: list[Place], scope: Scope, at: tuple[float, float], where: Where) -> list[Group]:
    """All within the radius as one; without one the nearest devices or zones, or the whole city from there on."""

    def far(place: Place) -> float:
        return distance(place, at)

    nearest = sorted(among, key=far)
    inside = nearest if where.radius is None else [place for place in nearest if far(place) <= where.radius]
    if scope == "device":
        return [[place] for place in inside[: where.count or 1]]
    if scope == "city" or where.radius is not None:
        return [inside] if inside else []
    zones = list(dict.fromkeys((place.city, place.zone) for place in sorted(lead, key=far)))[: where.count or 1]
    return [[place for place in nearest if (place.city, place.zone) == zone] for zone in zones]


def distance(place: Place, at: tuple[float, float]) -> float:
    """km, on a plane that touches the earth there."""
    north = (place.lat - at[0]) * KM_PER_DEGREE
    east = (place.lon - at[1]) * KM_PER_DEGREE * np.cos(np.radians(at[0]))
    return float(np.hypot(north, east))


def zone_of(group: Group) -> tuple[str, str]:
    """(city, zone) of a group: ANYWHERE if it reaches over several zones."""
    zones = {place.zone for place in group}
    return group[0].city, next(iter(zones)) if len(zones) == 1 else ANYWHERE
