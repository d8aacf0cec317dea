"""The one owner of the one partition."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from journal.base import START, Gap, Position, Restored, SnapshotRef, Stored
from journal.book import Book
from journal.commit import unwritable
from journal.entries import Derived
from journal.feed import Feed
from journal.snapshots import Snapshots
from journal.writer import Writer

log = logging.getLogger("nadi.journal")


class LocalOwner:
    """Satisfies `journal.base.Owner`."""

    def __init__(self, writer: Writer, book: Book, feed: Feed, snapshots: Snapshots, pool: Executor) -> None:
        self._writer = writer
        self._book = book
        self._feed = feed
        self._snapshots = snapshots
        self._pool = pool

    async def restore(self) -> Restored:
        """A snapshot that is missing or damaged is reported in the log and left out: then all
        that the log still has is replayed."""
        point = self._book.checkpoint
        if point.snapshot is None:
            return Restored(Position(point.covers), None, START)
        loop = asyncio.get_running_loop()
        blob = await loop.run_in_executor(self._pool, self._snapshots.load, point.snapshot)
        if blob is None:
            log.error("snapshot %s is missing or damaged; replaying the whole log", point.snapshot)
            return Restored(Position(point.covers), None, START)
        return Restored(Position(max(point.covers, point.snapshot_cursor)), blob, Position(point.snapshot_cursor))

    def read(self, after: Position, limit: int = 65536) -> AsyncIterator[Sequence[Stored | Gap]]:
        return self._feed.follow(after, limit)

    async def commit(self, derived: Derived, cursor: Position, snapshot: SnapshotRef | None = None) -> Position:
        if cursor != derived.covers:
            raise ValueError(f"the cursor of a commit ({cursor}) is what its outputs cover ({derived.covers})")
        if snapshot is not None:
            if not self._snapshots.exists(snapshot.name):
                raise ValueError(
                    f"there is no snapshot {snapshot.name}: it was never saved, or a newer one is committed"
                )
            derived = replace(derived, snapshot=snapshot.name)
        return await self._writer.submit(derived)

    async def save_snapshot(self, blob: Sequence[bytes | memoryview], cursor: Position | None = None) -> SnapshotRef:
        loop = asyncio.get_running_loop()
        try:
            name = await loop.run_in_executor(self._pool, self._snapshots.save, blob, cursor)
        except OSError as error:
            raise unwritable(self._snapshots.folder, error) from error
        return SnapshotRef(name, cursor)
