"""Small SQLite files that stand beside the journal, all opened and changed in one way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

BUSY_SECONDS: Final = 10


def opened(path: Path, schema: str, *, synchronous: Literal["FULL", "NORMAL"] = "FULL") -> sqlite3.Connection:
    """A file that only its owner reads, made where there is none; for any thread, one at a time.

    synchronous: FULL makes each transaction durable when it returns, NORMAL may lose the last ones with the
    machine's power, though never half of one. Raises sqlite3.Error, OSError.
    """
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=BUSY_SECONDS)
    try:
        path.chmod(0o600)  # before anything is in it; SQLite gives the files beside it the same mode
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA synchronous = {synchronous}")
        database.executescript(schema)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: a fault anywhere, also in what the caller does, undoes it. Raises sqlite3.Error."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")
