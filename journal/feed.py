"""Committed entries in order, from memory for who keeps up, from the disk for who catches up.

A reader can't tell which: the same entries come either way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor

from journal import codec
from journal.base import Gap, Position, Stored
from journal.frames import Frame
from journal.scan import chunk
from journal.segments import Segments
from journal.tail import Tail

log = logging.getLogger("nadi.journal")

RETRY_READ = 1.0
"""Seconds before another attempt when the disk could not be read."""


class Feed:
    """Hands committed entries to any number of followers; used by the event loop."""

    def __init__(self, files: Segments, tail: Tail, pool: Executor, report: Callable[[Gap], None]) -> None:
        """`report` is told of each gap that is met."""
        self.tail = tail
        self.closed = False
        self._files = files
        self._pool = pool
        self._report = report
        self._waiting: list[asyncio.Future[None]] = []
        self._places: dict[object, int] = {}

    @property
    def first(self) -> int:
        """The position before the oldest entry that is kept."""
        return self._files.first

    def wake(self) -> None:
        """There is something new, or the end."""
        if self._places:
            self.tail.forget(min(self._places.values()))
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """End all followers."""
        self.closed = True
        self.wake()

    async def follow(self, after: int, limit: int) -> AsyncIterator[Sequence[Stored | Gap]]:
        """All entries after `after`, about `limit` readings at a time, until the feed is closed."""
        follower = object()
        place = after
        try:
            while not self.closed:
                self._places[follower] = place
                if place < self.tail.start:
                    items, place = await self._catch_up(place, limit)
                else:
                    entries = self.tail.after(place, limit)
                    items = list[Stored | Gap](entries)
                    place = entries[-1].position if entries else place
                if items:
                    yield items
                elif place >= self.tail.end:
                    await self._news()
        finally:
            del self._places[follower]

    def _news(self) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    async def _catch_up(self, place: int, limit: int) -> tuple[list[Stored | Gap], int]:
        loop = asyncio.get_running_loop()
        try:
            items, place = await loop.run_in_executor(self._pool, self._read, place, self.tail.end, limit)
        except OSError as error:
            log.warning("the journal can't be read, trying again: %s", error)
            await asyncio.sleep(RETRY_READ)
            return [], place
        for item in items:
            if isinstance(item, Gap):
                self._report(item)
        return items, place

    def _read(self, after: int, upto: int, limit: int) -> tuple[list[Stored | Gap], int]:
        """One step from the disk, in a worker thread."""
        found, following = chunk(self._files, after, upto, limit)
        items: list[Stored | Gap] = []
        for item in found:
            if isinstance(item, Frame):
                items.append(Stored(Position(item.position), codec.decode(item.kind, item.payload)))
            else:
                items.append(item)
        return items, following
