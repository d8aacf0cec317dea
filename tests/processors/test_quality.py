"""The gross-range test: what a sensor can't have measured fails, and nothing else changes."""

import numpy as np
import pytest

from processors.base import Outputs
from processors.quality import Quality
from telemetry import flags
from telemetry.batch import Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.samples import readings

PRESSURE = Identity("3578", "water", "z1", "d1", "pressure")
LEVEL = Identity("3578", "water", "z1", "d1", "level")
UNKNOWN = Identity("3578", "water", "z1", "d2", "pressure")
FAILED = flags.FAIL | flags.GROSS_RANGE


@pytest.fixture
def quality() -> Quality:
    table = SeriesTable()
    sensors = SensorTable(table, [Sensor(PRESSURE, min=0, max=1000), Sensor(LEVEL, min=0)])
    for identity in (PRESSURE, LEVEL, UNKNOWN):
        table.intern(identity)
    return Quality(sensors)


def check(quality: Quality, batch: Readings) -> list[int]:
    out = Outputs()
    raised: list[int] = quality.process(batch, out).flags.tolist()
    return raised


def test_outside_the_range_fails_and_its_ends_are_inside(quality: Quality) -> None:
    values = [0.0, 1000.0, -0.1, 1000.1]
    assert check(quality, readings(series=[0] * 4, value=values)) == [0, 0, FAILED, FAILED]


def test_a_missing_end_or_an_unknown_sensor_is_not_judged(quality: Quality) -> None:
    assert check(quality, readings(series=[1, 1, 2, 2], value=[1e12, -1, -1e12, 1e12])) == [0, FAILED, 0, 0]


def test_flags_from_before_are_kept(quality: Quality) -> None:
    batch = readings(series=[0, 0], value=[5, -5], flags=[flags.NO_TIME, flags.RETAINED])
    assert check(quality, batch) == [flags.NO_TIME, flags.RETAINED | FAILED]
    assert batch.flags.tolist() == [flags.NO_TIME, flags.RETAINED]


def test_a_batch_without_findings_is_handed_on_as_it_is(quality: Quality) -> None:
    batch = readings(series=[0, 1, 2], value=[1, 2, 3])
    assert quality.process(batch, Outputs()) is batch
    assert len(quality.process(Readings.empty(), Outputs())) == 0


def test_findings_are_counted_by_test(quality: Quality) -> None:
    out = Outputs()
    quality.process(readings(series=[0, 0, 1], value=[-1, 1, -1]), out)
    assert out.counts == {"quality.gross_range": 2}


def test_series_that_come_later_are_judged_too(quality: Quality) -> None:
    check(quality, readings(series=[0], value=[1]))
    late = Identity("3578", "water", "z2", "d9", "pressure")
    quality.sensors.sensors[late] = Sensor(late, max=10)
    assert quality.sensors.table.intern(late) == 3
    assert check(quality, readings(series=[3], value=[11])) == [FAILED]
    assert np.isnan(quality.sensors.max[2])
