"""Overload, counters, consumption and tampered meters."""

from __future__ import annotations

import numpy as np
import pytest

from processors.signals import Signal
from tests.processors.domains.energy.kit import DAY, HOUR, MINUTE, Grid

FEEDER = ["f/current", "f/power"]


def test_equipment_near_its_limit_is_overloaded_when_it_says_so_twice() -> None:
    """kW  90 ──●──●──  0.9 of 100; ends below 0.95 * 90 = 85.5"""
    grid = Grid(FEEDER, high={"f/power": 100.0})
    told = [grid.hear([("f/power", minute * MINUTE, load)]) for minute, load in enumerate((91.0, 91.0, 86.0, 85.0))]
    assert [[signal.active for signal in each] for each in told] == [[], [True], [], [False]]


def test_one_spike_is_no_overload() -> None:
    grid = Grid(FEEDER, high={"f/power": 100.0})
    assert [grid.hear([("f/power", minute * MINUTE, load)]) for minute, load in enumerate((50.0, 190.0, 50.0))] == [
        []
    ] * 3


def test_what_flows_back_at_noon_is_a_load_as_well() -> None:
    grid = Grid(FEEDER, high={"f/power": 100.0})
    grid.hear([("f/power", 0, -95.0)])
    (told,) = grid.hear([("f/power", MINUTE, -95.0)])
    assert told.active
    assert told.value == -95.0


def test_more_load_after_an_outage_is_explained_for_a_while() -> None:
    grid = Grid([*FEEDER, "f/voltage"], high={"f/power": 100.0})
    for minute, volts in enumerate((220.0, 0.0, 0.0, 220.0)):
        grid.hear([("f/voltage", minute * MINUTE, volts)], minute * MINUTE)
    assert [grid.hear([("f/power", minute * MINUTE, 110.0)]) for minute in (4, 5, 6)] == [[]] * 3
    grid.hear([("f/power", 64 * MINUTE, 110.0)])
    (told,) = grid.hear([("f/power", 65 * MINUTE, 110.0)])
    assert told.active


def test_a_peak_is_learned_from_days_and_gives_the_load_factor() -> None:
    """A day at 40 kW with six hours at 80: mean 50, peak 80, load factor 0.625; the limit is 1.3 * 80 = 104."""
    grid = Grid(FEEDER)
    midnight = 17 * HOUR  # of Jakarta
    for hour in range(24):
        grid.minutes(midnight + hour * HOUR, 60, {"f/power": 80.0 if hour >= 18 else 40.0})
    grid.minutes(midnight + DAY, 10, {"f/power": 40.0})
    (factor,) = grid.indicators("load_factor")
    assert factor["value"] == 0.625
    loads = (103.0, 103.0, 105.0, 105.0)
    told = [
        grid.hear([("f/power", midnight + DAY + HOUR + minute * MINUTE, load)]) for minute, load in enumerate(loads)
    ]
    assert [len(each) for each in told] == [0, 0, 0, 1]


def test_a_home_has_no_learned_peak() -> None:
    grid = Grid(["h/power", "h/energy", "h/voltage"])
    for hour in range(48):
        grid.minutes(hour * HOUR, 10, {"h/power": 0.5})
    assert [grid.hear([("h/power", 3 * DAY + minute * MINUTE, 5.0)]) for minute in range(3)] == [[]] * 3


def _count(grid: Grid, readings: list[float], step: int = HOUR) -> list[Signal]:
    return [each for number, value in enumerate(readings) for each in grid.hear([("m/energy", number * step, value)])]


def test_a_rollover_is_no_fault_and_loses_nothing() -> None:
    grid = Grid(["m/energy", "m/power"], high={"m/power": 10.0}, modulus={"m/energy": 100_000.0})
    assert _count(grid, [99_994.0, 99_998.0, 2.0, 6.0]) == []
    assert grid.indicators("meter_rollovers")[0]["value"] == 1
    meters = next(rule for rule in grid.domain.rules if rule.name == "meters")
    assert meters.columns["total"][0] == 12.0  # type: ignore[attr-defined]


def test_a_reset_is_no_fault() -> None:
    grid = Grid(["m/energy", "m/power"], high={"m/power": 10.0}, modulus={"m/energy": 100_000.0})
    assert _count(grid, [5210.0, 5214.0, 1.0, 5.0]) == []
    assert grid.indicators("meter_resets")[0]["value"] == 1


@pytest.mark.parametrize(("value", "word"), [(5110.0, "backwards"), (9999.0, "jumped")])
def test_a_counter_that_no_load_explains_is_a_fault_until_it_is_sane(value: float, word: str) -> None:
    grid = Grid(["m/energy", "m/power"], high={"m/power": 10.0}, modulus={"m/energy": 100_000.0})
    told = _count(grid, [5210.0, 5214.0, value, value + 4, value + 8, value + 12])
    assert [(signal.kind, signal.cause, signal.active) for signal in told] == [
        ("sensor-fault", "m", True),
        ("sensor-fault", "m", False),
    ]
    assert word in told[0].reason


def test_a_day_is_beside_the_same_weekday() -> None:
    """kWh  weekdays 10, Sundays 20 (with a little noise); then a Sunday of 10 is what is unusual."""
    grid, value, told = Grid(["m/energy"]), 0.0, []
    begin = 17 * HOUR  # midnight of Sunday the 23rd in Jakarta
    for day in range(36):
        sunday = day % 7 == 0
        rate = (20.0 if sunday and day < 35 else 10.0) * (1.0 + 0.01 * (day % 3))
        for hour in range(24):
            told += grid.hear([("m/energy", begin + day * DAY + hour * HOUR, value)])
            value += rate / 24
    told += grid.hear([("m/energy", begin + 36 * DAY, value)])
    assert [(signal.kind, signal.active) for signal in told] == [("consumption", True)]
    assert "10.2 kWh" in told[0].reason or "10 kWh" in told[0].reason


def _homes(fractions: dict[int, float], zone_of_five: float = 1.0, dark: int | None = None) -> list[Signal]:
    """Ten homes in two zones for two days. After 24 hours some count a fraction, or the first zone does.
    dark: a home that is without supply from then on."""
    random = np.random.default_rng(1)
    names = [f"z{home // 5}:h{home}/{quantity}" for home in range(10) for quantity in ("voltage", "energy")]
    grid, told = Grid(names), []
    value = np.zeros(10)
    for hour in range(48):
        rows = [(names[2 * home + 1], hour * HOUR, float(value[home])) for home in range(10)]
        volts = [0.0 if home == dark and hour >= 24 else 220.0 for home in range(10)]
        rows += [(names[2 * home], hour * HOUR, volts[home]) for home in range(10)]
        told += grid.hear(rows, hour * HOUR + 10 * MINUTE)
        rate = (0.3 + 0.2 * np.sin(hour / 24 * 2 * np.pi)) * np.exp(0.2 * random.normal(size=10))
        if hour >= 24:
            rate[:5] *= zone_of_five
            for home, fraction in fractions.items():
                rate[home] *= fraction
        value += rate
    return [signal for signal in told if signal.kind == "meter-tamper"]


def test_a_meter_that_counts_a_fifth_is_told_within_hours() -> None:
    (told,) = _homes({3: 0.2})
    assert told.active
    assert told.place[2] == "z0"
    assert "h3" in told.reason


def test_homes_that_are_as_ever_are_not_told_of() -> None:
    assert _homes({}) == []


def test_a_fall_of_the_whole_zone_is_no_tampering() -> None:
    assert _homes({}, zone_of_five=0.2) == []


def test_a_home_without_supply_is_not_tampered_with() -> None:
    assert _homes({3: 0.0}, dark=3) == []
