"""The anomaly engine on the shortest windows' means: as the settings have it by default."""

from pathlib import Path

import numpy as np

from journal.entries import TickEntry
from processors.anomaly.rules import Rules
from processors.base import Outputs
from processors.detector import Detector
from processors.windows import WindowsConfig, WindowsProcessor
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.samples import T0, readings

MINUTE, STEP = 60_000, 10_000
QUICK = Rules(warm_up=60)


def test_a_shift_of_the_mean_is_told_at_once_and_not_for_ever(tmp_path: Path) -> None:
    """means  ··················▔▔▔▔  after 200 quiet minutes"""
    table = SeriesTable()
    table.intern(Identity("3578", "water", "z", "d", "flow"))
    sensors = SensorTable(table)
    config = WindowsConfig((MINUTE, 15 * MINUTE), 10_000, 2 * MINUTE, 60 * MINUTE)
    windows = WindowsProcessor(config, table, sensors, tmp_path)
    detector = Detector(sensors, "en", on="windows", shortest=MINUTE, rules=QUICK)
    chance = np.random.default_rng(1)
    told = []
    for minute in range(230):
        values = 50 + chance.normal(0, 1, 6) + (12 if minute >= 200 else 0)
        times = T0 + minute * MINUTE + STEP * np.arange(6)
        out = Outputs()
        batch = windows.process(readings([0] * 6, values.tolist(), times.tolist()), out)
        detector.process(batch, out)
        tick = TickEntry(int(times[-1]) + 1000, 1)
        for part in (windows, detector):
            part.tick(tick, out)
        told += [
            (int(time - T0) // MINUTE, name)
            for one in out.anomalies
            for time, name in zip(one.time, one.detector, strict=True)
        ]
    assert told
    assert {name for _, name in told} == {"rank_tails"}
    assert 200 <= told[0][0] <= 202
    assert len(told) <= 2


def test_a_counter_that_falls_silent_in_a_window_has_not_slowed_down(tmp_path: Path) -> None:
    """count  ╱╱╱╱╱╱╱╱╱╱╱·      ╱╱╱╱   two of six readings, ten minutes of silence, and on as if nothing had been"""
    table = SeriesTable()
    meter = Identity("3578", "energy", "z", "d", "energy")
    table.intern(meter)
    sensors = SensorTable(table, [Sensor(meter, interval=STEP, counter=True)])
    sensors.sync()
    config = WindowsConfig((MINUTE, 15 * MINUTE), 10_000, 2 * MINUTE, 60 * MINUTE)
    windows = WindowsProcessor(config, table, sensors, tmp_path)
    detector = Detector(sensors, "en", on="windows", shortest=MINUTE, rules=QUICK)
    chance = np.random.default_rng(1)
    told = 0
    for step in range(230 * 6):
        silent = 200 * 6 + 2 <= step < 210 * 6
        out, time = Outputs(), T0 + step * STEP
        count = step + chance.normal(0, 0.05)
        batch = windows.process(readings([0], [count], [time]) if not silent else readings([], [], []), out)
        detector.process(batch, out)
        for part in (windows, detector):
            part.tick(TickEntry(time + 1000, 1), out)
        told += sum(map(len, out.anomalies))
    assert not told


def test_its_state_goes_on_where_it_was(tmp_path: Path) -> None:
    table = SeriesTable()
    table.intern(Identity("3578", "water", "z", "d", "flow"))
    sensors = SensorTable(table)
    first = Detector(sensors, "en", on="windows", shortest=MINUTE)
    first.process(readings([0], [1.0], [T0]), Outputs())
    state = first.snapshot()
    second = Detector(sensors, "en", on="windows", shortest=MINUTE)
    second.restore(state)
    again = second.snapshot()
    assert again.keys() == state.keys()
    assert {name: array.tobytes() for name, array in again.items()} == {
        name: array.tobytes() for name, array in state.items()
    }
