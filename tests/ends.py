"""The ends of a pipeline in memory: a reader of a given log, and a sink that can misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from journal.base import START, Gap, Position, Stored
from journal.entries import Derived, Entry, ReadingsEntry
from sinks.base import Delivery, Outcome, Oversized, Payload, Refused, Written
from telemetry.batch import Readings, UInt32


def readings(values: Sequence[float], start: int = 1_000, series: int = 0) -> Readings:
    """One reading a second of one series; arrival is the reading's time."""
    count = len(values)
    times = np.arange(start, start + 1000 * count, 1000, dtype=np.int64)[:count]
    return Readings(
        series=np.full(count, series, np.int32),
        time=times,
        value=np.array(values, np.float64),
        flags=np.zeros(count, np.uint32),
        arrival=times.copy(),
        gateway=np.full(count, -1, np.int32),
    )


class ListReader:
    """A log in a list. Positions go up by tens; an entry counts as `size(entry)` bytes of backlog."""

    def __init__(self) -> None:
        self.items: list[Stored | Gap] = []
        self.advanced: list[Position] = []
        self.totals: Mapping[str, int] = {}
        self._cursor = START
        self._next = 0
        self._more = asyncio.Event()
        self.closed = False

    @property
    def cursor(self) -> Position:
        return self._cursor

    def append(self, entry: Entry) -> Position:
        self._next += 10
        self.items.append(Stored(Position(self._next), entry))
        self._more.set()
        return Position(self._next)

    def add(self, values: Readings, flags: UInt32 | None = None, **derived: object) -> Position:
        """Readings, and at once the derived entry that covers them; its `covers`."""
        covers = self.append(ReadingsEntry(values))
        self.append(Derived(covers, flags=flags, **derived))  # type: ignore[arg-type]
        return covers

    def end(self) -> None:
        """No more will come: `read` ends when it has caught up."""
        self.closed = True
        self._more.set()

    async def read(self, limit: int = 65536) -> AsyncIterator[Sequence[Stored | Gap]]:
        place = 0
        while True:
            new = self.items[place:]
            place = len(self.items)
            if wanted := [item for item in new if isinstance(item, Gap) or item.position > self._cursor]:
                yield wanted
            elif self.closed:
                return
            else:
                self._more.clear()
                await self._more.wait()

    async def advance(self, position: Position, totals: Mapping[str, int] | None = None) -> None:
        self._cursor = max(self._cursor, position)
        self.advanced.append(position)
        self.totals = dict(totals or {})

    async def skip(self, keep: int) -> int:
        given_up = 0
        for item in self.items:
            if isinstance(item, Stored) and isinstance(item.entry, Derived) and item.entry.covers > self._cursor:
                if self.backlog() <= keep:
                    break
                before = self._cursor
                self._cursor = Position(item.entry.covers)
                given_up += self._count(before, self._cursor)
        self.totals = {**self.totals, "dropped": self.totals.get("dropped", 0) + given_up}
        return given_up

    def backlog(self) -> int:
        """A byte a reading after the cursor."""
        return self._count(self._cursor, Position(self._next))

    def _count(self, after: Position, upto: Position) -> int:
        return sum(
            len(item.entry.readings)
            for item in self.items
            if isinstance(item, Stored) and isinstance(item.entry, ReadingsEntry) and after < item.position <= upto
        )


@dataclass(frozen=True, slots=True)
class Points:
    """A payload of plain tuples, one a point: (kind, series, time, value)."""

    rows: tuple[tuple[str, int, int, float], ...]

    @property
    def points(self) -> int:
        return len(self.rows)

    @property
    def readings(self) -> int:
        return sum(row[0] == "reading" for row in self.rows)

    def split(self) -> tuple[Points, Points]:
        middle = len(self.rows) // 2
        return Points(self.rows[:middle]), Points(self.rows[middle:])

    def text(self) -> str:
        return "\n".join(map(repr, self.rows))


@dataclass
class ListSink:
    """Keeps what is written in `stored`, in order. `script` gives the next outcomes, then all is
    well; `bad` values are refused; more than `largest` points are too many; `partial` writes
    the good rows of a refused payload and says how many it left out, as InfluxDB 1 does."""

    name: str = "list"
    script: list[Outcome | Callable[[], Outcome]] = field(default_factory=list)
    bad: frozenset[float] = frozenset()
    largest: int = 10**9
    partial: bool = False
    stored: list[tuple[str, int, int, float]] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    attempts: list[Points] = field(default_factory=list)
    opened: bool = False

    async def open(self) -> None:
        self.opened = True

    async def close(self) -> None:
        self.opened = False

    def encode(self, delivery: Delivery) -> Sequence[Payload]:
        self.deliveries.append(delivery)
        self.flags += delivery.readings.flags.tolist()
        raw = delivery.readings
        rows = [
            ("reading", *row) for row in zip(raw.series.tolist(), raw.time.tolist(), raw.value.tolist(), strict=True)
        ]
        for windows in delivery.windows:
            columns = zip(windows.series.tolist(), windows.start.tolist(), windows.mean.tolist(), strict=True)
            rows += [("window", *row) for row in columns]
        for found in delivery.anomalies:
            columns = zip(found.series.tolist(), found.time.tolist(), found.value.tolist(), strict=True)
            rows += [("anomaly", *row) for row in columns]
        return [Points(tuple(rows))] if rows else []

    async def write(self, payload: Payload) -> Outcome:
        assert isinstance(payload, Points)
        assert self.opened
        self.attempts.append(payload)
        if self.script:
            outcome = self.script.pop(0)
            return outcome() if callable(outcome) else outcome
        if payload.points > self.largest:
            return Oversized()
        good = [row for row in payload.rows if row[3] not in self.bad]
        dropped = payload.points - len(good)
        if not dropped:
            self.stored += payload.rows
            return Written()
        if self.partial:
            self.stored += good
        return Refused("field type conflict", dropped if self.partial else None)
