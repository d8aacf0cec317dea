"""The robust z-score: calm days stay calm, steps and spikes are found, and silence resets."""

from itertools import pairwise

import numpy as np
import pytest

from processors.base import Outputs
from processors.detector import Detector
from processors.detector.robust_z import DEFAULT_RULES, RobustRules, robust
from telemetry.batch import Int64, Readings
from telemetry.sensors import SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.calm import CURVES, Curve, day
from tests.processors.samples import T0, readings

INTERVAL = 10_000


def findings(name: str, values: Curve, times: Int64 | None = None) -> list[tuple[int, int]]:
    """(which reading, severity) of each finding about one sensor of the calm day's kind."""
    domain, quantity, _ = CURVES[name]
    table = SeriesTable()
    table.intern(Identity("3578", domain, "z1", "d1", quantity))
    when = T0 + np.arange(len(values)) * INTERVAL if times is None else times
    out = Outputs()
    Detector(SensorTable(table), "en").process(readings([0] * len(values), values.tolist(), when.tolist()), out)
    return [
        (int(np.searchsorted(when, time)), int(severity))
        for one in out.anomalies
        for time, severity in zip(one.time, one.severity, strict=True)
    ]


@pytest.mark.parametrize("interval", [10_000, 60_000, 300_000, 900_000])
def test_a_calm_day_stays_calm(interval: int) -> None:
    table = SeriesTable()
    curves = []
    for name, (domain, quantity, _) in CURVES.items():
        for seed in range(2):
            table.intern(Identity("3578", domain, "z1", f"{name} {seed}", quantity))
            curves.append(day(name, interval, seed))
    values = np.array(curves).T
    length, width = values.shape
    when = np.repeat(T0 + np.arange(length) * interval, width)
    series = np.tile(np.arange(width, dtype=np.int32), length)
    plain = np.zeros(len(series), np.uint32)
    whole = Readings(series, when, values.reshape(-1).copy(), plain, when, np.full(len(series), -1, np.int32))
    subject, out = Detector(SensorTable(table), "en"), Outputs()
    for at in range(0, len(whole), 8192):
        subject.process(whole.take(slice(at, at + 8192)), out)
    alarms = np.bincount(np.concatenate([[], *(one.series for one in out.anomalies)]).astype(int), minlength=width)
    assert alarms.sum() <= len(whole) / 2000
    assert alarms.max() <= 4, "one sensor that cries wolf"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("flow", 30.0),
        ("pressure", -80.0),
        ("power", -120.0),
        ("voltage", -20.0),
        ("frequency", -0.6),
        ("chlorine", -0.3),
        ("turbidity", 8.0),
        ("bin temperature", 25.0),
        ("tide", 60.0),
        ("pga", 20.0),
        ("level", -0.4),
        ("soil", 15.0),
        ("unheard of", 40.0),
    ],
)
def test_a_step_is_found_at_once_and_told_once(name: str, change: float) -> None:
    values = day(name, INTERVAL, 1)[1000:1500]
    values[300:] += change
    found = findings(name, values)
    assert [at for at, _ in found] == [300]


def test_a_single_spike_is_found() -> None:
    values = day("pressure", INTERVAL, 2)[:400]
    values[333] += 100
    assert findings("pressure", values) == [(333, 2)]


def test_severity_grows_with_the_distance() -> None:
    values = np.full(200, 400.0)
    for change, severity in ((15.0, None), (20.0, 1), (40.0, 2)):
        spiked = values.copy()
        spiked[150] += change
        assert findings("pressure", spiked) == ([(150, severity)] if severity else [])


def test_no_verdict_before_the_window_is_full() -> None:
    values = np.full(DEFAULT_RULES.window, 300.0)
    values[-1] = 900.0
    assert findings("pressure", values) == []


def test_after_an_alarm_it_holds_off() -> None:
    values = day("pressure", INTERVAL, 2)[:400]
    values[200::10] += 100
    found = [at for at, _ in findings("pressure", values)]
    assert found[0] == 200
    assert all(later - earlier >= DEFAULT_RULES.holdoff for earlier, later in pairwise(found))


def test_a_habit_is_told_three_times_and_a_larger_jump_still() -> None:
    values = day("pumped pressure", INTERVAL, 0)
    assert len(findings("pumped pressure", values)) <= 4
    values[8000:] += 200
    assert findings("pumped pressure", values)[-1][0] == 8000


def test_a_slow_rise_is_the_days_own_course() -> None:
    minute = np.arange(500) * 5.0
    values = 300 + np.where(minute > 1500, (minute - 1500) * 0.2, 0.0) + np.random.default_rng(0).normal(0, 2, 500)
    assert findings("pressure", values, T0 + np.arange(500) * 300_000) == []


def test_after_a_silence_it_warms_up_anew() -> None:
    values = np.full(400, 300.0)
    values[200:] = 420.0
    seamless = T0 + np.arange(400) * INTERVAL
    broken = seamless + np.where(np.arange(400) >= 200, 3_600_000, 0)
    assert [at for at, _ in findings("pressure", values, seamless)] == [200]
    assert findings("pressure", values, broken) == []
    values[399] = 100.0
    assert [at for at, _ in findings("pressure", values, broken)] == [399]


def test_a_sensor_may_change_its_pace() -> None:
    values = np.full(600, 300.0)
    values[590] = 100.0
    pace = np.where(np.arange(600) < 200, INTERVAL, 900_000)
    assert [at for at, _ in findings("pressure", values, T0 + np.cumsum(pace))] == [590]


def test_readings_out_of_order_are_neither_judged_nor_learnt() -> None:
    values = np.full(300, 300.0)
    values[200:280] = 9000.0
    seconds = np.arange(300) * INTERVAL
    seconds[200:280] -= 1_000_000
    table = SeriesTable()
    table.intern(Identity("3578", "water", "z1", "d1", "pressure"))
    subject, out = Detector(SensorTable(table), "en"), Outputs()
    subject.process(readings([0] * 300, values.tolist(), (T0 + seconds).tolist()), out)
    assert out.anomalies == []
    assert subject.robust_z.ring.max() == 300.0


@pytest.mark.parametrize(("domain", "quantity"), [("water", "volume"), ("energy", "energy"), ("waste", "fill")])
def test_counters_and_collections_are_not_judged(domain: str, quantity: str) -> None:
    table = SeriesTable()
    table.intern(Identity("3578", domain, "z1", "d1", quantity))
    values = np.full(200, 50.0)
    values[150:] = 1.0
    out = Outputs()
    Detector(SensorTable(table), "en").process(readings([0] * 200, values.tolist()), out)
    assert out.anomalies == []


@pytest.mark.parametrize("width", [12, 13, 48])
@pytest.mark.parametrize("offset", [0.0, 1e9, -1e12])
def test_median_and_mad_are_numpys(width: int, offset: float) -> None:
    past = offset + np.random.default_rng(4).normal(0, 5, (300, width))
    floor = np.zeros(300)
    median, scale = robust(past, floor, floor)
    expected = np.median(past, axis=1)
    np.testing.assert_allclose(median, expected, rtol=1e-12)
    mad = 1.4826 * np.median(np.abs(past - expected[:, None]), axis=1)
    inner = np.ptp(np.sort(past, axis=1)[:, 2:-2], axis=1) / 6
    np.testing.assert_allclose(scale, np.maximum(mad, inner), rtol=1e-6)


def test_the_scale_has_a_floor_or_there_is_no_verdict() -> None:
    constant, zero = np.full((1, 12), 21.5), np.zeros((1, 12))
    steps = np.array([[21.5] * 11 + [21.75]])
    for past, floor, relative, expected in (
        (constant, 0.2, 0.0, 0.2),
        (constant, 0.0, 0.01, 0.215),
        (zero, 0.0, 0.01, np.inf),
        (steps, 0.0, 0.0, 0.25),
        (np.where(np.arange(12) % 2, 1e308, -1e308)[None, :], 0.0, 0.0, np.inf),
    ):
        _, scale = robust(past, np.array([floor]), np.array([relative]))
        assert scale.tolist() == pytest.approx([expected])


def test_rules_that_cannot_work_are_refused() -> None:
    with pytest.raises(ValueError, match="refresh 9 must be at most half of window 16"):
        RobustRules(window=16, refresh=9)
