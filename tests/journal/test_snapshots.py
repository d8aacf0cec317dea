"""Snapshots that are damaged, deleted, or of which the log knows no more: what is left is used, and it is said."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest

from config.settings import JournalSettings
from journal import segments
from journal.base import START, Gap
from journal.entries import Derived
from journal.local import LocalJournal
from journal.snapshots import Snapshots
from tests.journal.files import SMALL, files, flip, saved, snapshots
from tests.journal.samples import everything, owner_of


@pytest.mark.parametrize("gone", ["damaged", "missing"])
async def test_when_the_newest_snapshot_is_gone_the_one_before_is_used(tmp_path: Path, gone: str) -> None:
    placed = await snapshots(tmp_path, 5, trim=True)
    assert len(saved(tmp_path)) == 2
    if gone == "damaged":
        flip(saved(tmp_path)[-1], 24)
    else:
        saved(tmp_path)[-1].unlink()
    again = await LocalJournal.open(tmp_path, SMALL)
    assert again.stats().first > START, "what is before both snapshots was trimmed"
    restored = await (await owner_of(again)).restore()
    assert (restored.cursor, restored.snapshot, restored.snapshot_cursor) == (placed[4], b"3", placed[3])
    (report,) = again.stats().reports
    assert "an older one is used" in report
    found = await everything(again, placed[3])
    assert not any(isinstance(item, Gap) for item in found), "the log from there on was kept"
    await again.close()


@pytest.mark.parametrize("left", [0, 1, 2, 3, 4])
async def test_a_log_cut_short_does_not_bring_back_snapshots_that_are_deleted(tmp_path: Path, left: int) -> None:
    """The commits that it still has name older ones than the state file knows."""
    placed = await snapshots(tmp_path, 5, settings=JournalSettings())
    (log,) = files(tmp_path)
    os.truncate(log, segments.HEADER + placed[left])
    again = await LocalJournal.open(tmp_path, SMALL)
    restored = await (await owner_of(again)).restore()
    assert (restored.cursor, restored.snapshot, restored.snapshot_cursor) == (placed[4], b"4", placed[4])
    (report,) = again.stats().reports
    assert "they are lost" in report
    await again.close()


@pytest.mark.parametrize("what", ["snapshots", "journal"])
async def test_a_bad_sector_in_a_snapshot_or_a_head_is_damage_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Not a disk that can't be used, which would be asked again for ever."""
    placed = await snapshots(tmp_path, 5, trim=True)
    bad = saved(tmp_path)[-1] if what == "snapshots" else files(tmp_path)[-1]
    opens = Path.open

    class Unreadable(io.FileIO):
        def readall(self) -> bytes:
            raise OSError(errno.EIO, "bad sector")

        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.EIO, "bad sector")

    def opened(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        return Unreadable(path, "r") if path == bad and "+" not in mode else opens(path, mode, *more, **named)

    monkeypatch.setattr(Path, "open", opened)
    again = await LocalJournal.open(tmp_path, SMALL)
    restored = await (await owner_of(again)).restore()
    assert restored.snapshot == (b"3" if what == "snapshots" else b"4")
    assert restored.cursor == placed[4]
    (report,) = again.stats().reports
    assert ("an older one is used" if what == "snapshots" else "the header is damaged") in report
    await again.close()


async def test_after_a_fallback_the_next_snapshot_does_not_lean_on_the_damaged_one(tmp_path: Path) -> None:
    placed = await snapshots(tmp_path, 2)
    flip(saved(tmp_path)[-1], 24)
    journal = await LocalJournal.open(tmp_path, SMALL)
    owner = await owner_of(journal)
    assert (await owner.restore()).snapshot == b"0"
    await owner.commit(Derived(placed[1]), placed[1], await owner.save_snapshot([b"new"], placed[1]))
    await journal.close()
    flip(saved(tmp_path)[-1], 24)
    again = await LocalJournal.open(tmp_path, SMALL)
    assert (await (await owner_of(again)).restore()).snapshot == b"0"
    await again.close()


@pytest.mark.parametrize("trim", [False, True])
async def test_without_a_whole_snapshot_all_there_is_is_replayed_and_it_is_said(tmp_path: Path, trim: bool) -> None:
    placed = await snapshots(tmp_path, 5, trim=trim)
    for path in saved(tmp_path):
        flip(path, 24)
    again = await LocalJournal.open(tmp_path, SMALL)
    restored = await (await owner_of(again)).restore()
    assert (restored.cursor, restored.snapshot, restored.snapshot_cursor) == (placed[4], None, START)
    words = again.stats().reports[-1]
    assert "no snapshot of the processors' state is whole" in words
    assert ("trimmed" in words) == trim
    await again.close()


def test_what_a_kill_left_of_a_snapshot_is_deleted_and_never_one(tmp_path: Path) -> None:
    first = Snapshots(tmp_path)
    name = first.save([b"whole"], None)
    (tmp_path / "0000000009.part").write_bytes(b"half")
    again = Snapshots(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert again.load(name) == b"whole"
    taken = []
    pieces = iter([b"one, ", b"two"])
    second = again.save(pieces, 7, lambda: taken.append(next(pieces, None)))
    assert (taken, again.load(second)) == ([None], b"one, two")
