"""What a window is expected to hold."""

from __future__ import annotations

import numpy as np
import pytest

from processors.windows.emission import completeness, expectation, silence
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable

MINUTE = 60_000


@pytest.mark.parametrize(
    ("interval", "expected", "complete"),
    [(10_000, 6, 100 / 6), (MINUTE, 1, 100.0), (45_000, 1, 100.0), (15 * MINUTE, 0, None), (0, -1, None)],
)
def test_of_a_window_shorter_than_the_interval_nothing_is_missed(
    interval: int, expected: int, complete: float | None
) -> None:
    identity = Identity("3578", "water", "a", "d", "flow")
    table = SeriesTable()
    series = np.array([table.intern(identity)], np.int32)
    sensors = SensorTable(table, [Sensor(identity, interval=interval)])
    sensors.sync()
    due = expectation(sensors, series, MINUTE)
    assert due.tolist() == [expected]
    share = completeness(np.array([1]), due)[0]
    assert np.isnan(share) if complete is None else share == pytest.approx(complete)
    silent = silence(series, np.array([0]), MINUTE, sensors)
    assert (silent.count[0], silent.expected[0]) == (0, expected)
    assert np.isnan(silent.completeness[0]) if complete is None else silent.completeness[0] == 0
