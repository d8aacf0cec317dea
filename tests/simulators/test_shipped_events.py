"""Each kind of event of the shipped scenarios shows in what its devices say, as it should and when it should.

The first event of a kind is taken out of its scenario and played twice in that city, at that hour: once
it happens, once it does not. All else is the same, bit for bit, so that the difference is the event's.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from simulators.base import Float64
from simulators.feed import Int64, Samples, join
from simulators.incidents import KINDS, Event
from simulators.scenarios import Scenario, load_scenario, open_scenario, shipped_scenarios
from tests.simulators.runs import HOUR

LEAD = 10
"""Steps before the event."""


class Sign(NamedTuple):
    """What an event does to a quantity. least: how much it must change one device's, above 0 upwards.

    hours: in which it must show; without: until an operator should know.
    """

    fleet: str
    quantity: str
    least: float
    hours: float | None = None


SIGNS = {
    "burst-main": [Sign("Meters", "flow", 5.0, 0.1), Sign("PressurePoints", "pressure", -20.0, 0.1)],
    "slow-leak": [Sign("Meters", "flow", 1.0)],
    "stuck-valve": [Sign("Meters", "flow", -0.5), Sign("PressurePoints", "pressure", -50.0)],
    "contamination": [Sign("QualityStations", "turbidity", 2.0), Sign("QualityStations", "chlorine", -0.1)],
    "supply-cut": [Sign("Meters", "pressure", -150.0), Sign("Meters", "flow", -1.0)],
    "feeder-outage": [Sign("Feeders", "power", -10.0, 0.05), Sign("Feeders", "voltage", -200.0, 0.05)],
    "feeder-overload": [Sign("Feeders", "power", 20.0), Sign("Feeders", "voltage", -5.0)],
    "voltage-sag": [Sign("Feeders", "voltage", -20.0)],
    "unbalance": [Sign("Transformers", "current_a", 10.0), Sign("Transformers", "voltage_a", -5.0)],
    "meter-tamper": [Sign("Households", "power", -0.1, 1.0)],
    "frequency-excursion": [Sign("Feeders", "frequency", -0.2)],
    "heat-wave": [Sign("Feeders", "power", 2.0, 6.0)],
    "missed-rounds": [Sign("Bins", "fill", 10.0), Sign("Bins", "weight", 5.0)],
    "bin-fire": [Sign("Bins", "temperature", 40.0)],
    "bin-tilt": [Sign("Bins", "tilt", 40.0)],
    "cloudburst": [Sign("RainGauges", "rainfall", 0.5)],
    "flash-flood": [Sign("Rivers", "river_level", 20.0)],
    "quake": [Sign("Seismometers", "pga", 2.0, 0.05)],
    "landslide": [Sign("Slopes", "tilt", 0.05), Sign("Slopes", "soil_moisture", 5.0)],
    "haze": [Sign("AirStations", "pm25", 50.0), Sign("AirStations", "pm10", 50.0)],
    "high-tide": [Sign("Tides", "tide", 20.0)],
}
EVERY = [(kind, sign) for kind, signs in SIGNS.items() for sign in signs]


@cache
def shipped() -> dict[str, tuple[Scenario, Event]]:
    """The first event of each kind, from the smallest city in which it happens."""
    found: dict[str, tuple[Scenario, Event]] = {}
    scenarios = [load_scenario(path) for path in shipped_scenarios().values()]
    for scenario in sorted(scenarios, key=lambda one: one.city.devices):
        for event in sorted(open_scenario(scenario).events, key=lambda one: one.start):
            found.setdefault(event.kind, (scenario, event))
    return found


@cache
def played(kind: str, fleet: str, until: int, happens: bool) -> Samples:
    """What the fleet says from shortly before the event, by arrival."""
    scenario, event = shipped()[kind]
    start = event.start // scenario.interval * scenario.interval - LEAD * scenario.interval
    quiet = {"start": start, "duration": until - start, "events": (), "faults": ()}
    running = open_scenario(scenario.model_copy(update=quiet), scenario.seeds[0])
    if happens:
        running.city.inject(event)
    fleets = [one for one in running.city.fleets if type(one).__name__ == fleet]
    return join([samples for step in running.only(fleets) for samples in step.samples])


def difference(kind: str, sign: Sign) -> tuple[Int64, Float64, Event]:
    """Times and what the event changes in the quantity, of the devices that it names or else of all."""
    scenario, event = shipped()[kind]
    within = 1000 * KINDS[kind].tell_within if sign.hours is None else HOUR * sign.hours
    until = event.start + int(max(within, 3 * scenario.interval))
    one, other = (played(kind, sign.fleet, until, happens) for happens in (True, False))
    assert np.array_equal(one.time, other.time)
    column = [quantity.name for quantity in one.fleet.quantities].index(sign.quantity)
    changed = one.values[:, column] - other.values[:, column]
    named = [number for number, place in enumerate(one.fleet.places) if place.device in event.devices]
    mine = np.isin(one.device, named) if named else np.ones(len(one), np.bool_)
    return one.time[mine], changed[mine], event


def test_every_kind_that_ships_has_its_signs() -> None:
    assert SIGNS.keys() == shipped().keys()


@pytest.mark.parametrize(("kind", "sign"), EVERY, ids=[f"{kind}-{sign.quantity}" for kind, sign in EVERY])
def test_it_shows_in_the_right_direction_in_time_and_not_before(kind: str, sign: Sign) -> None:
    time, changed, event = difference(kind, sign)
    before = time < event.start
    assert before.sum() >= LEAD - 1
    assert not changed[before].any()
    after = changed[~before & np.isfinite(changed)] * np.sign(sign.least)
    assert after.max() >= abs(sign.least)
    assert after.max() > 2 * -after.min(), "the other way too"
