"""Completeness: what readings cover of the time there is, of each sensor alike."""

from __future__ import annotations

import numpy as np
import pytest

from processors.base import Outputs
from telemetry import flags
from telemetry.batch import Readings
from tests.processors.indicators.kit import DAY, HOUR, MINUTE, NOON, Watched, sensed, windows


def test_completeness_weighs_every_sensor_alike_however_often_it_tells() -> None:
    table, sensors = sensed(10_000, 5 * MINUTE)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    out = Outputs()
    for minute in range(10):
        out.windows.append(windows(0, NOON + minute * MINUTE, 3))
        out.windows.append(windows(1, NOON + minute * MINUTE, int(minute == 0)))
    watched.tick(NOON + 11 * MINUTE, out)
    [(covered, due)] = watched.days("completeness")
    assert (covered * 60, due * 60) == pytest.approx((5 + 5, 20))


def late(series: int, *times: int, bits: int = flags.LATE) -> Readings:
    one = np.ones(len(times), np.int64)
    when = np.array(times)
    return Readings(
        (series * one).astype(np.int32),
        when,
        one.astype(float),
        (bits * one).astype(np.uint32),
        when,
        (-one).astype(np.int32),
    )


def minutes(watched: Watched) -> tuple[float, float]:
    """Sensor-minutes that are covered, and all, of the only day."""
    [(covered, due)] = watched.days("completeness")
    return round(covered * 60, 6), round(due * 60, 6)


def test_a_sensor_that_tells_too_often_does_not_hide_nine_that_are_dead() -> None:
    table, sensors = sensed(*[15 * MINUTE] * 10)
    watched = Watched(table, sensors=sensors)
    for minute in range(60):
        out = Outputs()
        out.windows += [windows(number, NOON + minute * MINUTE, int(number == 0)) for number in range(10)]
        watched.tick(NOON + (minute + 1) * MINUTE, out)
    assert minutes(watched) == (60, 600)


def test_what_a_sensor_told_more_than_enough_does_not_last_longer_than_its_interval() -> None:
    table, sensors = sensed(15 * MINUTE)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    for minute in range(120):
        out = Outputs()
        out.windows.append(windows(0, NOON + minute * MINUTE, 5 * int(minute < 10)))
        watched.tick(NOON + (minute + 1) * MINUTE, out)
    assert minutes(watched) == (10 + 15, 120)


def test_a_sensor_that_is_slower_than_windows_may_be_a_little_early_or_late() -> None:
    table, sensors = sensed(15 * MINUTE)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    for minute in range(60):
        out = Outputs()
        out.windows.append(windows(0, NOON + minute * MINUTE, int(minute in (0, 14, 30, 45))))
        watched.tick(NOON + (minute + 1) * MINUTE, out)
    assert minutes(watched) == (60, 60)


def test_what_comes_late_is_counted_once_and_a_revision_not_again() -> None:
    table, sensors = sensed(MINUTE)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    out = Outputs()
    out.windows += [windows(0, NOON, 0), windows(0, NOON, 1, revision=1)]
    for bits in (flags.LATE, flags.LATE | flags.DUPLICATE, flags.LATE | flags.EXPIRED):
        watched.processor.process(late(0, NOON, bits=bits), out)
    watched.tick(NOON + 2 * MINUTE, out)
    assert minutes(watched) == (1, 1)


@pytest.mark.parametrize("turn", [1, -1])
def test_what_comes_late_covers_what_was_missing_then_and_no_more(turn: int) -> None:
    table, sensors = sensed(MINUTE)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    out = Outputs()
    out.windows += [windows(0, NOON + minute * MINUTE, int(minute >= 50)) for minute in range(60)]
    watched.tick(NOON + 60 * MINUTE, out)
    assert minutes(watched) == (10, 60)
    told_often = range(10 * MINUTE, 20 * MINUTE, 1_000)[::turn]
    watched.processor.process(late(0, *(NOON + after for after in told_often)), Outputs())
    watched.tick(NOON + 61 * MINUTE)
    assert minutes(watched) == pytest.approx((10 + 10, 60), abs=1)


def test_what_comes_late_and_seldom_covers_the_windows_that_follow_too() -> None:
    table, sensors = sensed(HOUR)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    for minute in range(120):
        out = Outputs()
        out.windows.append(windows(0, NOON + minute * MINUTE, 0))
        if minute % 60 == 20:
            watched.processor.process(late(0, NOON + (minute - 20) * MINUTE), out)
        watched.tick(NOON + (minute + 1) * MINUTE, out)
    assert minutes(watched) == (120, 120)


def test_half_of_what_is_due_is_half_though_all_of_it_comes_late() -> None:
    table, sensors = sensed(MINUTE // 2)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    for minute in range(30):
        out = Outputs()
        out.windows.append(windows(0, NOON + minute * MINUTE, 0))
        watched.processor.process(late(0, NOON + minute * MINUTE + 59_000), out)
        watched.tick(NOON + (minute + 1) * MINUTE, out)
    assert minutes(watched) == pytest.approx((15, 30), abs=0.5)


def test_windows_with_nothing_in_them_may_close_after_later_ones() -> None:
    table, sensors = sensed(MINUTE)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    out = Outputs()
    out.windows += [windows(0, NOON + minute * MINUTE, 1) for minute in (0, 30)]
    out.windows += [windows(0, NOON + minute * MINUTE, 0) for minute in range(60) if minute not in (0, 30)]
    watched.tick(NOON + HOUR, out)
    assert minutes(watched) == (2, 60)


def test_a_reading_for_two_days_covers_each_of_them_to_its_end() -> None:
    table, sensors = sensed(2 * DAY)
    watched = Watched(table, sensors=sensors)
    watched.tick(NOON)
    for hour in range(24 * 3):
        out = Outputs()
        starts = range(NOON + hour * HOUR, NOON + (hour + 1) * HOUR, MINUTE)
        out.windows += [windows(0, start, int(start == NOON)) for start in starts]
        watched.tick(NOON + (hour + 1) * HOUR, out)
    told = [(round(covered, 3), round(due, 3)) for covered, due in watched.days("completeness")]
    assert told == [(12, 12), (24, 24), (12, 24), (0, 12)]


def test_what_was_missing_is_known_after_a_restart() -> None:
    table, sensors = sensed(10 * MINUTE)
    watched, other = (Watched(table, sensors=sensors) for _ in range(2))
    watched.tick(NOON)
    out = Outputs()
    out.windows += [windows(0, NOON + minute * MINUTE, int(minute == 0)) for minute in range(20)]
    watched.processor.process(late(0, NOON + 10 * MINUTE), out)
    other.processor.restore(watched.processor.snapshot())
    other.tick(NOON + 21 * MINUTE)
    assert minutes(other) == (20, 20)


def test_a_state_from_before_anything_was_remembered_of_completeness_is_used() -> None:
    table, sensors = sensed(MINUTE)
    watched, other = (Watched(table, sensors=sensors) for _ in range(2))
    watched.tick(NOON)
    out = Outputs()
    out.windows.append(windows(0, NOON, 1))
    watched.tick(NOON + MINUTE, out)
    state = {name: array for name, array in watched.processor.snapshot().items() if "completeness" not in name}
    other.processor.restore(state)
    out = Outputs()
    out.windows.append(windows(0, NOON + MINUTE, 0))
    other.tick(NOON + 2 * MINUTE, out)
    assert minutes(other) == (1, 2)


def test_nothing_is_counted_before_the_first_tick() -> None:
    table, sensors = sensed(MINUTE)
    watched = Watched(table, sensors=sensors)
    out = Outputs()
    out.windows.append(windows(0, NOON, 1))
    watched.processor.process(Readings.empty(), out)
    watched.tick(NOON + DAY, out)
    assert not watched.days("completeness")
