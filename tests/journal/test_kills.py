"""Processes that are killed, anywhere and at chosen points: what had resolved is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import JournalSettings
from journal.base import Stored
from journal.local import LocalJournal
from telemetry import faultpoints
from tests.journal.samples import everything, owner_of

ROOT = Path(__file__).parents[2]


WRITER = """
import asyncio, sys
from pathlib import Path
from config.settings import JournalSettings
from journal.entries import Derived
from journal.local import LocalJournal
from tests.journal.samples import entry, owner_of, series

async def main(state: Path) -> None:
    journal = await LocalJournal.open(state, JournalSettings(segment_bytes=20_000))
    owner = await owner_of(journal)
    journal.register_cursor("sink", "oldest")
    async def write(number):
        for seed in range(number, 100_000, 8):
            place = await journal.append(0, entry(seed % 40, seed, [series(seed)]))
            print("stored", place, seed, flush=True)
            if number == 0:
                await owner.commit(Derived(place), place, await owner.save_snapshot([b"%d" % place]))
                print("covered", place, flush=True)
                await journal.reader("sink").advance(place)
                await journal.trim()
                print("trimmed", place, flush=True)
    await asyncio.gather(*(write(number) for number in range(8)))

asyncio.run(main(Path(sys.argv[1])))
"""


def run_until_killed(state: Path, kill_at: str | None, after: int) -> list[list[str]]:
    """What a process that writes said before it was killed, at a point or after `after` lines."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if kill_at:
        environment["NADI_TEST_KILL_AT"] = kill_at
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(state)], stdout=subprocess.PIPE, env=environment, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        if line.endswith("\n"):
            said.append(line.split())
        if len(said) == after and not kill_at:
            process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    return said


@pytest.mark.parametrize("kill_at", [None, "after-commit:40", "trim:3", "snapshot:8"])
async def test_what_had_resolved_before_a_kill_is_there_after_it(tmp_path: Path, kill_at: str | None) -> None:
    said = run_until_killed(tmp_path, kill_at, after=150)
    stored = {int(place): int(seed) for _, place, seed in (each for each in said if each[0] == "stored")}
    covered = [int(each[1]) for each in said if each[0] == "covered"]
    journal = await LocalJournal.open(tmp_path, JournalSettings())
    restored = await (await owner_of(journal)).restore()
    assert restored.cursor >= max(covered, default=0)
    if covered:
        assert restored.snapshot is not None
        assert restored.snapshot == b"%d" % restored.snapshot_cursor
    first = journal.stats().first
    found = {int(item.position): item.entry for item in await everything(journal, first) if isinstance(item, Stored)}
    assert first <= journal.stats().cursors["sink"] <= restored.cursor
    assert {place for place in stored if place > first} <= set(found)
    assert set(stored.values()) <= {each.id for each in journal.dictionary()}
    assert all(len(found[place].readings) == seed % 40 for place, seed in stored.items() if place > first)  # type: ignore[union-attr]
    await journal.close()


def test_a_point_kills_at_the_count_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr("telemetry.faultpoints.os.kill", lambda pid, number: killed.append(number))
    at: Callable[[str], None] = faultpoints.killer("trim:2")
    at("trim")
    at("snapshot")
    assert killed == []
    at("trim")
    assert killed == [signal.SIGKILL]
    at("trim")
    assert killed == [signal.SIGKILL]
