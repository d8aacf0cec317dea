"""What waits for a tick, what for the minute, and what for neither."""

import numpy as np
import pytest

from processors.base import Outputs
from processors.domains.base import PATIENT
from processors.domains.disaster.minutes import Minutes
from processors.domains.hearing import Wave
from tests.processors.domains.disaster.kit import MINUTE, T0, City, readings

SECOND = 1000
MANY = 256
"""Sensors, so that what waits is soon heard: the readings of one are heard one after the other."""


class Heard:
    """A listener that keeps what it is told: time, value and elapsed of each row."""

    def __init__(self) -> None:
        self.rows: list[list[tuple[int, float, int]]] = []

    def minute(self, wave: Wave, out: Outputs) -> None:
        columns = (wave.time - T0).tolist(), wave.value.tolist(), wave.elapsed.tolist()
        self.rows.append(list(zip(*columns, strict=True)))


def test_a_minute_is_one_row_of_means_and_of_sums_of_rain() -> None:
    city = City(["air/pm25", "rain/rainfall"])
    minutes, heard = city.domain.rules[0], Heard()
    assert isinstance(minutes, Minutes)
    minutes.listeners = (heard,)
    city.hear([("air/pm25", 0, 5.0)], 0)
    for second, (air, rain) in {10: (20.0, 1.0), 20: (30.0, -9.0), 30: (70.0, 0.5)}.items():
        city.hear([("air/pm25", second * SECOND, air), ("rain/rainfall", second * SECOND, rain)], second * SECOND)
    city.hear([], 59 * SECOND)
    assert len(heard.rows) == 1, "nothing within the minute"
    city.hear([], MINUTE)
    city.hear([], 2 * MINUTE)
    assert heard.rows == [[(0, 5.0, 0)], [(30_000, 40.0, 30_000), (30_000, 1.5, 0)]]


def test_readings_wait_for_the_tick() -> None:
    city = City(["katulampa/river_level"])
    assert city.hear([("katulampa/river_level", 0, 75.0), ("katulampa/river_level", MINUTE, 90.0)]) == []
    assert len(city.hear([], MINUTE)) == 1


def test_but_not_too_many_of_them() -> None:
    city, out = City(["katulampa/river_level", *(f"air-{number}/pm25" for number in range(1, MANY))]), Outputs()
    rows = [(number % MANY, number // MANY * SECOND, 90.0) for number in range(PATIENT)]
    city.domain.process(readings(rows[:-1]), out)
    assert not out.signals
    city.domain.process(readings(rows[-1:]), out)
    assert len(out.signals) == 1


def test_a_stage_does_not_wait_for_the_minute_nor_does_its_end() -> None:
    city, told = City(["katulampa/river_level"]), []
    for at, level in {0: 79.0, 5 * SECOND: 81.0, 10 * SECOND: 70.0}.items():
        told.append([signal.active for signal in city.hear([("katulampa/river_level", at, level)], at)])
    assert told == [[], [True], [False]]


def test_a_rise_is_seen_through_the_noise_of_seconds() -> None:
    """60 cm/h in readings each 10 s, 5 cm up and 5 down in turn, the last of a minute up or down in turn as well."""
    city = City(["katulampa/river_level"])
    levels = [30.0, *(30.0 + step / 6 + 5.0 * (-1) ** (step + (step - 1) // 6) for step in range(1, 20 * 6))]
    signals = city.course("katulampa/river_level", levels, 10 * SECOND)
    assert [(signal.active, (signal.time - T0) // MINUTE) for signal in signals] == [(True, 15)]
    (rate,) = (row["value"] for row in city.domain.indicators() if row["indicator"] == "river_rise")
    assert rate == pytest.approx(60.0, abs=1.0)


def test_a_leap_that_is_believed_is_no_rise() -> None:
    """A gauge set 55 cm higher stands at another level; the line begins anew there."""
    city = City(["katulampa/river_level"])
    levels = np.concatenate((np.full(30, 20.0), np.full(6, 75.0)))
    assert city.course("katulampa/river_level", levels.tolist()) == []
    assert all(row["indicator"] != "river_rise" for row in city.domain.indicators())
