"""What is told of an incident, and when. Drawn: `u` unacknowledged, `a` acknowledged, `r` returned, `c` closed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.alerts.desk import FOLLOWED, Desk
from sinks.alerts.notice import Notice
from sinks.alerts.routing import Route
from tests.sinks.alerts.kit import HOUR, MINUTE, T0, channel, desk, row

STATES = {
    "u": "unacknowledged",
    "a": "acknowledged",
    "r": "returned",
    "c": "closed",
    "s": "shelved",
    "o": "out-of-service",
    "f": "suppressed",
    "h": "historical",
    "m": "merged",
}


def course(states: str, **keys: Any) -> list[str]:
    """The events told as an incident goes through states, a minute each; a digit is a severity."""
    subject, told, state, severity = desk(**keys), list[Notice](), "u", 1
    for number, sign in enumerate(states):
        now = T0 + number * MINUTE
        if sign == ".":
            told += subject.tick(now)
            continue
        state, severity = (state, int(sign)) if sign.isdigit() else (sign, severity)
        told += subject.take(row(STATES[state], severity), now)
    return [each.event for each in told]


@pytest.mark.parametrize(
    ("states", "events"),
    [
        ("u", ["opened"]),
        ("uuu", ["opened"]),
        ("uac", ["opened", "acknowledged", "closed"]),
        ("urc", ["opened", "returned", "closed"]),
        ("uru", ["opened", "returned", "raised"]),
        ("uarc", ["opened", "acknowledged", "closed"]),
        # Another sensor shows what somebody has taken on, or Siaga 1 follows Siaga 2: no graver, but it asks anew.
        ("uau", ["opened", "acknowledged", "raised"]),
        ("uauau", ["opened", "acknowledged", "raised", "acknowledged", "raised"]),
        ("uaruc", ["opened", "acknowledged", "raised", "closed"]),
        ("u2", ["opened", "raised"]),
        ("u21", ["opened", "raised"]),
        ("us", ["opened", "put-aside"]),
        ("usu", ["opened", "put-aside", "opened"]),
        ("ufm", ["opened", "put-aside"]),
        ("um", ["opened", "closed"]),
        ("h", []),
        ("s", []),
        ("a", []),
        ("rc", []),
        ("au", ["opened"]),
        ("ucu", ["opened", "closed", "opened"]),
    ],
)
def test_a_change_is_told_once_and_in_its_words(states: str, events: list[str]) -> None:
    assert course(states) == events


def test_what_is_below_the_channels_severity_is_told_when_it_grows_to_it() -> None:
    assert course("u2", severity="critical") == ["opened"]


def test_reminders_come_until_somebody_acknowledges() -> None:
    assert course("u......a....", repeat="3m") == ["opened", "reminded", "reminded", "acknowledged"]


def test_an_escalation_waits_and_is_not_needed_once_somebody_has_acknowledged() -> None:
    assert course("u......", after="5m") == ["escalated"]
    assert course("u..a...", after="5m") == []
    assert course("u..c...", after="5m") == []


def test_a_channel_that_forgets_is_told_again_of_what_goes_on() -> None:
    assert course("u....a...c..", refresh=2 * MINUTE) == [
        *("opened", "opened", "opened", "acknowledged", "acknowledged", "closed")
    ]


def test_outside_its_hours_a_channel_is_not_rung_but_told_what_becomes_of_what_it_knows() -> None:
    subject = desk(hours="06:00-08:00", repeat="30m")
    assert [each.event for each in subject.take(row(), T0)] == ["opened"]
    assert subject.tick(T0 + 2 * HOUR) == []
    assert [each.event for each in subject.take(row("acknowledged"), T0 + 3 * HOUR)] == ["acknowledged"]
    night = desk(hours="22:00-05:00")
    assert night.take(row(), T0) == []
    assert [each.event for each in night.tick(T0 + 16 * HOUR)] == ["opened"]


def test_what_asks_anew_at_night_is_told_when_the_hours_begin_unless_it_was_acknowledged_by_then() -> None:
    for by_then, events in (("unacknowledged", ["raised"]), ("acknowledged", [])):
        subject = desk(hours="06:00-08:00")
        subject.take(row(), T0)
        subject.take(row("acknowledged"), T0 + MINUTE)
        for state in ("unacknowledged", by_then):
            assert subject.take(row(state), T0 + 12 * HOUR) == []
        assert [each.event for each in subject.tick(T0 + 23 * HOUR)] == events


def test_what_becomes_graver_at_night_is_told_when_the_hours_begin() -> None:
    subject = desk(hours="06:00-08:00")
    subject.take(row(severity=1), T0)
    assert subject.take(row(severity=2), T0 + 12 * HOUR) == []
    assert [each.event for each in subject.tick(T0 + 23 * HOUR)] == ["raised"]


def test_what_was_graver_for_a_night_only_is_not_told() -> None:
    subject = desk(hours="06:00-08:00")
    subject.take(row(severity=1), T0)
    for severity in (2, 1):
        subject.take(row(severity=severity), T0 + 12 * HOUR)
    assert subject.tick(T0 + 23 * HOUR) == []


@pytest.mark.parametrize("repeat", ["5m", "10m", "30m"])
def test_a_channel_that_forgets_is_refreshed_at_any_hour_and_reminded_within_its_own(repeat: str) -> None:
    subject = desk(refresh=10 * MINUTE, hours="06:00-08:00", repeat=repeat)
    told = subject.take(row(), T0)
    for minute in range(1, 26 * 60):
        told += subject.tick(T0 + minute * MINUTE)
    assert max(after.time - before.time for before, after in pairwise(told)) <= 10 * MINUTE
    first = next(each for each in told if each.event == "reminded")
    assert first.time == T0 + int(repeat[:-1]) * MINUTE


def test_a_refresh_at_night_does_not_hide_what_has_become_graver() -> None:
    subject = desk(refresh=10 * MINUTE, hours="06:00-08:00")
    subject.take(row(severity=1), T0)
    subject.take(row(severity=2), T0 + 12 * HOUR)
    (refresh,) = subject.tick(T0 + 13 * HOUR)
    assert (refresh.event, refresh.severity) == ("opened", "critical")
    assert [each.event for each in subject.tick(T0 + 23 * HOUR)] == ["raised"]


def test_what_was_merged_says_what_took_it_in() -> None:
    subject = desk()
    subject.take(row(reason="860 cm"), T0)
    (last,) = subject.take(row("merged", reason="860 cm"), T0 + MINUTE, {"burst-1": "Part of tide-7."})
    assert (last.event, last.merged, last.reason) == ("closed", True, "860 cm Part of tide-7.")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"cities": ["3578"]}, True),
        ({"cities": ["3171"]}, False),
        ({"domains": ["water", "waste"]}, True),
        ({"domains": ["energy"]}, False),
        ({"kinds": ["burst"]}, True),
        ({"kinds": ["slow-leak"]}, False),
        ({"severity": "critical"}, False),
    ],
)
def test_a_channel_is_told_what_its_route_takes(keys: dict[str, Any], told: bool) -> None:
    assert bool(desk(**keys).take(row(), T0)) is told


def test_a_rivers_flood_which_is_of_no_single_city_goes_to_each_citys_channel() -> None:
    river = row(city="*", zone="*", domain="disaster", kind="flood-warning", cause="Ciliwung")
    routes: tuple[dict[str, Any], ...] = ({}, {"cities": ["3171"]}, {"cities": ["3171"], "domains": ["disaster"]})
    for keys in routes:
        assert desk(**keys).take(river, T0), keys
    assert not desk(cities=["3171"], domains=["water"]).take(river, T0)


def test_what_concerns_all_domains_goes_to_every_channel() -> None:
    assert desk(domains=["energy"]).take(row(domain="*", kind="gateway-lost"), T0)


def test_notices_count_up_and_refer_to_those_before() -> None:
    subject = desk()
    (first,) = subject.take(row(), T0)
    (second,) = subject.take(row("acknowledged"), T0 + MINUTE)
    (third,) = subject.take(row("closed"), T0 + 2 * MINUTE)
    assert [each.id for each in (first, second, third)] == [f"duty-burst-1-{number}" for number in (1, 2, 3)]
    assert first.first is None
    assert third.first is not None
    assert third.previous is not None
    assert (third.first.id, third.first.time, third.previous.id) == (first.id, T0, second.id)


def test_a_reminder_is_nothing_that_a_later_notice_refers_to() -> None:
    """CAP publishes none, and a message must not refer to what was never published."""
    subject = desk(repeat="3m")
    (opened,) = subject.take(row(), T0)
    (reminded,) = subject.tick(T0 + 3 * MINUTE)
    (closed,) = subject.take(row("closed"), T0 + 4 * MINUTE)
    assert reminded.event == "reminded"
    assert closed.previous is not None
    assert closed.previous.id == opened.id


def test_a_desk_of_another_process_goes_on_where_this_one_was() -> None:
    one = desk(repeat="3m")
    one.take(row(), T0)
    other = Desk("duty", Route(channel(repeat="3m"), "Asia/Jakarta"), one.followed.values())
    assert other.take(row(), T0 + MINUTE) == []
    (again,) = other.tick(T0 + 3 * MINUTE)
    assert again.id == "duty-burst-1-2"


def test_memory_has_an_end() -> None:
    subject = desk()
    for number in range(FOLLOWED + 5):
        subject.take(row("shelved", incident=f"burst-{number}"), T0)
    assert len(subject.followed) == FOLLOWED
    assert subject.gone == subject.forgotten == {f"burst-{number}" for number in range(5)}


def test_what_makes_room_is_not_shown_or_is_somebodys_already_and_of_the_others_the_least_grave() -> None:
    """The oldest of all asks for a person still: it stays, and its end is told."""
    subject = desk(severity="info")
    subject.take(row(severity=2, incident="grave"), T0)
    subject.take(row(severity=0, incident="slight", time=T0 + MINUTE), T0)
    for state in ("acknowledged", "returned", "shelved", "closed"):
        subject.take(row(incident=state, time=T0 + MINUTE), T0)
        subject.take(row(state, incident=state, time=T0 + MINUTE), T0)
    subject.settle()
    for number in range(FOLLOWED - 5):
        subject.take(row(incident=f"burst-{number}", time=T0 + HOUR), T0)
    for number, gone in enumerate(("shelved", "acknowledged", "returned", "slight", "burst-0"), 1):
        subject.take(row(incident=f"more-{number}", time=T0 + HOUR), T0)
        assert gone not in subject.followed
        assert len(subject.forgotten) == number
    assert [told.event for told in subject.take(row("closed", 2, incident="grave"), T0 + HOUR)] == ["closed"]


def test_what_was_chosen_to_make_room_stays_where_it_has_become_graver_since() -> None:
    subject = desk()
    for number in range(FOLLOWED + 1):
        subject.take(row(incident=f"burst-{number}", time=T0 + number), T0)
    assert subject.forgotten == {"burst-0"}
    subject.take(row(severity=2, incident="burst-1", time=T0 + 1), T0)
    subject.take(row(incident="more", time=T0 + HOUR), T0)
    assert subject.forgotten == {"burst-0", "burst-2"}


@settings(deadline=None)
@given(states=st.text("uarcsofhm012.", max_size=30), repeat=st.sampled_from([None, "3m"]))
def test_whatever_happens_what_was_opened_is_not_left_open(states: str, repeat: str | None) -> None:
    events = course(states + "c", repeat=repeat)
    assert not events or events[-1] in ("closed", "put-aside")
    for before, after in pairwise(events):
        assert after != before or after in ("reminded", "raised"), events
        assert (after == "opened") == (before in ("closed", "put-aside")), events
