"""The audit: who changed what, and when; kept in one SQLite file beside the journal.

    POST ─▶ written down as begun (durable) ─▶ done ─▶ its outcome written down

What was begun and has no outcome was under way when nadi ended: whether it was done, the incident's
own events say. Nothing is changed or deleted but the oldest: of changes those beyond MOST_ENTRIES, of
signing in and out those beyond MOST_COMINGS, so that nobody pushes changes out by coming and going.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from telemetry.errors import NadiError
from telemetry.sqlite import opened

log = logging.getLogger("nadi.audit")

MOST_ENTRIES: Final = 100_000
MOST_COMINGS: Final = 20_000
COMING, GOING = "sign-in", "sign-out"
MOST_TEXT: Final = 1_000
"""Characters of a target or detail."""
_TRIM_EVERY: Final = 256
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL,
    address TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL, outcome TEXT NOT NULL
);
"""
_TRIM: Final = f"""
DELETE FROM audit WHERE action {{those}} ('{COMING}', '{GOING}') AND id <=
    (SELECT id FROM audit WHERE action {{those}} ('{COMING}', '{GOING}') ORDER BY id DESC LIMIT 1 OFFSET ?)
"""  # noqa: S608 - words of ours
_COLUMNS: Final = ("id", "time", "who", "role", "address", "action", "target", "detail", "outcome")


class AuditFault(NadiError):
    """The audit can't be written, and what it would have told of is not done; or it can't be read."""


class Audit:
    """clock: ms. Its methods wait for the disk in a thread; each change is durable when they return."""

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        """Raises NadiError when the file can't be used."""
        self.path = path
        self.clock = clock
        self._lock = threading.Lock()
        try:
            self._database = opened(path, _SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise NadiError(f"{path}: the audit can't be opened: {error}; move the file away") from error

    async def begin(self, who: str, role: str, address: str, action: str, target: str = "", detail: str = "") -> int:
        """Write down that something is about to be done; the id for `end`. Raises AuditFault."""
        row = (self.clock(), who, role, address, action, target[:MOST_TEXT], detail[:MOST_TEXT])
        return await asyncio.to_thread(self._begin, row)

    async def end(self, entry: int, outcome: str) -> None:
        """How it ended: `done`, or why not. A failure here is logged: what was done is done."""
        try:
            await asyncio.to_thread(self._run, "UPDATE audit SET outcome = ? WHERE id = ?", (outcome, entry))
        except sqlite3.Error as error:
            log.error("the outcome of an audited change can't be stored", extra={"entry": entry, "why": str(error)})

    async def newest(self, limit: int, before: int | None = None) -> list[dict[str, Any]]:
        """The last entries, the newest first; those before the id `before`. Raises AuditFault."""
        try:
            return await asyncio.to_thread(self._newest, limit, before)
        except sqlite3.Error as error:
            raise AuditFault(f"the audit can't be read ({error})") from error

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _begin(self, row: Sequence[object]) -> int:
        insert = (
            "INSERT INTO audit (time, who, role, address, action, target, detail, outcome) VALUES (?,?,?,?,?,?,?,'')"
        )
        try:
            entry = self._run(insert, row)
            if entry % _TRIM_EVERY == 0:
                for those, most in (("NOT IN", MOST_ENTRIES), ("IN", MOST_COMINGS)):
                    self._run(_TRIM.format(those=those), (most,))
        except sqlite3.Error as error:
            raise AuditFault(f"the audit can't be written ({error}), so nothing is changed") from error
        return entry

    def _newest(self, limit: int, before: int | None) -> list[dict[str, Any]]:
        with self._lock:
            rows = self._database.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
                (before if before is not None else 2**62, limit),
            ).fetchall()
        return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]

    def _run(self, statement: str, values: Sequence[object]) -> int:
        with self._lock:
            return self._database.execute(statement, values).lastrowid or 0
