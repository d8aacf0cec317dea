"""What no single value of a scenario can know: keys that contradict each other, names that the city does not have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from config.problems import Key, nearest, shown
from config.values import Contradiction, Found
from simulators.build import Layout, plan
from simulators.faults.table import FAULTS
from simulators.fleets import FLEETS, quantities_of
from simulators.scenarios.befall import sufferers
from simulators.scenarios.reach import REACH
from simulators.scenarios.schema import EventSpec, FaultSpec, Happening, Scenario, Where
from simulators.scenarios.targets import groups
from simulators.scenarios.timing import window

_MOST_OCCURRENCES = 100_000
_MOST_STEPS = 10_000_000


def contradictions(head: Scenario, events: Mapping[int, EventSpec], faults: Mapping[int, FaultSpec]) -> Found:
    """In a scenario whose single values are sound. `head` has no events and faults yet."""
    yield from _of_head(head)
    city = head.city
    layout = plan(city.devices, head.seeds[0], city.mix, city.zones, city.per_gateway, city.code)
    for number, event in events.items():
        key: Key = ("events", number)
        yield from _of_timing(key, event, head)
        yield from _of_place(key, event.where, layout)
        reach = REACH[event.kind]
        yield from _of_fleet(key, event.kind, reach.fleets, event.where)
        if not _reaches(layout, event):
            needed = " or ".join(reach.fleets)
            yield Contradiction(
                (*key, "kind"), f"{event.kind} reaches no device: it needs one of {needed} there; change where or city"
            )
    for number, fault in faults.items():
        yield from _of_timing(("faults", number), fault, head)
        yield from _of_place(("faults", number), fault.where, layout)
        yield from _of_fault(("faults", number), fault, layout)


def _of_head(head: Scenario) -> Found:
    for number, seed in enumerate(head.held_out):
        if seed not in head.seeds:
            yield Contradiction(
                ("held_out", number), f"{seed} is not among seeds: {', '.join(str(one) for one in head.seeds)}"
            )
    if len(set(head.seeds)) < len(head.seeds):
        yield Contradiction(("seeds",), "a seed is given twice")
    longest = max([head.interval, *head.intervals.values()])
    if head.duration < longest:
        yield Contradiction(("duration",), "is shorter than an interval, so some device would never measure")
    if head.duration / min([head.interval, *head.intervals.values()]) > _MOST_STEPS:
        yield Contradiction(("duration",), f"has more than {_MOST_STEPS:,} intervals; measure less often")


def _of_timing(key: Key, spec: Happening, head: Scenario) -> Found:
    if (spec.at is None) == (spec.random is None):
        yield Contradiction(
            key, "needs one of at and random" if spec.at is None else "has both at and random; give one"
        )
        return
    if spec.repeat is not None and spec.at is None:
        yield Contradiction((*key, "repeat"), "repeats what begins `at` a time; random ones have per_day")
    for moment in spec.at or ():
        begin = moment.after(head.start)
        if not 0 <= begin < head.duration:
            yield Contradiction(
                (*key, "at"), "begins outside the scenario: it must be after its start and before its end"
            )
    if spec.random is not None:
        first, last = window(spec, head)
        if last <= first:
            yield Contradiction(
                (*key, "random"), "leaves no time to begin: between after and until (or the end less duration)"
            )
        elif spec.random.per_day * (last - first) / 86_400_000 > _MOST_OCCURRENCES:
            yield Contradiction((*key, "random", "per_day"), f"makes more than {_MOST_OCCURRENCES:,} in all")


def _of_place(key: Key, where: Where, layout: Layout) -> Found:
    inside = (*key, "where")
    if where.radius is not None and where.at is None:
        yield Contradiction((*inside, "radius"), "is around `at`, which is not given")
    names = list(dict.fromkeys([*layout.zones, *(place.zone for place in layout.places.get("Rivers", ()))]))
    if where.zone is not None and where.zone not in names:
        yield Contradiction(
            (*inside, "zone"), f"{shown(where.zone)} is no zone of the city; {_hint(where.zone, names)}"
        )
    if where.devices is not None:
        devices = {place.device for place in layout.of(tuple(layout.places))}
        for device in where.devices:
            if device not in devices:
                yield Contradiction(
                    (*inside, "devices"), f"{shown(device)} is no device of the city; {_hint(device, sorted(devices))}"
                )
    if where.fleet is not None and where.fleet not in layout.places:
        yield Contradiction(
            (*inside, "fleet"), f"the city has no {where.fleet}; it has {', '.join(layout.places) or 'none'}"
        )


def _of_fleet(key: Key, kind: str, fleets: tuple[str, ...], where: Where) -> Found:
    if where.fleet is not None and where.fleet not in fleets:
        there = [fleet for fleet in fleets if fleet in FLEETS]
        yield Contradiction(
            (*key, "where", "fleet"), f"{kind} does not reach {where.fleet}; it reaches {', '.join(there)}"
        )


def _of_fault(key: Key, fault: FaultSpec, layout: Layout) -> Found:
    """What it befalls. A wrong name is told by itself, and then nothing follows from it."""
    scope = FAULTS[fault.kind].scope
    gateways = list(dict.fromkeys(name for _, name in layout.gateways()))
    if fault.where.gateways is not None and scope == "sensor":
        yield Contradiction((*key, "where", "gateways"), f"{fault.kind} befalls sensors; give zone, devices or fleet")
        return
    unknown = [name for name in fault.where.gateways or () if name not in gateways]
    for name in unknown:
        yield Contradiction(
            (*key, "where", "gateways"), f"{shown(name)} is no gateway of the city; {_hint(name, gateways)}"
        )
    if fault.quantity is not None and not any(fault.quantity in quantities_of(fleet) for fleet in layout.places):
        names = sorted({name for fleet in layout.places for name in quantities_of(fleet)})
        yield Contradiction(
            (*key, "quantity"), f"{shown(fault.quantity)} is measured by no fleet here; {_hint(fault.quantity, names)}"
        )
        return
    if unknown or any(True for _ in _of_place(key, fault.where, layout)):
        return
    if not sufferers(fault, layout, np.random.default_rng(0)):
        yield Contradiction((*key, "where"), f"{fault.kind} befalls nobody: the city has no such sensor or gateway")


def _hint(word: str, words: list[str]) -> str:
    meant = nearest(word, {name.lower(): name for name in words})
    found = next((name for name in words if name.lower() == meant), None)
    shown_words = ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
    return f"did you mean {found}?" if found else f"it has {shown_words}"


def _reaches(layout: Layout, event: EventSpec) -> bool:
    reach = REACH[event.kind]
    if reach.scope == "river":
        return "Rivers" in layout.places
    where = event.where
    if where.zone is not None and where.zone not in layout.zones:
        return True  # said already
    rng = np.random.default_rng(0)
    return bool(groups(layout, reach.fleets, reach.leading, reach.scope, where, rng))
