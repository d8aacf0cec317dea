"""The windows processor alone: CPU per reading, memory of open rows, longest pause.

Sensors at 10 s in random phase, two a device; event time runs faster than the ticks.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs
from processors.windows import WindowsConfig, WindowsProcessor
from telemetry.batch import Readings
from telemetry.sensors import SensorTable
from telemetry.series import Identity, SeriesTable

INTERVAL = 10_000
START = 1_760_000_400_000
BATCH = 8_192
TICK_READINGS = 300_000


def city(series: int) -> tuple[SeriesTable, SensorTable]:
    """Half of the devices count energy beside their power."""
    table = SeriesTable(max_series=2 * series)
    for number in range(series):
        quantity = "power" if number % 2 else ("energy" if number % 4 else "voltage")
        table.intern(Identity("3578", "energy", f"z{number % 50}", f"d{number // 2}", quantity))
    return table, SensorTable(table)


def batches(series: int, readings: int) -> list[Readings]:
    """All readings, in batches, as they would come: each sensor every INTERVAL, in its phase."""
    random = np.random.default_rng(1)
    phase = np.sort(random.integers(0, INTERVAL, series))
    order = random.permutation(series).astype(np.int32)
    rounds = -(-readings // series)
    column = np.tile(order, rounds)[:readings]
    moment = np.concatenate([phase + START + number * INTERVAL for number in range(rounds)])[:readings]
    value = np.round(random.normal(50, 10, readings), 2)
    made = []
    for begin in range(0, readings, BATCH):
        rows = slice(begin, begin + BATCH)
        size = len(column[rows])
        made.append(
            Readings(
                column[rows].copy(),
                moment[rows].copy(),
                value[rows].copy(),
                np.zeros(size, np.uint32),
                moment[rows] + 50,
                np.zeros(size, np.int32),
            )
        )
    return made


def measure(series: int, readings: int) -> dict[str, float]:
    """us: CPU per reading; pause_ms: longest call; rss_mb: growth over the empty processor."""
    work = batches(series, readings)
    with tempfile.TemporaryDirectory() as folder:
        processor = WindowsProcessor(WindowsConfig(), *city(series), Path(folder))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        pause, rows, since, now = 0.0, 0, 0, START
        for batch in work:
            out = Outputs()
            call = time.thread_time()
            processor.process(batch, out)
            since += len(batch)
            if since >= TICK_READINGS:
                since, now = 0, now + 1000
                processor.tick(TickEntry(now, START), out)
            pause = max(pause, time.thread_time() - call)
            rows += sum(map(len, out.windows))
        spent = time.process_time() - started
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "series": series,
        "readings": readings,
        "us": spent / readings * 1e6,
        "pause_ms": pause * 1e3,
        "rss_mb": (after - before) / 1024,
        "windows": rows,
    }


def run() -> dict[str, dict[str, float]]:
    """Measurements by name."""
    return {"10,000 series": measure(10_000, 6_000_000), "100,000 series": measure(100_000, 12_000_000)}


if __name__ == "__main__":
    for name, numbers in run().items():
        print(name, {key: round(value, 3) for key, value in numbers.items()})
