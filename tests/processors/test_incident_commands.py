"""What operators decide about incidents. In seconds."""

from __future__ import annotations

import pytest

from processors.kinds import KINDS, Kind
from tests.processors.incident_kit import Desk

HOUR = 3600.0


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
