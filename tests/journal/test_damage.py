"""Log files that were cut, flipped, lost, or written by another version: detected, reported, mended."""

from __future__ import annotations

import asyncio
import os
import shutil
import zlib
from pathlib import Path

import pytest

from journal import frames, segments
from journal.base import Gap, Stored
from journal.codec import encode
from journal.local import LocalJournal
from journal.recovery import recover
from journal.segments import Segments
from journal.state import Checkpoint
from telemetry.errors import Incompatible
from tests.journal.files import SMALL, crashed, files, filled, flip, trimmed
from tests.journal.samples import entry, everything, positions, series


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


async def test_an_entry_larger_than_a_segment_and_than_a_chunk_is_read(tmp_path: Path) -> None:
    journal = await LocalJournal.open(tmp_path, SMALL, tail_bytes=1)
    placed = await asyncio.gather(*(journal.append(0, entry(size)) for size in (10, 200_000, 10)))
    found = await everything(journal)
    assert positions(found) == placed
    assert [len(item.entry.readings) for item in found if isinstance(item, Stored)] == [10, 200_000, 10]  # type: ignore[union-attr]
    await journal.close()
