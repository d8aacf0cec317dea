"""Small facts of decoders that outlive the process, in `decoders.sqlite`.

What is put stands in memory until `save`, which the subscriber awaits before it commits the messages that
brought it, and so before it acknowledges them.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from ingest.decoders.base import Memory
from telemetry.errors import SettingsError, Unavailable
from telemetry.sqlite import opened, transaction

MAX_FACTS: Final = 1_000_000
MAX_BYTES: Final = 1 << 30
"""Of their keys and values. When there are more of either, those that were written the longest ago go: a birth of
Sparkplug may be as large as a message, and how many devices are born is the sender's to choose."""
_ROOM: Final = 0.1
"""Of MAX_FACTS and MAX_BYTES: what goes at once."""

_SIZE: Final = "length(CAST(key AS BLOB)) + length(value)"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    value BLOB NOT NULL
) STRICT;
"""


class Facts:
    """Satisfies `ingest.decoders.base.Memory`. Used from one event loop."""

    def __init__(self, path: Path, max_facts: int = MAX_FACTS, max_bytes: int = MAX_BYTES) -> None:
        """Raises SettingsError where the file can't be used."""
        self.path = path
        self.max_facts = max_facts
        self.max_bytes = max_bytes
        self.fresh: dict[str, bytes | None] = {}
        """Put and not saved yet."""
        self.fault = ""
        """Why the last question that failed could not be answered: what was made of it must not be acknowledged."""
        self._saving: dict[str, bytes | None] = {}
        self._lock = asyncio.Lock()
        # Acknowledging waits for it, and so must not wait for whoever else has work for the loop's own threads.
        self._thread = ThreadPoolExecutor(1, "facts")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = opened(path, _SCHEMA)
            self._at_most = self._measured()
            # One of its own, so that reading does not wait while another thread writes.
            self._reads = sqlite3.connect(path, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(f"{path}: not readable as what decoders remember: {error}; delete it") from error

    def get(self, key: str) -> bytes | None:
        """Raises Unavailable; whoever asked may hide that, so `fault` tells it too."""
        for there in (self.fresh, self._saving):
            if key in there:
                return there[key]
        try:
            row = self._reads.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            self.fault = f"{self.path}: what decoders remember can't be read: {error}"
            raise Unavailable(self.fault) from error
        return None if row is None else bytes(row[0])

    def put(self, key: str, value: bytes | None) -> None:
        self.fresh[key] = value

    async def save(self) -> None:
        """Resolves when all that was put before is on disk. Raises Unavailable; then it is kept for another try."""
        async with self._lock:
            self._saving, self.fresh = self.fresh, {}
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._write, self._saving)
            except sqlite3.Error as error:
                self.fresh = self._saving | self.fresh
                raise Unavailable(f"{self.path}: {error}") from error
            finally:
                self._saving = {}

    def close(self) -> None:
        self._thread.shutdown()
        self._reads.close()
        self._db.close()

    def _write(self, facts: dict[str, bytes | None]) -> None:
        gone = [(key,) for key, value in facts.items() if value is None]
        kept = [(key, value) for key, value in facts.items() if value is not None]
        with transaction(self._db):
            self._db.executemany("DELETE FROM facts WHERE key = ?", gone)
            self._db.executemany("INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)", kept)
            count, size = self._at_most
            size += sum(len(key.encode()) + len(value) for key, value in kept)
            at_most = self._make_room(count + len(kept), size)
        self._at_most = at_most

    def _measured(self) -> tuple[int, int]:
        """How many facts there are, and their bytes: known of a blob without reading it."""
        count, size = self._db.execute(f"SELECT count(*), coalesce(sum({_SIZE}), 0) FROM facts").fetchone()  # noqa: S608
        return int(count), int(size)

    def _make_room(self, count: int, size: int) -> tuple[int, int]:
        """count, size: what there may be, for what was written again counts twice. To measure it takes a while, and
        is put off until it may be too much."""
        if count <= self.max_facts and size <= self.max_bytes:
            return count, size
        count, size = self._measured()
        if count > self.max_facts or size > self.max_bytes:
            last, (count, size) = self._oldest(count, size)
            self._db.execute("DELETE FROM facts WHERE number <= ?", (last,))
        return count, size

    def _oldest(self, count: int, size: int) -> tuple[int, tuple[int, int]]:
        """The number up to which facts must go, and what is left then."""
        most, most_bytes = int(self.max_facts * (1 - _ROOM)), int(self.max_bytes * (1 - _ROOM))
        last = 0
        for number, its_size in self._db.execute(f"SELECT number, {_SIZE} FROM facts ORDER BY number"):  # noqa: S608
            if count <= most and size <= most_bytes:
                break
            last, count, size = number, count - 1, size - its_size
        return last, (count, size)


class Aside:
    """A memory that begins as another one and leaves it as it is."""

    def __init__(self, below: Memory) -> None:
        self._below = below
        self._above: dict[str, bytes | None] = {}

    def get(self, key: str) -> bytes | None:
        return self._above[key] if key in self._above else self._below.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        self._above[key] = value
