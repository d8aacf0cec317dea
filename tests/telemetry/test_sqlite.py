"""Small SQLite files: theirs alone, and changed as a whole or not at all."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from telemetry.sqlite import opened, transaction

SCHEMA = "CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY);"


def names(database: sqlite3.Connection) -> list[str]:
    return [name for (name,) in database.execute("SELECT name FROM names ORDER BY name")]


def test_only_the_owner_reads_it_and_what_sqlite_lays_beside_it(tmp_path: Path) -> None:
    database = opened(tmp_path / "a.sqlite", SCHEMA)
    database.execute("INSERT INTO names VALUES ('a')")
    files = list(tmp_path.iterdir())
    assert len(files) > 1
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    database.close()


def test_a_transaction_is_there_for_the_next_who_opens(tmp_path: Path) -> None:
    database = opened(tmp_path / "a.sqlite", SCHEMA)
    with transaction(database):
        database.execute("INSERT INTO names VALUES ('a')")
    database.close()
    assert names(opened(tmp_path / "a.sqlite", SCHEMA)) == ["a"]


@pytest.mark.parametrize("half", [(1,), (1, 1)])
def test_half_a_transaction_is_none(tmp_path: Path, half: tuple[int, ...]) -> None:
    def change() -> None:
        with transaction(database):
            for name in half:
                database.execute("INSERT INTO names VALUES (?)", (name,))
            raise ValueError

    database = opened(tmp_path / "a.sqlite", SCHEMA)
    with pytest.raises(ValueError if len(half) == 1 else sqlite3.IntegrityError):
        change()
    assert not names(database)
    with transaction(database):
        database.execute("INSERT INTO names VALUES ('b')")
    assert names(database) == ["b"]


def test_what_is_no_database_is_closed_again(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_text("no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        opened(tmp_path / "a.sqlite", SCHEMA)
