"""The detector as a processor: what it skips, explains and keeps, and that cuts don't matter."""

import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.anomaly.rules import Rules
from processors.base import Outputs
from processors.detector import Detector
from telemetry import flags
from telemetry.batch import Anomalies, Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.samples import T0, readings

QUICK = Rules(warm_up=8, half_life=100, warning=3.0, critical=4.0, threshold=2.0, holdoff=15)
SERIES = 4


def detector(language: str = "en", rules: Rules = QUICK) -> Detector:
    """Four series: pressure with both limits, flow with one, an unknown quantity, a counter."""
    table = SeriesTable()
    for quantity in ("pressure", "flow", "odour", "volume"):
        table.intern(Identity("3578", "water", "z1", "d1", quantity))
    pressure, flow, *_ = [identity for identity in table.identities if identity]
    sensors = SensorTable(table, [Sensor(pressure, low=100, high=700), Sensor(flow, high=50)])
    return Detector(sensors, "id" if language == "id" else "en", rules=rules)


def run(subject: Detector, *batches: Readings) -> list[Anomalies]:
    out = Outputs()
    for batch in batches:
        subject.process(batch, out)
    return out.anomalies


def rows(found: Sequence[Anomalies]) -> list[tuple[object, ...]]:
    """Everything in the anomalies, one tuple each; NaN as text so that it equals itself."""
    told: list[tuple[object, ...]] = []
    for one in found:
        columns: list[np.ndarray[Any, Any]] = [one.series, one.time, one.severity]
        columns += [one.value, one.baseline, one.low, one.high, one.score]
        numbers = zip(*(map(repr, column.tolist()) for column in columns), strict=True)
        told += [(*row, *words) for row, words in zip(numbers, zip(one.detector, one.reason, strict=True), strict=True)]
    return told


def noisy(length: int, centre: float, seed: int = 0) -> list[float]:
    values: list[float] = (centre + np.random.default_rng(seed).normal(0, 2, length)).tolist()
    return values


@pytest.mark.parametrize("skipped", [flags.FAIL, flags.DUPLICATE, flags.EXPIRED])
def test_some_readings_are_never_seen(skipped: int) -> None:
    subject = detector()
    batch = readings([0] * 21, [*noisy(20, 300), 5000.0], flags=[0] * 20 + [skipped])
    assert run(subject, batch) == []
    assert int(subject.newest[0]) == T0 + 19_000


def test_an_anomaly_says_what_why_and_how_bad() -> None:
    [found] = run(detector(), readings([0] * 61, [*noisy(60, 300), 760.0]))
    assert found.detector == ("limits", "rank_tails")
    assert found.severity.tolist() == [1, 2]
    assert found.time.tolist() == [T0 + 60_000] * 2
    assert (found.low[0], found.high[0], found.baseline[0]) == (100, 700, 700)
    assert found.low[1] < 300 < found.high[1] < 400
    assert found.baseline[1] == pytest.approx(300, abs=3)
    assert ((found.score >= 0.5) & (found.score <= 1)).all()
    assert found.reason[0] == "Pressure of 760 kPa is above the upper limit of 700 kPa."
    assert found.reason[1].startswith("Pressure rose to 760 kPa: recent readings lay around 30")


def test_reasons_come_in_the_language_of_the_settings() -> None:
    [found] = run(detector("id"), readings([1], [61.5]))
    assert found.reason == ("Debit 61,5 L/s jauh melampaui batas atas 50 L/s.",)


def test_findings_stand_in_the_order_of_the_readings() -> None:
    found = run(detector(), readings([1, 0, 1, 0], [60, 800, 10, 10]))
    assert [(series, time - T0) for one in found for series, time in zip(one.series, one.time, strict=True)] == [
        (1, 0),
        (0, 1000),
        (0, 3000),
    ]


def test_readings_and_arrays_are_left_alone() -> None:
    subject, batch = detector(), readings([0, 1], [800, 60])
    before = [column.copy() for column in (batch.series, batch.time, batch.value, batch.flags)]
    assert subject.process(batch, Outputs()) is batch
    for column, was in zip((batch.series, batch.time, batch.value, batch.flags), before, strict=True):
        np.testing.assert_array_equal(column, was)


VALUES = st.sampled_from([0.0, 98.0, 105.0, 300.0, 301.0, 305.0, 690.0, 701.0, 2000.0, -1e308, 1e308])
READING = st.tuples(
    st.integers(0, SERIES - 1),
    VALUES,
    st.integers(-3, 400) | st.just(9000),
    st.sampled_from([0, 0, 0, 0, flags.LATE, flags.FAIL, flags.DUPLICATE]),
)


def stream(items: list[tuple[int, float, int, int]], calm: int = 24) -> Readings:
    """Calm readings of every series first, so that the usual is known, then `items`: their
    seconds count from the end of the calm."""
    rng = np.random.default_rng(1)
    calm_series = np.tile(np.arange(SERIES), calm)
    calm_values = 300 + rng.normal(0, 1, len(calm_series))
    calm_times = T0 + np.repeat(np.arange(calm), SERIES) * 10_000
    start = T0 + calm * 10_000
    return readings(
        [*calm_series.tolist(), *(item[0] for item in items)],
        [*calm_values.tolist(), *(item[1] for item in items)],
        [*calm_times.tolist(), *(start + number * 10_000 + item[2] * 1000 for number, item in enumerate(items))],
        [0] * len(calm_series) + [item[3] for item in items],
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(READING, max_size=50), st.integers(1, 60))
def test_cutting_the_log_elsewhere_changes_nothing(items: list[tuple[int, float, int, int]], size: int) -> None:
    batch = stream(items)
    whole, cut = detector(), detector()
    found = run(whole, batch)
    pieces = [batch.take(slice(at, at + size)) for at in range(0, len(batch), size)]
    assert rows(run(cut, *pieces)) == rows(found)
    for name, array in whole.snapshot().items():
        assert cut.snapshot()[name].tobytes() == array.tobytes(), name


@settings(max_examples=30, deadline=None)
@given(st.lists(READING, max_size=60), st.integers(0, 150))
def test_a_snapshot_goes_on_as_if_nothing_had_happened(items: list[tuple[int, float, int, int]], at: int) -> None:
    batch = stream(items)
    whole, first, second = detector(), detector(), detector()
    before, after = batch.take(slice(0, at)), batch.take(slice(at, None))
    found = run(first, before)
    second.restore(first.snapshot())
    assert rows([*found, *run(second, after)]) == rows(run(whole, before, after))
    for name, array in whole.snapshot().items():
        assert array.dtype != object
        assert second.snapshot()[name].tobytes() == array.tobytes(), name


def test_a_snapshot_is_a_copy() -> None:
    subject = detector()
    run(subject, stream([]))
    taken = subject.snapshot()
    kept = {name: array.copy() for name, array in taken.items()}
    run(subject, readings([0, 1], [900, 900], [T0 + 10**7, T0 + 10**7]))
    for name, array in kept.items():
        np.testing.assert_array_equal(taken[name], array, err_msg=name)


def test_what_cannot_be_judged_is_not_judged() -> None:
    batch = readings([2] * 60 + [0, 0], [0.0] * 30 + [1e-9] * 30 + [float("nan"), float("inf")])
    assert run(detector(), batch, Readings.empty()) == []


def test_state_stays_within_1500_bytes_a_series() -> None:
    table = SeriesTable()
    subject = Detector(SensorTable(table))
    count = 20_000
    for number in range(count):
        table.intern(Identity("3578", "water", "z", f"d{number}", "flow"))
    subject.sensors.sync()
    tracemalloc.start()
    try:
        for turn in range(3):
            when = [T0 + turn * 1000] * count
            subject.process(readings(list(range(count)), [5.0] * count, when), Outputs())
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / count < 1500


def test_pieces_are_the_snapshot_without_the_copy() -> None:
    subject = detector()
    run(subject, stream([]))
    pieces, snapshot = {name: array for piece in subject.pieces() for name, array in piece.items()}, subject.snapshot()
    assert np.shares_memory(pieces["unusual.engine.counts"], subject.unusual.engine.counts)
    assert not np.shares_memory(snapshot["unusual.engine.counts"], subject.unusual.engine.counts)
