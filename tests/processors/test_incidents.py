"""Incidents on drawn time lines. In seconds; █ the condition holds, │ what is told."""

from __future__ import annotations

import numpy as np
import pytest

from processors.base import Outputs
from processors.incidents.rules import HOSTS
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


def test_nobody_acknowledges_for_a_day() -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.pass_to(20)
    desk.signal("burst", 20, active=False)
    desk.pass_to(26 * HOUR, step=600)
    assert desk.only("burst")["state"] == "closed"
    desk.pass_to(60 * HOUR, step=600)
    assert not desk.processor.known.incidents, "and is forgotten after another"


def test_k_of_n() -> None:
    """quake: three stations within 60 s

    0    2         70   75  80
    █ d1
         █ d2                     only two within 60 s
                   █ d3
                        █ d4
                            █ d5  │80: opened
    """
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


def test_the_whole_cause_needs_no_members() -> None:
    desk = Desk()
    desk.signal("quake", 0, member=NOBODY)
    desk.pass_to(1)
    assert desk.states() == {"quake": "unacknowledged"}


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


def test_evidence_does_not_open_an_incident_of_its_own() -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.signal("limit", 1, member=3)
    desk.signal("limit", 1, member=4, place=OTHER)
    desk.pass_to(200)
    assert sorted((row["kind"], row["zone"]) for row in desk.incidents.values()) == [
        ("burst", "Genteng"),
        ("limit", "Gubeng"),
    ]
    (burst,) = [each for each in desk.processor.known.incidents.values() if each.kind == "burst"]
    assert [(each.kind, each.member) for each in burst.evidence] == [("limit", 3)]


def test_what_opened_before_its_host_is_merged_into_it() -> None:
    desk = Desk()
    desk.signal("limit", 0, member=3)
    desk.pass_to(190)
    desk.signal("burst", 190)
    desk.pass_to(220)
    assert desk.told() == [("limit", "opened", 180), ("burst", "opened", 205), ("limit", "merged", 205)]
    assert desk.states() == {"limit": "merged", "burst": "unacknowledged"}


def test_evidence_that_outlasts_its_host_by_long_stands_for_itself() -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.signal("limit", 1, member=3)
    desk.pass_to(100)
    desk.signal("burst", 100, active=False)
    desk.pass_to(8 * HOUR, step=60)
    later = 100 + 6 * HOUR
    assert desk.told()[:2] == [("burst", "opened", 15), ("burst", "returned", 400)]
    kind, event, at = desk.told()[2]
    assert (kind, event) == ("limit", "opened")
    assert later + 180 <= at < later + 300
    assert desk.only("limit")["time"] == T0 + 1000 * later, "before that it was the burst's aftermath"


@pytest.mark.parametrize(("began", "later"), [(150, 3600), (650, 3600), (710, 0)])
def test_what_begins_soon_after_a_host_was_left_behind_by_it(began: int, later: int) -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.pass_to(100)
    desk.signal("burst", 100, active=False)
    desk.pass_to(began)
    desk.signal("limit", began, member=3)
    desk.pass_to(2 * HOUR, step=10)
    (at,) = [at for kind, event, at in desk.told() if (kind, event) == ("limit", "opened")]
    since = 100 + later if later else began
    assert since + 180 <= at <= since + 200


def test_the_end_of_an_aftermath_is_not_told() -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.signal("limit", 1, member=3)
    desk.pass_to(100)
    desk.signal("burst", 100, active=False)
    desk.pass_to(1000)
    desk.signal("limit", 1000, member=3, active=False)
    desk.pass_to(8 * HOUR, step=60)
    assert {kind for kind, _, _ in desk.told()} == {"burst"}


def test_a_page_waits_for_an_analysis_that_has_begun_to_see_what_it_is() -> None:
    """Low pressure needs five minutes to be believed."""
    desk = Desk()
    desk.signal("limit", 0, member=3)
    desk.signal("water-pressure", 20, member=3)
    desk.pass_to(400)
    assert desk.told() == [("water-pressure", "opened", 320)]


def test_it_does_not_wait_for_what_was_seen_no_more() -> None:
    desk = Desk()
    desk.signal("limit", 0, member=3)
    desk.signal("water-pressure", 30, member=3)
    desk.pass_to(250)
    assert desk.told() == []
    desk.signal("water-pressure", 250, member=3, active=False)
    desk.pass_to(260)
    assert desk.told() == [("limit", "opened", 251)]


def test_it_waits_for_ten_minutes_at_most() -> None:
    """A single meter without supply is no outage yet."""
    desk = Desk()
    energy = ("3578", "energy", "Genteng")
    desk.signal("limit", 0, member=3, place=energy)
    desk.signal("outage", 30, member=3, place=energy)
    desk.pass_to(1000)
    assert desk.told() == [("limit", "opened", 600)]


def test_a_host_that_takes_in_is_taken_in_itself() -> None:
    desk = Desk()
    desk.signal("unusual", 0, member=3, score=1.0)
    desk.signal("water-pressure", 0, member=3)
    desk.pass_to(59)
    desk.signal("burst", 59 - 15)
    desk.pass_to(200)
    assert desk.states() == {"burst": "unacknowledged"}


def test_a_lost_gateway_takes_in_the_silence_of_its_devices() -> None:
    desk = Desk()
    desk.signal("no-data", 0, member=1, cause="gw-1")
    desk.signal("no-data", 0, member=2, cause="gw-2")
    desk.signal("gateway-lost", 5, member=NOBODY, cause="gw-1", place=("3578", "*", "*"))
    desk.pass_to(60)
    assert sorted((row["kind"], row["cause"]) for row in desk.incidents.values()) == [
        ("gateway-lost", "gw-1"),
        ("no-data", "gw-2"),
    ]


def test_a_faulty_sensor_is_not_out_of_limits() -> None:
    """The other sensor beyond the same limit is."""
    desk = Desk()
    desk.signal("limit", 0, member=1)
    desk.pass_to(200)
    desk.signal("sensor-fault", 200, member=1)
    desk.pass_to(300)
    assert desk.states() == {"limit": "merged", "sensor-fault": "unacknowledged"}
    desk.signal("limit", 300, member=1)
    desk.signal("limit", 300, member=2)
    desk.pass_to(500)
    assert [row["members"] for row in desk.incidents.values() if row["kind"] == "limit"] == [1, 1]


def test_shelved_until() -> None:
    desk = Desk()
    desk.signal("limit", 0, member=1)
    desk.pass_to(180)
    incident = desk.only("limit")["incident"]
    desk.command("shelve", incident, "perbaikan", until=600)
    desk.pass_to(190)
    assert desk.states() == {"limit": "shelved"}
    desk.signal("limit", 190, member=1, severity=2)
    desk.pass_to(600)
    assert desk.told()[-2:] == [("limit", "escalated", 191), ("limit", "released", 600)]
    assert desk.events[-2]["state"] == "shelved", "an escalation on the shelf is no page"
    assert desk.states() == {"limit": "unacknowledged"}


@pytest.mark.parametrize(("reason", "until"), [("", 600), ("  ", 600), ("why", 0), ("why", 8 * 24 * HOUR), ("why", 50)])
def test_a_shelf_needs_a_reason_and_an_end(reason: str, until: float) -> None:
    desk = Desk()
    desk.signal("limit", 0, member=1)
    desk.pass_to(180)
    desk.command("shelve", desk.only("limit")["incident"], reason, until)
    desk.pass_to(181)
    assert desk.states() == {"limit": "unacknowledged"}


def test_a_shelf_is_for_the_next_occurrence_too() -> None:
    desk = Desk()
    desk.signal("limit", 0, member=1)
    desk.pass_to(180)
    desk.command("shelve", desk.only("limit")["incident"], "perbaikan", until=3 * HOUR)
    desk.signal("limit", 181, member=1, active=False)
    desk.pass_to(1000)
    desk.signal("limit", 1000, member=1)
    desk.pass_to(1200)
    assert [event for _, event, _ in desk.told()] == ["opened", "shelved", "returned", "closed", "shelved"]


def test_out_of_service_until_it_is_back() -> None:
    desk = Desk()
    desk.signal("limit", 0, member=1)
    desk.pass_to(180)
    incident = desk.only("limit")["incident"]
    desk.command("out-of-service", incident, "sensor diganti")
    desk.pass_to(30 * 24 * HOUR, step=HOUR)
    assert desk.states() == {"limit": "out-of-service"}
    desk.command("in-service", incident)
    desk.pass_to(desk.now + 1)
    assert desk.states() == {"limit": "unacknowledged"}


def test_comments_are_kept() -> None:
    desk = Desk()
    desk.signal("burst", 0)
    desk.pass_to(20)
    desk.command("comment", desk.only("burst")["incident"], "pipa 300 mm")
    desk.command("comment", "burst-0", "nobody")
    desk.pass_to(21)
    assert (desk.events[-1]["event"], desk.events[-1]["by"], desk.events[-1]["reason"]) == (
        "comment",
        "siti",
        "pipa 300 mm",
    )
    assert desk.counts == {"incidents.commands": 1, "incidents.commands_refused": 1}


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delays that the drawn time lines reckon with, whatever the table comes to say."""
    monkeypatch.setitem(KINDS, "voltage", Kind("energy", on_delay=60, off_delay=300))


def flood(desk: Desk, count: int, start: float, severity: int = 1, kind: str = "voltage") -> None:
    for number in range(count):
        desk.signal(kind, start, place=("3578", "energy", f"z{number}"), severity=severity)


def test_a_flood_is_held_back_but_for_life_safety() -> None:
    desk = Desk()
    flood(desk, 30, 0)
    desk.pass_to(60)
    states = [row["state"] for row in desk.incidents.values() if row["kind"] == "voltage"]
    assert (states.count("unacknowledged"), states.count("suppressed")) == (10, 20)
    notice = desk.only("alarm-flood")
    assert (notice["state"], notice["value"], notice["zone"]) == ("unacknowledged", 20.0, "*")
    flood(desk, 5, 60, kind="river-stage", severity=1)
    desk.pass_to(62)
    assert [row["state"] for row in desk.incidents.values() if row["kind"] == "river-stage"] == ["unacknowledged"] * 5
    desk.pass_to(63)
    batches = desk.batches
    desk.pass_to(200)
    assert desk.batches == batches, "nothing new, nothing told"


def test_what_a_flood_held_back_is_told_when_there_is_room() -> None:
    """60: 10 told, 8 held back; 600: 3 of these have returned; 660: room for the other 5."""
    desk = Desk()
    flood(desk, 18, 0)
    desk.pass_to(300)
    held = [row for row in desk.incidents.values() if row["state"] == "suppressed"]
    for row in held[:3]:
        desk.signal("voltage", 300, place=("3578", "energy", row["zone"]), active=False)
    desk.pass_to(700)
    states = [row["state"] for row in desk.incidents.values() if row["kind"] == "voltage"]
    assert (states.count("unacknowledged"), states.count("closed")) == (15, 3)
    assert [second for kind, event, second in desk.told() if event == "released"] == [660.0] * 5
    assert desk.only("alarm-flood")["state"] == "closed"


def test_the_gravest_pass_first_in_a_flood() -> None:
    desk = Desk()
    flood(desk, 15, 0, severity=0)
    for number in range(4):
        desk.signal("voltage", 0, place=("3578", "energy", f"grave{number}"), severity=2)
    desk.pass_to(60)
    grave = [row for row in desk.incidents.values() if row["zone"].startswith("grave")]
    assert [row["state"] for row in grave] == ["unacknowledged"] * 4


def test_history_is_written_down_without_a_page() -> None:
    """At second 3600 a backfill tells of 0 to 100."""
    desk = Desk()
    desk.now = HOUR
    desk.signal("burst", 0)
    desk.signal("burst", 100, active=False)
    desk.pass_to(HOUR + 100)
    assert [event for _, event, _ in desk.told()] == ["historical"]
    row = desk.only("burst")
    assert (row["time"], row["ended"], row["state"]) == (T0, T0 + 100_000, "historical")


def test_history_that_comes_slowly_is_history_too() -> None:
    """A device backfills a minute each second: the fall comes 90 s of the log after the rise."""
    desk = Desk()
    desk.now = 3 * HOUR
    desk.signal("burst", 0)
    for minute in range(1, 90):
        desk.pass_to(3 * HOUR + minute)
        if minute % 5 == 0:
            desk.signal("burst", 60.0 * minute)
    desk.signal("burst", 5400, active=False)
    desk.pass_to(3 * HOUR + 200)
    assert [event for _, event, _ in desk.told()] == ["historical"]


def test_what_began_long_ago_and_still_holds_is_a_page() -> None:
    desk = Desk()
    desk.now = HOUR
    desk.signal("burst", 0)
    desk.pass_to(HOUR + 100)
    assert desk.told() == [("burst", "opened", HOUR + 61)]
    assert desk.only("burst")["time"] == T0


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
        flood(desk, 15, 2)
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


def test_no_kind_of_life_safety_is_evidence_of_another() -> None:
    taken_in = {kind for host in HOSTS.values() for kind in host.kinds}
    assert taken_in <= set(KINDS)
    assert set(HOSTS) <= set(KINDS)
    assert not [kind for kind in taken_in if KINDS[kind].life_safety]
