"""What an incident says while its members change. In seconds."""

from __future__ import annotations

import pytest

from processors.base import Outputs
from processors.signals import NOBODY, Place, Signal
from tests.processors.incident_kit import T0, Desk

RIVER: Place = ("*", "disaster", "*")
CITY: Place = ("3578", "disaster", "*")


def tell(desk: Desk, signal: Signal) -> None:
    out = Outputs()
    out.signals.append(signal)
    desk.processor._gather(out)
    desk.pass_to(desk.now + 1)


def stage(desk: Desk, member: int, siaga: int) -> None:
    """A gauge tells its stage, as the rule of rivers does; 4 is none."""
    severity, score = (2 if siaga <= 2 else 1), min(1.0, 0.7 + 0.1 * (4 - siaga))
    reason, now = f"gauge {member}: Siaga {siaga}.", T0 + round(desk.now * 1000)
    tell(desk, Signal("river-stage", RIVER, "Ciliwung", member, now, siaga < 4, severity, 1.0, score, reason))


def shake(desk: Desk, member: int, pga: float, stations: int) -> None:
    reason, now = f"{stations} stations: {pga:g} cm/s².", T0 + round(desk.now * 1000)
    tell(desk, Signal("quake", CITY, "", member, now, True, 1, pga, 0.9, reason))


def test_a_sentence_that_tells_of_all_members_is_followed_by_no_number() -> None:
    desk = Desk()
    for member in range(3):
        shake(desk, member, 10.0, 3)
    assert desk.only("quake")["reason"] == "3 stations: 10 cm/s²."


def test_of_a_quake_the_strongest_is_told_with_all_who_felt_it() -> None:
    """10, then a fourth station, then 40; an aftershock of 5 cm/s2 in the same incident hides nothing."""
    desk = Desk()
    said = []
    for member, pga, stations in ((0, 10.0, 3), (1, 10.0, 3), (2, 10.0, 3), (3, 10.0, 4), (1, 40.0, 4), (2, 5.0, 3)):
        shake(desk, member, pga, stations)
        said.append(desk.only("quake")["reason"])
    assert said[2:] == [
        *("3 stations: 10 cm/s².", "4 stations: 10 cm/s².", "4 stations: 40 cm/s².", "4 stations: 40 cm/s²."),
    ]
    assert desk.only("quake")["value"] == 40.0


def test_what_holds_is_told_when_who_told_it_has_ended() -> None:
    desk = Desk()
    stage(desk, 0, 3)
    stage(desk, 1, 3)
    assert desk.only("river-stage")["reason"] == "gauge 0: Siaga 3. (2 sensors)"
    stage(desk, 0, 4)
    assert desk.only("river-stage")["reason"] == "gauge 1: Siaga 3. (2 sensors)"
    stage(desk, 1, 4)
    desk.pass_to(700)
    assert desk.only("river-stage")["reason"] == "gauge 1: Siaga 3. (2 sensors)", "over: what was last"


def test_the_gravest_stage_is_told_though_severities_know_no_graver() -> None:
    """Siaga 2 and Siaga 1 are both critical."""
    desk = Desk()
    stage(desk, 0, 2)
    stage(desk, 1, 2)
    stage(desk, 1, 1)
    assert desk.only("river-stage")["reason"] == "gauge 1: Siaga 1. (2 sensors)"


@pytest.mark.parametrize("before", [2, 3, 4])
def test_the_gravest_stage_asks_for_a_person_who_took_on_a_lesser_one(before: int) -> None:
    """A gauge that joins as grave, too, however lately somebody was asked; the gravest again does not."""
    desk = Desk()
    stage(desk, 0, 2)
    stage(desk, 1, before)
    desk.command("acknowledge", desk.only("river-stage")["incident"])
    desk.pass_to(60)
    stage(desk, 1, 1)
    events = [event for _, event, _ in desk.told()]
    assert events[-2:] == ["acknowledged", "escalated"]
    assert desk.only("river-stage")["state"] == "unacknowledged"
    desk.command("acknowledge", desk.only("river-stage")["incident"])
    desk.pass_to(120)
    stage(desk, 1, 1)
    assert desk.told()[-1][1] == "acknowledged"


def test_a_second_wave_asks_for_a_person_who_took_on_the_first() -> None:
    """Its rule says that the first is over and that another holds, at the same tick."""
    desk = Desk()
    desk.signal("flood-warning", 0, place=RIVER, cause="Ciliwung", member=NOBODY)
    desk.pass_to(5)
    desk.command("acknowledge", desk.only("flood-warning")["incident"])
    desk.pass_to(3 * 3600, step=60)
    for active in (False, True):
        desk.signal("flood-warning", desk.now, active=active, place=RIVER, cause="Ciliwung", member=NOBODY)
    desk.pass_to(desk.now + 2)
    assert [event for _, event, _ in desk.told()] == ["opened", "acknowledged", "escalated"]
    assert desk.only("flood-warning")["state"] == "unacknowledged"
