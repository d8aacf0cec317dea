"""Voltage, sags, unbalance, frequency and outages of a grid."""

from __future__ import annotations

import numpy as np
import pytest

from journal.entries import TickEntry
from processors.base import Outputs
from processors.domains.energy.unbalance import unbalance
from processors.signals import Signal
from tests.processors.domains.energy.kit import HOUR, MINUTE, SECOND, T0, Grid


def test_vuf_of_worked_voltages() -> None:
    """b = 7085780000 / 145400^2 = 0.335165; sqrt(3 - 6b) = 0.994490; VUF = sqrt(0.005510 / 1.994490)."""
    factors = unbalance(np.array([[230.0, 220.0, 210.0], [220.0, 220.0, 220.0]]))
    assert factors == pytest.approx([5.256, 0.0], abs=0.005)


def test_what_is_just_beyond_a_limit_is_not_told_as_the_limit_itself() -> None:
    (told,) = Grid(["h/voltage"]).minutes(0, 10, {"h/voltage": 231.04})
    assert told.reason == "The voltage of h was 231.1 V on average over 10 minutes, above 231 V."
    (told,) = Grid(["h/voltage"]).minutes(0, 10, {"h/voltage": 197.98})
    assert "197.9 V on average over 10 minutes, below 198 V" in told.reason


def test_a_ten_minute_mean_below_198_volts_is_told_once() -> None:
    """197  ──────────────|  the tenth minute closes the mean; 198.5 is inside but within the deadband."""
    grid = Grid(["h/voltage"])
    assert grid.minutes(0, 9, {"h/voltage": 197.0}) == []
    (told,) = grid.minutes(9 * MINUTE, 1, {"h/voltage": 197.0})
    assert (told.kind, told.active, told.severity) == ("voltage", True, 1)
    assert "197 V" in told.reason
    assert "198 V" in told.reason
    assert grid.minutes(10 * MINUTE, 10, {"h/voltage": 198.5}) == []
    (ended,) = grid.minutes(20 * MINUTE, 10, {"h/voltage": 199.5})
    assert not ended.active


@pytest.mark.parametrize(("volts", "severity"), [(186.9, 2), (187.1, 1), (231.1, 1), (242.1, 2)])
def test_beyond_what_en_50160_always_allows_is_critical(volts: float, severity: int) -> None:
    (told,) = Grid(["h/voltage"]).minutes(0, 10, {"h/voltage": volts})
    assert told.severity == severity


def test_a_mean_with_an_interruption_in_it_is_flagged() -> None:
    grid = Grid(["h/voltage"])
    told = grid.minutes(0, 9, {"h/voltage": 220.0})
    told += grid.close(9 * MINUTE, {"h/voltage": 60.0}, {"h/voltage": 0.0})
    assert told == []
    assert grid.indicators("voltage_within_band") == []


def test_the_week_forgets_what_is_older() -> None:
    grid = Grid(["h/voltage"])
    grid.minutes(0, 10, {"h/voltage": 190.0})
    grid.minutes(10 * MINUTE, 30, {"h/voltage": 220.0})
    (share,) = grid.indicators("voltage_within_band")
    assert (share["value"], share["complies"]) == (75.0, False)
    grid.minutes(8 * 24 * HOUR, 10, {"h/voltage": 220.0})
    (share,) = grid.indicators("voltage_within_band")
    assert (share["value"], share["means"]) == (100.0, 1)


def test_unbalance_is_of_ten_minutes_and_three_phases() -> None:
    names = ["t/voltage_a", "t/voltage_b", "t/voltage_c"]
    grid = Grid(names)
    (told,) = grid.minutes(0, 10, dict(zip(names, (230.0, 220.0, 210.0), strict=True)))
    assert (told.kind, told.active) == ("unbalance", True)
    assert told.value == pytest.approx(5.256, abs=0.005)
    (ended,) = grid.minutes(10 * MINUTE, 10, dict.fromkeys(names, 220.0))
    assert not ended.active
    assert grid.minutes(20 * MINUTE, 10, {names[0]: 205.0, names[1]: 220.0}) == [], "a phase is missing"


def test_a_sag_is_seen_each_second_and_never_each_minute() -> None:
    """V  220 ──┐     ┌──   176 V is 0.8 pu; it lasts from the first low reading to the first good one."""
    volts = [220.0, 220.0, 180.0, 176.0, 185.0, 220.0]
    fast, slow = Grid(["h/voltage"]), Grid(["h/voltage"])
    found = []
    for number, value in enumerate(volts):
        fast.hear([("h/voltage", number * SECOND, value)])
        found += fast.out.anomalies
        slow.hear([("h/voltage", number * MINUTE, value)])
        assert slow.out.anomalies == []
    (sag,) = found
    assert (sag.detector, sag.value.tolist(), sag.severity.tolist()) == (("sags",), [176.0], [0])
    assert "3 s" in sag.reason[0]
    (count,) = fast.indicators("sags")
    assert count["value"] == 1
    assert slow.indicators("sags") == []


def test_a_sag_that_a_gap_cuts_off_is_not_told() -> None:
    grid = Grid(["h/voltage"])
    for time, value in ((0, 220.0), (1, 180.0), (2, 180.0), (9, 180.0), (10, 220.0)):
        grid.hear([("h/voltage", time * SECOND, value)])
        assert grid.out.anomalies == []


def test_frequency_is_of_the_city_and_a_lone_meter_must_say_it_twice() -> None:
    grid = Grid(["f/frequency"])
    (first,) = grid.hear([("f/frequency", 0, 49.4)])
    (second,) = grid.hear([("f/frequency", MINUTE, 49.4)])
    assert first.place == ("3578", "energy", "*")
    assert first.score < 0.9 <= second.score
    assert grid.hear([("f/frequency", 2 * MINUTE, 49.56)]) == [], "still further from 50 Hz than normal operation keeps"
    assert grid.hear([("f/frequency", 3 * MINUTE, 49.83)]) == [], "within the deadband"
    (ended,) = grid.hear([("f/frequency", 4 * MINUTE, 49.86)])
    assert not ended.active


def test_a_smaller_deviation_is_told_but_never_by_a_lone_meter() -> None:
    grid = Grid(["f/frequency"])
    (told,) = grid.hear([("f/frequency", 0, 49.7)])
    assert told.score < 0.9
    assert grid.hear([("f/frequency", MINUTE, 49.7)]) == []


def test_what_the_rules_judge_is_not_told_by_the_detector_as_well() -> None:
    grid, out = Grid(["h/voltage", "h/energy"]), Outputs()
    plain = Signal("limit", ("3578", "energy", "z"), "", 0, T0, True, 1, 190.0, 0.7, "")
    out.signals += [plain, plain._replace(member=1), plain._replace(kind="unusual")]
    grid.domain.tick(TickEntry(T0, T0), out)
    assert [(signal.kind, signal.member) for signal in out.signals] == [("limit", 1)]


def test_a_frequency_that_never_should_be_is_critical_at_once() -> None:
    (told,) = Grid(["f/frequency"]).hear([("f/frequency", 0, 46.9)])
    assert (told.severity, told.score) == (2, 0.95)


ZONE = ["a/voltage", "b/voltage", "c/voltage", "d/voltage"]


def _dark(grid: Grid, begin: int, minutes: int, devices: list[str]) -> list[bool]:
    """Supply goes, and comes back after so many minutes; a reading a minute, a tick after each."""
    edges = []
    for minute in range(minutes + 1):
        value = 0.0 if minute < minutes else 220.0
        time = begin + minute * MINUTE
        told = grid.hear([(name, time, value if name in devices else 220.0) for name in ZONE], time)
        edges += [signal.active for signal in told]
    return edges


def test_saidi_saifi_and_caidi_of_a_worked_outage() -> None:
    """2 of 4 customers for 30 min: SAIDI 2 * 30 / 4 = 15, SAIFI 2 / 4, CAIDI 30; 4 minutes don't count."""
    grid = Grid(ZONE)
    _dark(grid, 0, 30, ["a/voltage", "b/voltage"])
    _dark(grid, HOUR, 4, ZONE)
    for name, value in (("saidi", 15.0), ("saifi", 0.5), ("caidi", 30.0)):
        zone, city = grid.indicators(name)
        assert (zone["zone"], zone["value"], city["zone"], city["value"]) == ("z", value, "*", value)


def test_customers_behind_a_device_are_counted() -> None:
    """A feeder with 97 homes and 3 others, 10 minutes: 97 * 10 / 100."""
    grid = Grid(ZONE, ['sites={"3578/z/a": {"energy": {"outage": {"customers": 97}}}}'])
    _dark(grid, 0, 10, ["a/voltage"])
    assert grid.indicators("saidi")[0]["value"] == 9.7


def test_an_outage_is_told_at_the_first_word_and_surely_at_the_second() -> None:
    grid = Grid(ZONE)
    first = grid.hear([(name, 0, 0.0) for name in ZONE], 0)
    second = grid.hear([(name, MINUTE, 0.0) for name in ZONE], MINUTE)
    assert [signal.score for signal in first] == [0.6] * 4
    assert [signal.score for signal in second] == [0.95] * 4
    back = grid.hear([(name, 2 * MINUTE, 220.0) for name in ZONE], 2 * MINUTE)
    assert [(signal.active, signal.time - signal.time % MINUTE) for signal in back] == [(False, back[0].time)] * 4


def test_a_voltmeter_that_is_dead_while_power_flows_is_no_outage() -> None:
    grid = Grid(["h/voltage", "h/power"])
    for minute in range(5):
        time = minute * MINUTE
        assert grid.hear([("h/power", time, 1.2), ("h/voltage", time, 0.0)], time) == []


def test_an_outage_ends_when_power_flows_before_the_voltage_is_back() -> None:
    grid = Grid(["h/voltage", "h/power"])
    for minute in range(3):
        grid.hear(
            [("h/power", minute * MINUTE, 1.0 * (minute == 0)), ("h/voltage", minute * MINUTE, 0.0)], minute * MINUTE
        )
    (ended,) = grid.hear([("h/power", 3 * MINUTE, 0.5), ("h/voltage", 3 * MINUTE, 80.0)], 3 * MINUTE)
    assert not ended.active
    assert "3 minutes" in ended.reason


def test_a_momentary_interruption_of_a_fast_meter_is_no_outage() -> None:
    grid = Grid(["h/voltage"])
    volts = [220.0, 220.0, 0.0, 0.0, 0.0, 220.0]
    for number, value in enumerate(volts):
        assert grid.hear([("h/voltage", number * SECOND, value)], number * SECOND) == []
    assert grid.indicators("interruptions")[0]["value"] == 1


def test_panels_at_night_are_no_outage() -> None:
    grid = Grid(["s/power", "r/power"])
    for minute in range(0, 24 * 60, 10):
        sun = max(0.0, np.sin(minute / 720 * np.pi))
        time = minute * MINUTE
        assert grid.hear([("s/power", time, -3.0 * sun), ("r/power", time, -2.0 * sun)], time) == []
