"""Cities of any size from one table."""

from collections import Counter

import numpy as np
import pytest

from simulators.build import build, plan, regions, share_out
from simulators.fleets import DOMAINS, FLEETS, quantities_of
from simulators.weather import Weather
from simulators.zones import COAST, ZONES, usual_zones, zones_of


@pytest.mark.parametrize("devices", [1, 2, 10, 17, 100, 1003, 100_000])
def test_a_city_has_as_many_devices_as_asked_for_each_of_its_own_name(devices: int) -> None:
    layout = plan(devices, seed=1)
    places = list(layout.of(tuple(layout.places)))
    assert len(places) == devices
    assert len({place.device for place in places}) == devices
    assert max(Counter((place.city, place.gateway) for place in places).values()) <= 50


def test_ten_devices_are_of_ten_fleets_and_a_hundred_of_all() -> None:
    assert set(share_out(10).values()) == {1}
    assert share_out(100).keys() == FLEETS.keys()


def test_a_large_city_keeps_the_tables_shares() -> None:
    counts = share_out(100_000)
    total = sum(row.share for row in FLEETS.values())
    for fleet, row in FLEETS.items():
        if row.share:
            assert counts[fleet] == pytest.approx(100_000 * row.share / total, rel=0.01)
    assert counts["Rivers"] == 3


@pytest.mark.parametrize(
    ("mix", "counts"),
    [
        ({"Bins": 1}, {"Bins": 40}),
        ({"Meters": 3, "Bins": 1}, {"Meters": 30, "Bins": 10}),
        ({"waste": 1, "Rivers": 9}, {"Bins": 37, "Rivers": 3}),
        ({"Rivers": 1}, {"Rivers": 3}),
    ],
)
def test_a_mix_holds_what_it_names_and_nothing_else(mix: dict[str, float], counts: dict[str, int]) -> None:
    assert share_out(40, mix) == counts


def test_a_domain_in_the_mix_spreads_over_its_fleets() -> None:
    counts = share_out(100, {"energy": 1})
    assert {FLEETS[fleet].fleet.domain for fleet in counts} == {"energy"}
    assert len(counts) == 4


def test_devices_stand_in_their_zones_and_tide_gauges_at_the_sea() -> None:
    layout = plan(2000, seed=3)
    for place in layout.of(tuple(fleet for fleet in layout.places if fleet != "Rivers")):
        lat, lon = layout.zones[place.zone]
        assert np.hypot(place.lat - lat, place.lon - lon) < 0.04
    assert {place.zone for place in layout.places["Tides"]} <= set(COAST)
    each = Counter(place.zone for place in layout.places["Meters"])
    assert max(each.values()) - min(each.values()) <= 1


def test_zones_are_surabayas_first_and_apart_from_each_other() -> None:
    names = zones_of(400)
    assert list(names)[:12] == list(ZONES)
    assert len(names) == 400
    points = np.array(list(names.values()))
    apart = np.hypot(*(points[:, np.newaxis] - points[np.newaxis]).transpose(2, 0, 1))
    assert apart[~np.eye(400, dtype=bool)].min() > 0.008
    assert [usual_zones(devices) for devices in (10, 1000, 100_000)] == [2, 21, 211]


def test_the_same_seed_builds_the_same_city() -> None:
    assert plan(300, 1).places == plan(300, 1).places != plan(300, 2).places


def test_every_fleet_is_built_with_its_own_interval() -> None:
    layout = plan(60, 1)
    city = build(layout, Weather(1, regions(layout)), 1, lambda fleet, domain: 500 if fleet == "Bins" else 1000)
    assert len(city) == 60
    assert {fleet.interval for fleet in city.fleets if fleet.domain == "waste"} == {500}
    assert {fleet.domain for fleet in city.fleets} == set(DOMAINS)


@pytest.mark.parametrize("fleet", FLEETS)
def test_quantities_are_known_without_a_city(fleet: str) -> None:
    assert quantities_of(fleet)
