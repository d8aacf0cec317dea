"""The runner on the real journal: whatever stops it and wherever, every reading arrives with its final flags."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.settings import JournalSettings
from journal.base import Journal, Owner, Position
from journal.entries import Derived, ReadingsEntry
from journal.local import LocalJournal
from pipeline.delivery.backoff import Waits
from pipeline.delivery.runner import DeliveryOptions, DeliveryRunner
from sinks.base import Unreachable
from telemetry import flags
from tests.ends import ListSink, readings
from tests.journal.samples import owner_of, series

FINAL = (0, flags.LATE, flags.FAIL)


def runner_of(journal: Journal, sink: ListSink, **options: Any) -> DeliveryRunner:
    quick = {"linger": 0.0, "waits": Waits(0.001, 0.002, 0.001, 0.001), **options}
    name = sink.name
    return DeliveryRunner(
        sink,
        journal.reader(name),
        DeliveryOptions(**quick),
        backlog=lambda: journal.backlog(name),
        quarantine=lambda refused: None,
    )


async def fill(journal: Journal, owner: Owner, chance: random.Random, first: int, rounds: int) -> tuple[Position, int]:
    """Append readings numbered from `first`, in `rounds` of a few entries, each covered by a derived entry.

    The flags of reading number n are FINAL[n % 3]. Returns the last `covers` and the next number.
    """
    number = first
    covers = Position(0)
    commits: list[asyncio.Task[Position]] = []
    for _ in range(rounds):
        start, entries = number, []
        for _ in range(chance.randint(1, 4)):
            size = chance.randint(0, 30)
            entries.append(ReadingsEntry(readings([float(n) for n in range(number, number + size)], 1000 * number)))
            number += size
        covers = (await asyncio.gather(*(journal.append(0, entry) for entry in entries)))[-1]
        final = np.array([FINAL[n % 3] for n in range(start, number)], np.uint32)
        commits.append(asyncio.create_task(owner.commit(Derived(covers, flags=final if len(final) else None), covers)))
    await asyncio.gather(*commits)
    return covers, number


async def opened(path: Path, **settings: int) -> LocalJournal:
    return await LocalJournal.open(path, JournalSettings(**settings))


@pytest.mark.parametrize("seed", range(4))
async def test_a_runner_stopped_anywhere_goes_on_without_loss(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    number = 0
    sink = ListSink()
    for _ in range(4):
        journal = await opened(tmp_path)
        journal.register_cursor(sink.name, "oldest")
        covers, number = await fill(journal, await owner_of(journal), chance, number, 5)
        sink.script = [Unreachable("down") for _ in range(chance.randint(0, 3))]
        runner = runner_of(journal, sink, max_points=chance.choice([5, 50, 5000]))
        task = asyncio.create_task(runner.run())
        for _ in range(chance.randint(0, 60)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await journal.close()
    journal = await opened(tmp_path)
    runner = runner_of(journal, sink)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(runner.run())
        await asyncio.wait_for(runner.delivered(covers), 60)
        task.cancel()
    await journal.close()
    values = [row[3] for row in sink.stored]
    assert set(values) == {float(n) for n in range(number)}
    encoded = [row for delivery in sink.deliveries for row in delivery.readings.value.tolist()]
    assert [FINAL[int(value) % 3] for value in encoded] == sink.flags


async def test_drop_oldest_keeps_the_newest_and_adds_up(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    sink = ListSink()
    journal.register_cursor(sink.name, "oldest")
    owner = await owner_of(journal)
    covers, number = await fill(journal, owner, random.Random(1), 0, 60)
    limit = journal.backlog(sink.name) // 2
    dead = True
    sink.script = [lambda: Unreachable("down")] * 10**6
    runner = runner_of(journal, sink, when_full="drop_oldest", backlog=limit)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(runner.run())
        while dead:
            await asyncio.sleep(0)
            dead = not runner.account.dropped
        assert journal.backlog(sink.name) <= limit
        sink.script.clear()
        await asyncio.wait_for(runner.delivered(covers), 60)
        task.cancel()
    await journal.close()
    values = [row[3] for row in sink.stored]
    assert values == [float(n) for n in range(runner.account.dropped, number)]
    assert runner.account.delivered + runner.account.dropped == number
    assert runner.pending == 0


async def test_a_blocking_sink_says_so_and_lets_go(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    sink = ListSink()
    journal.register_cursor(sink.name, "oldest")
    covers, _ = await fill(journal, await owner_of(journal), random.Random(2), 0, 10)
    runner = runner_of(journal, sink, backlog=1000)
    assert "when_full: block" in (runner.blocking or "")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(runner.run())
        await asyncio.wait_for(runner.delivered(covers), 60)
        task.cancel()
    assert runner.blocking is None
    await journal.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from config.settings import HistorianSettings, JournalSettings
from journal.local import LocalJournal
from pipeline.delivery.runner import DeliveryOptions, DeliveryRunner
from sinks.historian import Historian
from telemetry.series import SeriesTable

async def main(folder):
    journal = await LocalJournal.open(folder / "state", JournalSettings())
    table = SeriesTable()
    table.restore(journal.dictionary())
    sink = Historian(HistorianSettings(path=folder / "city.duckdb"), table, lambda: 0)
    journal.register_cursor(sink.name, "oldest")
    runner = DeliveryRunner(
        sink, journal.reader(sink.name), DeliveryOptions(linger=0.0, max_points=100),
        backlog=lambda: journal.backlog(sink.name), quarantine=print,
    )
    task = asyncio.create_task(runner.run())
    await runner.delivered(int(sys.argv[2]))
    print((await sink.distinct())["readings"], (await sink.counts())["readings"])
    task.cancel()
    await asyncio.wait([task])
    await journal.close()

asyncio.run(main(Path(sys.argv[1])))
"""


def deliver_elsewhere(folder: Path, covers: int, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(folder), str(covers)]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)


async def test_killed_between_the_write_and_the_cursor_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    journal = await opened(tmp_path / "state")
    journal.register_cursor("historian", "oldest")
    await journal.append(0, ReadingsEntry(readings([]), declared=(series(0),)))
    covers, number = await fill(journal, await owner_of(journal), random.Random(3), 0, 15)
    await journal.close()
    for passage in (1, 3):
        killed = await asyncio.to_thread(
            deliver_elsewhere, tmp_path, covers, NADI_TEST_KILL_AT=f"after-write:{passage}"
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = await asyncio.to_thread(deliver_elsewhere, tmp_path, covers)
    assert done.returncode == 0, done.stderr
    distinct, rows = map(int, done.stdout.split())
    assert distinct == number
    assert rows > number, "the kills came before anything was written: the test shows nothing"
