"""From the faults that a scenario asks for to their cases: deterministic by seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Place
from simulators.build import Layout
from simulators.faults.base import Case
from simulators.faults.table import FAULTS
from simulators.fleets import FLEETS, quantities_of
from simulators.incidents import ANYWHERE
from simulators.scenarios.schema import FaultSpec, FaultWhere, Scenario
from simulators.scenarios.targets import groups, zone_of
from simulators.scenarios.timing import between, occurrences
from telemetry.errors import SettingsError


def expand_faults(scenario: Scenario, layout: Layout, seed: int) -> list[tuple[Case, tuple[int, ...]]]:
    """Every fault with the seed of its own random numbers, by its start. Raises SettingsError as for events."""
    made: list[tuple[Case, tuple[int, ...]]] = []
    for number, spec in enumerate(scenario.faults):
        rng = np.random.default_rng([seed, 13, number])
        for start, end in occurrences(spec, scenario, rng):
            hit = sufferers(spec, layout, rng)
            if not hit:
                where = f"scenario {scenario.name}: faults[{number}], {spec.kind}"
                raise SettingsError(f"{where}: with seed {seed} the city has none that it could befall")
            for suffers in hit:
                strength = between(spec.strength, rng) or spec.strength[1]
                case = _case(spec, suffers, start, end, strength)
                made.append((case, (seed, 17, number, len(made))))
    return sorted(made, key=lambda one: (one[0].start, one[0].kind, one[0].devices))


Sufferers = tuple[Sequence[tuple[str, Place]], tuple[str, ...]]
"""Devices as (fleet, place) of one city, and the gateways if they are at fault."""


def sufferers(spec: FaultSpec, layout: Layout, rng: np.random.Generator) -> list[Sufferers]:
    """Who a fault befalls: a list of those that suffer as one. Empty where the city has none."""
    fleets = tuple(fleet for fleet in layout.places if spec.quantity is None or spec.quantity in quantities_of(fleet))
    if FAULTS[spec.kind].scope == "sensor":
        fleet_of = {(place.city, place.device): fleet for fleet in fleets for place in layout.places[fleet]}
        return [
            ([(fleet_of[place.city, place.device], place) for place in group if place.city == group[0].city], ())
            for group in groups(layout, fleets, fleets, "device", spec.where, rng)
        ]
    found = _gateways(layout, spec.where)
    if FAULTS[spec.kind].scope == "gateways":
        chosen = found if spec.where.count is None else _some(found, spec.where.count, rng)
        same = [one for one in chosen if one[0][0] == chosen[0][0][0]]
        return (
            [([device for _, devices in same for device in devices], tuple(key[1] for key, _ in same))] if same else []
        )
    chosen = found if spec.where.gateways is not None else _some(found, spec.where.count or 1, rng)
    return [(devices, (key[1],)) for key, devices in chosen]


_Gateway = tuple[tuple[str, str], list[tuple[str, Place]]]


def _gateways(layout: Layout, where: FaultWhere) -> list[_Gateway]:
    """Those that `where` allows. A gateway outside the city (the river's) must be asked for by name."""
    return [
        (key, devices)
        for key, devices in layout.gateways().items()
        if (key[1] in where.gateways if where.gateways is not None else key[0] == layout.code)
        and any(
            where.zone in (None, place.zone)
            and where.fleet in (None, fleet)
            and (where.devices is None or place.device in where.devices)
            for fleet, place in devices
        )
    ]


def _some(found: list[_Gateway], count: int, rng: np.random.Generator) -> list[_Gateway]:
    return [found[number] for number in sorted(rng.permutation(len(found))[:count].tolist())]


def _case(spec: FaultSpec, suffers: Sufferers, start: int, end: int, strength: float) -> Case:
    devices, gateways = suffers
    domains = {FLEETS[fleet].fleet.domain for fleet, _ in devices}
    city, zone = zone_of([place for _, place in devices])
    return Case(
        kind=spec.kind,
        city=city,
        domain=next(iter(domains)) if len(domains) == 1 else ANYWHERE,
        zone=zone,
        devices=tuple(place.device for _, place in devices),
        start=start,
        end=end,
        strength=strength,
        quantity=spec.quantity,
        gateways=gateways,
    )
