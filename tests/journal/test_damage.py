"""Files that were cut, flipped, lost, or written by another version: detected, reported, mended."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import shutil
import sqlite3
import zlib
from pathlib import Path
from typing import Any

import pytest

from config.settings import JournalSettings
from journal import frames, segments
from journal.base import START, Gap, Position, Stored
from journal.codec import encode
from journal.entries import Derived
from journal.local import LocalJournal
from journal.recovery import recover
from journal.segments import Segments
from journal.snapshots import Snapshots
from journal.state import Checkpoint
from telemetry.errors import Incompatible
from tests.journal.samples import entry, everything, owner_of, positions, series

SMALL = JournalSettings(segment_bytes=4096)


async def filled(state: Path, count: int = 5, size: int = 20) -> list[int]:
    """A closed journal of `count` entries of `size` readings; their positions."""
    journal = await LocalJournal.open(state, SMALL)
    placed = [await journal.append(0, entry(size, seed, [series(seed)])) for seed in range(count)]
    await journal.close()
    return [int(place) for place in placed]


def files(state: Path) -> list[Path]:
    return sorted((state / "journal").glob("*.log"))


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x40
    path.write_bytes(data)


def crashed(state: Path) -> None:
    """As if the state file had not been saved since the journal was new."""
    for path in state.glob("journal.sqlite*"):
        path.unlink()


@pytest.mark.parametrize("missing", [1, 300, 800])
async def test_a_torn_tail_is_cut_off_and_reported(tmp_path: Path, missing: int) -> None:
    placed = await filled(tmp_path, 3)
    crashed(tmp_path)
    whole = files(tmp_path)[0].read_bytes()
    files(tmp_path)[0].write_bytes(whole[:-missing])
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert positions(await everything(journal)) == placed[:2]
    assert "cut off" in journal.stats().reports[0]
    more = await journal.append(0, entry())
    assert more > placed[2] - missing, "no position is used twice"
    await journal.close()
    again = await LocalJournal.open(tmp_path, SMALL)
    found = await everything(again)
    assert positions(found) == [*placed[:2], more]
    assert not any(isinstance(item, Gap) for item in found), "nothing acknowledged was lost"
    assert again.stats().reports == ()
    await again.close()


async def test_cut_at_any_byte_the_log_ends_with_its_last_whole_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = await filled(tmp_path, 3, size=2)
    monkeypatch.setattr(os, "fsync", lambda fd: None)
    whole = files(tmp_path)[0].read_bytes()
    for size in range(segments.HEADER + placed[1], len(whole)):
        folder = tmp_path / "cut"
        folder.mkdir()
        (folder / files(tmp_path)[0].name).write_bytes(whole[:size])
        found = recover(Segments(folder), Checkpoint(), 0)
        os.close(found.fd)
        log = Segments(folder)
        log.load()
        assert log.all[0].end == placed[1]
        assert found.declared == (series(0), series(1))
        assert found.checkpoint.position == size - segments.HEADER
        shutil.rmtree(folder)


def test_a_frame_cut_or_flipped_at_any_byte_is_no_frame() -> None:
    encoded = encode(entry(2))
    position = frames.size_of(encoded)
    whole = frames.header(encoded, zlib.crc32(encoded.payload), position) + encoded.payload
    assert [frame.position for frame in frames.frames(whole, 0, 100)] == [position]
    assert list(frames.frames(whole, 8, 100)) == [], "an entry of another place is not taken for this one"
    for place in range(len(whole)):
        assert list(frames.frames(whole[:place], 0, 100)) == []
        broken = bytearray(whole)
        broken[place] ^= 1
        assert list(frames.frames(bytes(broken), 0, 100)) == []


async def test_zeros_after_the_last_entry_are_cut_off(tmp_path: Path) -> None:
    placed = await filled(tmp_path)
    crashed(tmp_path)
    with files(tmp_path)[-1].open("ab") as file:
        file.write(bytes(500))
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert positions(await everything(journal)) == placed
    assert "500 bytes" in journal.stats().reports[0]
    await journal.close()


@pytest.mark.parametrize("known", ["saved", "not saved"])
async def test_damage_in_the_middle_is_a_gap_and_the_rest_is_read(tmp_path: Path, known: str) -> None:
    placed = await filled(tmp_path, 12)
    if known == "not saved":
        crashed(tmp_path)
    flip(files(tmp_path)[0], segments.HEADER + placed[1] + 60)
    journal = await LocalJournal.open(tmp_path, SMALL)
    found = await everything(journal)
    assert positions(found) == placed[:2] + placed[3:]
    gaps = [item for item in found if isinstance(item, Gap)]
    assert [(gap.after, gap.upto) for gap in gaps] == [(placed[1], placed[2])]
    assert "damaged" in gaps[0].reason
    assert any("gap" in report for report in journal.stats().reports)
    await journal.close()


async def test_a_damaged_length_hides_one_entry_only(tmp_path: Path) -> None:
    placed = await filled(tmp_path, 12)
    flip(files(tmp_path)[0], segments.HEADER + placed[1] + 9)
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert positions(await everything(journal)) == placed[:2] + placed[3:]
    await journal.close()


async def test_entries_that_were_known_and_are_gone_are_a_gap(tmp_path: Path) -> None:
    placed = await filled(tmp_path, 3)
    path = files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[: segments.HEADER + placed[1]])
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert "lost" in journal.stats().reports[0]
    more = await journal.append(0, entry())
    assert more > placed[2]
    first, second, gap, last = await everything(journal)
    assert isinstance(gap, Gap)
    assert (gap.after, gap.upto) == (placed[1], placed[2])
    assert positions([first, second, last]) == [*placed[:2], more]
    await journal.close()


async def test_a_missing_segment_is_a_gap(tmp_path: Path) -> None:
    placed = await filled(tmp_path, 20)
    base = int(files(tmp_path)[1].stem)
    upto = int(files(tmp_path)[2].stem)
    files(tmp_path)[1].unlink()
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert "too early" in journal.stats().reports[0]
    found = await everything(journal)
    assert [(item.after, item.upto) for item in found if isinstance(item, Gap)] == [(base, upto)]
    assert positions(found) == [place for place in placed if not base < place <= upto]
    await journal.close()


async def test_the_first_segment_missing_is_told_from_trimming(tmp_path: Path) -> None:
    await filled(tmp_path, 20)
    files(tmp_path)[0].unlink()
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert "missing" in journal.stats().reports[0]
    assert isinstance((await everything(journal))[0], Gap)
    await journal.close()


async def test_all_segments_missing_is_reported(tmp_path: Path) -> None:
    placed = await filled(tmp_path)
    for path in files(tmp_path):
        path.unlink()
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert "missing" in journal.stats().reports[0]
    assert list(journal.dictionary()) == [series(number) for number in range(5)]
    assert await journal.append(0, entry()) > placed[-1]
    await journal.close()


async def test_a_damaged_header_does_not_hide_the_entries(tmp_path: Path) -> None:
    placed = await filled(tmp_path, 20)
    flip(files(tmp_path)[1], 20)
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert "header" in journal.stats().reports[0]
    assert positions(await everything(journal)) == placed
    await journal.close()


async def test_a_segment_whose_making_was_cut_short_is_no_loss(tmp_path: Path) -> None:
    placed = await filled(tmp_path)
    (tmp_path / "journal" / f"{placed[-1]:020d}.log").write_bytes(b"nadi-log")
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert journal.stats().reports == ()
    assert positions(await everything(journal)) == placed
    await journal.close()


async def test_another_format_version_is_named(tmp_path: Path) -> None:
    await filled(tmp_path)
    path = files(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[8] = 9
    path.write_bytes(data)
    with pytest.raises(Incompatible, match=r"\.log: format version 9, but this nadi reads version 1"):
        await LocalJournal.open(tmp_path, SMALL)


async def test_another_version_of_the_state_file_is_named(tmp_path: Path) -> None:
    await filled(tmp_path)
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(Incompatible, match="sqlite: format version 9"):
        await LocalJournal.open(tmp_path, SMALL)


async def test_a_state_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    placed = await snapshots(tmp_path, 1)
    journal = await LocalJournal.open(tmp_path, SMALL)
    journal.register_cursor("sink", "oldest")
    await journal.reader("sink").advance(placed[0], {"delivered": 7})
    await journal.close()
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    database.executescript(
        "ALTER TABLE cursors DROP COLUMN totals; ALTER TABLE checkpoint DROP COLUMN previous;"
        "ALTER TABLE checkpoint DROP COLUMN previous_cursor; PRAGMA user_version = 1;"
    )
    database.close()
    again = await LocalJournal.open(tmp_path, SMALL)
    reader = again.reader("sink")
    assert (reader.cursor, dict(reader.totals)) == (placed[0], {})
    assert (await (await owner_of(again)).restore()).snapshot == b"0"
    assert again.stats().reports == ()
    await again.close()


async def test_a_damaged_state_file_is_named(tmp_path: Path) -> None:
    await filled(tmp_path)
    (tmp_path / "journal.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Incompatible, match=r"journal\.sqlite: damaged"):
        await LocalJournal.open(tmp_path, SMALL)


async def test_a_missing_state_file_is_made_again_from_an_untrimmed_log(tmp_path: Path) -> None:
    placed = await filled(tmp_path, 20)
    crashed(tmp_path)
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert list(journal.dictionary()) == [series(number) for number in range(20)]
    assert journal.stats().newest_arrival
    journal.register_cursor("sink", "oldest")
    assert positions(await everything(journal)) == placed
    await journal.close()


async def trimmed(folder: Path) -> None:
    journal = await LocalJournal.open(folder, SMALL)
    owner = await owner_of(journal)
    place = [await journal.append(0, entry(20, seed, [series(seed)])) for seed in range(20)][-1]
    for state in (b"state", b"again"):
        await owner.commit(Derived(place), place, await owner.save_snapshot([state]))
    await journal.trim()
    assert journal.stats().first > START
    await journal.close()


async def test_a_missing_state_file_of_a_trimmed_log_is_refused(tmp_path: Path) -> None:
    """The names of series whose declarations were trimmed would be lost without a word."""
    await trimmed(tmp_path)
    crashed(tmp_path)
    with pytest.raises(Incompatible, match=r"journal\.sqlite"):
        await LocalJournal.open(tmp_path, SMALL)


async def test_what_a_killed_trimming_left_is_deleted(tmp_path: Path) -> None:
    await filled(tmp_path, 12)
    copies = {path: path.read_bytes() for path in files(tmp_path)[:2]}
    await trimmed(tmp_path)
    for path, data in copies.items():
        path.write_bytes(data)
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert not any(path.exists() for path in copies)
    assert journal.stats().reports == ()
    await journal.close()


async def test_a_segment_that_vanishes_while_we_run_is_a_gap(tmp_path: Path) -> None:
    journal = await LocalJournal.open(tmp_path, SMALL, tail_bytes=1)
    placed = [await journal.append(0, entry(20, seed)) for seed in range(12)]
    files(tmp_path)[1].unlink()
    found = await everything(journal)
    assert [type(item) for item in found].count(Gap) == 1
    assert positions(found)[-1] == placed[-1]
    assert "missing" in journal.stats().reports[0]
    await journal.close()


async def test_a_damaged_floor_is_reported(tmp_path: Path) -> None:
    await trimmed(tmp_path)
    flip(tmp_path / "journal" / "floor", 14)
    journal = await LocalJournal.open(tmp_path, SMALL)
    assert "floor" in journal.stats().reports[0]
    await journal.close()


async def snapshots(
    folder: Path, number: int, *, trim: bool = False, settings: JournalSettings = SMALL
) -> list[Position]:
    """So many snapshots, each after an entry of its own; their places."""
    journal = await LocalJournal.open(folder, settings)
    owner = await owner_of(journal)
    placed = []
    for each in range(number):
        placed.append(await journal.append(0, entry(100, each)))
        await owner.commit(Derived(placed[-1]), placed[-1], await owner.save_snapshot([b"%d" % each]))
    if trim:
        await journal.trim()
    await journal.close()
    return placed


def saved(folder: Path) -> list[Path]:
    return sorted((folder / "journal" / "snapshots").iterdir())


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


async def test_an_entry_larger_than_a_segment_and_than_a_chunk_is_read(tmp_path: Path) -> None:
    journal = await LocalJournal.open(tmp_path, SMALL, tail_bytes=1)
    placed = await asyncio.gather(*(journal.append(0, entry(size)) for size in (10, 200_000, 10)))
    found = await everything(journal)
    assert positions(found) == placed
    assert [len(item.entry.readings) for item in found if isinstance(item, Stored)] == [10, 200_000, 10]  # type: ignore[union-attr]
    await journal.close()


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
