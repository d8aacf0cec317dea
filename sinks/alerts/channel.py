"""The contract of a means of telling. Retrying, order and memory are not its business."""

from __future__ import annotations

from typing import Protocol

from sinks.alerts.notice import Notice
from sinks.base import Denied, Refused, Throttled, Unreachable, Written

Told = Written | Refused | Throttled | Unreachable | Denied
"""How an attempt ended."""


class Channel(Protocol):
    refresh: int
    """ms after which what goes on must be told again, for those told forget it; 0: never."""

    async def open(self) -> None:
        """Make what sending needs; no network needed to succeed."""
        ...

    async def send(self, notice: Notice) -> Told:
        """One attempt, within the channel's timeout; never raises for what the other side does.

        Written: told. Refused: it will never take this one. All else: try again."""
        ...

    async def close(self) -> None: ...
