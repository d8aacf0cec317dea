"""Processing over a log in memory: a crash at any step changes nothing in the results."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from journal.base import START, Gap, Position, SnapshotRef, Stored
from journal.entries import Derived, Input, TickEntry
from pipeline.processing import runner as module
from pipeline.processing.chain import Chain
from pipeline.processing.runner import Processing
from telemetry.errors import Incompatible
from tests.pipeline.kit import NOW
from tests.pipeline.processing_kit import MemoryLog, Worker, hurried, inputs, results, table, turns


async def uninterrupted(entries: Sequence[Input], folder: Path) -> MemoryLog:
    log = MemoryLog(cut=1_000)
    worker = Worker(log, folder, table())
    last = START
    for entry in entries:
        last = log.append(entry)
    await worker.finish(last)
    await worker.crash()
    return log


async def broken(entries: Sequence[Input], folder: Path, cut: int, steps: Sequence[tuple[int, bool]]) -> MemoryLog:
    """The same inputs; after each of `steps` (turns of the loop, whether a snapshot is begun) a crash."""
    log = MemoryLog(cut=cut)
    share = len(entries) // (len(steps) + 1)
    names = table()
    for number, (passed, snapshot) in enumerate(steps):
        worker = Worker(log, folder, names)
        for entry in entries[number * share : (number + 1) * share]:
            log.append(entry)
        saving = asyncio.create_task(worker.processing.save_snapshot())
        for _ in range(passed):
            await asyncio.sleep(0)
        if snapshot:
            again = asyncio.create_task(worker.processing.save_snapshot())
            for _ in range(passed):
                await asyncio.sleep(0)
            again.cancel()
        saving.cancel()
        await worker.crash()
    worker = Worker(log, folder, names)
    last = START
    for entry in entries[len(steps) * share :]:
        last = log.append(entry)
    await worker.finish(last)
    await worker.crash()
    return log


@hypothesis_settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    cut=st.integers(1, 8),
    round_readings=st.integers(1, 12),
    steps=st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=4),
)
def test_a_crash_at_any_step_changes_no_result(
    seed: int, cut: int, round_readings: int, steps: list[tuple[int, bool]]
) -> None:
    entries = inputs(seed, 30)
    with tempfile.TemporaryDirectory() as folder, hurried(round_readings):
        whole = asyncio.run(uninterrupted(entries, Path(folder) / "whole"))
        pieces = asyncio.run(broken(entries, Path(folder) / "broken", cut, steps))
    assert results(pieces) == results(whole)
    assert results(whole)[0]


async def processed(log: MemoryLog, entries: Sequence[Input], folder: Path) -> Worker:
    worker = Worker(log, folder, table())
    last = START
    for entry in entries:
        last = log.append(entry)
    await worker.finish(last)
    return worker


async def test_no_snapshot_is_taken_in_the_middle_of_a_replay(tmp_path: Path) -> None:
    log = MemoryLog()
    with hurried(5):
        await (await processed(log, inputs(1, 30), tmp_path)).crash()
        worker = Worker(log, tmp_path, table())
        await turns(lambda: worker.processing.replayed)
        assert not worker.processing.caught_up.is_set()
        await worker.processing.save_snapshot()
        assert log.snapshots == {}
        await worker.crash()


async def test_a_snapshot_that_a_new_beginning_overtook_is_not_committed(tmp_path: Path) -> None:
    log = MemoryLog()
    with hurried(5):
        worker = await processed(log, inputs(1, 20), tmp_path)
        saving = asyncio.create_task(worker.processing.save_snapshot())
        await asyncio.sleep(0)
        worker.processing.caught_up.clear()
        worker.processing.cursor = START
        async with asyncio.timeout(60):
            await saving
        assert log.snapshots
        assert log.snapshot is None
        await worker.crash()


async def test_results_that_the_log_lost_are_made_once_more(tmp_path: Path) -> None:
    log = MemoryLog()
    with hurried(5):
        await (await processed(log, inputs(2, 30), tmp_path / "first")).crash()
        before = results(log)
        lost = [item for item in log.entries if isinstance(item, Stored) and isinstance(item.entry, Derived)][-3:]
        log.entries = [
            Gap(Position(item.position - 10), item.position, "damaged") if item in lost else item
            for item in log.entries
        ]
        worker = Worker(log, tmp_path / "first", table())
        await worker.finish(log.append(TickEntry(NOW + 60_000, NOW)))
        await worker.crash()
    after = results(log)
    assert before[0].items() <= after[0].items()
    assert after[1] == before[1]


async def test_while_the_journal_is_full_rounds_wait_and_then_go_on(tmp_path: Path) -> None:
    log = MemoryLog()
    with hurried(5):
        log.full = True
        worker = Worker(log, tmp_path, table())
        last = START
        for entry in inputs(3, 40):
            last = log.append(entry)
        await turns(lambda: worker.processing.problem)
        assert worker.processing.problem == "no room"
        await turns(lambda: worker.processing.waiting_since >= NOW)
        log.full = False
        await worker.finish(last)
        assert worker.processing.problem == ""
        await worker.crash()
        covers = [derived.covers for derived in log.derived()]
        assert covers == sorted(set(covers))


async def test_a_full_disk_under_the_windows_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their chunks can't be written for a while: processing begins anew, with the same results."""
    from processors.windows.chunks import ChunkStore

    entries = inputs(4, 40)
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0, 0.0))
    with hurried(5):
        whole = await uninterrupted(entries, tmp_path / "whole")
        real, failures = ChunkStore.append, 3

        def append(self: ChunkStore, *arguments: object) -> None:
            nonlocal failures
            failures -= 1
            if failures >= 0:
                raise OSError(28, "No space left on device")
            real(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(ChunkStore, "append", append)
        log = MemoryLog(cut=1)
        worker = await processed(log, entries, tmp_path / "full")
        await worker.crash()
    assert failures < 0
    assert results(log) == results(whole)
    assert worker.processing.stalled == ""


class Fickle:
    """Makes chains; fails as often as `failures` says."""

    def __init__(self, build: Callable[[], Chain]) -> None:
        self.build = build
        self.failures = 0

    def __call__(self) -> Chain:
        self.failures -= 1
        if self.failures >= 0:
            raise OSError(24, "Too many open files")
        return self.build()


@asynccontextmanager
async def beginning_anew(folder: Path, seed: int, failures: int) -> AsyncIterator[tuple[MemoryLog, Processing, Fickle]]:
    """Processing of half the entries, whose next `failures` chains can't be made. The other half comes after the test,
    and in the end the results must be those of processors that never began anew."""
    entries = inputs(seed, 20)
    with hurried(5):
        whole = await uninterrupted(entries, folder / "whole")
        log = MemoryLog(cut=1)
        worker = await processed(log, entries[:10], folder / "files")
        fickle = worker.processing.build = Fickle(worker.processing.build)
        fickle.failures = failures
        yield log, worker.processing, fickle
        for entry in entries[10:]:
            log.append(entry)
        await worker.finish(log.newest())
        await worker.crash()
    assert fickle.failures < 0
    assert results(log) == results(whole)


async def test_a_fault_of_beginning_anew_is_got_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0, 0.0))
    async with beginning_anew(tmp_path, seed=5, failures=3) as (_, processing, _):
        processing._unfit = OSError(28, "No space left on device")


async def test_when_neither_the_new_processors_nor_the_old_can_be_made_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESTART_SECONDS", (0.0, 0.0))
    async with beginning_anew(tmp_path, seed=6, failures=2) as (log, processing, fickle):
        with pytest.raises(OSError, match="Too many open files"):
            await processing.renew(fickle)
        await processing.save_snapshot()
        assert len(log.snapshots) == 1, "that of a chain half made is not saved"


async def test_a_snapshot_of_another_version_is_refused_in_words(tmp_path: Path) -> None:
    log = MemoryLog(snapshot=SnapshotRef("0", START), snapshots={"0": b"something else"})
    worker = Worker(log, tmp_path, table())
    with pytest.raises(Incompatible, match="another version"):
        await worker.tasks[0]
    await worker.crash()


async def test_counts_on_the_board_go_on_after_a_crash(tmp_path: Path) -> None:
    log = MemoryLog()
    with hurried(5):
        worker = await processed(log, inputs(5, 20), tmp_path)
        await worker.processing.save_snapshot()
        before = worker.processing.board.windows_total.tolist()
        await worker.crash()
        worker = Worker(log, tmp_path, table())
        await worker.processing.caught_up.wait()
        assert worker.processing.board.windows_total.tolist() == before
        assert sum(before) == sum(len(windows) for derived in log.derived() for windows in derived.windows)
        await worker.crash()


def test_derived_entries_are_compared_whole() -> None:
    """The comparison itself can fail: one row taken away is seen."""
    entries = inputs(6, 20)
    with tempfile.TemporaryDirectory() as folder, hurried(8):
        log = asyncio.run(uninterrupted(entries, Path(folder)))
    before = results(log)
    number = next(
        number
        for number, item in enumerate(log.entries)
        if isinstance(item, Stored) and isinstance(item.entry, Derived) and item.entry.windows
    )
    item = log.entries[number]
    assert isinstance(item, Stored)
    assert isinstance(item.entry, Derived)
    log.entries[number] = Stored(item.position, replace(item.entry, windows=()))
    assert results(log) != before
