"""What may be acknowledged: the disk, the sinks and the clock decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import JournalSettings
from journal.base import Position
from journal.entries import Input, ReadingsEntry, TickEntry
from journal.local import LocalJournal
from pipeline.processing.gate import CLOCK_TOLERANCE_MS, Gate
from telemetry.errors import Full, Unavailable
from telemetry.series import Declaration, Identity
from tests.ends import readings
from tests.pipeline.kit import NOW


def name(number: int) -> Declaration:
    return Declaration(number, number, Identity("3578", "water", "a", f"d{number}", "flow"))


class Bench:
    """A gate to a real journal, whose disk, clock and sinks the test holds."""

    def __init__(self, journal: LocalJournal) -> None:
        self.journal = journal
        self.now = NOW
        self.blocked: list[str] = []
        self.failures: list[bool] = []
        """For each append to come, whether it fails; afterwards none does."""
        self.written: list[Input] = []
        real = journal.append

        async def append(partition: int, entry: Input, key: bytes | None = None) -> Position:
            fails = self.failures.pop(0) if self.failures else False
            await asyncio.sleep(0)
            if fails:
                raise Full("no room on the disk")
            self.written.append(entry)
            return await real(partition, entry, key)

        journal.append = append  # type: ignore[method-assign]
        self.gate = Gate(journal, lambda: self.now, lambda: self.blocked)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    journal = await LocalJournal.open(tmp_path, JournalSettings())
    yield Bench(journal)
    await journal.close()


def entry(*names: Declaration) -> ReadingsEntry:
    return ReadingsEntry(readings([1.0], start=NOW), declared=names, messages=1)


async def test_admitted_is_stored(bench: Bench) -> None:
    position = await bench.gate.admit(entry())
    assert bench.journal.stats().last == position == bench.gate.last
    assert bench.gate.commit_ms > 0


async def test_a_full_disk_is_said_until_it_is_not(bench: Bench) -> None:
    bench.failures = [True]
    with pytest.raises(Full):
        await bench.gate.admit(entry())
    assert "no room" in bench.gate.problem
    await bench.gate.admit(entry())
    assert bench.gate.problem == ""


async def test_a_problem_ends_without_messages_too(bench: Bench) -> None:
    bench.failures = [True]
    with pytest.raises(Full):
        await bench.gate.admit(entry())
    await bench.gate.tick(0)
    assert bench.gate.problem == ""


async def test_a_sink_that_blocks_holds_messages_and_not_time(bench: Bench) -> None:
    bench.blocked = ["sink influx is behind"]
    with pytest.raises(Unavailable, match="influx is behind"):
        await bench.gate.admit(entry())
    await bench.gate.tick(NOW)
    assert [type(each) for each in bench.written] == [TickEntry]
    assert bench.gate.problem == "sink influx is behind"
    bench.blocked = []
    await bench.gate.tick(NOW)
    assert bench.gate.problem == ""


async def test_a_clock_behind_what_is_stored_stops_all(bench: Bench) -> None:
    await bench.gate.admit(entry())
    bench.now -= CLOCK_TOLERANCE_MS + 1
    with pytest.raises(Unavailable, match=r"clock is 1\.0 s before"):
        await bench.gate.admit(entry())
    written = len(bench.written)
    await bench.gate.tick(NOW)
    assert len(bench.written) == written
    assert "clock" in bench.gate.problem
    bench.now += 2
    await bench.gate.admit(entry())
    assert bench.gate.problem == ""


async def test_a_clock_that_leaps_ahead_while_nothing_is_stored_holds_nothing_back(bench: Bench) -> None:
    bench.now += 3_600_000
    bench.failures = [True, True]
    await bench.gate.tick(NOW)
    with pytest.raises(Full):
        await bench.gate.admit(entry())
    bench.blocked = ["sink influx is behind"]
    with pytest.raises(Unavailable, match="influx"):
        await bench.gate.admit(entry())
    bench.blocked = []
    bench.now -= 3_600_000
    await bench.gate.admit(entry())
    assert bench.gate.problem == ""


async def test_nothing_is_stored_behind_what_is_being_stored_with_a_later_time(bench: Bench) -> None:
    bench.now += 3_600_000
    ahead = asyncio.create_task(bench.gate.admit(entry()))
    await asyncio.sleep(0)
    bench.now -= 3_600_000
    with pytest.raises(Unavailable, match="clock"):
        await bench.gate.admit(entry())
    await ahead


async def test_the_clock_of_an_earlier_run_counts(bench: Bench) -> None:
    await bench.gate.admit(entry())
    bench.now -= 3_600_000
    later = Gate(bench.journal, lambda: bench.now, lambda: ())
    with pytest.raises(Unavailable, match=r"clock is 3600\.0 s before"):
        await later.admit(entry())


async def test_a_name_whose_entry_failed_comes_with_the_next(bench: Bench) -> None:
    bench.failures = [True]
    with pytest.raises(Full):
        await bench.gate.admit(entry(name(0)))
    await bench.gate.admit(entry())
    assert [each.identity for each in bench.journal.dictionary()] == [name(0).identity]
    await bench.gate.admit(entry())
    last = bench.written[-1]
    assert isinstance(last, ReadingsEntry)
    assert last.declared == ()


async def test_no_reading_overtakes_the_name_of_its_series(bench: Bench) -> None:
    """Two at once: the first, which has the name, fails; the second, which uses it, does not."""
    bench.failures = [True, False]
    answers = await asyncio.gather(
        bench.gate.admit(entry(name(0))), bench.gate.admit(entry(name(1))), return_exceptions=True
    )
    assert isinstance(answers[0], Full)
    assert {each.id for each in bench.journal.dictionary()} == {0, 1}


async def test_names_of_the_catalogue_survive_a_failure(bench: Bench) -> None:
    bench.failures = [True]
    with pytest.raises(Full):
        await bench.gate.declare([name(0)])
    await bench.gate.admit(entry())
    assert [each.id for each in bench.journal.dictionary()] == [0]
