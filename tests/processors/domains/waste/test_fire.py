"""Fires, and what is none: a spike, a thermometer that leapt, a hot day."""

import pytest

from tests.processors.domains.waste.kit import HOUR, MINUTE, Bins, edges

FIRE = "bin-fire"


def test_two_readings_at_sixty_are_a_fire_and_one_is_a_spike() -> None:
    """degC  30  80  30  30  60  61   a reading a minute"""
    bins = Bins(["b/temperature"])
    assert edges(bins.course("b/temperature", [30, 80, 30, 30, 60, 61])) == [(FIRE, True, 5)]


def test_a_sensor_that_reports_seldom_is_believed_at_once() -> None:
    bins = Bins(["b/temperature"])
    assert edges(bins.course("b/temperature", [30, 60], step=5 * MINUTE)) == [(FIRE, True, 5)]


def test_a_rise_of_ten_degrees_within_ten_minutes_is_a_fire_well_below_sixty() -> None:
    """From 30: +4, +8, +10, +11, +12; three readings in turn are 10 above it: at minute 6."""
    bins = Bins(["b/temperature"])
    told = bins.course("b/temperature", [30, 30, 34, 38, 40, 41, 42])
    assert edges(told) == [(FIRE, True, 6)]
    assert told[0].reason == "Fire in the bin b: it is at 42 °C, and rose by 12 °C in 10 minutes."
    assert told[0].severity == 2


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([30, 30, 30] + [40.5] * 20, id="a leap is no climb"),
        pytest.param([30 + 0.8 * minute for minute in range(30)], id="8 degC in 10 min"),
        pytest.param([30, 30, 45, 30, 30, 44, 30, 30, 46, 30], id="spikes"),
        pytest.param([30, 30, -15, 31, 30, -14, 32, 31, 31, 30], id="spikes downwards"),
    ],
)
def test_what_is_no_fire(values: list[float]) -> None:
    assert Bins(["b/temperature"]).course("b/temperature", values) == []


def test_a_sun_that_warms_all_bins_is_no_fire() -> None:
    names = [f"b{number}/temperature" for number in range(5)]
    bins, told = Bins(names), []
    for minute in range(60):
        warm = 30 + max(0, minute - 40) * 1.25
        told += bins.hear([(name, minute * MINUTE, warm) for name in names], minute * MINUTE)
    assert told == []


def test_a_fire_is_over_after_three_cool_readings_near_where_it_began() -> None:
    bins = Bins(["b/temperature"])
    values = [30, 65, 70, 49, 36, 34, 33, 32, 31]
    assert edges(bins.course("b/temperature", values)) == [(FIRE, True, 2), (FIRE, False, 7)]


def test_an_hour_of_silence_makes_no_rise() -> None:
    bins = Bins(["b/temperature"])
    assert bins.course("b/temperature", [30, 30]) == []
    assert bins.course("b/temperature", [41, 42, 43, 44], begin=2 * HOUR) == []


def test_a_cool_reading_after_an_hour_of_silence_says_at_once_that_a_fire_is_over() -> None:
    """Its incident waits two minutes for that, and would ask for a person anew: many bins report each half hour."""
    bins = Bins(["b/temperature"])
    assert edges(bins.course("b/temperature", [30, 80, 85], step=30 * MINUTE)) == [(FIRE, True, 30)]
    assert edges(bins.course("b/temperature", [70, 31], step=30 * MINUTE, begin=4 * HOUR)) == []
    assert edges(bins.course("b/temperature", [31], begin=6 * HOUR)) == [(FIRE, False, 360)]


def test_a_fire_is_over_also_where_the_other_bins_have_fallen_silent_meanwhile() -> None:
    """What it rose by was measured from their median, which nobody knows any more."""
    names = [f"b{number}/temperature" for number in range(4)]
    bins = Bins(names)
    for minute in range(10):
        values = [80.0 if minute >= 5 else 30.0, 30.0, 30.0, 30.0]
        bins.hear([(name, minute * MINUTE, value) for name, value in zip(names, values, strict=True)], minute * MINUTE)
    bins.course(names[0], [80.0] * 60, begin=10 * MINUTE)
    assert edges(bins.course(names[0], [31.0] * 5, begin=70 * MINUTE)) == [(FIRE, False, 72)]
