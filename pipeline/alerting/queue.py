"""Which of what waits is told next, and what need not be told any more. Plain functions over notices."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sinks.alerts.notice import Notice

Waiting = Sequence[tuple[int, Notice]]
"""Numbers and notices of one channel, the oldest first."""
PATIENCE: Final = 3
"""Attempts on one notice before those of other incidents get their turn."""


@dataclass(slots=True)
class Tried:
    """What has been tried with a notice, and why it was in vain. not_before: ms."""

    attempts: int = 0
    why: str = ""
    not_before: int = 0


NEVER: Final = Tried()


def upcoming(waiting: Waiting, tried: Mapping[int, Tried]) -> tuple[int, Notice] | None:
    """The next one: of one incident always the oldest, and of several the one least often tried in vain."""
    heads: dict[str, tuple[int, Notice]] = {}
    for number, notice in waiting:
        heads.setdefault(notice.incident, (number, notice))
    return min(heads.values(), key=lambda head: _rank(head[0], tried), default=None)


def _rank(number: int, tried: Mapping[int, Tried]) -> tuple[int, int, int]:
    known = tried.get(number, NEVER)
    return known.not_before, known.attempts // PATIENCE, number


def expired(waiting: Waiting, before: int, going_on: Container[str]) -> Iterator[int]:
    """Of `waiting`, what was news before `before` (ms); not the last word on what still goes on."""
    last = {notice.incident: number for number, notice in waiting}
    for number, notice in waiting:
        if notice.time < before and not (number == last[notice.incident] and notice.incident in going_on):
            yield number


def superseded(earlier: Notice, later: Notice) -> bool:
    """Whether `later`, the next of the same incident, leaves nothing of `earlier` worth telling."""
    again = (earlier.event, earlier.severity) == (later.event, later.severity)
    return earlier.event == "reminded" or again
