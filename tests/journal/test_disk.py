"""A full or failing disk: who waited is told, nothing half-written stays, it goes on by itself."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from config.settings import JournalSettings
from journal import feed
from journal.base import START, Gap
from journal.entries import Derived
from journal.local import LocalJournal
from journal.scan import chunk
from telemetry.errors import Full, Unavailable
from tests.journal.samples import entry, everything, owner_of, positions, until

ROOT = Path(__file__).parents[2]


class Disk:
    """Stands in for os.pwritev: takes `room` bytes, then fails with `error`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = 1 << 40
        self.error = errno.ENOSPC
        self._write = os.pwritev
        monkeypatch.setattr("journal.commit.os.pwritev", self.write)

    def write(self, fd: int, buffers: Sequence[Any], place: int, flags: int = 0) -> int:
        data = b"".join(buffers)[: self.room]
        if not data:
            raise OSError(self.error, os.strerror(self.error))
        self.room -= len(data)
        return self._write(fd, [data], place, flags)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


async def opened(state: Path, **settings: int) -> LocalJournal:
    return await LocalJournal.open(state, JournalSettings(**settings))


@pytest.mark.parametrize(("error", "raised"), [(errno.ENOSPC, Full), (errno.EDQUOT, Full), (errno.EIO, Unavailable)])
async def test_a_failed_write_fails_all_that_waited_and_leaves_nothing(
    tmp_path: Path, disk: Disk, error: int, raised: type[Exception]
) -> None:
    journal = await opened(tmp_path)
    first = await journal.append(0, entry(20))
    disk.room, disk.error = 500, error  # less than one entry: the thread may take the first of them alone
    outcomes = await asyncio.gather(*(journal.append(0, entry(20, n)) for n in range(5)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {raised}
    assert os.strerror(error) in (journal.stats().trouble or "")
    assert journal.stats().last == first
    path = next((tmp_path / "journal").glob("*.log"))
    assert path.stat().st_size == 64 + first, "the file ends with the last whole commit"
    disk.room = 1 << 40
    second = await journal.append(0, entry(20))
    assert journal.stats().trouble is None
    assert positions(await everything(journal)) == [first, second]
    await journal.close()
    again = await opened(tmp_path)
    assert positions(await everything(again)) == [first, second]
    assert again.stats().reports == ()
    await again.close()


async def test_a_write_in_pieces_is_whole(tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    write = disk.write

    def a_piece(fd: int, buffers: Sequence[Any], place: int, flags: int = 0) -> int:
        return write(fd, [b"".join(buffers)[:100]], place, flags)

    monkeypatch.setattr("journal.commit.os.pwritev", a_piece)
    journal = await opened(tmp_path)
    placed = [await journal.append(0, entry(20, seed)) for seed in range(3)]
    await journal.close()
    again = await opened(tmp_path)
    assert positions(await everything(again)) == placed
    await again.close()


async def test_a_tail_that_cannot_be_cut_back_is_cut_before_the_next_commit(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await opened(tmp_path)
    first = await journal.append(0, entry(1))

    def refuse(fd: int, size: int) -> None:
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr("journal.commit.os.ftruncate", refuse)
    disk.room = 500
    with pytest.raises(Full):
        await journal.append(0, entry(20))
    disk.room = 1 << 40
    with pytest.raises(Unavailable):
        await journal.append(0, entry(1))
    monkeypatch.undo()
    second = await journal.append(0, entry(1))
    await journal.close()
    path = next((tmp_path / "journal").glob("*.log"))
    assert path.stat().st_size == 64 + second
    assert second > first


async def test_a_segment_that_cannot_be_made_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await opened(tmp_path, segment_bytes=1000)
    first = await journal.append(0, entry(20))

    def refuse(folder: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("journal.segments.sync_folder", refuse)
        with pytest.raises(Full):
            await journal.append(0, entry(20))
    second = await journal.append(0, entry(20))
    assert positions(await everything(journal)) == [first, second]
    await journal.close()


async def test_results_that_failed_are_not_overtaken(tmp_path: Path, disk: Disk) -> None:
    """Their flags would belong to readings that the next ones do not cover."""
    journal = await opened(tmp_path)
    owner = await owner_of(journal)
    place = await journal.append(0, entry())
    disk.room = 0
    outcomes = await asyncio.gather(
        owner.commit(Derived(place), place), owner.commit(Derived(place), place), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [Full, Full]
    disk.room = 1 << 40
    await owner.commit(Derived(place), place)
    await journal.close()


async def test_a_bug_in_the_commit_is_told_to_those_who_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await opened(tmp_path)

    def wrong(*_: object) -> bytes:
        raise RuntimeError("oops")

    with monkeypatch.context() as patched:
        patched.setattr("journal.frames.header", wrong)
        with pytest.raises(Unavailable, match="oops"):
            await journal.append(0, entry())
    assert await journal.append(0, entry())
    await journal.close()


async def test_an_unreadable_disk_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await opened(tmp_path)
    place = await journal.append(0, entry())
    await journal.close()
    monkeypatch.setattr(feed, "RETRY_READ", 0.01)
    real, left = chunk, [errno.EMFILE, errno.EMFILE]

    def failing(*arguments: Any) -> Any:
        if left:
            raise OSError(left.pop(), "not now")
        return real(*arguments)

    monkeypatch.setattr("journal.feed.chunk", failing)
    again = await opened(tmp_path)
    assert positions(await everything(again)) == [place]
    await again.close()


async def test_a_bad_sector_costs_the_entries_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await opened(tmp_path)
    placed = [await journal.append(0, entry(200, seed)) for seed in range(6)]
    await journal.close()
    real = os.pread

    def failing(fd: int, size: int, place: int) -> bytes:
        if place < 10_000 < place + size:
            raise OSError(errno.EIO, "bad sector")
        return real(fd, size, place)

    again = await opened(tmp_path)
    monkeypatch.setattr("journal.scan.os.pread", failing)
    found = await everything(again)
    lost = [place for place in placed if place not in positions(found)]
    assert 1 <= len(lost) <= 2
    assert any(isinstance(item, Gap) for item in found)
    await again.close()


async def test_a_backlog_that_can_not_be_read_is_not_given_up_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await opened(tmp_path)
    journal.register_cursor("sink", "oldest")
    owner, reader = await owner_of(journal), journal.reader("sink")
    for seed in range(6):
        place = await journal.append(0, entry(200, seed))
        await owner.commit(Derived(place), place)

    def failing(*_: object) -> Any:
        raise OSError(errno.EMFILE, "too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("journal.scan.chunk", failing)
        assert await reader.skip(1000) == 0
        assert reader.cursor == START
    assert await reader.skip(1000) > 0
    await journal.close()


FILLER = """
import asyncio, resource, sys
from pathlib import Path
from config.settings import JournalSettings
from journal.local import LocalJournal
from telemetry.errors import Full
from tests.journal.samples import entry

async def main(state: Path) -> None:
    journal = await LocalJournal.open(state, JournalSettings())
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    seed = 0
    try:
        while True:
            print(await journal.append(0, entry(50, seed)), flush=True)
            seed += 1
    except Full as error:
        print("full:", error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(await journal.append(0, entry(50, seed)))
    await journal.close()

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_really_full_disk_is_told_and_got_over(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FILLER, str(tmp_path), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    output, _ = await process.communicate()
    *before, full, last = output.decode().splitlines()
    assert full.startswith("full: ")
    assert "no room" in full
    journal = await opened(tmp_path)
    assert positions(await everything(journal)) == [int(place) for place in (*before, last)]
    assert journal.stats().reports == ()
    await journal.close()


class Faulty:
    """A database of which some statements fail, once each."""

    def __init__(self, real: sqlite3.Connection, *statements: str) -> None:
        self._real = real
        self._failing = list(statements)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, statement: str, *arguments: Any) -> Any:
        for each in self._failing:
            if statement.startswith(each):
                self._failing.remove(each)
                raise sqlite3.OperationalError("disk I/O error")
        return self._real.execute(statement, *arguments)


@pytest.mark.parametrize("statements", [("COMMIT", "ROLLBACK"), ("BEGIN",), ("INSERT OR REPLACE INTO checkpoint",)])
async def test_cursors_are_saved_after_a_fault_of_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statements: tuple[str, ...]
) -> None:
    monkeypatch.setattr("journal.book.RETRY_EVERY", 0.001)
    journal = await opened(tmp_path)
    journal.register_cursor("s", "oldest")
    state = journal._opened.state
    faulty = Faulty(state._database, *statements)
    state._database = faulty  # type: ignore[assignment]
    last = await journal.append(0, entry(20))
    await journal.reader("s").advance(last)
    await until(lambda: journal._book.saved_cursors["s"].position == last)
    assert not faulty._failing
    assert not journal._saver.done()
    await journal.close()


async def test_a_fault_of_what_follows_a_save_ends_neither_saving_nor_trimming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journal.book.RETRY_EVERY", 0.001)
    journal = await opened(tmp_path)
    journal.register_cursor("s", "oldest")
    faults: list[Exception] = [OSError(errno.EMFILE, "Too many open files"), ValueError("of our own making")]

    def fails(saved: object) -> None:
        if faults:
            raise faults.pop(0)

    journal._book.on_saved = fails
    await journal.trim()
    await journal.trim()
    assert faults == []
    last = await journal.append(0, entry(20))
    await journal.reader("s").advance(last)
    await until(lambda: journal._book.saved_cursors["s"].position == last)
    await journal.close()
