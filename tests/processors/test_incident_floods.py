"""Floods of alarms, and history that rings nobody. In seconds."""

from __future__ import annotations

import pytest

from processors.kinds import KINDS, Kind
from tests.processors.incident_kit import T0, Desk

HOUR = 3600.0


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delays that the drawn time lines reckon with, whatever the table comes to say."""
    monkeypatch.setitem(KINDS, "voltage", Kind("energy", on_delay=60, off_delay=300))


def test_a_flood_is_held_back_but_for_life_safety() -> None:
    desk = Desk()
    desk.flood(30, 0)
    desk.pass_to(60)
    states = [row["state"] for row in desk.incidents.values() if row["kind"] == "voltage"]
    assert (states.count("unacknowledged"), states.count("suppressed")) == (10, 20)
    notice = desk.only("alarm-flood")
    assert (notice["state"], notice["value"], notice["zone"]) == ("unacknowledged", 20.0, "*")
    desk.flood(5, 60, kind="river-stage", severity=1)
    desk.pass_to(62)
    assert [row["state"] for row in desk.incidents.values() if row["kind"] == "river-stage"] == ["unacknowledged"] * 5
    desk.pass_to(63)
    batches = desk.batches
    desk.pass_to(200)
    assert desk.batches == batches, "nothing new, nothing told"


def test_what_a_flood_held_back_is_told_when_there_is_room() -> None:
    """60: 10 told, 8 held back; 600: 3 of these have returned; 660: room for the other 5."""
    desk = Desk()
    desk.flood(18, 0)
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
    desk.flood(15, 0, severity=0)
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
