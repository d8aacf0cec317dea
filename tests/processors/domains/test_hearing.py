"""Which readings the rules of a domain hear: what a window was closed for is not for that deaf."""

from __future__ import annotations

import numpy as np
import pytest

from journal.entries import TickEntry
from processors.base import Outputs
from processors.domains.base import CAUGHT_UP, HEARD_WITHIN
from processors.domains.disaster.rain import Rain
from processors.signals import Signal
from telemetry import flags
from telemetry.batch import Readings
from tests.processors.domains.disaster.kit import HOUR, MINUTE, T0, City

LEVELS = [60.0, 70.0, 90.0, 120.0, 160.0, 210.0]
"""cm at Katulampa, each five minutes: Siaga 3 from 80 cm, Siaga 2 from 150 cm, Siaga 1 from 200 cm."""


def late(values: list[float], age: int, begin: int = 0, step: int = 5 * MINUTE) -> Readings:
    """Readings of one series, each flagged late, that arrive `age` ms after their time."""
    size = len(values)
    time = T0 + begin + step * np.arange(size, dtype=np.int64)
    bits = np.full(size, flags.LATE, np.uint32)
    return Readings(np.zeros(size, np.int32), time, np.array(values), bits, time + age, np.full(size, -1, np.int32))


def told(city: City, batches: list[Readings]) -> list[Signal]:
    signals: list[Signal] = []
    for batch in batches:
        out = Outputs()
        city.domain.process(batch, out)
        city.domain.tick(TickEntry(int(batch.arrival[-1]), T0), out)
        signals += out.signals
    return signals


def river() -> City:
    return City(["katulampa/river_level"])


@pytest.mark.parametrize("age", [3 * MINUTE, HEARD_WITHIN])
def test_a_late_reading_is_heard_where_it_is_the_newest(age: int) -> None:
    assert [each.kind for each in told(river(), [late(LEVELS, age)])][:1] == ["river-stage"]


def test_what_is_too_old_is_history() -> None:
    assert told(river(), [late(LEVELS, HEARD_WITHIN + 1)]) == []


def test_what_is_older_than_the_newest_is_not_heard_again() -> None:
    assert told(river(), [late([60.0], MINUTE, begin=30 * MINUTE), late(LEVELS, 40 * MINUTE)]) == []


def test_it_does_not_matter_how_late_readings_are_cut_nor_a_restart() -> None:
    whole, cut = river(), river()
    together = told(whole, [late(LEVELS, 4 * MINUTE)])
    apart: list[Signal] = []
    for at in range(len(LEVELS)):
        out = Outputs()
        cut.domain.process(late(LEVELS, 4 * MINUTE).take(np.arange(len(LEVELS)) == at), out)
        again = river()
        again.domain.restore(cut.domain.snapshot())
        apart, cut = apart + out.signals, again
    out = Outputs()
    cut.domain.tick(TickEntry(T0 + 29 * MINUTE, T0), out)
    assert apart + out.signals == together
    assert together


def rainfall(order: list[int], packs: int) -> tuple[float, float]:
    """mm of the last hour and of the day, of 2 mm each minute for 30 minutes, come in `order`, in so many packs."""
    city = City(["rain/rainfall"])
    city.hear([("rain/rainfall", 0, 0.0)], MINUTE)
    for part in np.array_split(np.array(order), packs):
        city.hear([("rain/rainfall", (1 + int(at)) * MINUTE, 2.0) for at in part], (40 + int(part[0])) * MINUTE)
    city.hear([("rain/rainfall", 36 * MINUTE, 0.0)], 90 * MINUTE)
    (rain,) = [rule for rule in city.domain.rules if isinstance(rule, Rain)]
    return float(rain.columns["minutes"][0].sum()), float(rain.columns["hours"][0].sum())


@pytest.mark.parametrize("packs", [1, 5, 30])
def test_rain_counts_every_reading_once_in_whatever_order(packs: int) -> None:
    forth = list(range(30))
    mixed = [*forth[20:], *forth[:20]]
    for order in (forth, forth[::-1], mixed):
        assert rainfall(order, packs) == pytest.approx((60.0, 60.0)), order


def test_rain_of_too_long_ago_and_told_twice_is_no_rain_of_now() -> None:
    city = City(["rain/rainfall"])
    city.hear([("rain/rainfall", 0, 0.0), ("rain/rainfall", 2 * HOUR, 1.0)], 2 * HOUR)
    city.hear([("rain/rainfall", 2 * HOUR - CAUGHT_UP - 1, 50.0), ("rain/rainfall", 2 * HOUR, 1.0)], 3 * HOUR)
    city.hear([("rain/rainfall", 2 * HOUR + MINUTE, 0.0)], 4 * HOUR)
    (rain,) = [rule for rule in city.domain.rules if isinstance(rule, Rain)]
    assert rain.columns["hours"][0].sum() == pytest.approx(1.0)
