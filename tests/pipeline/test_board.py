"""What the page shows: last values, rates, completeness, recent anomalies."""

from __future__ import annotations

import numpy as np

from pipeline.processing.board import LATEST_PER_DOMAIN, RECENT_ANOMALIES, Board
from processors.base import Outputs
from telemetry.batch import Anomalies, Readings, Windows
from telemetry.series import DOMAINS, Identity, SeriesTable
from tests.pipeline.kit import NOW

COLUMNS = ("mean", "min", "max", "std", "first", "last", "p50", "p95", "delta", "completeness")


def board(devices: int = 3) -> Board:
    """`devices` of each domain; the ids of a domain follow one another."""
    table = SeriesTable()
    for domain in DOMAINS:
        for device in range(devices):
            table.intern(Identity("3578", domain, "a", f"d{device}", "temperature"))
    return Board(table)


def batch(*rows: tuple[int, int, float]) -> Readings:
    """(series, ms after NOW, value) each."""
    series, time, value = zip(*rows, strict=True)
    size = len(rows)
    return Readings(
        np.array(series, np.int32),
        np.array(time, np.int64) + NOW,
        np.array(value, np.float64),
        np.zeros(size, np.uint32),
        np.full(size, NOW, np.int64),
        np.full(size, -1, np.int32),
    )


def windows(
    start: int, count: int, expected: int, *, length: int = 1_000, revision: int = 0, series: int = 0
) -> Windows:
    fields = {name: np.zeros(1) for name in COLUMNS}
    numbers = {"count": count, "expected": expected, "failed": 0, "revision": revision}
    whole = {name: np.array([number], np.int64) for name, number in numbers.items()}
    return Windows(length, np.array([series], np.int32), np.array([start], np.int64), **whole, **fields)  # type: ignore[arg-type]


def anomalies(count: int, series: int = 0) -> Anomalies:
    column = np.arange(count, dtype=np.float64)
    return Anomalies(
        np.full(count, series, np.int32), NOW + np.arange(count), column, np.full(count, np.nan), column, column,
        np.full(count, np.inf), np.ones(count, np.int64), ("limits",) * count, ("too high",) * count,
    )  # fmt: skip


def values(made: Board, domain: str = "water") -> dict[str, float]:
    return {row["device"]: row["value"] for row in made.latest(domain)}


def test_the_newest_value_is_shown_and_an_older_one_changes_nothing() -> None:
    made = board()
    made.observe([batch((0, 1_000, 1.0), (1, 0, 2.0), (0, 2_000, 3.0))], Outputs())
    made.observe([batch((0, 500, 9.0))], Outputs())
    assert values(made) == {"d0": 3.0, "d1": 2.0}
    assert values(made, "waste") == {}
    row = made.latest("water")[0]
    assert (row["zone"], row["quantity"], row["unit"], row["time"]) == ("a", "temperature", "degC", NOW + 2_000)


def test_only_the_series_heard_last_are_shown_and_only_of_their_domain() -> None:
    made = board(devices=40)
    made.observe([batch(*((series, 0, float(series)) for series in range(160)))], Outputs())
    made.observe([batch((3, 1, 3.5))], Outputs())
    shown = values(made)
    assert len(shown) == LATEST_PER_DOMAIN
    assert shown["d3"] == 3.5
    assert set(shown) == {"d3", *(f"d{number}" for number in range(29, 40))}


def test_the_table_may_grow() -> None:
    made = board()
    made.observe([batch((0, 0, 1.0))], Outputs())
    for device in range(3_000):
        made.table.intern(Identity("3578", "energy", "b", f"e{device}", "power"))
    made.observe([batch((3_011, 0, 7.0))], Outputs())
    assert values(made) == {"d0": 1.0}
    assert values(made, "energy") == {"e2999": 7.0}
    assert made.devices("energy") == 3_003
    made.table.intern(Identity("3578", "energy", "b", "one more", "power"))
    assert made.devices("energy") == 3_004


def test_the_rate_is_that_of_the_last_ten_seconds() -> None:
    made = board()
    assert made.rate("water") == 0.0
    for second in range(21):
        made.sample(float(second))
        rows = [(0, second, 1.0)] * (2 if second < 10 else 5)
        made.observe([batch(*rows)], Outputs())
    assert made.rate("water") == 5.0
    assert made.rate("energy") == 0.0


def test_completeness_is_that_of_the_last_whole_window() -> None:
    made = board()
    assert made.completeness("water") is None
    made.observe([], Outputs(windows=[windows(0, 8, 10), windows(0, 9, 10, series=1), windows(1_000, 1, 10)]))
    assert made.completeness("water") == 85.0
    made.observe([], Outputs(windows=[windows(0, 10, 10, revision=1), windows(0, 40, 50, length=5_000)]))
    assert made.completeness("water") == 85.0
    assert made.windows_total.tolist() == [5, 0, 0, 0]
    assert made.completeness("energy") is None


def test_longer_windows_that_come_first_give_way_to_the_shortest() -> None:
    made = board()
    made.observe([], Outputs(windows=[windows(0, 50, 100, length=5_000)]))
    made.observe([], Outputs(windows=[windows(0, 8, 10), windows(1_000, 9, 10)]))
    assert made.completeness("water") == 80.0


def test_anomalies_are_counted_all_and_kept_some() -> None:
    made = board()
    made.observe([], Outputs(anomalies=[anomalies(RECENT_ANOMALIES + 50)]))
    assert made.anomalies_total.tolist() == [RECENT_ANOMALIES + 50, 0, 0, 0]
    assert len(made.anomalies) == RECENT_ANOMALIES
    newest = made.anomalies[0]
    assert newest["value"] == RECENT_ANOMALIES + 49
    assert newest["severity"] == "warning"
    assert newest["baseline"] is None
    assert newest["score"] is None


def test_a_snapshot_brings_totals_and_anomalies_back() -> None:
    made, later = board(), board()
    made.observe([], Outputs(anomalies=[anomalies(2)], windows=[windows(0, 8, 10)]))
    later.observe([], Outputs(anomalies=[anomalies(5)]))
    later.restore(made.snapshot())
    assert later.anomalies == made.anomalies
    assert later.windows_total.tolist() == [1, 0, 0, 0]
    assert later.anomalies_total.tolist() == [2, 0, 0, 0]
    later.observe([], Outputs(anomalies=[anomalies(1)]))
    assert made.anomalies_total.tolist() == [2, 0, 0, 0]
