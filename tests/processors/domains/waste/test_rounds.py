"""Rounds: learned, missed by a zone or by a bin alone, and made up for."""

from datetime import UTC, datetime
from typing import cast

import numpy as np
import pytest

from config.thresholds import Thresholds
from processors.base import Outputs
from processors.domains.waste import WasteAnalytics
from processors.domains.waste.rounds import Rounds
from processors.signals import Signal
from telemetry.sensors import SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.domains.waste.kit import DAY, HOUR, MINUTE, T0, Bins, edges, readings

MISSED = "missed-collection"
STEP = 20 * MINUTE
NAMES = [f"b{number}/fill" for number in range(4)]


def days(bins: Bins, collected: list[set[int]], names: list[str] = NAMES) -> list[Signal]:
    """Bins fill by 50 % a day; those named are emptied at 07:00 of each day."""
    told: list[Signal] = []
    level = dict.fromkeys(range(len(names)), 30.0)
    for day, today in enumerate(collected):
        for slot in range(DAY // STEP):
            time = day * DAY + slot * STEP
            for number in level:
                level[number] = 2.0 if slot * STEP == 7 * HOUR and number in today else min(level[number] + 0.7, 100)
            told += bins.hear([(names[number], time, level[number]) for number in level], time)
    return told


def test_a_zone_that_the_truck_left_out_is_told_ninety_minutes_after_its_usual_time() -> None:
    everyone = {0, 1, 2, 3}
    told = [signal for signal in days(Bins(NAMES), [everyone, set(), everyone]) if signal.kind == MISSED]
    assert [edge for edge in edges(told) if edge[1]] == [(MISSED, True, 24 * 60 + 8 * 60 + 40)] * 4
    assert [edge for edge in edges(told) if not edge[1]] == [(MISSED, False, 48 * 60 + 7 * 60 + 20)] * 4
    assert told[0].reason == "The bin b0 has not been collected for 26 hours, and is filled to 56 %."
    assert {signal.cause for signal in told} == {"2025-11-22"}, "the round that was missed"


def test_a_bin_that_was_left_out_alone_is_told_six_hours_later() -> None:
    told = [signal for signal in days(Bins(NAMES), [{0, 1, 2, 3}, {0, 1, 2}]) if signal.kind == MISSED]
    assert [(signal.member, signal.active) for signal in told] == [(3, True)]
    assert told[0].time - T0 > DAY + 7 * HOUR + 90 * MINUTE + 5 * HOUR


def test_a_second_round_that_is_missed_is_another_cause() -> None:
    everyone = {0, 1, 2, 3}
    told = [signal for signal in days(Bins(NAMES), [everyone, set(), everyone, set()]) if signal.active]
    assert {signal.cause for signal in told if signal.kind == MISSED} == {"2025-11-22", "2025-11-24"}


def test_a_bin_whose_echo_was_doubted_when_the_truck_was_due_waits_for_the_next_round() -> None:
    bins = Bins(NAMES)
    days(bins, [{0, 1, 2, 3}])
    fault = Signal("sensor-fault", ("3578", "waste", "z"), "b3", 3, T0, True, 0, 0.0, 0.8, "")
    told: list[Signal] = []
    for hour in range(24, 80):
        said = [fault] if hour == 25 else [fault._replace(active=False)] if hour == 47 else []
        low = [2.0 if hour % 24 >= 7 else 30.0, 2.0] if hour % 24 in (7, 8) else [20.0 + hour % 24] * 2
        rows = [(f"b{n}/fill", hour * HOUR + half * HOUR // 2, low[half]) for n in range(3) for half in range(2)]
        rows += [("b3/fill", hour * HOUR + half * HOUR // 2, 60.0) for half in range(2)]
        told += bins.hear(rows, hour * HOUR + HOUR - 1, said)
    missed = [signal.time - T0 for signal in told if signal.kind == MISSED and signal.active and signal.member == 3]
    assert all(time > 2 * DAY + 7 * HOUR for time in missed)


def test_before_a_first_collection_no_round_is_known() -> None:
    assert MISSED not in {signal.kind for signal in days(Bins(NAMES), [set(), set()])}


def test_a_configured_day_off_is_no_missed_round() -> None:
    """T0 is a Friday: Saturday is collected, Sunday is not."""
    everyone = {0, 1, 2, 3}
    bins = Bins(NAMES, days=(0, 1, 2, 3, 4, 5))
    assert MISSED not in {signal.kind for signal in days(bins, [everyone, everyone, set(), everyone])}


def nights(bins: Bins, collected: list[int], until: int) -> list[Signal]:
    """Bins fill by 50 % a day; all are emptied at these times, minutes after T0, which is a midnight."""
    told, level = [], 30.0
    for minute in range(0, until, 20):
        level = 2.0 if minute in collected else min(level + 0.7, 100)
        told += bins.hear([(name, minute * MINUTE, level) for name in NAMES], minute * MINUTE)
    return [signal for signal in told if signal.kind == MISSED]


@pytest.mark.parametrize("early", [20, 0], ids=["to and fro", "always after"])
def test_trucks_that_come_about_midnight_have_no_usual_time_at_noon(early: int) -> None:
    """23:40 and 00:20 in turn: the same round, though not the same day."""
    day = 24 * 60
    collected = [night * day + (20 if night % 2 else -early + 20 * (not early)) for night in range(1, 9)]
    assert nights(Bins(NAMES), collected, 8 * day + 6 * 60) == []


def test_a_round_about_midnight_that_is_missed_is_told() -> None:
    """It was due about 00:00 at the beginning of the fifth day."""
    day = 24 * 60
    collected = [night * day + (20 if night % 2 else -20) for night in (1, 2, 3, 5)]
    told = nights(Bins(NAMES), collected, 6 * day)
    assert [edge[1:] for edge in edges(told) if edge[1]] == [(True, 4 * day + 2 * 60)] * 4
    assert len([signal for signal in told if not signal.active]) == 4


def test_a_weekday_without_a_truck_is_learned_within_a_week() -> None:
    everyone = {0, 1, 2, 3}
    week = [everyone] * 6 + [set[int]()]
    told = [signal for signal in days(Bins(NAMES), [*week, *week, everyone]) if signal.kind == MISSED and signal.active]
    assert {(signal.time - T0) // DAY for signal in told} == {6}


def test_when_the_truck_comes_next_is_an_indicator() -> None:
    bins = Bins(NAMES)
    days(bins, [{0, 1, 2, 3}])
    listed = cast(Rounds, bins.rule("rounds")).indicators()
    assert [each["value"] for each in listed] == [T0 + DAY + 7 * HOUR] * 4


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_the_next_round_is_a_later_one_also_where_clocks_are_changed(month: int, day: int) -> None:
    """Else who looks for the first one to come would look for ever."""
    table = SeriesTable()
    table.intern(Identity("3578", "waste", "z", "b0", "fill"))
    thresholds = Thresholds.model_validate({"waste": {"rounds": {"days": tuple(range(7))}}})
    domain = WasteAnalytics(table, SensorTable(table), thresholds, 60_000, "en", "Europe/Berlin")
    rounds = cast(Rounds, next(rule for rule in domain.rules if rule.name == "rounds"))
    domain.process(readings([(0, 0, 30.0)]), Outputs())
    change = int(datetime(2026, month, day, 1, tzinfo=UTC).timestamp() * 1000)
    for usual in range(24):
        rounds.columns["usual"][0] = usual * HOUR
        for due in range(change - 2 * DAY, change + 2 * DAY, HOUR):
            assert 0 < rounds.following(0, due) - due <= 2 * DAY
        rounds.columns["due"][0] = change - 2 * DAY
        rounds._put_off(np.array([0]), change + 30 * DAY)
        assert rounds.columns["due"][0] - rounds.late[0] >= change + 30 * DAY
