"""What of several notices that wait is told, in which order, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerting.queue import PATIENCE, Tried, expired, superseded, upcoming
from pipeline.alerting.store import AlertStore
from sinks.alerts.notice import Event, Notice
from tests.sinks.alerts.kit import MINUTE, T0, desk, notice, row


def numbered(*incidents: str) -> list[tuple[int, Notice]]:
    return [(number, notice(id=f"n{number}", incident=each)) for number, each in enumerate(incidents)]


def order(*incidents: str, tried: dict[int, Tried] | None = None) -> list[int]:
    waiting, told = numbered(*incidents), list[int]()
    while head := upcoming(waiting, tried or {}):
        told.append(head[0])
        waiting.remove(head)
    return told


def test_the_oldest_comes_first() -> None:
    assert order("a", "b", "a", "c") == [0, 1, 2, 3]


def test_after_some_attempts_other_incidents_come_first_but_an_incidents_own_stay_in_order() -> None:
    assert order("a", "a", "b", "c", tried={0: Tried(PATIENCE - 1)}) == [0, 1, 2, 3]
    assert order("a", "a", "b", "c", tried={0: Tried(PATIENCE)}) == [2, 3, 0, 1]


@settings(deadline=None)
@given(
    incidents=st.lists(st.sampled_from("abc"), max_size=12),
    outcomes=st.lists(st.sampled_from(["told", "fails", "denied"]), max_size=40),
)
def test_whatever_fails_an_incidents_own_stay_in_order_and_all_get_their_turn(
    incidents: list[str], outcomes: list[str]
) -> None:
    waiting, tried, told = numbered(*incidents), dict[int, Tried](), list[tuple[str, int]]()
    for outcome in [*outcomes, *["told"] * len(incidents)]:
        head = upcoming(waiting, tried)
        if head is None:
            break
        if outcome == "told":
            waiting.remove(head)
            told.append((head[1].incident, head[0]))
        else:
            tried.setdefault(head[0], Tried()).attempts += PATIENCE if outcome == "denied" else 1
    assert waiting == []
    for incident in set(incidents):
        numbers = [number for name, number in told if name == incident]
        assert numbers == sorted(numbers)


@settings(deadline=None)
@given(attempts=st.lists(st.integers(0, 40), min_size=1, max_size=9))
def test_none_is_tried_much_more_often_than_another(attempts: list[int]) -> None:
    tried = {number: Tried(count) for number, count in enumerate(attempts)}
    head = upcoming(numbered(*map(str, tried)), tried)
    assert head is not None
    assert attempts[head[0]] < min(attempts) + PATIENCE


def test_what_has_been_told_to_some_comes_last() -> None:
    assert order("a", "b", "c", tried={0: Tried(not_before=T0), 1: Tried(9)}) == [2, 1, 0]


def test_old_news_expires_but_not_the_last_word_on_what_goes_on() -> None:
    times = {"a": T0, "b": T0, "c": T0 + 2}
    waiting = [(number, notice(incident=name, time=times[name])) for number, name in enumerate("aabbc")]
    assert list(expired(waiting, T0 + 1, {"a"})) == [0, 2, 3]
    assert list(expired(waiting, T0, ())) == []


@pytest.mark.parametrize(
    ("earlier", "later", "left_out"),
    [
        ("reminded", "reminded", True),
        ("reminded", "acknowledged", True),
        ("opened", "opened", True),
        ("opened", "reminded", False),
        ("opened", "closed", False),
    ],
)
def test_what_says_the_same_or_more_makes_a_reminder_superfluous(earlier: Event, later: Event, left_out: bool) -> None:
    assert superseded(notice(event=earlier), notice(event=later)) is left_out


def test_what_is_graver_is_no_repetition() -> None:
    assert not superseded(notice(event="raised", severity="warning"), notice(event="raised", severity="critical"))


def test_a_night_without_the_channel_leaves_two_notices_an_incident(tmp_path: Path) -> None:
    """Ten incidents, reminders each five minutes, eight hours: it were 960."""
    store, subject = AlertStore(tmp_path / "alerts.sqlite"), desk(repeat="5m")
    for number in range(10):
        store.take("duty", number, (), (), subject.take(row(incident=f"burst-{number}"), T0))
    for minute in range(5, 8 * 60, 5):
        store.take("duty", 10 + minute, (), (), subject.tick(T0 + minute * MINUTE))
    waiting = [each for _, each in store.waiting("duty")]
    assert [each.event for each in waiting] == ["opened"] * 10 + ["reminded"] * 10
    assert all(each.time > T0 + 7 * 60 * MINUTE for each in waiting[10:])
    assert store.totals["duty"] == {"superseded": 940, "waiting": 20}


def test_a_refresh_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    store, subject = AlertStore(tmp_path / "alerts.sqlite"), desk(refresh=10 * MINUTE)
    store.take("duty", 1, (), (), subject.take(row(), T0))
    for minute in range(10, 8 * 60, 10):
        store.take("duty", minute, (), (), subject.tick(T0 + minute * MINUTE))
    assert len(store.waiting("duty")) == 1
