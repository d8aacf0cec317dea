"""The life of an incident on drawn time lines. In seconds; █ the condition holds, │ what is told."""

from __future__ import annotations

import numpy as np
import pytest

from processors.base import Outputs
from processors.kinds import KINDS, Kind
from processors.signals import NOBODY, Signal
from telemetry.batch import Readings
from tests.processors.incident_kit import OTHER, T0, Desk

HOUR = 3600.0


def test_on_delay() -> None:
    """burst: on-delay 15 s

    0    10   20   30   40
    ██████               ·   10 s: too short
              ████████████
                       │35: opened, since 20
    """
    desk = Desk()
    desk.signal("burst", 0)
    desk.pass_to(10)
    desk.signal("burst", 10, active=False)
    desk.pass_to(20)
    desk.signal("burst", 20)
    desk.pass_to(60)
    assert desk.told() == [("burst", "opened", 35)]
    assert desk.only("burst")["time"] == T0 + 20_000
    assert desk.only("burst")["state"] == "unacknowledged"


def test_a_condition_that_ended_before_it_was_heard_of_counts_as_long_as_it_was() -> None:
    """Both edges come at second 20: 0 to 10 is too short, 0 to 16 is not."""
    for length, told in ((10.0, []), (16.0, [("burst", "opened", 20)])):
        desk = Desk()
        desk.now = 19.0
        desk.signal("burst", 0)
        desk.signal("burst", length, active=False)
        desk.pass_to(40)
        assert desk.told() == told


def test_off_delay() -> None:
    """burst: off-delay 300 s

    0         100  150        450  500
    ███████████____██__________│________   one incident, returned 300 s after its last end
    """
    desk = Desk()
    desk.signal("burst", 0)
    desk.pass_to(100)
    desk.signal("burst", 100, active=False)
    desk.pass_to(150)
    desk.signal("burst", 150)
    desk.pass_to(160)
    desk.signal("burst", 160, active=False)
    desk.pass_to(500)
    assert desk.told() == [("burst", "opened", 15), ("burst", "returned", 460)]
    assert desk.only("burst")["ended"] == T0 + 160_000
    assert desk.only("burst")["state"] == "returned"


def test_a_new_occurrence_after_the_off_delay_is_another_incident() -> None:
    desk = Desk()
    for start in (0.0, 1000.0):
        desk.pass_to(start)
        desk.signal("burst", start)
        desk.pass_to(start + 100)
        desk.signal("burst", start + 100, active=False)
    desk.pass_to(2000)
    assert [event for _, event, _ in desk.told()] == ["opened", "returned", "opened", "returned"]
    assert len(desk.incidents) == 2


def test_acknowledged_and_returned_is_closed() -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.pass_to(20)
    desk.command("acknowledge", desk.only("burst")["incident"], "regu berangkat")
    desk.pass_to(30)
    assert desk.only("burst")["state"] == "acknowledged"
    desk.signal("burst", 30, active=False)
    desk.pass_to(400)
    assert [event for _, event, _ in desk.told()] == ["opened", "acknowledged", "returned", "closed"]
    assert [event["by"] for event in desk.events] == ["nadi", "siti", "nadi", "nadi"]


def test_what_returned_is_closed_by_acknowledging() -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.pass_to(20)
    desk.signal("burst", 20, active=False)
    desk.pass_to(400)
    desk.command("acknowledge", desk.only("burst")["incident"])
    desk.pass_to(401)
    assert desk.only("burst")["state"] == "closed"
    desk.command("acknowledge", desk.only("burst")["incident"])
    desk.pass_to(402)
    assert desk.counts["incidents.commands_refused"] == 1, "it was closed already"


def test_a_latched_one_stays_until_it_is_acknowledged() -> None:
    desk = Desk()
    desk.signal("bin-fire", 0, place=("3578", "waste", "Genteng"))
    desk.pass_to(5)
    desk.signal("bin-fire", 5, active=False, place=("3578", "waste", "Genteng"))
    desk.pass_to(2 * 24 * HOUR, step=600)
    assert desk.only("bin-fire")["state"] == "unacknowledged"
    assert desk.only("bin-fire")["ended"] == T0 + 5000
    desk.command("acknowledge", desk.only("bin-fire")["incident"])
    desk.pass_to(desk.now + 1)
    assert desk.only("bin-fire")["state"] == "closed"


def test_of_a_latched_one_that_comes_again_and_again_the_latest_asks() -> None:
    """Where nobody acknowledges anything, a thermometer that comes and goes must not fill the memory for years."""
    desk = Desk()
    for _ in range(5):
        desk.signal("bin-fire", desk.now, place=("3578", "waste", "Genteng"), cause="bin-7")
        desk.pass_to(desk.now + 5)
        desk.signal("bin-fire", desk.now, active=False, place=("3578", "waste", "Genteng"), cause="bin-7")
        desk.pass_to(desk.now + 1000, step=100)
    assert [row["state"] for row in desk.incidents.values()] == ["merged"] * 4 + ["unacknowledged"]
    desk.pass_to(desk.now + 2 * 24 * HOUR, step=600)
    assert len(desk.processor.known.incidents) == 1


def test_nobody_acknowledges_for_a_day() -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.pass_to(20)
    desk.signal("burst", 20, active=False)
    desk.pass_to(26 * HOUR, step=600)
    assert desk.only("burst")["state"] == "closed"
    desk.pass_to(60 * HOUR, step=600)
    assert not desk.processor.known.incidents, "and is forgotten after another"


def test_k_of_n(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a kind that needs three members within 60 s

    0    2         70   75  80
    █ d1
         █ d2                     only two within 60 s
                   █ d3
                        █ d4
                            █ d5  │80: opened
    """
    monkeypatch.setitem(KINDS, "quake", Kind("disaster", on_delay=0, off_delay=300, members=3, within=60))
    desk = Desk()
    for second, device in ((0, 1), (2, 2), (70, 3), (75, 4)):
        desk.pass_to(second)
        desk.signal("quake", second, member=device)
        desk.pass_to(second + 1)
        desk.signal("quake", second + 1, member=device, active=False)
    assert desk.told() == []
    desk.pass_to(80)
    desk.signal("quake", 80, member=5)
    desk.pass_to(81)
    assert desk.told() == [("quake", "opened", 81)]
    assert desk.only("quake")["members"] == 3
    assert desk.only("quake")["time"] == T0 + 70_000


def test_a_quake_needs_no_more_stations_than_its_rule_has_counted() -> None:
    """`disaster.seismic.stations` may be 1 or 2."""
    desk = Desk()
    desk.signal("quake", 0, member=1)
    desk.pass_to(1)
    assert desk.states() == {"quake": "unacknowledged"}


def test_the_whole_cause_needs_no_members() -> None:
    desk = Desk()
    desk.signal("outage", 0, member=NOBODY)
    desk.pass_to(1)
    assert desk.states() == {"outage": "unacknowledged"}


def test_unusual_alone_is_not_enough() -> None:
    desk = Desk()
    desk.signal("unusual", 0, member=1)
    desk.signal("unusual", 30, member=2)
    desk.pass_to(400)
    assert desk.told() == []
    desk.signal("unusual", 400, member=3)
    desk.pass_to(600)
    assert desk.told() == [("unusual", "opened", 580)]


def test_one_very_unusual_is_enough() -> None:
    desk = Desk()
    desk.signal("unusual", 0, member=1, score=0.97)
    desk.pass_to(180)
    assert desk.told() == [("unusual", "opened", 180)]


def test_what_tells_no_end_ends_by_itself() -> None:
    desk = Desk()
    desk.signal("unusual", 0, member=1, score=0.97)
    desk.pass_to(100)
    desk.signal("unusual", 100, member=1, score=0.97)
    desk.pass_to(900)
    assert desk.told() == [("unusual", "opened", 180), ("unusual", "returned", 760)]
    assert desk.only("unusual")["ended"] == T0 + 700_000


def test_members_are_listed_and_make_it_graver() -> None:
    desk = Desk()
    desk.signal("limit", 0, member=1, severity=0)
    desk.pass_to(180)
    assert (desk.only("limit")["severity"], desk.only("limit")["members"]) == (0, 1)
    for member in range(2, 12):
        desk.signal("limit", 180 + member, member=member, severity=0)
    desk.pass_to(200)
    assert (desk.only("limit")["severity"], desk.only("limit")["members"]) == (2, 11)
    assert [event for _, event, _ in desk.told()] == ["opened", "escalated", "escalated"]
    assert "(11 sensors)" in desk.only("limit")["reason"]


@pytest.mark.parametrize("kind", ["bin-full", "missed-collection", "consumption", "meter-tamper"])
def test_what_can_wait_for_the_morning_is_not_critical_however_many_show_it(kind: str) -> None:
    """EEMUA 191: what an alarm's priority tells is what comes of it, not how often it is seen."""
    desk = Desk()
    for member in range(12):
        desk.signal(kind, 0, member=member, severity=0)
    desk.pass_to(700)
    assert (desk.only(kind)["severity"], desk.only(kind)["members"]) == (1, 12)


def test_what_gets_worse_asks_for_a_person_again() -> None:
    desk = Desk()
    desk.signal("river-stage", 0, severity=1)
    desk.pass_to(5)
    desk.command("acknowledge", desk.only("river-stage")["incident"])
    desk.pass_to(10)
    desk.signal("river-stage", 10, severity=2)
    desk.pass_to(15)
    assert desk.told()[-1] == ("river-stage", "escalated", 11)
    assert desk.states() == {"river-stage": "unacknowledged"}
    desk.signal("river-stage", 20, severity=0)
    desk.pass_to(25)
    assert desk.only("river-stage")["severity"] == 2, "it is as grave as it has been"


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delays that the drawn time lines reckon with, whatever the table comes to say."""
    monkeypatch.setitem(KINDS, "voltage", Kind("energy", on_delay=60, off_delay=300))


def test_two_of_the_same_tags_and_time_are_two_points() -> None:
    desk = Desk()
    for cause in ("a", "b", "c"):
        desk.signal("limit", 0, cause=cause, member=ord(cause))
    desk.pass_to(200)
    assert sorted(row["time"] - T0 for row in desk.incidents.values()) == [0, 1, 2]
    assert len({event["time"] for event in desk.events}) == 3


def test_the_same_history_again_is_the_same_incident() -> None:
    desk = Desk()
    for start in (HOUR, 3 * HOUR):
        desk.now = start
        desk.signal("burst", 0)
        desk.signal("burst", 100, active=False)
        desk.pass_to(start + 500)
    assert len(desk.incidents) == 1
    assert desk.only("burst")["time"] == T0


def test_unknown_kinds_are_counted() -> None:
    desk = Desk()
    desk.signal("meteorite", 0)
    desk.pass_to(10)
    assert desk.counts == {"incidents.unknown_kind": 1}


def test_a_restart_forgets_nothing() -> None:
    whole, broken = Desk(), Desk()
    for desk in (whole, broken):
        desk.signal("burst", 0)
        desk.signal("limit", 1, member=3, place=OTHER)
        desk.flood(15, 2)
        for second in range(1, 800, 20):
            desk.pass_to(second)
            if desk is broken:
                desk.restart()
        desk.command("shelve", desk.only("limit")["incident"], "x", until=1000)
        if desk is broken:
            desk.restart()
        desk.signal("burst", 800, active=False)
        desk.pass_to(1500)
    assert broken.events == whole.events
    assert broken.incidents == whole.incidents


def test_numbers_of_numpy_survive_a_restart() -> None:
    desk = Desk()
    out = Outputs()
    place = (str(np.str_("3578")), "water", "Genteng")
    time, one = np.int64(T0), np.int64(1)
    out.signals.append(
        Signal("burst", place, "", one, time, np.bool_(True), one, np.float64(2), np.float32(0.5), "r")  # type: ignore[arg-type]
    )
    desk.processor.process(Readings.empty(), out)
    desk.restart()
    desk.pass_to(20)
    assert desk.states() == {"burst": "unacknowledged"}
