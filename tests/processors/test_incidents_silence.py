"""Sensors that die while what they show holds. In hours; █ the condition holds, ● its sensor is heard."""

from __future__ import annotations

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs
from processors.signals import Place
from telemetry import flags
from telemetry.batch import Readings
from tests.processors.incident_kit import T0, Desk

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
RIVER: Place = ("*", "disaster", "*")


def hear(desk: Desk, member: int, flag: int = 0) -> None:
    """One reading of a series comes now."""
    now = np.array([T0 + round(desk.now * 1000)])
    flagged = np.array([flag], np.uint32)
    readings = Readings(np.array([member], np.int32), now, np.ones(1), flagged, now, np.full(1, -1, np.int32))
    desk.processor.process(readings, Outputs())


def flood(member: int = 0, acknowledge: bool = True) -> Desk:
    """A gauge has shown a flood since 0; it is taken on after a minute."""
    desk = Desk()
    rise(desk, member)
    desk.pass_to(MINUTE)
    if acknowledge:
        desk.command("acknowledge", desk.only("river-stage")["incident"])
    desk.pass_to(2 * MINUTE)
    return desk


def rise(desk: Desk, member: int, *, active: bool = True) -> None:
    desk.signal("river-stage", desk.now, member=member, place=RIVER, cause="Ciliwung", active=active)


def fall_silent(desk: Desk, member: int) -> None:
    desk.signal("no-data", desk.now, member=member)


def river(desk: Desk) -> list[tuple[str, float]]:
    return [(event, round(second / HOUR, 1)) for kind, event, second in desk.told() if kind == "river-stage"]


def test_a_silent_sensors_condition_is_only_the_last_that_is_known_and_the_next_event_pages() -> None:
    """0         3     4
    ●████████████┤     │ another gauge
      silent     └ returned, closed
    """
    desk = flood()
    fall_silent(desk, 0)
    desk.pass_to(4 * HOUR, MINUTE)
    assert river(desk) == [("opened", 0.0), ("acknowledged", 0.0), ("returned", 3.2), ("closed", 3.2)]
    reason = "Last known: river-stage of 0 Nothing has been heard of its sensor since."
    assert desk.only("river-stage")["reason"] == reason
    assert next(each["reason"] for each in desk.events if each["event"] == "returned") == reason
    rise(desk, 1)
    desk.pass_to(4.5 * HOUR, MINUTE)
    assert river(desk)[4:] == [("opened", 4.0)]


def test_a_sensor_that_is_heard_and_says_nothing_new_shows_what_it_showed() -> None:
    desk = flood()
    while desk.now < 10 * HOUR:
        hear(desk, 0)
        desk.pass_to(desk.now + 10 * MINUTE, MINUTE)
    assert desk.states() == {"river-stage": "acknowledged"}


def test_what_no_rule_believes_is_no_sign_of_life() -> None:
    desk = flood()
    fall_silent(desk, 0)
    while desk.now < 4 * HOUR:
        hear(desk, 0, flags.FAIL)
        desk.pass_to(desk.now + 10 * MINUTE, MINUTE)
    assert desk.only("river-stage")["state"] == "closed"


def test_one_that_nobody_misses_counts_for_three_days() -> None:
    """A sensor may report but once a day."""
    desk = flood()
    desk.pass_to(3 * DAY - HOUR, 10 * MINUTE)
    assert desk.only("river-stage")["state"] == "acknowledged"
    desk.pass_to(3 * DAY + HOUR, 10 * MINUTE)
    assert desk.only("river-stage")["state"] == "closed"


def test_while_nadi_hears_nothing_nothing_is_lost() -> None:
    desk = flood()
    fall_silent(desk, 0)
    for minute in range(3, 600):
        desk.processor.tick(TickEntry(T0 + minute * 60_000, 0), Outputs())
    state = desk.processor.state_of(desk.only("river-stage")["incident"])
    assert state == "acknowledged"


def test_a_restart_forgets_neither_who_is_silent_nor_since_when() -> None:
    desk = flood()
    desk.pass_to(HOUR, MINUTE)
    hear(desk, 0)
    fall_silent(desk, 0)
    desk.pass_to(2 * HOUR, MINUTE)
    desk.restart()
    desk.pass_to(5 * HOUR, MINUTE)
    assert river(desk)[2:] == [("returned", 4.2), ("closed", 4.2)]


def test_a_sensor_that_comes_back_shows_what_it_showed_unless_it_is_said_to_be_over() -> None:
    for over, told in ((False, ["opened"]), (True, [])):
        desk = flood()
        fall_silent(desk, 0)
        desk.pass_to(5 * HOUR, MINUTE)
        desk.restart()
        before = len(river(desk))
        for _ in range(10):
            hear(desk, 0)
            desk.pass_to(desk.now + MINUTE, 10)
            if over:
                rise(desk, 0, active=False)
        assert [event for event, _ in river(desk)[before:]] == told
    again = desk.processor.listing()
    assert all(each["state"] == "closed" for each in again if each["kind"] == "river-stage")


def test_what_is_as_before_says_so() -> None:
    desk = flood()
    fall_silent(desk, 0)
    desk.pass_to(5 * HOUR, MINUTE)
    hear(desk, 0)
    desk.pass_to(desk.now + 5 * MINUTE, 10)
    reason = "Its sensor is back, and nothing says that it is over: river-stage of 0"
    assert desk.events[-1]["reason"] == reason


def test_another_member_of_what_is_taken_on_pages_where_nobody_else_is_heard() -> None:
    for silent, told in ((True, ["escalated"]), (False, [])):
        desk = flood()
        desk.pass_to(10 * MINUTE)
        if silent:
            fall_silent(desk, 0)
        desk.pass_to(11 * MINUTE)
        rise(desk, 1)
        desk.pass_to(12 * MINUTE)
        assert [event for event, _ in river(desk)[2:]] == told
        assert desk.only("river-stage")["state"] == ("unacknowledged" if silent else "acknowledged")


def test_after_a_quiet_time_another_member_pages_and_one_that_swings_does_not() -> None:
    desk = flood()
    desk.pass_to(HOUR, MINUTE)
    rise(desk, 1)
    desk.pass_to(HOUR + MINUTE)
    assert river(desk)[2:] == [("escalated", 1.0)]
    assert desk.only("river-stage")["reason"] == "river-stage of 1 (2 sensors)"
    desk.command("acknowledge", desk.only("river-stage")["incident"])
    while desk.now < 3 * HOUR:
        rise(desk, 1, active=False)
        desk.pass_to(desk.now + 5 * MINUTE, MINUTE)
        rise(desk, 1)
        desk.pass_to(desk.now + 5 * MINUTE, MINUTE)
    assert [event for event, _ in river(desk)[3:]] == ["acknowledged"]


def test_a_clock_that_is_ahead_delays_no_page() -> None:
    desk = Desk()
    desk.now = 10.0
    desk.signal("quake", 110.0, place=("3578", "disaster", "*"))
    desk.pass_to(12)
    assert desk.told() == [("quake", "opened", 11)]


def test_what_a_processor_told_before_it_began_anew_ends_and_the_rest_stays() -> None:
    desk = flood()
    desk.signal("burst", desk.now)
    desk.pass_to(HOUR, MINUTE)
    desk.restart()
    desk.processor.begin_anew({"domains.disaster", "quality"})
    desk.pass_to(2 * HOUR, MINUTE)
    assert desk.states() == {"river-stage": "closed", "burst": "unacknowledged"}
    assert desk.only("river-stage")["reason"] == "Its analysis began anew; last known: river-stage of 0"
    rise(desk, 0)
    desk.pass_to(3 * HOUR, MINUTE)
    assert river(desk)[-1] == ("opened", 2.0)


def test_what_a_processor_tells_again_after_it_began_anew_goes_on() -> None:
    desk = flood()
    desk.restart()
    desk.processor.begin_anew({"domains.disaster"})
    desk.tick()
    rise(desk, 0)
    desk.pass_to(2 * HOUR, MINUTE)
    assert desk.states() == {"river-stage": "acknowledged"}
