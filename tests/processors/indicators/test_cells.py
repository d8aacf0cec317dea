"""Numerators and denominators by day, month, zone and city."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from processors.anomaly.localtime import LocalDay
from processors.indicators.cells import DAY, Cells
from processors.indicators.places import Places
from telemetry.batch import Indicators
from telemetry.indicators import TABLE
from telemetry.series import Identity, SeriesTable

LAST = 20_787
"""30 November 2026, as a day since 1970."""
HOUR = 3_600_000


def cells_of(*zones: str, today: int = LAST) -> Cells:
    table = SeriesTable()
    for zone in zones:
        table.intern(Identity("3578", "water", zone, "d", "flow"))
    cells = Cells(Places(table), LocalDay("Asia/Jakarta"))
    cells.places.sync()
    cells.grow()
    cells.roll(today)
    return cells


def row(cells: Cells, zone: str) -> np.ndarray:
    return np.array([cells.places.places.index(("3578", "water", zone))])


def add(cells: Cells, name: str, zone: str, day: int, num: float, den: float) -> None:
    cells.add(name, row(cells, zone), day, np.array([num]), np.array([den]))


def table_of(told: Indicators | None) -> dict[tuple[str, str, str], tuple[float, float, float]]:
    """By period, zone and indicator: numerator, denominator, value."""
    assert told is not None
    keys = zip(told.period, told.zone, told.indicator, strict=True)
    values = zip(told.numerator.tolist(), told.denominator.tolist(), told.value.tolist(), strict=True)
    return dict(zip(keys, values, strict=True))


def test_zones_are_added_and_never_averaged() -> None:
    cells = cells_of("A", "B")
    add(cells, "pressure-compliance", "A", LAST, 10, 10)
    add(cells, "pressure-compliance", "B", LAST, 0, 90)
    told = table_of(cells.told())
    assert told["day", "*", "pressure-compliance"] == (10, 100, 10.0)
    assert told["day", "A", "pressure-compliance"] == (10, 10, 100.0)
    assert told["month", "*", "pressure-compliance"] == (10, 100, 10.0)


def test_households_stand_and_hours_add_up_over_days() -> None:
    cells = cells_of("A", "B")
    for day in (LAST - 1, LAST):
        add(cells, "interruption", "A", day, 200, 100)
        add(cells, "interruption", "B", day, 0, 300)
    assert table_of(cells.told())["month", "*", "interruption"] == (400, 400, 1.0)


def test_a_size_is_the_greatest_of_a_months_days() -> None:
    cells = cells_of("A")
    for day, bins in ((LAST - 1, 100), (LAST, 1)):
        add(cells, "overflowing-hours", "A", day, 50, bins)
    assert table_of(cells.told())["month", "A", "overflowing-hours"] == (100, 100, 1.0)


def test_a_month_keeps_days_that_are_no_longer_open_and_ends_with_its_last() -> None:
    cells = cells_of("A", today=LAST - 9)
    for day in range(LAST - 9, LAST + 3):
        cells.roll(day)
        add(cells, "pressure-compliance", "A", day, 1, 2)
    told = cells.told()
    assert told is not None
    months = [(int(time), den) for time, den, period, zone in zip(
        told.time, told.denominator.tolist(), told.period, told.zone, strict=True
    ) if (period, zone) == ("month", "A")]  # fmt: skip
    november, december = (
        int(np.datetime64(f"2026-{month}-01").astype("datetime64[ms]").astype(int)) - 7 * HOUR for month in (11, 12)
    )
    assert months == [(november, 20), (december, 4)]


@pytest.mark.parametrize("months_are_known", [True, False])
def test_what_nobody_was_told_of_is_told_when_its_day_leaves(months_are_known: bool) -> None:
    cells = cells_of("A")
    add(cells, "pressure-compliance", "A", LAST, 90, 100)
    cells.told()
    add(cells, "pressure-compliance", "A", LAST, 9, 50)
    state = cells.snapshot()
    if not months_are_known:
        del state["month_changed"]
    cells = cells_of("A", today=0)
    cells.restore(state)
    cells.roll(LAST + 3)
    told = table_of(cells.told())
    assert told["day", "A", "pressure-compliance"] == told["month", "A", "pressure-compliance"] == (99, 150, 66.0)
    assert cells.told() is None


def test_days_begin_at_the_citys_midnight() -> None:
    cells = cells_of("A")
    midnight = LAST * DAY - 7 * HOUR
    assert cells.days(np.array([midnight - 1, midnight])).tolist() == [LAST - 1, LAST]
    add(cells, "pressure-compliance", "A", LAST, 1, 1)
    told = cells.told()
    assert told is not None
    assert told.time[told.period.index("day")] == midnight


def test_what_is_late_has_its_day_and_what_is_older_none() -> None:
    cells = cells_of("A")
    add(cells, "pressure-compliance", "A", LAST - 2, 1, 1)
    add(cells, "pressure-compliance", "A", LAST - 3, 1, 1)
    assert table_of(cells.told())["month", "A", "pressure-compliance"] == (1, 1, 100.0)


def test_only_what_changed_is_told_again() -> None:
    cells = cells_of("A", "B")
    add(cells, "pressure-compliance", "A", LAST, 1, 1)
    add(cells, "pressure-compliance", "B", LAST, 1, 1)
    cells.told()
    assert cells.told() is None
    add(cells, "pressure-compliance", "B", LAST, 0, 1)
    assert {zone for _, zone, _ in table_of(cells.told())} == {"B", "*"}


def test_a_peak_is_the_greatest_of_days() -> None:
    cells = cells_of("A")
    rows = np.array(cells.places.cities)
    for day, alarms in ((LAST - 1, 7.0), (LAST, 3.0)):
        cells.raise_to("alarm-peak", rows, day, np.array([alarms]))
    assert table_of(cells.told())["month", "*", "alarm-peak"] == (7, 1, 7.0)


def test_a_share_is_never_more_than_all() -> None:
    cells = cells_of("A")
    add(cells, "completeness", "A", LAST, 7.5 * HOUR, 5.0 * HOUR)
    assert table_of(cells.told())["day", "A", "completeness"] == (5, 5, 100.0)


def test_a_state_of_other_indicators_is_refused() -> None:
    cells = cells_of("A")
    state = cells.snapshot()
    state["num"] = state["num"][1:]
    with pytest.raises(ValueError, match="are known"):
        cells_of("A").restore(state)


def test_the_docs_know_every_indicator_as_it_is() -> None:
    text = (Path(__file__).parents[3] / "docs" / "indicators.md").read_text("utf-8")
    for definition in TABLE:
        assert f"| `{definition.name}` |" in text
        assert f"| {definition.unit} | {definition.numerator} | {definition.denominator}" in text


def test_zones_beyond_the_most_are_counted_in_their_city(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.indicators.places.MOST_ROWS", 3)
    cells = cells_of("A", "B", "C")
    assert cells.places.places == [("3578", "*", "*"), ("3578", "water", "*"), ("3578", "water", "A")]
    rows = cells.places.row.astype(np.intp)
    ones, hundreds = np.ones(3), np.full(3, 100.0)
    cells.add("interruption", rows, LAST, ones, np.zeros(3))
    cells.stand("interruption", rows, hundreds)
    cells.put("voltage-compliance", rows, LAST, ones, hundreds)
    told = table_of(cells.told())
    assert told["day", "*", "interruption"] == (3, 300, 0.01)
    assert told["day", "*", "voltage-compliance"] == (3, 300, 1.0)
    assert told["day", "A", "interruption"] == (1, 100, 0.01)


def test_cities_beyond_the_most_share_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.indicators.places.MOST_ROWS", 3)
    table = SeriesTable()
    for number in range(50):
        table.intern(Identity(f"c{number}", "water", "z", "d", "flow"))
    places = Places(table)
    places.sync()
    assert len(places) == 5
    assert set(places.row[1:].tolist()) == {places.places.index(("*", "water", "*"))}
