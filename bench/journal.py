"""What the journal costs: CPU per reading of appending and reading back, and how long a commit takes.

    python -m bench.journal

CPU is user and system time of all threads, in microseconds per reading. Latency is that of one
append after the other of 20 messages, with the switch interval that the pipeline sets, on an
idle process and beside a thread that never rests.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from config.settings import JournalSettings
from journal import codec
from journal.base import START, Stored
from journal.entries import ReadingsEntry
from journal.local import LocalJournal
from telemetry.batch import Readings

SIZES = (20, 1_000, 8_192)
READINGS = 1_000_000
IN_FLIGHT = 16
COMMITS = 400
SWITCH_INTERVAL = 0.0005
NOW = 1_763_769_600_000


def batch(size: int, series: int = 10_000, seed: int = 1) -> ReadingsEntry:
    """Readings of many sensors, at most some seconds old, that came within 20 ms."""
    random = np.random.default_rng(seed)
    readings = Readings(
        series=random.integers(0, series, size).astype(np.int32),
        time=NOW - random.integers(0, 9_000, size),
        value=random.normal(20, 3, size),
        flags=np.zeros(size, np.uint32),
        arrival=NOW + np.sort(random.integers(0, 20, size)),
        gateway=np.full(size, -1, np.int32),
    )
    return ReadingsEntry(readings, messages=size)


def coding(size: int) -> dict[str, float]:
    """Encoding and decoding alone."""
    entry = batch(size)
    encoded = codec.encode(entry)
    times = min(2_000, READINGS // size)
    return {
        "encode": round(_cpu(lambda: codec.encode(entry), times) / size, 4),
        "decode": round(_cpu(lambda: codec.decode(encoded.kind, encoded.payload), times) / size, 4),
        "bytes": round(len(encoded.payload) / size, 1),
    }


def _cpu(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) * 1e6 / times


async def appending(folder: Path, size: int, in_flight: int) -> float:
    """CPU per reading, `in_flight` appends at a time, an owner reading along."""
    journal = await LocalJournal.open(folder, JournalSettings())
    entries = [batch(size, seed=seed) for seed in range(in_flight)]
    rounds = max(1, min(READINGS // size, 4_000) // in_flight)
    following = asyncio.create_task(_follow(journal, rounds * in_flight * size))
    began = time.process_time()
    for _ in range(rounds):
        await asyncio.gather(*(journal.append(0, entry) for entry in entries))
    await following
    spent = time.process_time() - began
    await journal.close()
    return round(spent * 1e6 / (rounds * in_flight * size), 4)


async def _follow(journal: LocalJournal, wanted: int) -> None:
    async for claim in journal.claims("bench"):
        async for items in claim.owner.read(START):  # type: ignore[union-attr]
            wanted -= sum(
                len(item.entry.readings)
                for item in items
                if isinstance(item, Stored) and isinstance(item.entry, ReadingsEntry)
            )
            if wanted <= 0:
                return


async def opening(folder: Path) -> dict[str, float]:
    """A log of a million readings: seconds to open it without a checkpoint, and CPU to read it back."""
    journal = await LocalJournal.open(folder, JournalSettings())
    for seed in range(READINGS // 1_000 // IN_FLIGHT + 1):
        await asyncio.gather(*(journal.append(0, batch(1_000, seed=seed)) for _ in range(IN_FLIGHT)))
    await journal.close()
    _forget_checkpoint(folder)
    began = time.perf_counter()
    journal = await LocalJournal.open(folder, JournalSettings())
    opened = time.perf_counter() - began
    start = time.process_time()
    await _follow(journal, READINGS)
    spent = time.process_time() - start
    await journal.close()
    return {"open_s": round(opened, 4), "catch_up_us": round(spent * 1e6 / READINGS, 4)}


def _forget_checkpoint(folder: Path) -> None:
    for path in folder.glob("journal.sqlite*"):
        path.unlink()


async def latency(folder: Path) -> dict[str, float]:
    """Milliseconds from append to durable, one at a time."""
    journal = await LocalJournal.open(folder, JournalSettings())
    entry = batch(20)
    took = []
    for _ in range(COMMITS):
        began = time.perf_counter()
        await journal.append(0, entry)
        took.append((time.perf_counter() - began) * 1e3)
    await journal.close()
    return {"p50_ms": round(float(np.percentile(took, 50)), 3), "p99_ms": round(float(np.percentile(took, 99)), 3)}


def _busily(work: Callable[[], dict[str, float]]) -> dict[str, float]:
    """`work` beside a thread that holds the GIL whenever it can."""
    done = threading.Event()

    def spin() -> None:
        while not done.is_set():
            pass

    thread = threading.Thread(target=spin)
    thread.start()
    try:
        return work()
    finally:
        done.set()
        thread.join()


def run() -> dict[str, Any]:
    """All figures; about half a minute."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    parent = Path(tempfile.mkdtemp(prefix="nadi-bench-"))
    numbers = iter(range(1_000))

    def fresh() -> Path:
        return parent / str(next(numbers))

    try:
        return {
            "coding_us_per_reading": {str(size): coding(size) for size in SIZES},
            "append_us_per_reading": {
                str(size): {
                    "one_at_a_time": asyncio.run(appending(fresh(), size, 1)),
                    f"{IN_FLIGHT}_in_flight": asyncio.run(appending(fresh(), size, IN_FLIGHT)),
                }
                for size in SIZES
            },
            "commit_latency": {
                "idle": asyncio.run(latency(fresh())),
                "beside_a_busy_thread": _busily(lambda: asyncio.run(latency(fresh()))),
            },
            "million_readings": asyncio.run(opening(fresh())),
        }
    finally:
        sys.setswitchinterval(before)
        shutil.rmtree(parent)


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
