"""The anomaly engine on plausible sensors: calm days stay calm, steps and spikes are found and told once."""

import numpy as np
import pytest

from processors.base import Outputs
from processors.detector import Detector
from processors.signals import Signal
from telemetry.batch import Int64, Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.calm import CURVES, Curve, day
from tests.processors.samples import T0, readings

INTERVAL = 10_000


def run(domain: str, quantity: str, values: Curve, times: Int64 | None = None, modulus: float = np.nan) -> Outputs:
    """What comes of one sensor's readings."""
    table = SeriesTable()
    identity = Identity("3578", domain, "z1", "d1", quantity)
    table.intern(identity)
    when = T0 + np.arange(len(values)) * INTERVAL if times is None else times
    out = Outputs()
    sensors = SensorTable(table, [Sensor(identity, modulus=modulus)])
    Detector(sensors, "en").process(readings([0] * len(values), values.tolist(), when.tolist()), out)
    return out


def findings(name: str, values: Curve, times: Int64 | None = None) -> list[tuple[int, int]]:
    """(which reading, severity) of each finding about one sensor of the calm day's kind."""
    when = T0 + np.arange(len(values)) * INTERVAL if times is None else times
    out = run(*CURVES[name][:2], values, times)
    return [
        (int(np.searchsorted(when, time)), int(severity))
        for one in out.anomalies
        for time, severity in zip(one.time, one.severity, strict=True)
    ]


def signals(name: str, values: Curve) -> list[Signal]:
    return run(*CURVES[name][:2], values).signals


@pytest.mark.parametrize("interval", [10_000, 60_000, 300_000, 900_000])
def test_three_calm_days_stay_calm(interval: int) -> None:
    table = SeriesTable()
    curves = []
    for name, (domain, quantity, _) in CURVES.items():
        table.intern(Identity("3578", domain, "z1", name, quantity))
        curves.append(np.concatenate([day(name, interval, seed) for seed in range(3 if interval > INTERVAL else 1)]))
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
    assert alarms.sum() <= len(whole) / 5000, dict(zip(CURVES, alarms, strict=True))
    assert alarms.max() <= 3, "one sensor that cries wolf"


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
