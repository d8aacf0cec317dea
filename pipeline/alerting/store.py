"""What each channel of alerts has been told and has still to be told, in one SQLite file."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from pipeline.alerting.queue import Waiting, superseded
from sinks.alerts.desk import Followed
from sinks.alerts.notice import OVER, Notice
from telemetry.errors import NadiError
from telemetry.sqlite import opened, transaction

log = logging.getLogger("nadi.alerts")

WAITING: Final = 1_000
"""Notices of one channel that may wait; beyond, the oldest are given up and counted."""
SHOWN_UNTIL_ENDED: Final = "mqtt"
"""The means whose messages stay when their channel goes."""
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
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
CREATE TABLE IF NOT EXISTS means (channel TEXT PRIMARY KEY, type TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ghosts (city TEXT, incident TEXT, PRIMARY KEY (city, incident)) WITHOUT ROWID;
"""
_decode_followed = msgspec.msgpack.Decoder(Followed).decode
_decode_notice = msgspec.msgpack.Decoder(Notice).decode
_encode = msgspec.msgpack.encode


class AlertStore:
    """Its methods block and may be called in any thread. Raises NadiError when the file can't be used.

    A damaged file is set aside as `{name}.damaged` and a new one begun, for what nadi takes in must not end or wait
    for it: what waited is lost then. Where that happens at the start what goes on is told as opened when it changes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._damage: sqlite3.Error | None = None
        self.begun = 0
        """Grows when a new file is begun: what was kept must be kept again."""
        self.totals: dict[str, dict[str, int]] = {}
        """By channel: told, refused, superseded, given up, forgotten, waiting. Kept here: who asks must not wait for a
        disk."""
        try:
            try:
                self._open()
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._begin_anew(error)
        except (sqlite3.Error, OSError) as error:
            raise NadiError(f"{path}: the alerts' memory can't be opened: {error}; move the file away") from error

    def _open(self) -> None:
        self._database = opened(self.path, _SCHEMA)
        try:
            self.totals = self._totals()
        except sqlite3.Error:
            self._database.close()
            raise

    def _begin_anew(self, error: sqlite3.Error) -> None:
        aside = self.path.with_name(f"{self.path.name}.damaged")
        about = {"why": str(error), "kept": str(aside)}
        log.error("the alerts' memory is damaged and begins anew: what waited to be told is lost", extra=about)
        if self.path.exists():  # else an earlier attempt came so far
            self.path.replace(aside)
        for beside in ("-wal", "-shm"):
            self.path.with_name(self.path.name + beside).unlink(missing_ok=True)
        self._open()
        self.begun += 1

    def place(self, channel: str) -> int:
        """How far into the log `channel` has been followed; -1 if never."""
        with self._reading():
            row = self._database.execute("SELECT position FROM places WHERE channel = ?", (channel,)).fetchone()
        return int(row[0]) if row else -1

    def followed(self, channel: str) -> list[Followed]:
        with self._reading():
            return self._followed(channel)

    def _followed(self, channel: str) -> list[Followed]:
        found = list[Followed]()
        for (seen,) in self._database.execute("SELECT seen FROM followed WHERE channel = ?", (channel,)).fetchall():
            try:
                found.append(_decode_followed(seen))
            except msgspec.DecodeError as error:
                log.error("an incident can't be read back", extra={"channel": channel, "why": str(error)})
        return sorted(found, key=lambda each: (each.opened, each.incident))

    def take(
        self,
        channel: str,
        position: int,
        changed: Iterable[Followed],
        gone: Collection[str],
        notices: Iterable[Notice],
        forgotten: Collection[str] = (),
    ) -> None:
        """All that one step of a desk has done: durable as a whole or not at all. What waits of an incident makes
        room for what says the same again, or more. forgotten: those of `gone` that are not over; they are counted."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (channel, position))
            database.executemany(
                "DELETE FROM followed WHERE channel = ? AND incident = ?", [(channel, each) for each in gone]
            )
            database.executemany(
                "INSERT OR REPLACE INTO followed VALUES (?, ?, ?)",
                [(channel, each.incident, _encode(each)) for each in changed],
            )
            if forgotten:
                _count(database, channel, "forgotten", len(forgotten))
            self._put(database, channel, list(notices))
            self._give_up(database, channel)

    def _put(self, database: sqlite3.Connection, channel: str, notices: Collection[Notice]) -> None:
        if not notices:
            return
        last = {notice.incident: (number, notice) for number, notice in self._waiting(channel)}
        for each in notices:
            before = last.get(each.incident)
            if before is not None and superseded(before[1], each):
                database.execute("DELETE FROM waiting WHERE number = ?", (before[0],))
                _count(database, channel, "superseded", 1)
            row = (channel, each.id, _encode(each))
            put = database.execute("INSERT OR IGNORE INTO waiting (channel, id, notice) VALUES (?, ?, ?)", row)
            if put.rowcount and put.lastrowid is not None:
                last[each.incident] = put.lastrowid, each

    def _give_up(self, database: sqlite3.Connection, channel: str) -> None:
        """What is beyond WAITING, the oldest first."""
        counted = database.execute("SELECT count(*) FROM waiting WHERE channel = ?", (channel,)).fetchone()[0]
        if counted <= WAITING:
            return
        lost = self._waiting(channel)[:-WAITING]
        incidents = list(dict.fromkeys(notice.incident for _, notice in lost))
        log.error("too many alerts wait; the oldest are given up", extra={"channel": channel, "incidents": incidents})
        database.executemany("DELETE FROM waiting WHERE number = ?", [(number,) for number, _ in lost])
        _count(database, channel, "given up", len(lost))

    def waiting(self, channel: str) -> Waiting:
        """All that waits, the oldest first, with their numbers."""
        with self._reading():
            return self._waiting(channel)

    def _waiting(self, channel: str) -> Waiting:
        found = list[tuple[int, Notice]]()
        query = "SELECT number, notice FROM waiting WHERE channel = ? ORDER BY number"
        for number, notice in self._database.execute(query, (channel,)).fetchall():
            try:
                found.append((int(number), _decode_notice(notice)))
            except msgspec.DecodeError as error:
                log.error("an alert can't be read back, and is given up", extra={"channel": channel, "why": str(error)})
                self._database.execute("DELETE FROM waiting WHERE number = ?", (number,))
                _count(self._database, channel, "given up", 1)
        return found

    def done(self, channel: str, numbers: Collection[int], outcome: str) -> None:
        """They have been sent, or never will be. Counted also where a newer notice has made them superfluous since."""
        with self._transaction() as database:
            database.executemany("DELETE FROM waiting WHERE number = ?", [(number,) for number in numbers])
            _count(database, channel, outcome, len(numbers))

    def _totals(self) -> dict[str, dict[str, int]]:
        counted = self._database.execute("SELECT channel, outcome, number FROM totals").fetchall()
        waiting = self._database.execute("SELECT channel, 'waiting', count(*) FROM waiting GROUP BY channel").fetchall()
        totals: dict[str, dict[str, int]] = {}
        for channel, outcome, number in (*counted, *waiting):
            totals.setdefault(channel, {})[outcome] = number
        return totals

    def keep_only(self, channels: Mapping[str, str]) -> None:
        """Forget the channels that are no longer configured. channels: their means, by name."""
        with self._transaction() as database:
            known = {name for (name,) in database.execute("SELECT channel FROM places").fetchall()}
            means = dict(database.execute("SELECT channel, type FROM means").fetchall())
            for name in known | set(means):
                if means.get(name) == SHOWN_UNTIL_ENDED != channels.get(name):
                    self._haunt(database, name)
                if name not in channels:
                    for table in ("places", "followed", "waiting", "totals", "means"):
                        database.execute(f"DELETE FROM {table} WHERE channel = ?", (name,))  # noqa: S608
            database.executemany("INSERT OR REPLACE INTO means VALUES (?, ?)", channels.items())

    def _haunt(self, database: sqlite3.Connection, channel: str) -> None:
        """What it shows, or may: also the end that still waits to be told."""
        followed = (each for each in self._followed(channel) if each.told is not None and each.told not in OVER)
        shown = {(each.city, each.incident) for each in followed}
        shown |= {(notice.city, notice.incident) for _, notice in self._waiting(channel)}
        database.executemany("INSERT OR IGNORE INTO ghosts VALUES (?, ?)", shown)

    def ghosts(self) -> list[tuple[str, str]]:
        """City and incident of what channels that are gone have left on show."""
        with self._reading():
            return self._database.execute("SELECT city, incident FROM ghosts").fetchall()

    def lay(self, ghosts: Collection[tuple[str, str]]) -> None:
        """They are on show no more."""
        with self._transaction() as database:
            database.executemany("DELETE FROM ghosts WHERE city = ? AND incident = ?", ghosts)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _replace(self, error: sqlite3.Error) -> None:
        self._damage = error
        try:
            self._database.close()
            self._begin_anew(error)
            self._damage = None
        except (sqlite3.Error, OSError) as further:
            raise NadiError(f"{self.path}: {error}; and it can't be begun anew: {further}") from further

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reading():
            with transaction(self._database):
                yield self._database
            self.totals = self._totals()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            if self._damage is not None:
                self._replace(self._damage)
            try:
                yield
            except sqlite3.Error as error:
                if _is_damage(error):
                    self._replace(error)
                raise NadiError(f"{self.path}: {error}") from error


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _count(database: sqlite3.Connection, channel: str, outcome: str, number: int) -> None:
    if number > 0:
        database.execute(
            "INSERT INTO totals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number",
            (channel, outcome, number),
        )
