"""The named cursors of sinks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Final, cast

from journal import codec
from journal.base import Gap, Position, Stored
from journal.book import Book
from journal.entries import Derived
from journal.feed import Feed
from journal.frames import Frame
from journal.scan import walk
from journal.segments import Segments

log = logging.getLogger("nadi.journal")

DROPPED: Final = "dropped"
"""The total in which `skip` counts."""
EARLIER: Final = "earlier"
"""The total of a new cursor: what was stored before the place where it begins."""


class LocalReader:
    """Satisfies `journal.base.Reader`."""

    def __init__(self, name: str, book: Book, feed: Feed, files: Segments, pool: Executor) -> None:
        self.name = name
        self._book = book
        self._feed = feed
        self._files = files
        self._pool = pool

    @property
    def cursor(self) -> Position:
        return Position(self._book.cursors[self.name].position)

    @property
    def totals(self) -> Mapping[str, int]:
        return self._book.cursors[self.name].totals

    def read(self, limit: int = 65536) -> AsyncIterator[Sequence[Stored | Gap]]:
        return self._feed.follow(self.cursor, limit)

    async def advance(self, position: Position, totals: Mapping[str, int] | None = None) -> None:
        self._book.advance(self.name, position, totals)

    async def skip(self, keep: int) -> int:
        cursor, end = self.cursor, self._feed.tail.end
        if end - cursor <= keep:
            return 0
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, self._given_up, cursor, keep, end)
        except OSError as error:
            log.warning("nothing of the backlog of %s can be given up, for the log can't be read: %s", self.name, error)
            return 0
        if found is None:
            return 0
        upto, given_up = found
        totals = dict(self.totals)
        self._book.advance(self.name, upto, {**totals, DROPPED: totals.get(DROPPED, 0) + given_up})
        return given_up

    def _given_up(self, cursor: int, keep: int, end: int) -> tuple[int, int] | None:
        """Up to where entries are given up so that about `keep` bytes are left before `end`, and how many readings
        that are; None where nothing can be. Reads the log. Raises OSError."""
        boundary = next_boundary(self._files, end - keep, end)
        if boundary is None or boundary.covers <= cursor:
            return None
        return boundary.covers, distinct_between(self._files, cursor, boundary.covers, end)


def next_boundary(files: Segments, place: int, upto: int) -> Derived | None:
    """The first derived entry whose `covers` is not before `place`; None up to `upto`."""
    for item in walk(files, files.holding(place).base, upto):
        if isinstance(item, Frame) and item.kind == codec.DERIVED and item.aux >= place:
            return cast(Derived, codec.decode(item.kind, item.payload))
    return None


def distinct_between(files: Segments, after: int, upto: int, end: int) -> int:
    """How many readings lie in (after, upto], without the repeats that the derived entries covering
    them counted, and without damaged ones. `after` and `upto` are places where a derived entry ends."""
    count = 0
    for item in walk(files, after, end):
        if not isinstance(item, Frame):
            continue
        if item.kind == codec.READINGS and item.position <= upto:
            count += item.readings
        elif item.kind == codec.DERIVED and item.aux > upto:
            break
        elif item.kind == codec.DERIVED and item.aux > after:
            count -= cast(Derived, codec.decode(item.kind, item.payload)).counts.get("duplicates", 0)
    return max(0, count)
