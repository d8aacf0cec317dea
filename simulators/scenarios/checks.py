"""What no single value of a scenario can know: keys that contradict each other, names that the city does not have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from config.problems import Key
from config.values import Contradiction, Found
from simulators.build import plan
from simulators.scenarios.place_checks import of_event, of_fault
from simulators.scenarios.schema import EventSpec, FaultSpec, Happening, Scenario
from simulators.scenarios.timing import window

_MOST_OCCURRENCES = 100_000
_MOST_STEPS = 10_000_000
_TIMES = ("start", "duration")


def contradictions(head: Scenario, events: Mapping[int, EventSpec], faults: Mapping[int, FaultSpec]) -> Found:
    """In a scenario whose single values are sound. `head` has no events and faults yet."""
    yield from _of_head(head)
    city = head.city
    layout = plan(city.devices, head.seeds[0], city.mix, city.zones, city.per_gateway, city.code)
    for number, event in events.items():
        yield from _of_timing(("events", number), event, head)
        yield from (replace(found, about=("city",)) for found in of_event(("events", number), event, layout))
    for number, fault in faults.items():
        yield from _of_timing(("faults", number), fault, head)
        yield from (replace(found, about=("city",)) for found in of_fault(("faults", number), fault, layout))


def _of_head(head: Scenario) -> Found:
    for number, seed in enumerate(head.held_out):
        if seed not in head.seeds:
            among = ", ".join(str(one) for one in head.seeds)
            yield Contradiction(("held_out", number), f"{seed} is not among seeds: {among}", ("seeds",))
    if len(set(head.seeds)) < len(head.seeds):
        yield Contradiction(("seeds",), "a seed is given twice")
    intervals = [head.interval, *head.intervals.values()]
    about = ("interval", "intervals")
    if head.duration < max(intervals):
        yield Contradiction(("duration",), "is shorter than an interval, so some device would never measure", about)
    if head.duration / min(intervals) > _MOST_STEPS:
        yield Contradiction(("duration",), f"has more than {_MOST_STEPS:,} intervals; measure less often", about)


def _of_timing(key: Key, spec: Happening, head: Scenario) -> Found:
    if (spec.at is None) == (spec.random is None):
        yield Contradiction(
            key, "needs one of at and random" if spec.at is None else "has both at and random; give one"
        )
        return
    if spec.repeat is not None and spec.at is None:
        yield Contradiction((*key, "repeat"), "repeats what begins `at` a time; random ones have per_day")
    for moment in spec.at or ():
        if not 0 <= moment.after(head.start) < head.duration:
            text = "begins outside the scenario: it must be after its start and before its end"
            yield Contradiction((*key, "at"), text, _TIMES)
    if spec.random is not None:
        first, last = window(spec, head)
        if last <= first:
            text = "leaves no time to begin: between after and until (or the end less duration)"
            yield Contradiction((*key, "random"), text, _TIMES)
        elif spec.random.per_day * (last - first) / 86_400_000 > _MOST_OCCURRENCES:
            text = f"makes more than {_MOST_OCCURRENCES:,} in all"
            yield Contradiction((*key, "random", "per_day"), text, _TIMES)
