"""Builds a city of any size: which devices there are, where each stands, and which gateway speaks for it.

layout = plan(devices=1000, seed=1)          # places only, cheap
city = build(layout, weather, seed=1)        # with its fleets
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simulators.base import Fleet, Place
from simulators.city import RIVER, City
from simulators.disaster import CILIWUNG
from simulators.fleets import DOMAINS, FLEETS
from simulators.weather import Weather
from simulators.zones import SURABAYA, usual_zones, zones_of

_SPREAD = 0.006
"""Degrees: how far from a zone's point its devices stand (one deviation)."""
_RIVER = "Rivers"


@dataclass(frozen=True)
class Layout:
    """places: by fleet, in the order of FLEETS."""

    code: str
    zones: Mapping[str, tuple[float, float]]
    places: Mapping[str, tuple[Place, ...]]

    def of(self, fleets: tuple[str, ...]) -> Iterator[Place]:
        """The places of some fleets."""
        for fleet in fleets:
            yield from self.places.get(fleet, ())

    def gateways(self) -> dict[tuple[str, str], list[tuple[str, Place]]]:
        """(city, gateway) -> its devices as (fleet, place)."""
        found: dict[tuple[str, str], list[tuple[str, Place]]] = {}
        for fleet, places in self.places.items():
            for place in places:
                found.setdefault((place.city, place.gateway), []).append((fleet, place))
        return found


def plan(
    devices: int,
    seed: int,
    mix: Mapping[str, float] | None = None,
    zones: int | None = None,
    per_gateway: int = 50,
    code: str = SURABAYA,
) -> Layout:
    """A city of `devices`, the river's gauges among them. mix: weights by fleet or domain (none: the table's)."""
    names = zones_of(zones or usual_zones(devices))
    rng = np.random.default_rng([seed, 5])
    counts = share_out(devices, mix)
    posts: dict[str, list[tuple[str, str, float, float]]] = {}
    for fleet, count in counts.items():
        if fleet == _RIVER:
            continue
        row = FLEETS[fleet]
        allowed = [zone for zone in row.zones if zone in names] or list(names)
        first = zlib.crc32(fleet.encode()) % len(allowed)
        spread = rng.normal(0.0, _SPREAD, (count, 2))
        width = max(2, len(str(count)))
        posts[fleet] = []
        for number in range(count):
            zone = allowed[(first + number) % len(allowed)]
            lat, lon = (np.array(names[zone]) + spread[number]).round(5).tolist()
            posts[fleet].append((zone, f"{row.prefix}-{number + 1:0{width}d}", lat, lon))
    gateway = _gateways(per_gateway)
    places = {
        fleet: _river()[: counts[fleet]]
        if fleet == _RIVER
        else tuple(Place(code, zone, device, lat, lon, gateway(zone)) for zone, device, lat, lon in posts[fleet])
        for fleet in counts
    }
    return Layout(code, names, places)


def _gateways(per_gateway: int) -> Callable[[str], str]:
    """Names the gateway of the next device in a zone: a new one when the last is full."""
    seen: dict[str, int] = {}

    def name(zone: str) -> str:
        number = seen[zone] = seen.get(zone, -1) + 1
        return f"gw-{zone.lower().replace(' ', '-')}-{number // per_gateway + 1}"

    return name


def _river() -> tuple[Place, ...]:
    return tuple(
        Place(city, zone, reach.name, lat, lon, "gw-ciliwung")
        for reach, (city, zone, lat, lon) in zip(CILIWUNG, RIVER, strict=True)
    )


def share_out(devices: int, mix: Mapping[str, float] | None = None) -> dict[str, int]:
    """How many devices each fleet has, none left out that has any: by largest remainder.

    The river, if the mix has one, gets its gauges first, when at least four times as many devices are wanted.
    """
    weights = _weights(mix)
    river = _RIVER in weights and (len(weights) == 1 or devices >= 4 * len(CILIWUNG))
    gauges = min(len(CILIWUNG), devices) if river else 0
    weights.pop(_RIVER, None)
    left = devices - gauges if weights else 0
    total = sum(weights.values()) or 1.0
    exact = {fleet: left * weight / total for fleet, weight in weights.items()}
    counts = {fleet: int(share) for fleet, share in exact.items()}
    missing = left - sum(counts.values())
    by_need = sorted(exact, key=lambda fleet: (counts[fleet] > 0, counts[fleet] - exact[fleet]))
    for fleet in by_need[:missing]:
        counts[fleet] += 1
    if river:
        counts[_RIVER] = gauges
    return {fleet: counts[fleet] for fleet in FLEETS if counts.get(fleet)}


def _weights(mix: Mapping[str, float] | None) -> dict[str, float]:
    if mix is None:
        return {fleet: row.share for fleet, row in FLEETS.items()}
    weights: dict[str, float] = {}
    for name, weight in mix.items():
        if name in FLEETS:
            weights[name] = weight
        elif name in DOMAINS:
            inside = {fleet: row.share for fleet, row in FLEETS.items() if row.fleet.domain == name}
            total = sum(inside.values())
            weights |= {fleet: weight * share / total for fleet, share in inside.items() if fleet not in mix}
    return weights


def build(layout: Layout, weather: Weather, seed: int, interval_of: Callable[[str, str], int]) -> City:
    """The city's fleets. interval_of: (fleet, domain) -> ms between readings."""
    fleets: list[Fleet] = []
    for name, places in layout.places.items():
        fleet = FLEETS[name].fleet
        fleets.append(fleet(places, weather, seed, interval_of(name, fleet.domain)))
    return City(fleets, weather)


def regions(layout: Layout) -> tuple[tuple[float, float], ...]:
    """Centres of the weather: of the city, and of the river's springs if there is one."""
    lats, lons = zip(*layout.zones.values(), strict=True)
    centre = (round(sum(lats) / len(lats), 4), round(sum(lons) / len(lons), 4))
    return (centre, RIVER[0][2:]) if _RIVER in layout.places else (centre,)
