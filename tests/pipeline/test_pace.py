"""Ingest is held while processing is far behind, and goes on by itself."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from config.settings import Settings
from journal.base import Assigned, Position
from journal.entries import ReadingsEntry, Refusal
from journal.local import LocalJournal
from pipeline import wiring
from pipeline.processing.pace import Pace
from pipeline.refusals.deadletters import DeadLetters
from telemetry.batch import Readings
from telemetry.errors import Unavailable
from telemetry.series import Identity
from tests.ends import readings

ONE = ReadingsEntry(Readings.empty(), refusals=(Refusal(0, "t", b"x" * 1000, "json", ""),))
"""About 2,200 bytes."""
SIZE, MOST, SERIES = 10_000, 4_000_000, 1_000


def test_it_holds_above_the_limit_and_resumes_well_below() -> None:
    processed = 0
    pace = Pace(lambda: Position(processed), most=10_000)
    for position in range(1, 5):
        pace.admitted(Position(position), ONE)
        assert pace.holding is None
    pace.admitted(Position(5), ONE)
    assert pace.holding == f"processing is {5 * 2200} bytes behind, it may be 10000"
    processed = 2
    assert pace.holding is not None, "6,600 bytes are still more than half"
    processed = 3
    assert pace.holding is None
    processed = 5
    assert pace.waiting == 0


async def test_what_is_not_processed_yet_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "MOST", MOST)
    settings = Settings(state_dir=tmp_path, historian=None)
    journal = await LocalJournal.open(tmp_path, settings.journal)
    journal.register_cursor(wiring.FEEDBACK, "oldest")
    claim = await anext(aiter(journal.claims("process")))
    assert isinstance(claim, Assigned)
    letters = DeadLetters(tmp_path / "letters.sqlite", 10**6)
    now = time.time_ns() // 1_000_000
    parts = wiring.wire(settings, (), journal, claim.owner, lambda: now, time.monotonic, lambda _: None, letters)
    series = [parts.table.intern(Identity("x", "water", "z", f"d{number}", "flow")) for number in range(SERIES)]
    admitted = 0

    def batch() -> ReadingsEntry:
        """A reading each millisecond, of one device after the other."""
        times = now - 3_600_000 + admitted + np.arange(SIZE, dtype=np.int64)
        whole = replace(readings([1.0] * SIZE), series=np.resize(np.array(series, np.int32), SIZE))
        return ReadingsEntry(replace(whole, time=times, arrival=times), parts.table.drain())

    async def admit_until_held() -> None:
        nonlocal admitted
        while admitted < 10_000_000:
            await parts.gate.admit(batch())
            admitted += SIZE

    with pytest.raises(Unavailable, match=r"processing is \d+ bytes behind"):
        await admit_until_held()
    assert 36 * admitted < MOST + 36 * 2 * SIZE
    task = asyncio.create_task(parts.processing.run())
    committing = asyncio.create_task(parts.processing.commit_rounds())
    await parts.processing.reached(parts.gate.last)
    await parts.gate.admit(batch())
    task.cancel()
    committing.cancel()
    await journal.close()
    letters.close()
