"""The newest entries in memory, so that who keeps up never reads the disk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from journal.base import Stored


class Tail:
    """A bounded run of the newest committed entries; used by the event loop only."""

    def __init__(self, start: int, max_bytes: int) -> None:
        self.start = start
        """The position before the oldest entry that is held."""
        self.end = start
        self.max_bytes = max_bytes
        self._bytes = 0
        self._entries: list[Stored] = []
        self._positions: list[int] = []
        self._sizes: list[int] = []
        self._readings: list[int] = []

    def add(self, stored: Stored, size: int, readings: int) -> None:
        """The next entry; `size` is what it takes in memory, about."""
        self._entries.append(stored)
        self._positions.append(stored.position)
        self._sizes.append(size)
        self._readings.append(readings)
        self._bytes += size
        self.end = stored.position
        if self._bytes > self.max_bytes:
            self._shrink()

    def forget(self, upto: int) -> None:
        """Nobody waits for the entries up to `upto` any more."""
        self._drop(bisect_right(self._positions, upto))

    def after(self, position: int, limit: int) -> Sequence[Stored]:
        """Entries after `position`, which is not before `start`: at least one if there is any,
        and about `limit` readings."""
        first = last = bisect_right(self._positions, position)
        readings = 0
        while last < len(self._entries) and readings < limit:
            readings += max(1, self._readings[last])
            last += 1
        return self._entries[first:last]

    def _shrink(self) -> None:
        """Make some more room than is needed, so that this is not done for each entry."""
        count, left = 0, self._bytes
        while left > self.max_bytes - self.max_bytes // 8:
            left -= self._sizes[count]
            count += 1
        self._drop(count)

    def _drop(self, count: int) -> None:
        if count:
            self.start = self._positions[count - 1]
            self._bytes -= sum(self._sizes[:count])
            del self._entries[:count], self._positions[:count], self._sizes[:count], self._readings[:count]
