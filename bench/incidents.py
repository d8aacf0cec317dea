"""What silence and incidents cost: a reading, a tick, a signal, a snapshot, at 100,000 series.

python -m bench.incidents
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs, Processor
from processors.incidents import IncidentsProcessor
from processors.signals import Signal
from processors.silence import Silence
from telemetry.batch import Readings
from telemetry.sensors import SensorTable
from telemetry.series import Identity, SeriesTable

SERIES = 100_000
BATCH = 8_192
T0 = 1_763_769_600_000


def cpu(work: Callable[[], object], times: int) -> float:
    """User CPU of one call, in microseconds."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


def main() -> None:
    table = SeriesTable()
    for number in range(SERIES):
        table.intern(Identity("3578", "water", f"z{number % 200}", f"d{number}", "flow"))
    table.intern_gateway("3578/gw-1")
    silence, incidents = Silence(SensorTable(table), "en"), IncidentsProcessor(table, "en")
    random = np.random.default_rng(1)
    batch = Readings(
        random.integers(0, SERIES, BATCH).astype(np.int32),
        np.full(BATCH, T0),
        np.zeros(BATCH),
        np.zeros(BATCH, np.uint32),
        np.full(BATCH, T0),
        np.zeros(BATCH, np.int32),
    )
    now = T0

    def tick() -> None:
        nonlocal now
        now += 1000
        out = Outputs()
        silence.tick(TickEntry(now, T0), out)
        incidents.tick(TickEntry(now, T0), out)

    tick()
    parts: tuple[Processor, ...] = (silence, incidents)
    for part in parts:
        each = cpu(partial(part.process, batch, Outputs()), 200) / BATCH
        print(f"{part.name}: {each:.4f} us a reading")
    print(f"both: {cpu(tick, 200):.0f} us a tick of calm")
    print(f"silence: {cpu(silence.snapshot, 20) / 1000:.1f} ms a snapshot")
    burst = [
        Signal("limit", ("3578", "water", f"z{series % 200}"), "flow", series, now, True, 1, 1.0, 0.6, "Debit naik.")
        for series in range(20_000)
    ]
    out = Outputs(signals=burst)
    incidents.process(batch, out)
    print(f"incidents: {cpu(lambda: incidents.tick(TickEntry(now + 1000, T0), out), 1) / len(burst):.1f} us a signal")
    print(f"incidents: {cpu(incidents.snapshot, 5) / 1000:.1f} ms a snapshot, 20,000 conditions open")
    now += 120_000
    began = time.process_time()
    tick()
    print(f"incidents: {(time.process_time() - began) * 1000:.0f} ms for the tick in which 200 of them open")
    print(f"both: {cpu(tick, 50):.0f} us a tick with 200 incidents open")


if __name__ == "__main__":
    main()
