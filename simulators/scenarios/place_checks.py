"""Whether a scenario's city has what its events and faults name."""

from __future__ import annotations

import numpy as np

from config.problems import Key, shown
from config.values import Contradiction, Found
from simulators.build import Layout
from simulators.faults.table import FAULTS
from simulators.fleets import quantities_of
from simulators.scenarios.befall import sufferers
from simulators.scenarios.reach import REACH
from simulators.scenarios.schema import EventSpec, FaultSpec, Where
from simulators.scenarios.targets import groups
from simulators.scenarios.words import hint


def of_event(key: Key, event: EventSpec, layout: Layout) -> Found:
    """Its place. What follows from a wrong name is not told."""
    reach, where = REACH[event.kind], event.where
    if event.kind != "quake" and event.magnitude is not None:
        yield Contradiction((*key, "magnitude"), f"is of quakes; for {event.kind} give strength")
    useless = {"river": tuple(Where.model_fields), "city": ("count",)}.get(reach.scope, ())
    yield from _unused(key, where, useless, f"{event.kind} reaches all of the {reach.scope}")
    wrong = [*_of_where(key, where, layout)]
    if where.fleet is not None and where.fleet not in reach.fleets:
        text = f"{event.kind} does not reach {where.fleet}; it reaches {', '.join(reach.fleets)}"
        wrong.append(Contradiction((*key, "where", "fleet"), text))
    yield from wrong
    if not wrong and not _reaches(layout, event):
        text = f"{event.kind} reaches no device there: it needs one of {', '.join(reach.fleets)}"
        yield Contradiction((*key, "kind"), text)


def of_fault(key: Key, fault: FaultSpec, layout: Layout) -> Found:
    """Whom it befalls. What follows from a wrong name is not told."""
    where = fault.where
    if FAULTS[fault.kind].scope == "sensor":
        yield from _unused(key, where, ("gateways",), f"{fault.kind} befalls sensors")
    else:
        yield from _unused(key, where, ("at", "radius"), f"{fault.kind} befalls gateways; give zone or gateways")
        if fault.quantity is not None:
            yield Contradiction((*key, "quantity"), f"has no meaning: {fault.kind} befalls gateways")
    wrong = [*_of_where(key, where, layout)]
    gateways = list(dict.fromkeys(name for _, name in layout.gateways()))
    for name in where.gateways or ():
        if name not in gateways:
            text = f"{shown(name)} is no gateway of the city; {hint(name, gateways)}"
            wrong.append(Contradiction((*key, "where", "gateways"), text))
    measured = sorted({name for fleet in layout.places for name in quantities_of(fleet)})
    if fault.quantity is not None and fault.quantity not in measured:
        text = f"{shown(fault.quantity)} is measured by no fleet here; {hint(fault.quantity, measured)}"
        wrong.append(Contradiction((*key, "quantity"), text))
    yield from wrong
    if not wrong and not sufferers(fault, layout, np.random.default_rng(0)):
        yield Contradiction((*key, "kind"), f"{fault.kind} befalls nobody: no sensor or gateway is as `where` says")


def _unused(key: Key, where: Where, names: tuple[str, ...], reason: str) -> Found:
    for name in names:
        if getattr(where, name, None) is not None:
            yield Contradiction((*key, "where", name), f"has no meaning: {reason}")


def _of_where(key: Key, where: Where, layout: Layout) -> Found:
    inside = (*key, "where")
    if where.radius is not None and where.at is None:
        yield Contradiction((*inside, "radius"), "is around `at`, which is not given")
    if where.devices is not None and where.count is not None:
        yield Contradiction((*inside, "count"), "is of places that are drawn, but devices are named")
    names = list(dict.fromkeys(place.zone for places in layout.places.values() for place in places))
    if where.zone is not None and where.zone not in names:
        yield Contradiction((*inside, "zone"), f"{shown(where.zone)} has no devices here; {hint(where.zone, names)}")
    devices = list(dict.fromkeys(place.device for places in layout.places.values() for place in places))
    for device in where.devices or ():
        if device not in devices:
            text = f"{shown(device)} is no device of the city; {hint(device, devices)}"
            yield Contradiction((*inside, "devices"), text)
    if where.fleet is not None and where.fleet not in layout.places:
        text = f"the city has no {where.fleet}; it has {', '.join(layout.places)}"
        yield Contradiction((*inside, "fleet"), text)


def _reaches(layout: Layout, event: EventSpec) -> bool:
    reach = REACH[event.kind]
    if reach.scope == "river":
        return "Rivers" in layout.places
    rng = np.random.default_rng(0)
    return bool(groups(layout, reach.fleets, reach.leading, reach.scope, event.where, rng))
