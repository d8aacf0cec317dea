"""The windows processor alone: CPU per reading, memory of open rows, longest pause.

Sensors at 10 s in random phase, two a device; event time runs faster than the ticks.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
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


def batches(series: int, readings: int) -> Iterator[Readings]:
    """Batches as they would come: each sensor every INTERVAL, in its phase."""
    random = np.random.default_rng(1)
    phase = np.sort(random.integers(0, INTERVAL, series))
    order = random.permutation(series).astype(np.int32)
    values = np.round(random.normal(50, 10, 1_000_003), 2)
    for begin in range(0, readings, BATCH):
        numbers = np.arange(begin, min(begin + BATCH, readings))
        moment = START + phase[numbers % series] + numbers // series * INTERVAL
        yield Readings(
            series=order[numbers % series],
            time=moment,
            value=values[numbers % len(values)],
            flags=np.zeros(len(numbers), np.uint32),
            arrival=moment + 50,
            gateway=np.zeros(len(numbers), np.int32),
        )


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(series: int, readings: int) -> dict[str, float]:
    """us: CPU per reading; pause_ms: longest call (elapsed); rss_mb: greatest growth over the
    empty processor, sampled at ticks."""
    started = time.process_time()
    for _ in batches(series, readings):
        pass
    making = time.process_time() - started
    with tempfile.TemporaryDirectory() as folder:
        processor = WindowsProcessor(WindowsConfig(), *city(series), Path(folder))
        empty, pause, grown, rows, since, now = resident_mb(), 0.0, 0.0, 0, 0, START
        started = time.process_time()
        for batch in batches(series, readings):
            out = Outputs()
            call = time.perf_counter()
            processor.process(batch, out)
            pause = max(pause, time.perf_counter() - call)
            since += len(batch)
            if since >= TICK_READINGS:
                since, now = 0, now + 1000
                call = time.perf_counter()
                processor.tick(TickEntry(now, START), out)
                pause = max(pause, time.perf_counter() - call)
                grown = max(grown, resident_mb() - empty)
            rows += sum(map(len, out.windows))
        spent = time.process_time() - started - making
    return {
        "series": series,
        "readings": readings,
        "us": spent / readings * 1e6,
        "pause_ms": pause * 1e3,
        "rss_mb": grown,
        "windows": rows,
    }


def run() -> dict[str, dict[str, float]]:
    """Measurements by name."""
    return {"10,000 series": measure(10_000, 6_000_000), "100,000 series": measure(100_000, 12_000_000)}


if __name__ == "__main__":
    for name, numbers in run().items():
        print(name, {key: round(value, 3) for key, value in numbers.items()})
