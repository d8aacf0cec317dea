"""The local journal: the conformance suite, and what is its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.settings import JournalSettings
from journal import book
from journal.base import START, Journal, Position, Stored
from journal.entries import Derived
from journal.local import LocalJournal
from journal.state import Cursor, Saved, State
from journal.tail import Tail
from telemetry.errors import Full, Locked, Unavailable
from tests.journal.conformance import LogConformance, Open
from tests.journal.conformance_cursors import CursorConformance
from tests.journal.samples import entry, everything, owner_of, positions, series

ROOT = Path(__file__).parents[2]


@pytest.fixture
def open_journal(tmp_path: Path) -> Open:
    async def opened(max_bytes: int = 10**9, segment_bytes: int = 10**6, tail_bytes: int = 1 << 20) -> Journal:
        settings = JournalSettings(max_bytes=max_bytes, segment_bytes=segment_bytes)
        return await LocalJournal.open(tmp_path / "state", settings, tail_bytes)

    return opened


class TestLocalJournal(LogConformance, CursorConformance):
    pass


class TestWithoutMemory(LogConformance, CursorConformance):
    """The same when every reader has to catch up from the disk."""

    @pytest.fixture
    def open_journal(self, open_journal: Open) -> Open:
        return lambda **settings: open_journal(tail_bytes=1, **settings)


async def test_a_state_dir_has_one_process(open_journal: Open) -> None:
    journal = await open_journal()
    with pytest.raises(Locked, match=rf"in use by the process with pid {os.getpid()}; stop it"):
        await open_journal()
    await journal.close()
    await (await open_journal()).close()


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    program = f"from pathlib import Path; from journal.lock import StateLock; StateLock(Path({str(tmp_path)!r})); "
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program + "import os; os._exit(1)"], check=False, cwd=ROOT)
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


async def test_a_failed_opening_gives_the_lock_back(tmp_path: Path, open_journal: Open) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "journal").write_text("in the way")
    with pytest.raises(Unavailable, match="journal"):
        await open_journal()
    (tmp_path / "state" / "journal").unlink()
    await (await open_journal()).close()


async def test_another_partition_is_a_mistake(open_journal: Open) -> None:
    journal = await open_journal()
    with pytest.raises(ValueError, match="partition 3"):
        await journal.append(3, entry())
    await journal.close()


async def test_opening_a_million_readings_takes_no_time(tmp_path: Path, open_journal: Open) -> None:
    journal = await open_journal(segment_bytes=10**7)
    await asyncio.gather(*(journal.append(0, entry(2000, seed)) for seed in range(500)))
    await journal.close()
    for path in (tmp_path / "state").glob("journal.sqlite*"):
        path.unlink()
    began = time.process_time()
    again = await open_journal(segment_bytes=10**7)
    assert time.process_time() - began < 0.5, "even if all of it has to be scanned"
    assert again.stats().newest_arrival
    await again.close()


async def test_snapshots_before_the_last_two_committed_ones_are_deleted(tmp_path: Path, open_journal: Open) -> None:
    journal = await open_journal()
    owner = await owner_of(journal)
    for number in range(5):
        place = await journal.append(0, entry())
        await owner.commit(Derived(place), place, await owner.save_snapshot([b"%d" % number]))
    await owner.save_snapshot([b"never committed"])
    await journal.close()
    assert len(list((tmp_path / "state/journal/snapshots").iterdir())) == 3
    again = await open_journal()
    assert len(list((tmp_path / "state/journal/snapshots").iterdir())) == 2
    assert (await (await owner_of(again)).restore()).snapshot == b"4"
    await again.close()


async def test_a_snapshot_that_was_not_saved_can_not_be_committed(open_journal: Open) -> None:
    journal = await open_journal()
    owner = await owner_of(journal)
    place = await journal.append(0, entry())
    ref = await owner.save_snapshot([b"x"])
    with pytest.raises(ValueError, match="no snapshot"):
        await owner.commit(Derived(place), place, type(ref)("0000000099"))
    await journal.close()


async def test_cursors_become_durable_by_themselves(
    tmp_path: Path, open_journal: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await open_journal()
    journal.register_cursor("sink", "oldest")
    place = await journal.append(0, entry())
    saved, loop, save = asyncio.Event(), asyncio.get_running_loop(), State.save

    def saving(state: State, current: Callable[[], Saved]) -> Saved:
        done = save(state, current)
        if done.cursors["sink"].position == place:
            loop.call_soon_threadsafe(saved.set)
        return done

    monkeypatch.setattr(State, "save", saving)
    await journal.reader("sink").advance(place)
    async with asyncio.timeout(60):
        await saved.wait()
    beside = State(tmp_path / "state" / "journal.sqlite")
    assert beside.load().cursors == {"sink": Cursor(place, {"earlier": 0})}
    beside.close()
    await journal.close()


async def test_a_name_is_stored_once_where_two_save_it(open_journal: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor is registered, which saves at once, while the loop has not heard yet of a save that is done."""
    journal = await open_journal()
    saved, go, save = threading.Event(), threading.Event(), State.save

    def held_up(state: State, current: Callable[[], Saved]) -> Saved:
        done = save(state, current)
        if threading.current_thread() is not threading.main_thread():
            saved.set()
            assert go.wait(60)
        return done

    monkeypatch.setattr(State, "save", held_up)
    await journal.append(0, entry(1, 0, [series(0)]))
    assert await asyncio.to_thread(saved.wait, 60)
    await journal.append(0, entry(1, 1, [series(1)]))
    journal.register_cursor("sink", "oldest")
    go.set()
    await journal.close()
    again = await open_journal()
    assert list(again.dictionary()) == [series(0), series(1)]
    await again.close()


async def test_while_cursors_can_not_be_saved_the_log_goes_on(
    open_journal: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Trimming stops where the durable state ends, for what it lacks is in the log alone."""
    monkeypatch.setattr(book, "RETRY_EVERY", 0.01)
    journal = await open_journal(segment_bytes=4096)
    owner = await owner_of(journal)
    journal.register_cursor("sink", "oldest")

    def full(*_: object) -> None:
        raise Full("no room")

    with monkeypatch.context() as patched:
        patched.setattr(State, "save", full)
        placed = [await journal.append(0, entry(20, seed, [series(seed)])) for seed in range(20)]
        for state in (b"x", b"y"):
            await owner.commit(Derived(placed[-1]), placed[-1], await owner.save_snapshot([state]))
        await journal.reader("sink").advance(placed[-1])
        await journal.trim()
        await journal.trim()
        assert journal.stats().first == START
        assert len([each for each in caplog.records if "can't be saved" in each.message]) == 1
    await journal.trim()
    assert journal.stats().first > START
    await journal.close()
    again = await open_journal()
    assert [each.id for each in again.dictionary()] == list(range(20))
    await again.close()


async def test_a_cursor_that_can_not_be_saved_is_not_registered(
    open_journal: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await open_journal()

    def full(*_: object) -> None:
        raise Full("no room")

    with monkeypatch.context() as patched:
        patched.setattr(State, "save", full)
        with pytest.raises(Full):
            journal.register_cursor("sink", "now")
    assert journal.stats().cursors == {}
    await journal.close()


async def test_a_journal_smaller_than_a_segment_goes_on(open_journal: Open) -> None:
    journal = await open_journal(max_bytes=100_000, segment_bytes=10**9)
    owner = await owner_of(journal)
    for seed in range(25):
        place = await journal.append(0, entry(400, seed))
        await owner.commit(Derived(place), place, await owner.save_snapshot([b"x"]))
        if seed % 4 == 3:
            await journal.trim()
    await journal.close()


async def test_a_cursor_that_lagged_behind_trimming_meets_no_gap(tmp_path: Path, open_journal: Open) -> None:
    journal = await open_journal(segment_bytes=4096)
    owner = await owner_of(journal)
    journal.register_cursor("sink", "oldest")
    placed = [await journal.append(0, entry(20, seed)) for seed in range(20)]
    for blob in (b"x", b"y"):
        await owner.commit(Derived(placed[-1]), placed[-1], await owner.save_snapshot([blob]))
    await journal.reader("sink").advance(placed[-1])
    await journal.trim()
    await journal.close()
    state = State(tmp_path / "state" / "journal.sqlite")
    saved = state.load()
    state.save(lambda: Saved(saved.checkpoint, {"sink": Cursor(0)}))
    state.close()
    again = await open_journal()
    assert again.reader("sink").cursor == again.stats().first
    await again.close()


async def test_memory_ends_and_the_disk_takes_over_unseen(open_journal: Open) -> None:
    journal = await open_journal(tail_bytes=20_000)
    owner = await owner_of(journal)
    iterator = owner.read(START, limit=50)
    placed = [await journal.append(0, entry(20))]
    first = await anext(iterator)
    placed += [await journal.append(0, entry(20, seed)) for seed in range(100)]
    found = [*first]
    while len(found) < len(placed):
        found += await anext(iterator)
    assert positions(found) == placed
    await journal.close()


def test_the_tail_is_bounded() -> None:
    tail = Tail(0, max_bytes=1000)
    for number in range(1, 101):
        tail.add(Stored(Position(number), entry(1)), 100, 1)
        assert sum(1 for _ in tail.after(tail.start, 10**6)) <= 10
    assert tail.end == 100
    assert [each.position for each in tail.after(98, 10)] == [99, 100]
    tail.forget(99)
    assert tail.start == 99
    tail.add(Stored(Position(101), entry(1)), 10_000, 1)
    assert tail.after(101, 10) == []
    assert tail.start == 101


async def test_many_small_entries_are_one_commit(open_journal: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What gathers while a commit is under way: so the first of them takes as long as it takes to queue them all."""
    all_queued, write = threading.Event(), os.pwritev

    def slow(*arguments: Any) -> int:
        assert all_queued.wait(60)
        return write(*arguments)

    monkeypatch.setattr("journal.commit.os.pwritev", slow)
    journal = await open_journal()
    appending = [asyncio.create_task(journal.append(0, entry(1, seed))) for seed in range(3000)]
    asyncio.get_running_loop().call_soon(all_queued.set)  # after each of them has taken its first step
    await asyncio.gather(*appending)
    assert journal.stats().commits <= 2
    assert len(await everything(journal)) == 3000
    await journal.close()
