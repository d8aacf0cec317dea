"""The tide and ISPU, against numbers worked by hand and tides made of known constituents."""

import numpy as np
import pytest

from processors.domains.disaster.air import ispu, nowcast
from processors.domains.disaster.harmonics import SPEEDS, Harmonics
from tests.processors.domains.disaster.kit import HOUR, MINUTE, T0, City

PM25 = (0.0, 15.5, 55.4, 150.4, 250.4, 500.0)
PM10 = (0.0, 50.0, 150.0, 350.0, 420.0, 500.0)


@pytest.mark.parametrize(
    ("breakpoints", "mean", "index"),
    [(PM25, 7.75, 25), (PM25, 35.45, 75), (PM25, 55.4, 100), (PM25, 102.9, 150), (PM25, 900, 500), (PM10, 250, 150)],
)
def test_ispu_by_hand(breakpoints: tuple[float, ...], mean: float, index: float) -> None:
    assert ispu(np.array([mean]), breakpoints)[0] == pytest.approx(index)


def test_nowcast_by_hand() -> None:
    hours = np.full((3, 12), np.nan)
    hours[0] = 40.0  # steady: the mean
    hours[1, :2] = 100.0, 50.0  # w = 0.5: (100 + 25) / 1.5
    hours[2, 3:] = 40.0  # the last three hours are missing
    assert nowcast(hours).tolist() == pytest.approx([40.0, 125 / 1.5, float("nan")], nan_ok=True)


def breathe(city: City, levels: dict[str, float], hours: range) -> list[bool]:
    told = []
    for quarter in range(4 * hours.start, 4 * hours.stop):
        time = quarter * 15 * MINUTE
        rows = [(name, time, level) for name, level in levels.items()]
        told += [signal.active for signal in city.hear(rows, time)]
    return told


def test_a_monitor_alone_is_not_believed_and_two_are() -> None:
    names = [f"a{number}/pm25" for number in range(5)]
    city = City(names)
    assert breathe(city, dict.fromkeys(names, 20.0) | {"a0/pm25": 90.0}, range(40)) == []
    both = breathe(city, dict.fromkeys(names, 20.0) | {"a0/pm25": 90.0, "a1/pm25": 90.0}, range(40, 64))
    assert both == [True, True]


def test_eighteen_hours_make_a_day() -> None:
    names = [f"a{number}/pm25" for number in range(5)]
    city, levels = City(names), dict.fromkeys(names, 20.0) | {"a0/pm25": 90.0, "a1/pm25": 90.0}
    assert breathe(city, levels, range(18)) == []
    assert breathe(city, levels, range(18, 19)) == [True, True]


def test_haze_over_most_of_the_city_is_told_within_hours() -> None:
    names = [f"a{number}/pm25" for number in range(5)]
    city = City(names)
    assert breathe(city, dict.fromkeys(names, 20.0), range(24)) == []
    assert breathe(city, dict.fromkeys(names, 150.0), range(24, 28)) == [True] * 5


def tide(hours: np.ndarray) -> np.ndarray:
    made = {"M2": (44.0, 0.7), "S2": (26.0, 0.1), "K1": (47.0, 5.4), "O1": (28.0, 4.6)}
    angles = [size * np.cos(np.radians(SPEEDS[name]) * hours - phase) for name, (size, phase) in made.items()]
    return np.asarray(157.0 + sum(angles))


def test_the_tide_is_learnt() -> None:
    """After two days the next hours are told to a decimetre, after twenty the next day to a few centimetres."""
    fit, row = Harmonics(60.0), np.array([0])
    fit.columns.grow(1)
    times = T0 + np.arange(0, 21 * 24 * HOUR, 10 * MINUTE)
    for number, time in enumerate(times[: 20 * 144]):
        fit.learn(row, np.array([time]), tide(np.array([time / HOUR])))
        if number == 2 * 144:
            ahead = times[number : number + 18]
            due, error = fit.predict(np.zeros(len(ahead), np.intp), ahead)
            assert np.abs(due - tide(ahead / HOUR)).max() < 10.0
            assert error.max() < 12.0
    ahead = times[20 * 144 :]
    due, error = fit.predict(np.zeros(len(ahead), np.intp), ahead)
    assert np.abs(due - tide(ahead / HOUR)).max() < 3.0


def test_a_surge_at_low_tide_is_told_once_the_tide_is_known() -> None:
    city = City(["sea/tide"], high=345.0)
    minutes = np.arange(0, 4 * 1440, 10)
    hours = (T0 + minutes * MINUTE) / HOUR
    levels = tide(hours) + 80.0 * np.clip((minutes - 3 * 1440) / 30.0, 0, 1) * (minutes < 3 * 1440 + 240)
    signals = city.course("sea/tide", levels.tolist(), 10 * MINUTE)
    assert [(each.active, (each.time - T0) // MINUTE - 3 * 1440) for each in signals] == [(True, 20), (False, 240)]
    assert "above the tide that is due" in signals[0].reason


@pytest.mark.parametrize("step", [80.0, -80.0])
def test_a_gauge_whose_zero_has_moved_is_known_again_after_three_days(step: float) -> None:
    """
    zero      0 ──────────┤ day 8: 80 cm elsewhere
    surge                 │          day 13: 80 cm above, for four hours
    told      only +80: ● day 8 to 11            ● day 13, as ever
    """
    city = City(["sea/tide"])
    minutes = np.arange(0, 14 * 1440, 10)
    surge = 80.0 * np.clip((minutes - 13 * 1440) / 30.0, 0, 1) * (minutes < 13 * 1440 + 240)
    levels = tide((T0 + minutes * MINUTE) / HOUR) + step * (minutes >= 8 * 1440) + surge
    signals = city.course("sea/tide", levels.tolist(), 10 * MINUTE)
    days = [(each.active, round((each.time - T0) / (24 * HOUR), 1)) for each in signals]
    assert days == ([(True, 8.0), (False, 11.0)] if step > 0 else []) + [(True, 13.0), (False, 13.2)]


def test_before_that_a_plain_limit_holds() -> None:
    city = City(["sea/tide"], high=345.0)
    signals = city.course("sea/tide", [300.0, 344.0, 346.0, 340.0, 330.0], 60 * MINUTE)
    assert [(each.active, (each.time - T0) // HOUR) for each in signals] == [(True, 2), (False, 4)]
    assert signals[0].reason == "The sea at sea stands at 346 cm, above the limit of 345 cm."


def test_a_sea_that_rises_too_fast_is_told_before_its_tide_is_known() -> None:
    """120 cm/h, and no limit known; 90 cm/h are a tide's."""
    for rate, active in ((2.0, [True]), (1.5, [])):
        signals = City(["sea/tide"]).course("sea/tide", [150.0 + rate * minute for minute in range(40)])
        assert [each.active for each in signals] == active


def test_a_sea_that_rose_too_fast_is_not_over_while_it_stands_high() -> None:
    """
    cm   150 ─╱‾‾‾‾‾‾╲─    80 cm within 40 min, an hour at that height, and back
    """
    up, back = [150.0 + 2.0 * minute for minute in range(40)], [230.0 - 2.0 * minute for minute in range(40)]
    city = City(["sea/tide"])
    signals = city.course("sea/tide", [*[150.0] * 30, *up, *[230.0] * 60, *back, *[150.0] * 20])
    (begins, ends) = [((each.time - T0) // MINUTE, each.active) for each in signals]
    assert (begins[1], ends[1]) == (True, False)
    assert 30 < begins[0] < 70
    assert 130 < ends[0] <= 170, "and not when it stopped to rise"


def test_a_sea_that_stays_high_after_it_rose_is_given_up_after_three_hours() -> None:
    """Nobody knows its tide yet: it may be that."""
    up = [150.0 + 2.0 * minute for minute in range(40)]
    signals = City(["sea/tide"]).course("sea/tide", [*[150.0] * 30, *up, *[230.0] * 300])
    minutes = [(each.time - T0) // MINUTE for each in signals]
    assert [each.active for each in signals] == [True, False]
    assert minutes[1] - minutes[0] in range(175, 190)


def test_air_that_the_hours_call_dangerous_is_critical_before_the_day_does() -> None:
    """The sentence says so: the severity must not say less. 450 ug/m3 of five hours."""
    names = [f"a{number}/pm25" for number in range(5)]
    city = City(names)
    breathe(city, dict.fromkeys(names, 20.0), range(24))
    signals = []
    for quarter in range(4 * 24, 4 * 29):
        time = quarter * 15 * MINUTE
        signals += city.hear([(name, time, 450.0) for name in names], time)
    grave = [signal for signal in signals if "(dangerous)" in signal.reason]
    assert grave
    assert {signal.severity for signal in grave} == {2}
