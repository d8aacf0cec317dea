"""What faults, silence and changed settings do to what is told of bins."""

from __future__ import annotations

import pytest

from processors.signals import Signal
from tests.processors.domains.waste.kit import DAY, HOUR, MINUTE, T0, Bins, edges

FULL = "bin-full"
FAULT = Signal("sensor-fault", ("3578", "waste", "z"), "b", 0, T0, True, 0, 0.0, 1.0, "r")
SOUND = FAULT._replace(active=False)


def full() -> Bins:
    bins = Bins(["b/fill", "b/tilt", "b/temperature"])
    assert edges(bins.course("b/fill", [94, 95, 96])) == [(FULL, True, 1)]
    return bins


def test_a_fault_does_not_make_room_in_a_full_bin() -> None:
    """Nobody collects: the level stands still, which looks like a fault until the lid is opened."""
    bins = full()
    assert bins.hear([], HOUR, [FAULT]) == []
    assert bins.course("b/fill", [98] * 9, begin=2 * HOUR) == []
    assert bins.hear([], 12 * HOUR, [SOUND]) == []
    assert bins.course("b/fill", [98] * 9, begin=13 * HOUR) == []
    assert edges(bins.course("b/fill", [5, 5, 5], begin=15 * HOUR)) == [(FULL, False, 15 * 60 + 1)]


def test_a_collection_ends_it_whatever_is_said_of_the_sensor() -> None:
    bins = full()
    bins.hear([], HOUR, [FAULT])
    assert edges(bins.course("b/fill", [5, 5, 5], begin=2 * HOUR)) == [(FULL, False, 2 * 60 + 1)]


def test_what_an_echo_says_while_the_bin_is_down_does_not_end_it() -> None:
    bins = full()
    bins.course("b/tilt", [80, 80, 80], begin=HOUR)
    assert bins.course("b/fill", [5, 5, 5], begin=HOUR + 5 * MINUTE) == []


def test_a_fault_that_is_told_twice_is_over_once() -> None:
    """As when quality control lost its memory and found the fault again."""
    bins = Bins(["b/fill"])
    for minute in range(2):
        bins.hear([], minute * MINUTE, [FAULT])
    bins.hear([], 2 * MINUTE, [SOUND])
    assert edges(bins.course("b/fill", [95, 96], begin=3 * MINUTE)) == [(FULL, True, 4)]


@pytest.mark.parametrize(("quantity", "value"), [("tilt", 80.0), ("temperature", 90.0)])
def test_a_sensor_that_died_does_not_silence_the_fill_for_good(quantity: str, value: float) -> None:
    bins = Bins(["b/fill", f"b/{quantity}"])
    bins.course(f"b/{quantity}", [value] * 3)
    assert FULL not in {signal.kind for signal in bins.course("b/fill", [95, 96], begin=10 * MINUTE)}
    assert FULL in {signal.kind for signal in bins.course("b/fill", [96, 97], begin=2 * DAY)}


def _collected(bins: Bins, days: int) -> None:
    """Every morning at 07:00, full by the next."""
    for day in range(days):
        morning = day * DAY + 7 * HOUR
        bins.course("b/fill", [30, 50, 70], step=2 * HOUR, begin=morning - 5 * HOUR)
        bins.course("b/fill", [3, 3], begin=morning)


def _missed(bins: Bins, day: int) -> list[int]:
    """Hours of the day at which a round is told to be missed, if the bin is left."""
    values = [min(5.0 + 4 * hour, 90.0) for hour in range(1, 48)]
    told = bins.course("b/fill", values, step=30 * MINUTE, begin=day * DAY + 20 * MINUTE)
    return [(signal.time - T0 - day * DAY) // HOUR for signal in told if signal.kind == "missed-collection"]


def test_a_changed_patience_holds_for_rounds_that_are_due() -> None:
    known = Bins(["b/fill"])
    _collected(known, 3)
    found = {}
    for late in ("90m", "6h"):
        bins = Bins(["b/fill"], [f"waste.rounds.late={late}"])
        bins.domain.restore(known.domain.snapshot())
        found[late] = _missed(bins, 3)
    assert found == {"90m": [8], "6h": [13]}


def test_changed_days_hold_for_rounds_that_are_due() -> None:
    """Day 3 is a Monday: 1 is the day after."""
    known = Bins(["b/fill"])
    _collected(known, 3)
    for days, hours in (("[0]", [8]), ("[1]", [])):
        bins = Bins(["b/fill"], [f"waste.rounds.days={days}"])
        bins.domain.restore(known.domain.snapshot())
        assert _missed(bins, 3) == hours


def test_a_window_that_was_made_longer_forgets_the_halves_of_the_other() -> None:
    """Else the lowest of all days would be what a noon has risen from."""
    known = Bins(["b/temperature"], ["waste.fire.window=10m"])
    known.course("b/temperature", [20.0] * 30)
    bins = Bins(["b/temperature"], ["waste.fire.window=20m"])
    bins.domain.restore(known.domain.snapshot())
    course = [20 + 0.1 * minute for minute in range(180)] + [40.5, 43, 43, 43]
    assert bins.course("b/temperature", course, begin=30 * MINUTE) == []
