"""Dead letters: refused messages kept raw, with the reason, bounded in bytes and in age.

One SQLite file beside the journal. What is refused stands in the log first (with the readings of
the same commit), so nothing that was acknowledged is missing here after a crash; a letter that
is stored again on replay of the log has the same key and replaces itself.
"""

from __future__ import annotations

import base64
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from journal.entries import Refusal
from telemetry.errors import NadiError
from telemetry.sqlite import opened, transaction

MAX_AGE_MS: Final = 30 * 86_400_000
PAGE_BYTES: Final = 8_000_000
"""A page of letters ends with the one that brings it to this size, however many were asked for."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS letters (
    position INTEGER NOT NULL, number INTEGER NOT NULL, arrival INTEGER NOT NULL,
    topic TEXT NOT NULL, payload BLOB NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
    size INTEGER NOT NULL, PRIMARY KEY (position, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS letters_by_size ON letters (size);
"""
"""The index holds what the totals need: without it, opening would read every payload."""
_OLDEST: Final = "SELECT position, number, arrival FROM letters ORDER BY position, number LIMIT ?"
_BITE: Final = 256
"""Letters that are looked at together for their age."""
_OVERHEAD: Final = 64
"""Bytes of a row beside its texts, about."""
_ID = re.compile(r"(\d{1,18})-(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Letter:
    """A refused message. id: where it stood in the log, stable. arrival: ms."""

    id: str
    arrival: int
    topic: str
    payload: bytes
    reason: str
    detail: str

    def told(self) -> dict[str, Any]:
        """For JSON: `payload` where it is UTF-8, else `payload_base64`."""
        head = {"id": self.id, "arrival": self.arrival, "topic": self.topic}
        try:
            payload = {"payload": self.payload.decode()}
        except UnicodeDecodeError:
            payload = {"payload_base64": base64.b64encode(self.payload).decode()}
        return head | payload | {"reason": self.reason, "detail": self.detail}


class DeadLetters:
    """The store; its methods block and may be called in any thread. Raises NadiError when the
    file can't be used."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        try:
            self._database = opened(path, _SCHEMA, synchronous="NORMAL")
            self.count, self.bytes = self._totals()
        except (sqlite3.Error, OSError) as error:
            raise NadiError(f"{path}: the dead letters can't be opened: {error}; move the file away") from error

    @classmethod
    def read_only(cls, path: Path) -> Self:
        """For looking at, also beside a running nadi."""
        made = cls.__new__(cls)
        made.path, made.max_bytes, made._lock = path, 0, threading.Lock()
        try:
            made._database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
            made.count, made.bytes = made._totals()
        except sqlite3.Error as error:
            raise NadiError(f"{path}: no dead letters can be read here: {error}") from error
        return made

    def put(self, refused: Iterable[tuple[int, int, Refusal]], now: int) -> None:
        """Keep (position, number, refusal) rows; the oldest make room. now: ms. Raises NadiError
        where the disk takes nothing; then nothing has been kept."""
        rows = []
        for position, number, one in refused:
            size = _OVERHEAD + len(one.topic) + len(one.payload) + len(one.detail)
            rows.append((position, number, one.arrival, one.topic, one.payload, one.reason, one.detail, size))
        kept = sum(row[-1] for row in rows)
        first = 0
        while kept > self.max_bytes:  # the oldest of a flood that alone is more than all that may be kept
            kept -= rows[first][-1]
            first += 1
        with self._lock, self._transaction() as change:
            # Before they go in: a file never shrinks, so this order is what bounds it.
            self._make_room(self.max_bytes - kept, change)
            for row in rows[first:]:
                inserted = self._database.execute("INSERT OR IGNORE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                if inserted.rowcount:
                    change.add(1, row[-1])
            self._forget_old(now - MAX_AGE_MS, change)

    def _forget_old(self, before: int, change: _Change) -> None:
        """Letters that arrived before (ms). They stand in the order of the log, so only the first are looked at."""
        while self._forget(f"SELECT * FROM ({_OLDEST}) WHERE arrival < ?", (_BITE, before), change) == _BITE:  # noqa: S608
            continue

    def _make_room(self, allowed: int, change: _Change) -> None:
        while change.bytes > allowed and change.count:
            self._forget(_OLDEST, (max(1, change.count // 10),), change)

    def _forget(self, chosen: str, arguments: tuple[int, ...], change: _Change) -> int:
        """Delete the letters that a query names; how many."""
        gone = self._database.execute(
            f"DELETE FROM letters WHERE (position, number) IN (SELECT position, number FROM ({chosen})) "  # noqa: S608
            "RETURNING size",
            arguments,
        ).fetchall()
        change.add(-len(gone), -sum(size for (size,) in gone))
        return len(gone)

    def newest(self, reason: str | None, limit: int) -> list[Letter]:
        """The newest first, of one `reason` or all."""
        return self._read("", [], reason, "DESC", limit)

    def page(self, after: str, reason: str | None, limit: int) -> list[Letter]:
        """The oldest first, beyond the id `after` (empty: from the first). Raises ValueError for what is no id."""
        place = _key(after) if after else (-1, -1)
        return self._read("(position, number) > (?, ?)", [*place], reason, "ASC", limit)

    def remove(self, identifiers: Iterable[str]) -> None:
        """Forget letters, after a replay that stored them. Raises NadiError as `put` does."""
        with self._lock, self._transaction() as change:
            for each in identifiers:
                gone = self._database.execute(
                    "DELETE FROM letters WHERE position = ? AND number = ? RETURNING size", _key(each)
                ).fetchall()
                for (size,) in gone:
                    change.add(-1, -size)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _read(self, where: str, arguments: list[object], reason: str | None, order: str, limit: int) -> list[Letter]:
        conditions = [condition for condition in (where, "reason = ?" if reason else "") if condition]
        clause = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        with self._lock:
            rows = self._database.execute(
                f"SELECT position, number, arrival, topic, payload, reason, detail FROM letters {clause} "  # noqa: S608
                f"ORDER BY position {order}, number {order} LIMIT ?",
                [*arguments, *([reason] if reason else []), limit],
            )
            return list(_bounded(rows))

    def _totals(self) -> tuple[int, int]:
        count, size = self._database.execute("SELECT count(*), coalesce(sum(size), 0) FROM letters").fetchone()
        return int(count), int(size)

    @contextmanager
    def _transaction(self) -> Iterator[_Change]:
        """All or nothing; keeps count, and says in words what the disk says."""
        change = _Change(self.count, self.bytes)
        try:
            with transaction(self._database):
                yield change
        except sqlite3.Error as error:
            raise NadiError(f"{self.path}: the dead letters can't be kept: {error}") from error
        self.count, self.bytes = change.count, change.bytes


@dataclass(slots=True)
class _Change:
    """Letters and bytes as they will be once a transaction is through. To add them up anew would read the
    whole file."""

    count: int
    bytes: int

    def add(self, count: int, size: int) -> None:
        self.count += count
        self.bytes += size


def _key(identifier: str) -> tuple[int, int]:
    found = _ID.fullmatch(identifier)
    if not found:
        raise ValueError(f"{identifier!r} is no letter's id; they look like 4711-0")
    return int(found[1]), int(found[2])


def _bounded(rows: Iterable[Any]) -> Iterator[Letter]:
    size = 0
    for position, number, *rest in rows:
        letter = Letter(f"{position}-{number}", *rest)
        yield letter
        size += len(letter.payload)
        if size >= PAGE_BYTES:
            return
