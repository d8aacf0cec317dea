"""The one owner of the one partition."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from journal.base import START, Gap, Position, Restored, SnapshotRef, Stored
from journal.book import Book
from journal.commit import unwritable
from journal.entries import Derived
from journal.feed import Feed
from journal.snapshots import Snapshots
from journal.writer import Writer


class LocalOwner:
    """Satisfies `journal.base.Owner`."""

    def __init__(
        self,
        writer: Writer,
        book: Book,
        feed: Feed,
        snapshots: Snapshots,
        pool: Executor,
        report: Callable[[str], None],
    ) -> None:
        """report: is told in words what an operator should know."""
        self._report = report
        self._writer = writer
        self._book = book
        self._feed = feed
        self._snapshots = snapshots
        self._pool = pool

    async def restore(self) -> Restored:
        """The newest snapshot that is whole, with the log from there on: the one before is kept in case
        the newest is damaged. Where neither is, all that the log still has is replayed. It is reported."""
        point = self._book.checkpoint
        loop = asyncio.get_running_loop()
        cursor = Position(max(point.covers, point.snapshot_cursor))
        for name, place in ((point.snapshot, point.snapshot_cursor), (point.previous, point.previous_cursor)):
            if name is None:
                continue
            blob = await loop.run_in_executor(self._pool, self._snapshots.load, name)
            if blob is not None:
                self._book.restored(name, place)
                return Restored(cursor, blob, Position(place))
            self._report(f"the snapshot {name} of the processors' state is missing or damaged; an older one is used")
        if point.snapshot is not None:
            self._report(self._without_snapshot())
        return Restored(Position(point.covers), None, START)

    def _without_snapshot(self) -> str:
        first = self._feed.first
        if first == 0:
            return (
                "no snapshot of the processors' state is whole; it is made anew from the whole log, which is still here"
            )
        return (
            f"no snapshot of the processors' state is whole, and the log before {first} is trimmed: windows, totals "
            "and detectors begin there, so the windows that were open then and all totals lack what came before"
        )

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

    async def save_snapshot(
        self,
        blob: Iterable[bytes | memoryview],
        cursor: Position | None = None,
        taken: Callable[[], None] = lambda: None,
    ) -> SnapshotRef:
        loop = asyncio.get_running_loop()
        tell = lambda: loop.call_soon_threadsafe(taken)  # noqa: E731
        try:
            name = await loop.run_in_executor(self._pool, self._snapshots.save, blob, cursor, tell)
        except OSError as error:
            raise unwritable(self._snapshots.folder, error) from error
        return SnapshotRef(name, cursor)
