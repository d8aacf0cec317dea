"""The small durable state beside the log, in one SQLite file: cursors, names, a checkpoint.

The checkpoint says what is known of the log up to a position, so that opening scans only what
came after it, and so that nothing that trimming deletes is lost. It is written lazily: what it
lacks is found again in the log.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from telemetry.errors import Full, Incompatible, Unavailable
from telemetry.series import Declaration

log = logging.getLogger("nadi.journal")

VERSION: Final = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS cursors (
    name TEXT PRIMARY KEY, position INTEGER NOT NULL, totals TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS names (position INTEGER PRIMARY KEY, declarations BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    covers INTEGER NOT NULL,
    newest_arrival INTEGER NOT NULL,
    snapshot TEXT,
    snapshot_cursor INTEGER NOT NULL,
    previous TEXT,
    previous_cursor INTEGER NOT NULL DEFAULT 0
);
"""
_MIGRATIONS: Final = {
    1: """
ALTER TABLE cursors ADD COLUMN totals TEXT NOT NULL DEFAULT '{}';
ALTER TABLE checkpoint ADD COLUMN previous TEXT;
ALTER TABLE checkpoint ADD COLUMN previous_cursor INTEGER NOT NULL DEFAULT 0;
""",
}
"""From each older version to the next."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log says up to `position`."""

    position: int = 0
    readings: int = 0
    """Readings in the log since its beginning."""
    covers: int = 0
    """The greatest `covers` of a derived entry."""
    newest_arrival: int = 0
    snapshot: str | None = None
    snapshot_cursor: int = 0
    previous: str | None = None
    """The snapshot that was committed before, in case the newest is damaged."""
    previous_cursor: int = 0

    def committing(self, snapshot: str, cursor: int) -> Checkpoint:
        """With `snapshot` as the newest."""
        return replace(
            self,
            snapshot=snapshot,
            snapshot_cursor=cursor,
            previous=self.snapshot,
            previous_cursor=self.snapshot_cursor,
        )


class Cursor(NamedTuple):
    """totals: what its reader counted up to `position`."""

    position: int
    totals: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Saved:
    """What one `save` writes, in one transaction."""

    checkpoint: Checkpoint
    cursors: dict[str, Cursor]
    declared: tuple[Declaration, ...] = field(default=())


_CHECKPOINT: Final = tuple(each.name for each in fields(Checkpoint))


class State:
    """The SQLite file. Used from any thread, one at a time."""

    def __init__(self, path: Path) -> None:
        """Raises Incompatible, Full, Unavailable."""
        self.path = path
        self.named = 0
        """The position of the log up to which all names are saved. Read it in what `save` calls."""
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        try:
            self._open()
        except sqlite3.Error as error:
            self._database.close()
            raise _translated(path, error) from error
        except Incompatible:
            self._database.close()
            raise

    def _open(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, *_MIGRATIONS, VERSION):
            raise Incompatible(
                f"{self.path}: format version {version}, but this nadi reads versions up to {VERSION}: "
                "it was written by a newer nadi. Run that one, or move the whole state_dir away and begin anew"
            )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        if version == 0:
            self._database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        for older in range(max(1, version), VERSION if version else 0):
            self._database.executescript(
                f"BEGIN IMMEDIATE; {_MIGRATIONS[older]} PRAGMA user_version = {older + 1}; COMMIT;"
            )
            log.info("%s: brought from format version %d to %d", self.path, older, older + 1)

    def load(self) -> Saved:
        """The last checkpoint and all cursors. Raises Incompatible, Unavailable."""
        try:
            row = self._database.execute(
                f"SELECT {', '.join(_CHECKPOINT)} FROM checkpoint"  # noqa: S608
            ).fetchone()
            rows = self._database.execute("SELECT name, position, totals FROM cursors").fetchall()
            self.named = self._database.execute("SELECT max(position) FROM names").fetchone()[0] or 0
        except sqlite3.Error as error:
            raise _translated(self.path, error) from error
        cursors = {name: Cursor(position, json.loads(totals)) for name, position, totals in rows}
        return Saved(Checkpoint(*row) if row else Checkpoint(), cursors)

    def save(self, current: Callable[[], Saved]) -> Saved:
        """Write what `current` gives when it is our turn: all or nothing, durable. Cursors that
        are not in it go. Returns what was written. Raises Full, Unavailable."""
        with self._lock:
            saved = current()
            point = saved.checkpoint
            run = self._database.execute
            try:
                self._undo()  # one that could not be undone when it failed
                run("BEGIN IMMEDIATE")
                run("DELETE FROM cursors")
                rows = [(name, at.position, json.dumps(dict(at.totals))) for name, at in saved.cursors.items()]
                self._database.executemany("INSERT INTO cursors VALUES (?, ?, ?)", rows)
                if saved.declared:
                    blob = msgspec.msgpack.encode(saved.declared)
                    run("INSERT OR REPLACE INTO names VALUES (?, ?)", (point.position, blob))
                marks = ", ".join("?" * len(_CHECKPOINT))
                columns = f"id, {', '.join(_CHECKPOINT)}"
                run(f"INSERT OR REPLACE INTO checkpoint ({columns}) VALUES (1, {marks})", astuple(point))  # noqa: S608
                run("COMMIT")
                self.named = max(self.named, point.position)
            except sqlite3.Error as error:
                raise _translated(self.path, error) from error
            finally:
                with suppress(sqlite3.Error):
                    self._undo()
        return saved

    def _undo(self) -> None:
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def declarations(self) -> tuple[list[Declaration], int]:
        """All names saved so far, in the order in which they were declared, and up to which
        position of the log they are complete. Raises Incompatible, Unavailable."""
        with self._lock:
            try:
                rows = self._database.execute("SELECT position, declarations FROM names ORDER BY position").fetchall()
            except sqlite3.Error as error:
                raise _translated(self.path, error) from error
        decode = msgspec.msgpack.Decoder(tuple[Declaration, ...]).decode
        return [each for _, blob in rows for each in decode(blob)], rows[-1][0] if rows else 0

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _translated(path: Path, error: sqlite3.Error) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return Full(f"{path}: no room on the disk")
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return Incompatible(
            f"{path}: damaged ({error}); it holds the sinks' cursors and the names of series. "
            "Restore it from a copy, or move the whole state_dir away and begin anew"
        )
    return Unavailable(f"{path}: {error}")
