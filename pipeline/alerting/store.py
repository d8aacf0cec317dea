"""What each channel of alerts has been told and has still to be told, in one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from sinks.alerts.desk import Followed
from sinks.alerts.notice import Notice
from telemetry.errors import NadiError
from telemetry.sqlite import opened, transaction

WAITING: Final = 1_000
"""Notices of one channel that may wait; beyond, the oldest are given up and counted."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS places (channel TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS followed (
    channel TEXT, incident TEXT, seen BLOB NOT NULL, PRIMARY KEY (channel, incident)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, id TEXT NOT NULL, notice BLOB NOT NULL,
    UNIQUE (channel, id)
);
CREATE TABLE IF NOT EXISTS totals (
    channel TEXT, outcome TEXT, number INTEGER NOT NULL, PRIMARY KEY (channel, outcome)
) WITHOUT ROWID;
"""
_decode_followed = msgspec.msgpack.Decoder(Followed).decode
_decode_notice = msgspec.msgpack.Decoder(Notice).decode
_encode = msgspec.msgpack.encode


class AlertStore:
    """Its methods block and may be called in any thread. Raises NadiError when the file can't be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._database = opened(path, _SCHEMA)
            self.totals = self._totals()
            """By channel: told, refused, given up, waiting. Kept here: who asks must not wait for the disk."""
        except (sqlite3.Error, OSError) as error:
            raise NadiError(f"{path}: the alerts' memory can't be opened: {error}; move the file away") from error

    def place(self, channel: str) -> int:
        """How far into the log `channel` has been followed; -1 if never."""
        with self._reading():
            row = self._database.execute("SELECT position FROM places WHERE channel = ?", (channel,)).fetchone()
        return int(row[0]) if row else -1

    def followed(self, channel: str) -> list[Followed]:
        with self._reading():
            rows = self._database.execute("SELECT seen FROM followed WHERE channel = ?", (channel,)).fetchall()
        return sorted((_decode_followed(seen) for (seen,) in rows), key=lambda each: (each.opened, each.incident))

    def take(
        self,
        channel: str,
        position: int,
        changed: Iterable[Followed],
        gone: Collection[str],
        notices: Iterable[Notice],
    ) -> None:
        """All that one step of a desk has done: durable as a whole or not at all."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (channel, position))
            database.executemany(
                "DELETE FROM followed WHERE channel = ? AND incident = ?", [(channel, each) for each in gone]
            )
            database.executemany(
                "INSERT OR REPLACE INTO followed VALUES (?, ?, ?)",
                [(channel, each.incident, _encode(each)) for each in changed],
            )
            database.executemany(
                "INSERT OR IGNORE INTO waiting (channel, id, notice) VALUES (?, ?, ?)",
                [(channel, each.id, _encode(each)) for each in notices],
            )
            given_up = database.execute(
                "DELETE FROM waiting WHERE channel = ? AND number NOT IN "
                "(SELECT number FROM waiting WHERE channel = ? ORDER BY number DESC LIMIT ?)",
                (channel, channel, WAITING),
            ).rowcount
            _count(database, channel, "given up", given_up)

    def next(self, channel: str) -> tuple[int, Notice] | None:
        """The oldest that waits, with its number."""
        with self._reading():
            row = self._database.execute(
                "SELECT number, notice FROM waiting WHERE channel = ? ORDER BY number LIMIT 1", (channel,)
            ).fetchone()
        return (int(row[0]), _decode_notice(row[1])) if row else None

    def done(self, channel: str, number: int, outcome: str) -> None:
        """It has been sent, or will never be taken."""
        with self._transaction() as database:
            if database.execute("DELETE FROM waiting WHERE number = ?", (number,)).rowcount:
                _count(database, channel, outcome, 1)

    def _totals(self) -> dict[str, dict[str, int]]:
        counted = self._database.execute("SELECT channel, outcome, number FROM totals").fetchall()
        waiting = self._database.execute("SELECT channel, 'waiting', count(*) FROM waiting GROUP BY channel").fetchall()
        totals: dict[str, dict[str, int]] = {}
        for channel, outcome, number in (*counted, *waiting):
            totals.setdefault(channel, {})[outcome] = number
        return totals

    def keep_only(self, channels: Collection[str]) -> None:
        """Forget the channels that are no longer configured."""
        with self._transaction() as database:
            known = {name for (name,) in database.execute("SELECT channel FROM places").fetchall()}
            for name in known - set(channels):
                for table in ("places", "followed", "waiting", "totals"):
                    database.execute(f"DELETE FROM {table} WHERE channel = ?", (name,))  # noqa: S608

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reading():
            with transaction(self._database):
                yield self._database
            self.totals = self._totals()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise NadiError(f"{self.path}: {error}") from error


def _count(database: sqlite3.Connection, channel: str, outcome: str, number: int) -> None:
    if number > 0:
        database.execute(
            "INSERT INTO totals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number",
            (channel, outcome, number),
        )
