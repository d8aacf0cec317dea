"""Bins that overflow, and rounds: in time, late, missed, or known to nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.processors.domains.waste.kit import DAY, HOUR, MINUTE, T0, Bins
from tests.processors.indicators.kit import Watched

STEP = 10 * MINUTE
SEVEN = 7 * HOUR
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
Level = Callable[[int], float | None]
"""The fill (%) at so many ms after T0; None where the sensor says nothing."""


def watched(days: float, level: Level, rounds: tuple[int, ...] | None = EVERY_DAY) -> Watched:
    bins = Bins(["b0/fill"], days=rounds)
    told = Watched(bins.domain.roster.table, [bins.domain])
    for time in range(0, int(days * DAY), STEP):
        value = level(time)
        bins.hear([] if value is None else [("b0/fill", time, value)], time)
        told.tick(T0 + time)
    return told


def collected(*days: int, at: int = SEVEN, until: int = 100) -> Level:
    """Emptied at `at` of these days (from 0), and silent from the day `until` on."""

    def level(time: int) -> float | None:
        emptied = max((day * DAY + at for day in days if day * DAY + at <= time), default=-DAY)
        return min(95.0, 5.0 + 80.0 * (time - emptied) / DAY) if time < until * DAY else None

    return level


def test_rounds_that_nobody_drives_are_due_all_the_same() -> None:
    told = watched(9, collected(*range(7))).days("collection-punctuality")
    assert told == [(1, 1)] * 6 + [(0, 1)] * 2
    learned = watched(9, collected(*range(7)), rounds=None).days("collection-punctuality")
    assert learned == told, "by now it is known of each weekday that trucks come"


def test_a_collection_that_comes_late_is_one_round_and_not_in_time() -> None:
    def level(time: int) -> float | None:
        late = 2 * DAY + 15 * HOUR
        return collected(0, 1, 3)(time) if time < late else 5.0 + 80.0 * (time - late) / DAY

    told = watched(2.9, level).days("collection-punctuality")
    assert told == [(1, 1), (0, 1)]


def test_a_collection_that_is_seen_after_its_round_has_passed_was_in_time() -> None:
    def level(time: int) -> float | None:
        # 08:20 is before 08:30, but the reading that confirms it comes after.
        return collected(0, at=SEVEN)(time) if time < DAY + 8 * HOUR + 20 * MINUTE else 5.0

    assert watched(1.4, level).days("collection-punctuality") == [(1, 1)]


def test_of_a_silent_bin_no_round_is_counted() -> None:
    assert watched(6, collected(*range(10), until=3)).days("collection-punctuality") == [(1, 1)] * 2


def test_a_weekday_of_which_it_is_not_known_whether_trucks_come_does_not_count() -> None:
    assert watched(4, collected(0), rounds=None).days("collection-punctuality") == []


def test_rounds_go_on_after_a_restart_and_from_an_older_state() -> None:
    bins = Bins(["b0/fill"], days=EVERY_DAY)
    known = watched(3, collected(0, 1, 2))
    state = known.processor.snapshot()
    other = Watched(bins.domain.roster.table, [bins.domain])
    other.processor.restore(state)
    columns = other.processor.snapshot()
    assert columns["collection-punctuality.next"] == state["collection-punctuality.next"]
    old = {name: array for name, array in state.items() if name.split(".")[-1] not in ("next", "missed", "settled")}
    Watched(bins.domain.roster.table, [bins.domain]).processor.restore(old)


def test_a_full_bin_whose_sensor_dies_does_not_overflow_for_ever() -> None:
    def level(time: int) -> float | None:
        return min(100.0, 20 + 80 * time / (2 * HOUR)) if time < 3 * HOUR else None

    [(hours, bins)] = watched(3, level).days("overflowing-hours")
    assert hours == pytest.approx(1.1 + 3, abs=0.3)
    assert bins == 1


def test_bins_are_those_that_were_heard_that_day() -> None:
    bins = Bins(["b0/fill", "b1/fill"], days=EVERY_DAY)
    told = Watched(bins.domain.roster.table, [bins.domain])
    for time in range(0, 2 * DAY, STEP):
        rows = [("b0/fill", time, 95.0), ("b1/fill", time, 95.0)]
        bins.hear(rows[: 1 if time > 12 * HOUR else 2], time)
        told.tick(T0 + time)
    (_, first), (hours, second) = told.days("overflowing-hours")
    assert (first, second) == (2, 1)
    assert hours == pytest.approx(24, abs=0.5)
