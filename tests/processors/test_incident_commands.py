"""What operators decide about incidents. In seconds."""

from __future__ import annotations

import pytest

from processors.incidents.commands import shelved
from processors.kinds import KINDS, Kind
from tests.processors.incident_kit import T0, Desk

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


def put_away(kind: str, command: str = "out-of-service") -> tuple[Desk, str]:
    """An incident that is put away, and over."""
    desk = Desk()
    desk.signal(kind, 0, member=1, score=5.0)
    desk.pass_to(200)
    incident = desk.only(kind)["incident"]
    desk.command(command, incident, "latihan", until=5 * 24 * HOUR if command == "shelve" else 0)
    desk.pass_to(210)
    desk.signal(kind, 210, member=1, active=False)
    desk.pass_to(4 * HOUR, step=60)
    assert desk.incidents[incident]["state"] == "closed"
    return desk, incident


@pytest.mark.parametrize(("command", "back"), [("out-of-service", "in-service"), ("shelve", "unshelve")])
@pytest.mark.parametrize("forgotten", [False, True])
def test_what_is_put_away_is_listed_and_brought_back_though_its_incident_is_over(
    command: str, back: str, forgotten: bool
) -> None:
    desk, incident = put_away("limit", command)
    if forgotten:
        desk.pass_to(3 * 24 * HOUR, step=HOUR)
        assert desk.processor.listing() == []
    desk.restart()
    (shown,) = shelved(desk.processor.known)
    assert (shown["incident"], shown["kind"], shown["zone"]) == (incident, "limit", "Genteng")
    assert (shown["state"], shown["by"], shown["reason"]) == (
        {"out-of-service": "out-of-service", "shelve": "shelved"}[command],
        "siti",
        "latihan",
    )
    assert (shown["since"], shown["until"] is None) == (T0 + 201_000, command == "out-of-service")
    desk.command(back, incident)
    desk.command(back, incident)
    desk.pass_to(desk.now + 1)
    assert shelved(desk.processor.known) == []
    assert desk.counts == {"incidents.commands": 2, "incidents.commands_refused": 1}
    desk.signal("limit", desk.now, member=1)
    desk.pass_to(desk.now + 200)
    assert desk.told()[-1][:2] == ("limit", "opened")


def test_out_of_service_is_for_the_next_occurrence_too_where_no_life_is_at_stake() -> None:
    desk, _ = put_away("limit")
    desk.signal("limit", desk.now, member=1)
    desk.pass_to(desk.now + 200)
    assert desk.told()[-1][:2] == ("limit", "out-of-service")
    (shown,) = shelved(desk.processor.known)
    desk.command("in-service", shown["incident"])
    desk.pass_to(desk.now + 1)
    assert [state for _, state in sorted((row["time"], row["state"]) for row in desk.incidents.values())] == [
        "closed",
        "unacknowledged",
    ]


def test_out_of_service_hides_no_second_danger_to_life() -> None:
    """The siren's drill on Monday, and the flood on Thursday."""
    desk, incident = put_away("river-stage")
    assert shelved(desk.processor.known) == []
    assert desk.events[-1]["event"] == "in-service"
    assert (desk.events[-1]["incident"], desk.events[-1]["by"]) == (incident, "nadi")
    desk.pass_to(3 * 24 * HOUR, step=HOUR)
    desk.signal("river-stage", desk.now, member=1, score=5.0)
    desk.pass_to(desk.now + 10)
    assert desk.told()[-1][:2] == ("river-stage", "opened")


def test_a_shelf_with_an_end_holds_for_its_time_whatever_it_is_about() -> None:
    desk, _ = put_away("river-stage", "shelve")
    desk.signal("river-stage", desk.now, member=1, score=5.0)
    desk.pass_to(desk.now + 10)
    assert desk.told()[-1][:2] == ("river-stage", "shelved")


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
