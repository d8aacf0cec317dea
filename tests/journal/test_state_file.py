"""The state file beside the log: of another version, damaged, missing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from journal.local import LocalJournal
from telemetry.errors import Incompatible
from tests.journal.files import SMALL, crashed, filled, snapshots, trimmed
from tests.journal.samples import everything, owner_of, positions, series


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


async def test_a_missing_state_file_of_a_trimmed_log_is_refused(tmp_path: Path) -> None:
    """The names of series whose declarations were trimmed would be lost without a word."""
    await trimmed(tmp_path)
    crashed(tmp_path)
    with pytest.raises(Incompatible, match=r"journal\.sqlite"):
        await LocalJournal.open(tmp_path, SMALL)
