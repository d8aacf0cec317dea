"""Readings joined with the derived entry that covers them.

    log:   R1  R2  t  D(covers R2)  R3  D(covers t)  ...        R readings, t tick, D derived
             └───┴──────┘ flags         └── held until a derived entry covers it

A portion is what one or more derived entries cover; its end is a place for the cursor.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from journal.base import Gap, Position, Stored
from journal.entries import Derived, ReadingsEntry, TickEntry
from sinks.base import Delivery
from telemetry.batch import Anomalies, Columns, IncidentEvents, Incidents, Indicators, Readings, UInt32, Windows

log = logging.getLogger("nadi.delivery")

_Batch = TypeVar("_Batch", bound=Columns)


@dataclass(frozen=True, slots=True)
class Portion:
    """What is delivered before the cursor moves to `covers`. oldest: ms, arrival of its first input; 0: none.
    stored: distinct readings in all, up to `covers`; -1 where the log does not say."""

    delivery: Delivery
    covers: Position
    oldest: int
    stored: int = -1

    @property
    def points(self) -> int:
        return self.delivery.points


@dataclass(frozen=True, slots=True)
class _Input:
    position: Position
    readings: Readings | None
    arrival: int


class Pairing:
    """Takes entries in log order, gives portions of about `max_points`."""

    def __init__(self, cursor: Position, max_points: int) -> None:
        self.cursor = cursor
        self.max_points = max_points
        self._held: deque[_Input] = deque()
        self._gaps: list[Gap] = []

    @property
    def oldest(self) -> int:
        """Arrival (ms) of the first reading held, 0 if there is none."""
        return next((item.arrival for item in self._held if item.readings is not None), 0)

    def take(self, items: Sequence[Stored | Gap]) -> Iterator[Portion]:
        """The portions that are complete with `items`; small derived entries go together."""
        covered: list[_Input] = []
        batches: list[Readings] = []
        derived: list[Derived] = []
        points = 0
        for item in items:
            if isinstance(item, Gap):
                log.error("the log has a gap", extra={"after": item.after, "upto": item.upto, "reason": item.reason})
                self._gaps.append(item)
            elif isinstance(item.entry, Derived):
                if item.entry.covers > self.cursor:
                    inputs, readings = self._cover(item.entry)
                    covered += inputs
                    batches += readings
                    derived.append(item.entry)
                    points += sum(map(len, readings)) + sum(map(len, item.entry.windows))
                    if points >= self.max_points:
                        yield _portion(covered, batches, derived)
                        covered, batches, derived, points = [], [], [], 0
            else:
                self._hold(item)
        if derived:
            yield _portion(covered, batches, derived)

    def _hold(self, item: Stored) -> None:
        if isinstance(item.entry, TickEntry):
            self._held.append(_Input(item.position, None, item.entry.time))
        elif isinstance(item.entry, ReadingsEntry) and len(item.entry.readings):
            readings = item.entry.readings
            self._held.append(_Input(item.position, readings, int(readings.arrival[0])))

    def _cover(self, derived: Derived) -> tuple[list[_Input], list[Readings]]:
        """The held inputs that `derived` covers, and their readings with final flags."""
        inputs: list[_Input] = []
        while self._held and self._held[0].position <= derived.covers:
            inputs.append(self._held.popleft())
        self.cursor = Position(derived.covers)
        batches = [item.readings for item in inputs if item.readings is not None]
        gaps = [gap for gap in self._gaps if gap.after < derived.covers]
        self._gaps = [gap for gap in self._gaps if gap.upto > derived.covers]
        if not batches or derived.flags is None:
            return inputs, batches
        readings = Readings.concat(batches)
        if not gaps and len(readings) == len(derived.flags):
            return inputs, [readings.with_flags(derived.flags)]
        return inputs, [_flagged(inputs, readings, derived.flags, derived.after, gaps)]


def _flagged(inputs: Sequence[_Input], readings: Readings, final: UInt32, after: int, gaps: Sequence[Gap]) -> Readings:
    """`readings` with those final flags that are surely theirs; the others keep the flags they came with.

        after ─┬─ R1  R2 ┄┄ gap ┄┄ R5 ── D(flags of 1 to 5)        R1, R2: from the front; R5: from the back

    What lies before `after` belongs to a derived entry that the gap took. Where `after` is not
    known nothing tells where the flags begin, and only their end is sure.
    """
    held = [item for item in inputs if item.readings is not None]
    position = np.repeat([item.position for item in held], [len(item.readings or ()) for item in held])
    own = np.flatnonzero(position > after)
    front = back = own[:0]
    if len(own) == len(final) and after >= 0:
        front = own
    elif gaps and len(own) <= len(final):
        front = own[position[own] <= gaps[0].after] if after >= 0 else front
        back = own[position[own] > gaps[-1].upto]
    if len(front) + len(back) < len(readings):
        log.error("readings beside a gap are delivered with the flags they came with")
    flags = readings.flags.copy()
    flags[front] = final[: len(front)]
    flags[back] = final[len(final) - len(back) :]
    return readings.with_flags(flags)


def _portion(inputs: Sequence[_Input], batches: Sequence[Readings], derived: Sequence[Derived]) -> Portion:
    readings = Readings.concat(batches) if batches else Readings.empty()
    delivery = Delivery(
        readings,
        _by_length(derived),
        _joined(Anomalies, [entry.anomalies for entry in derived]),
        _joined(Incidents, [entry.incidents for entry in derived]),
        _joined(IncidentEvents, [entry.incident_events for entry in derived]),
        _joined(Indicators, [entry.indicators for entry in derived]),
    )
    return Portion(delivery, Position(derived[-1].covers), inputs[0].arrival if inputs else 0, derived[-1].stored)


def _joined(kind: type[_Batch], batches: Sequence[_Batch | None]) -> tuple[_Batch, ...]:
    """All rows in one batch, in log order; none where there are none."""
    present = [batch for batch in batches if batch is not None and len(batch)]
    return (kind.concat(present),) if present else ()


def _by_length(derived: Sequence[Derived]) -> tuple[Windows, ...]:
    """One batch a window length; rows of one window stay in log order."""
    groups: dict[int, list[Windows]] = {}
    for entry in derived:
        for windows in entry.windows:
            if len(windows):
                groups.setdefault(windows.length, []).append(windows)
    return tuple(Windows.concat(group) for group in groups.values())


def readings_in(items: Sequence[Stored | Gap]) -> int:
    entries = (item.entry for item in items if isinstance(item, Stored))
    return sum(len(entry.readings) for entry in entries if isinstance(entry, ReadingsEntry))


def cut(delivery: Delivery, max_points: int) -> Iterator[Delivery]:
    """`delivery` in pieces of `max_points` at most, in order, so that encoding one holds the loop briefly."""
    if delivery.points <= max_points:
        if delivery.points:
            yield delivery
        return
    for start in range(0, len(delivery.readings), max_points):
        yield Delivery(delivery.readings.take(np.s_[start : start + max_points]))
    nothing = Readings.empty()
    for field in ("windows", "anomalies", "incidents", "incident_events", "indicators"):
        for batch in getattr(delivery, field):
            for start in range(0, len(batch), max_points):
                piece: dict[str, Any] = {field: (batch.take(np.s_[start : start + max_points]),)}
                yield Delivery(nothing, **piece)
