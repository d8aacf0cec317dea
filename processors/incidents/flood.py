"""Floods of alarms: what is held back while an operator could not follow (EEMUA 191)."""

from __future__ import annotations

import msgspec

from processors.incidents.rules import FLOOD, FLOOD_MS


class Flood(msgspec.Struct):
    """Of one city. pages: log times (ms) of the latest pages; held: ids held back that have not ended;
    count: how many were held back since the flood began."""

    pages: list[int] = []
    held: dict[str, None] = {}
    count: int = 0

    def paged(self, now: int) -> None:
        self._forget(now)
        self.pages.append(now)

    def full(self, severity: int, now: int) -> bool:
        """Whether a page of this severity must wait."""
        self._forget(now)
        return len(self.pages) >= FLOOD[severity]

    def hold(self, incident: str) -> None:
        self.held[incident] = None
        self.count += 1

    def _forget(self, now: int) -> None:
        self.pages = [page for page in self.pages if now - page < FLOOD_MS]
