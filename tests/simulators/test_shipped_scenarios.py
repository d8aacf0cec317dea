"""The scenarios that come with nadi: sound, large enough to judge by, and the same each time."""

import pytest

from simulators.incidents import KINDS
from simulators.scenarios import load_scenario, open_scenario, shipped_scenarios
from tests.simulators.runs import run, same

PROMISED = {
    "calm-day", "burst-main", "slow-leak", "feeder-outage", "heat-wave", "missed-rounds", "bin-fire", "flash-flood",
    "quake", "haze", "gateway-storm", "everything-at-once",
}  # fmt: skip
SHIPPED = {name: load_scenario(path) for name, path in shipped_scenarios().items()}


def test_all_that_are_promised_are_there() -> None:
    assert SHIPPED.keys() >= PROMISED
    assert all(scenario.name == name for name, scenario in SHIPPED.items())


@pytest.fixture(scope="module")
def happened() -> dict[str, list[str]]:
    """Kinds of events by scenario."""
    return {name: [event.kind for event in open_scenario(scenario).events] for name, scenario in SHIPPED.items()}


def test_they_cover_fourteen_days_a_hundred_events_and_every_kind(happened: dict[str, list[str]]) -> None:
    assert sum(scenario.duration for scenario in SHIPPED.values()) >= 14 * 86_400_000
    kinds = [kind for name in happened for kind in happened[name]]
    assert sum(kind != "voltage-sag" for kind in kinds) >= 100
    assert set(kinds) == KINDS.keys()


def test_on_a_calm_day_nothing_happens(happened: dict[str, list[str]]) -> None:
    assert happened["calm-day"] == happened["gateway-storm"] == []
    assert SHIPPED["calm-day"].faults == ()
    assert SHIPPED["calm-day"].city.devices == 1000


@pytest.mark.parametrize("name", SHIPPED)
def test_every_third_seed_is_held_out(name: str) -> None:
    scenario = SHIPPED[name]
    assert scenario.held_out == scenario.seeds[2::3] != ()
    assert scenario.description


@pytest.mark.parametrize("name", SHIPPED)
def test_each_opens_with_every_seed(name: str) -> None:
    scenario = SHIPPED[name]
    starts = [
        [(event.start, event.devices) for event in open_scenario(scenario, seed).events] for seed in scenario.seeds
    ]
    assert len({len(events) for events in starts}) == 1
    assert not starts[0] or starts[0] != starts[1]


@pytest.mark.parametrize("name", SHIPPED)
def test_each_begins_the_same_twice(name: str) -> None:
    scenario = SHIPPED[name]
    steps = min(60, 3_600_000 // scenario.interval)
    one, again = run(scenario, steps=steps), run(scenario, steps=steps)
    assert one.fleets.keys() == again.fleets.keys()
    assert all(same(one.fleets[fleet], again.fleets[fleet]) for fleet in one.fleets)
    assert sum(map(len, one.fleets.values())) >= 0.95 * steps * scenario.city.devices
