"""Which incidents of two runs are the same, and how stored readings are put in order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import HistorianSettings, Settings
from pipeline.backtest.comparison import APART, compare
from pipeline.history import base as history
from pipeline.history.base import History, Where
from pipeline.history.historian import HistorianStore
from pipeline.offline.reported import Incident
from sinks import schema
from telemetry import flags
from telemetry.batch import NOT_ENDED, Readings

MINUTE = 60_000


def incident(
    opened: float, ended: float | None = None, *, cause: str | None = "", severity: str = "warning"
) -> Incident:
    """Times in minutes."""
    start = int(opened * MINUTE)
    end = NOT_ENDED if ended is None else int(ended * MINUTE)
    return Incident(f"{cause}@{start}", "burst", "3578", "water", "Genteng", start, end, severity, start, cause)


def verdicts(stored: Sequence[Incident], now: Sequence[Incident], then: Sequence[Incident] | None) -> list[str]:
    return [row.verdict for row in compare(stored, now, then)]


def test_what_opens_in_both_is_the_same_earlier_later_or_of_another_severity() -> None:
    """
    configured  ├──┤      ├──┤     ├──┤     ├──┤
    changed     ├──┤     ├───┤      ├─┤     ├══┤
    """
    now = [incident(0, 9), incident(100, 109), incident(200, 209), incident(300, 309)]
    then = [incident(0, 9), incident(98, 109), incident(201, 209), incident(300, 309, severity="critical")]
    assert verdicts([], now, then) == ["same", "earlier", "later", "severity"]


def test_what_only_one_raises_is_new_or_gone() -> None:
    rows = compare([incident(0, 9)], [incident(0, 9)], [incident(100, 109)])
    assert [(row.verdict, row.stored is not None) for row in rows] == [("gone", True), ("new", False)]


def test_incidents_far_apart_or_of_another_cause_are_not_the_same() -> None:
    apart = APART / MINUTE
    assert verdicts([], [incident(0, 9)], [incident(9 + apart, 30)]) == ["later"]
    assert verdicts([], [incident(0, 9)], [incident(9.1 + apart, 30)]) == ["gone", "new"]
    assert verdicts([], [incident(0, cause="a")], [incident(1, cause="b")]) == ["gone", "new"]
    assert verdicts([incident(0, cause=None)], [incident(1, cause="b")], None) == ["later"]


def test_one_that_falls_apart_into_two_is_itself_and_a_new_one() -> None:
    assert verdicts([], [incident(0, 60)], [incident(0, 20), incident(40, 60)]) == ["same", "new"]


def test_what_is_stored_stands_beside_what_either_raises() -> None:
    stored = [incident(0, 9), incident(100, 109), incident(300, 309)]
    rows = compare(stored, [incident(0, 9)], [incident(0, 9), incident(101, 109)])
    assert [(row.verdict, row.stored) for row in rows] == [
        ("same", stored[0]),
        ("new", stored[1]),
        ("stored", stored[2]),
    ]
    assert verdicts(stored, [incident(0, 9)], None) == ["same", "stored", "stored"]


times = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 60)), max_size=6, unique_by=lambda pair: pair[0])


@given(times, times, times)
def test_every_incident_is_in_exactly_one_row(one: list, two: list, three: list) -> None:  # type: ignore[type-arg]
    sides = [[incident(begin, begin + long) for begin, long in side] for side in (one, two, three)]
    rows = compare(*sides)
    for place, side in enumerate(sides):
        found = [each for row in rows if (each := (row.stored, row.configured, row.changed)[place])]
        assert sorted(map(id, found)) == sorted(map(id, side))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "city.duckdb"
    with duckdb.connect(path) as file:
        for statement in schema.create_tables():
            file.execute(statement)
        file.execute(
            "INSERT INTO series VALUES (0, '1', 'water', 'b', 'm', 'flow'), (1, '1', 'water', 'a', 'm', 'flow')"
        )
        file.execute(
            "INSERT INTO readings VALUES (0, 2000, 1.0, 0), (1, 2000, 2.0, ?), (0, 1000, 3.0, ?), (0, 2000, 4.0, 0),"
            " (1, 9000, 'nan', 0)",
            [flags.FAIL | flags.LATE | flags.RETAINED, flags.NO_TIME],
        )
    return path


def read(path: Path, where: Where, begin: int = 0, end: int = 10_000) -> tuple[History, Readings]:
    opened = HistorianStore(path, 10**8, where)
    try:
        told = History(opened, Settings(historian=HistorianSettings(path=path)), ())
        return told, Readings.concat([Readings.empty(), *told.slices(begin, end)])
    finally:
        opened.close()


def test_readings_come_by_time_then_name_the_last_of_each_with_the_flags_they_came_with(store: Path) -> None:
    told, readings = read(store, Where())
    known = [told.table.identities[number] for number in readings.series.tolist()]
    zones = [identity.zone for identity in known if identity]
    assert zones == ["b", "a", "b"]
    assert readings.time.tolist() == readings.arrival.tolist() == [1000, 2000, 2000]
    assert readings.value.tolist() == [3.0, 2.0, 4.0]
    assert readings.flags.tolist() == [flags.NO_TIME, flags.RETAINED, 0]


def test_a_part_of_the_city_is_read_alone_and_the_end_is_not_included(store: Path) -> None:
    assert read(store, Where(zone="b"))[1].value.tolist() == [3.0, 4.0]
    assert read(store, Where(zone="b"), 0, 2000)[1].value.tolist() == [3.0]
    assert len(read(store, Where(city="2"))[1]) == 0


class Dense:
    """Counts of readings at given times, ms."""

    def __init__(self, at: Sequence[int]) -> None:
        self.at = np.sort(np.array(at, np.int64))

    def count(self, begin: int, end: int) -> int:
        return int(np.count_nonzero((self.at >= begin) & (self.at < end)))


@given(st.lists(st.integers(0, 400_000), max_size=300))
def test_spans_hold_all_readings_once_and_few_each(at: list[int]) -> None:
    """A gap of days beside a burst of readings: no span longer than a second holds more than the most."""
    store = Dense([*at, 10 * 86_400_000])
    patch = pytest.MonkeyPatch()
    patch.setattr(history, "MOST_READINGS", 20)
    try:
        found = list(history.spans(store, 0, 11 * 86_400_000))  # type: ignore[arg-type]
    finally:
        patch.undo()
    assert sum(store.count(begin, end) for begin, end in found) == len(at) + 1
    assert all(store.count(begin, end) <= 20 or end - begin <= history.SHORTEST for begin, end in found)
    assert all(first[1] <= second[0] for first, second in pairwise(found))
