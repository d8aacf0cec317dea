"""Dead letters: refused messages kept raw, with the reason, bounded in bytes and in age.

One SQLite file beside the journal. What is refused stands in the log first (with the readings of
the same commit), so nothing that was acknowledged is missing here after a crash; a letter that
is stored again on replay of the log has the same key and replaces itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from journal.entries import Refusal
from telemetry.errors import NadiError

MAX_AGE_MS: Final = 30 * 86_400_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS letters (
    position INTEGER NOT NULL, number INTEGER NOT NULL, arrival INTEGER NOT NULL,
    topic TEXT NOT NULL, payload BLOB NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
    size INTEGER NOT NULL, PRIMARY KEY (position, number)
) WITHOUT ROWID;
"""
_OVERHEAD: Final = 64
"""Bytes of a row beside its texts, about."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A refused message. id: where it stood in the log, stable. arrival: ms."""

    id: str
    arrival: int
    topic: str
    payload: bytes
    reason: str
    detail: str


class DeadLetters:
    """The store. Used from one thread at a time; raises NadiError when the file can't be used."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        try:
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_SCHEMA)
            row = self._database.execute("SELECT count(*), coalesce(sum(size), 0) FROM letters").fetchone()
        except sqlite3.Error as error:
            raise NadiError(f"{path}: the dead letters can't be opened: {error}; move the file away") from error
        self.count, self.bytes = int(row[0]), int(row[1])
        path.chmod(0o600)

    def put(self, refused: Iterable[tuple[int, int, Refusal]], now: int) -> None:
        """Keep (position, number, refusal) rows; the oldest make room. now: ms."""
        rows = []
        for position, number, one in refused:
            size = _OVERHEAD + len(one.topic) + len(one.payload) + len(one.detail)
            rows.append((position, number, one.arrival, one.topic, one.payload, one.reason, one.detail, size))
        with self._database:
            self._database.execute("BEGIN")
            before = self._database.total_changes
            self._database.executemany("INSERT OR IGNORE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            if self._database.total_changes - before:
                self._recount()
            self._database.execute("DELETE FROM letters WHERE arrival < ?", (now - MAX_AGE_MS,))
            while self.bytes > self.max_bytes and self._drop_oldest():
                self._recount()

    def _drop_oldest(self) -> bool:
        share = max(1, self.count // 10)
        gone = self._database.execute(
            "DELETE FROM letters WHERE (position, number) IN "
            "(SELECT position, number FROM letters ORDER BY position, number LIMIT ?)",
            (share,),
        )
        return gone.rowcount > 0

    def _recount(self) -> None:
        row = self._database.execute("SELECT count(*), coalesce(sum(size), 0) FROM letters").fetchone()
        self.count, self.bytes = int(row[0]), int(row[1])

    def letters(self, reason: str | None = None, limit: int = 100, newest_first: bool = True) -> Iterator[Letter]:
        """Letters, of one `reason` or all."""
        order = "DESC" if newest_first else "ASC"
        where, arguments = ("WHERE reason = ?", [reason]) if reason else ("", [])
        rows = self._database.execute(
            f"SELECT position, number, arrival, topic, payload, reason, detail FROM letters {where} "  # noqa: S608
            f"ORDER BY position {order}, number {order} LIMIT ?",
            [*arguments, limit],
        )
        for position, number, *rest in rows:
            yield Letter(f"{position}-{number}", *rest)

    def remove(self, identifiers: Iterable[str]) -> None:
        """Forget letters, after a replay that stored them."""
        with self._database:
            self._database.executemany(
                "DELETE FROM letters WHERE position = ? AND number = ?",
                [tuple(map(int, identifier.split("-"))) for identifier in identifiers],
            )
            self._recount()

    def close(self) -> None:
        self._database.close()
