"""Incidents that take others in, and those that wait to see what it is. In seconds."""

from __future__ import annotations

import pytest

from processors.incidents.rules import HOSTS
from processors.kinds import KINDS
from processors.signals import NOBODY
from tests.processors.incident_kit import OTHER, T0, Desk

HOUR = 3600.0


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
    desk.pass_to(20)
    desk.signal("water-pressure", 20, member=3)
    desk.pass_to(400)
    assert desk.told() == [("water-pressure", "opened", 320)]


def test_it_does_not_wait_for_what_was_seen_no_more() -> None:
    desk = Desk()
    desk.signal("limit", 0, member=3)
    desk.pass_to(30)
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


def test_no_kind_of_life_safety_is_evidence_of_another() -> None:
    taken_in = {kind for host in HOSTS.values() for kind in host.kinds}
    assert taken_in <= set(KINDS)
    assert set(HOSTS) <= set(KINDS)
    assert not [kind for kind in taken_in if KINDS[kind].life_safety]
