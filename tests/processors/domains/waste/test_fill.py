"""Fill: Theil-Sen against worked numbers, collections, overflow, and what suppresses it."""

from typing import cast

import numpy as np
import pytest

from processors.domains.waste.fill import Fill
from processors.domains.waste.forecast import MOST, theil_sen
from processors.signals import Signal
from tests.processors.domains.waste.kit import HOUR, MINUTE, T0, Bins, edges

FULL = "bin-full"


def slope(hours: list[float], values: list[float]) -> float:
    time, value = np.zeros((1, MOST), np.int64), np.full((1, MOST), np.nan)
    time[0, : len(hours)] = np.array(hours) * HOUR
    value[0, : len(values)] = values
    return float(theil_sen(time, value, np.array([len(hours)]))[0])


def test_theil_sen_is_the_median_of_the_slopes_of_all_pairs() -> None:
    """0, 1, 2, 3 h at 10, 12, 30, 16 %: slopes 2, 10, 2, 18, 2, -14; in order -14 2 2 2 10 18."""
    assert slope([0, 1, 2, 3], [10, 12, 30, 16]) == 2.0


def test_theil_sen_of_an_even_number_of_slopes_takes_the_middle_two() -> None:
    """0, 1, 3 h at 0, 1, 9: slopes 1, 3, 4; with a fourth point at 4 h, 12: also 3, 11/3, 3."""
    assert slope([0, 1, 3], [0, 1, 9]) == 3.0
    assert slope([0, 1, 3, 4], [0, 1, 9, 12]) == pytest.approx(3.0)


def test_theil_sen_agrees_with_all_pairs_in_plain_numpy() -> None:
    random = np.random.default_rng(1)
    hours = np.cumsum(random.uniform(0.2, 2, MOST))
    values = random.normal(0, 5, MOST) + hours
    expected = np.median([(values[j] - values[i]) / (hours[j] - hours[i]) for i in range(MOST) for j in range(i)])
    assert slope(hours.tolist(), values.tolist()) == pytest.approx(expected, rel=1e-4)


def forecast(bins: Bins) -> dict[str, object]:
    return cast(Fill, bins.rule("fill")).indicators()[0]


def test_time_to_eighty_percent_is_known_from_four_points_on() -> None:
    """10 % at 0 h, 4 points an hour more: at 3 h 22 %, so (80 - 22) / 4 = 14.5 h."""
    bins = Bins(["b/fill"])
    bins.course("b/fill", [10, 14, 18], step=HOUR)
    assert forecast(bins)["value"] is None
    bins.course("b/fill", [22], begin=3 * HOUR)
    assert forecast(bins)["value"] == 14.5
    assert forecast(bins)["rate"] == 96.0


def test_a_bin_that_does_not_fill_has_no_forecast() -> None:
    bins = Bins(["b/fill"])
    bins.course("b/fill", [20] * 6, step=HOUR)
    assert forecast(bins)["value"] is None


def test_points_stay_bounded_and_reach_back_to_the_emptying() -> None:
    bins = Bins(["b/fill"])
    bins.course("b/fill", [number / 10 for number in range(600)], step=30 * MINUTE)
    points = cast(Fill, bins.rule("fill")).points.columns
    assert points["count"][0] < MOST
    assert points["time"][0, 0] == T0
    assert forecast(bins)["rate"] == pytest.approx(4.8)


def test_the_first_to_be_full_is_listed_first() -> None:
    bins = Bins(["slow/fill", "quick/fill", "new/fill"])
    for hour in range(5):
        bins.hear([("slow/fill", hour * HOUR, 10 + hour), ("quick/fill", hour * HOUR, 10 + 9 * hour)], hour * HOUR)
    bins.hear([("new/fill", 4 * HOUR, 50)])
    listed = cast(Fill, bins.rule("fill")).indicators()
    assert [(each["device"], each["rank"]) for each in listed] == [("quick", 1), ("slow", 2), ("new", 3)]


def test_a_collection_is_confirmed_by_the_next_sample() -> None:
    """%  60  5  61    an echo that was lost
    %  62  4  5     a collection, at the first low reading"""
    bins = Bins(["b/fill"])
    bins.course("b/fill", [60, 5, 61], step=5 * MINUTE)
    assert forecast(bins)["emptied"] is None
    bins.course("b/fill", [62, 4, 5], step=5 * MINUTE, begin=HOUR)
    assert forecast(bins)["emptied"] == T0 + HOUR + 5 * MINUTE
    assert forecast(bins)["collections"] == 1


def test_less_than_thirty_points_or_a_rest_above_twenty_is_no_collection() -> None:
    bins = Bins(["b/fill"])
    bins.course("b/fill", [60, 25, 25, 25, 5, 5], step=10 * MINUTE)
    assert forecast(bins)["collections"] == 0


def test_a_bin_overflows_after_two_readings_and_ends_below_eighty() -> None:
    bins = Bins(["b/fill"])
    told = bins.course("b/fill", [88, 91, 89, 92, 93, 85, 79])
    assert edges(told) == [(FULL, True, 3), (FULL, False, 6)]


@pytest.mark.parametrize(("quantity", "value"), [("tilt", 80.0), ("battery", 5.0)])
def test_nothing_is_said_of_the_fill_of_a_bin_that_is_down_or_has_a_low_battery(quantity: str, value: float) -> None:
    bins = Bins(["b/fill", f"b/{quantity}"])
    for minute in range(3):
        bins.hear([(f"b/{quantity}", minute * MINUTE, value)], minute * MINUTE)
    told = bins.course("b/fill", [95, 96, 97], begin=3 * MINUTE)
    assert FULL not in {signal.kind for signal in told}


def test_a_faulty_sensor_suppresses_fill_alarms_until_it_is_sound_again() -> None:
    bins = Bins(["b/fill"])
    fault = Signal("sensor-fault", ("3578", "waste", "z"), "b", 0, T0, True, 0, 0.0, 1.0, "r")
    bins.course("b/fill", [50, 50])
    bins.hear([], 2 * MINUTE, [fault])
    assert bins.course("b/fill", [51, 56, 62, 68, 74, 81, 86, 92, 96], begin=3 * MINUTE) == []
    assert edges(bins.hear([], 13 * MINUTE, [fault._replace(active=False)])) == [(FULL, True, 11)]


def test_tilt_needs_two_readings_to_fall_and_two_to_stand_up() -> None:
    bins = Bins(["b/tilt"])
    told = bins.course("b/tilt", [3, 80, 4, 46, 50, 70, 5, 60, 4, 4])
    assert edges(told) == [("bin-tilt", True, 4), ("bin-tilt", False, 9)]
