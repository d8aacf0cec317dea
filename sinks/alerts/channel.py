"""The contract of a means of telling. Retrying, order and memory are not its business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sinks.alerts.notice import Notice
from sinks.base import Denied, Refused, Throttled, Unreachable, Written

DAY: int = 86_400_000
"""ms"""


@dataclass(frozen=True, slots=True)
class Partly:
    """Some have been told, others can't be for now: only these are tried again, after a pause and after all else."""

    reason: str


Told = Written | Partly | Refused | Throttled | Unreachable | Denied
"""How an attempt ended."""


class Channel(Protocol):
    refresh: int
    """ms after which what goes on must be told again, for those told forget it; 0: never."""
    age: int
    """ms after which a notice that waits is no news any more, unless it is the last word on what still goes on;
    0: never, for where an end is not told what has ended stays on show."""

    async def open(self) -> None:
        """Make what sending needs; no network needed to succeed."""
        ...

    async def send(self, notice: Notice) -> Told:
        """One attempt, within the channel's timeout; never raises for what the other side does.

        Written: told. Refused: this one will never be taken, whatever is done about the settings. All else: try
        again."""
        ...

    async def close(self) -> None: ...
