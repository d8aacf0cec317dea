"""Ingest waits for processing: what lies between the two, and so what sinks must hold, is bounded.

    admitted ──▶ [ waiting, at most about MOST bytes ] ──▶ processed ──▶ covered by a derived entry

A sink gets readings only with the derived entry that covers them. Were ingest to run ahead of
processing without a limit, each sink would hold in memory all that it runs ahead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from journal.base import Position
from journal.entries import ReadingsEntry

MOST: Final = 64 << 20
"""Bytes in memory: at one reading an entry 100,000 readings, in large entries 1.8 million."""
RESUME: Final = 0.5
"""Share of the limit at which ingest goes on, so that it does not stop again at once."""
_ENTRY: Final = 600
_ROW: Final = 36
"""About what an entry takes in memory with all its objects; a reading's columns."""


class Pace:
    """processed: the last input that was processed. most: bytes that may wait, about."""

    def __init__(self, processed: Callable[[], Position], most: int) -> None:
        self.processed = processed
        self.most = most
        self._waiting: deque[tuple[Position, int]] = deque()
        self._bytes = 0
        self._holding = False

    def admitted(self, position: Position, entry: ReadingsEntry) -> None:
        """Note what has become durable."""
        size = _ENTRY + _ROW * len(entry.readings) + sum(len(each.payload) + _ENTRY for each in entry.refusals)
        self._waiting.append((position, size))
        self._bytes += size

    @property
    def waiting(self) -> int:
        """Bytes admitted and not processed yet."""
        upto = self.processed()
        while self._waiting and self._waiting[0][0] <= upto:
            self._bytes -= self._waiting.popleft()[1]
        return self._bytes

    @property
    def holding(self) -> str | None:
        """Why nothing may be admitted now, or None."""
        waiting = self.waiting
        self._holding = waiting > (self.most * RESUME if self._holding else self.most)
        if not self._holding:
            return None
        return f"processing is {waiting} bytes behind, it may be {self.most}"
