"""Limits of the catalogue: one finding on entry, one when critical, hysteresis, backfills."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.entries import TickEntry
from processors.base import Outputs
from processors.detector import Detector
from processors.detector.limits import CRITICAL_EXCESS
from processors.tuning import deadband_of
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.samples import T0, readings

LOW, HIGH = 100.0, 200.0
PRESSURE = Identity("3578", "water", "z1", "d1", "pressure")


def detector(low: float = LOW, high: float = HIGH) -> Detector:
    table = SeriesTable()
    table.intern(PRESSURE)
    return Detector(SensorTable(table, [Sensor(PRESSURE, low=low, high=high)]), "en")


def found(subject: Detector, values: list[float], seconds: list[int] | None = None) -> list[tuple[int, int, str]]:
    """(which reading, severity, above or below) of each finding of the limits."""
    out = Outputs()
    times = [T0 + 1000 * second for second in (seconds or range(0, 600 * len(values), 600))]
    subject.process(readings([0] * len(values), values, times), out)
    return [
        (times.index(int(time)), int(severity), "below" if "below" in reason else "above")
        for one in out.anomalies
        for time, severity, detector, reason in zip(one.time, one.severity, one.detector, one.reason, strict=True)
        if detector == "limits"
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([150, 200, 100, 150], []),
        ([150, 200.1, 201, 219], [(1, 1, "above")]),
        # Critical beyond 220: said again, but not once more within the same excursion.
        ([150, 201, 221, 210, 230], [(1, 1, "above"), (2, 2, "above")]),
        ([150, 300, 201, 300], [(1, 2, "above")]),
        # The deadband of pressure is 2 % of the range: 198.
        ([201, 198.1, 201], [(0, 1, "above")]),
        ([201, 198.0, 201], [(0, 1, "above"), (2, 1, "above")]),
        ([99, 70, 101, 103, 99], [(0, 1, "below"), (1, 2, "below"), (4, 1, "below")]),
        ([201, 99, 201], [(0, 1, "above"), (1, 1, "below"), (2, 1, "above")]),
    ],
)
def test_entering_worsening_and_leaving(values: list[float], expected: list[tuple[int, int, str]]) -> None:
    assert found(detector(), values) == expected


def test_what_may_become_an_incident_says_where_it_is() -> None:
    """A row of anomalies has its device beside it; an incident's list has none."""
    level, table, out = PRESSURE._replace(quantity="level"), SeriesTable(), Outputs()
    table.intern(level)
    subject = Detector(SensorTable(table, [Sensor(level, high=4.0)]), "en")
    subject.process(readings([0, 0], [5.0, 5.0], [T0, T0 + 60_000]), out)
    (anomaly,) = (reason for one in out.anomalies for reason in one.reason)
    assert anomaly == "Water level of 5 m is far above the upper limit of 4 m."
    assert [each.reason for each in out.signals if each.kind == "limit"] == [f"At d1: {anomaly}"]


def test_a_value_is_never_told_as_the_limit_that_it_is_beyond() -> None:
    out = Outputs()
    detector().process(readings([0], [HIGH + 0.01], [T0]), out)
    assert [reason for one in out.anomalies for reason in one.reason] == [
        "Pressure of 200.01 kPa is above the upper limit of 200 kPa."
    ]


def test_one_limit_alone_measures_by_its_own_size() -> None:
    assert found(detector(low=float("nan")), [-1e6, 201, 239, 241]) == [(1, 1, "above"), (3, 2, "above")]
    assert found(detector(low=float("nan"), high=0.0), [1e9, -1, 1]) == [(0, 1, "above"), (2, 1, "above")]
    assert found(detector(low=float("nan"), high=float("nan")), [1e9, -1e9]) == []


def test_a_backfill_neither_ends_nor_repeats_the_live_alarm() -> None:
    # Live readings (seconds from 100) are high; the backfill beside them was calm, then high.
    seconds = [100, 10, 101, 11, 102, 12]
    assert found(detector(), [201, 150, 202, 150, 201, 210], seconds) == [(0, 1, "above")]


def test_a_backfilled_excursion_is_found_once() -> None:
    seconds = [100, 10, 101, 11, 102, 12, 103, 13]
    values = [150.0, 201.0, 150.0, 202.0, 150.0, 240.0, 150.0, 150.0]
    assert found(detector(), values, seconds) == [(1, 1, "above"), (5, 2, "above")]


def reference(values: list[float], deadband: float) -> list[tuple[int, int, str]]:
    """The same by plain steps, one reading at a time."""
    told, levels = [], {"above": 0, "below": 0}
    room, band = CRITICAL_EXCESS * (HIGH - LOW), deadband * (HIGH - LOW)
    for at, value in enumerate(values):
        for side, excess in (("above", value - HIGH), ("below", LOW - value)):
            level = 2 if excess > room else 1 if excess > 0 else 0
            if level > levels[side]:
                told.append((at, level, side))
            levels[side] = max(level, levels[side]) if excess > -band else 0
    return told


VALUES = st.lists(st.sampled_from([79.0, 80.0, 99.0, 100.0, 101.0, 102.5, 150.0, 197.0, 199.0, 201.0, 219.0, 221.0]))


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_as_plain_steps_would(values: list[float]) -> None:
    assert found(detector(), values) == reference(values, deadband_of(PRESSURE))


def test_a_return_within_the_off_delay_is_the_same_excursion() -> None:
    #  201 (told) ── 150 ── 201 after 299 s ── 150 ── 230: worse (told) ── 150 ── 201 after 300 s (told)
    seconds = [0, 10, 299, 310, 400, 500, 700]
    values = [201.0, 150.0, 201.0, 150.0, 230.0, 150.0, 201.0]
    assert found(detector(), values, seconds) == [(0, 1, "above"), (4, 2, "above"), (6, 1, "above")]
    subject = detector()
    told = [found(subject, [value], [second]) for value, second in zip(values, seconds, strict=True)]
    assert [len(one) for one in told] == [1, 0, 0, 0, 1, 0, 1]


def test_chattering_is_told_once() -> None:
    values = [150.0, 201.0] * 500
    assert found(detector(), values, list(range(0, 10_000, 10))) == [(1, 1, "above")]


def test_series_do_not_touch_one_another() -> None:
    table = SeriesTable()
    sensors = []
    for number in range(50):
        identity = PRESSURE._replace(device=f"d{number}")
        table.intern(identity)
        sensors.append(Sensor(identity, low=LOW, high=HIGH))
    rng = np.random.default_rng(3)
    series, values = rng.integers(0, 50, 4000), rng.choice([150.0, 199.0, 201.0, 230.0, 99.0], 4000)
    out = Outputs()
    Detector(SensorTable(table, sensors), "en").process(
        readings(series.tolist(), values.tolist(), list(range(T0, T0 + 4000 * 600_000, 600_000))), out
    )
    total = sum(name == "limits" for one in out.anomalies for name in one.detector)
    expected = sum(len(reference(values[series == number].tolist(), 0.02)) for number in range(50))
    assert total == expected > 500


def edges(subject: Detector, values: list[float], seconds: list[int] | None = None) -> list[tuple[int, int | None]]:
    """(which reading, severity or None where it ended) of each signal of kind "limit"."""
    out = Outputs()
    times = [T0 + 1000 * second for second in (seconds or range(len(values)))]
    subject.process(readings([0] * len(values), values, times), out)
    told = [signal for signal in out.signals if signal.kind == "limit"]
    assert all(signal[1:4] == (("3578", "water", "z1"), "", 0) for signal in told)
    return [(times.index(signal.time), signal.severity if signal.active else None) for signal in told]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([150, 200], []),
        # Told with the second reading beyond, since the first.
        ([150, 201, 210, 198, 150], [(1, 1), (3, None)]),
        ([201, 230, 190], [(0, 2), (2, None)]),
        ([201, 202, 230, 190], [(0, 1), (2, 2), (3, None)]),
        # One reading may be noise.
        ([201, 150, 201, 150], []),
        # Within OFF_DELAY no new anomaly is told, but incidents have delays of their own.
        ([201, 201, 150, 201, 201], [(0, 1), (2, None), (3, 1)]),
        # From one limit to the other the condition goes on.
        ([201, 99, 201, 150], [(0, 1), (3, None)]),
        ([99, 230, 150], [(0, 2), (2, None)]),
    ],
)
def test_every_edge_is_a_signal(values: list[float], expected: list[tuple[int, int | None]]) -> None:
    assert edges(detector(), values) == expected
    one_by_one, told = detector(), []
    for place, value in enumerate(values):
        out = Outputs()
        one_by_one.process(readings([0], [value], [T0 + 1000 * place]), out)
        told += [
            ((signal.time - T0) // 1000, signal.severity if signal.active else None)
            for signal in out.signals
            if signal.kind == "limit"
        ]
    assert told == expected


def test_a_sensor_that_reports_seldom_is_believed_at_once() -> None:
    assert edges(detector(), [150, 201, 150], [0, 1000, 2000]) == [(1, 1), (2, None)]


def test_a_backfill_beside_live_readings_has_no_edges() -> None:
    subject = detector()
    assert edges(subject, [150, 201, 201], [0, 1, 2]) == [(1, 1)]
    assert edges(subject, [150, 300, 300], [-20, -10, -9]) == []
    assert edges(subject, [150], [3]) == [(0, None)]


@pytest.mark.parametrize(("low", "level"), [(LOW, 150.0), (float("nan"), 1e6)])
def test_a_limit_that_is_taken_away_ends_its_alarm(low: float, level: float) -> None:
    """A wrong upper limit goes out of the catalogue while its alarm stands."""
    before, after = detector(), detector(low=low, high=float("nan"))
    assert edges(before, [201, 202]) == [(0, 1)]
    after.restore(before.snapshot())
    assert edges(after, [level], [2]) == [(0, None)]


def test_a_sensor_without_limits_needs_no_reading_to_end_its_alarm() -> None:
    before, after = detector(), detector(low=float("nan"), high=float("nan"))
    edges(before, [201, 202])
    after.restore(before.snapshot())
    out = Outputs()
    for second in (5, 6):
        after.tick(TickEntry(T0 + 1000 * second, T0), out)
    assert [(each.kind, each.member, each.active, each.time) for each in out.signals] == [
        ("limit", 0, False, T0 + 5000)
    ]
