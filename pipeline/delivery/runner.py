"""The delivery runner: from the journal to one sink, at least once, in order, for ever.

    reader ─▶ pairing ─▶ encode ─▶ write ─┬─ Written ────────────────▶ advance the cursor
                                  ▲       ├─ Refused ── bisect ─▶ one line: quarantine
                                  │       ├─ Oversized ── halves
                                  └───────┴─ Throttled, Unreachable, Denied: wait, again

One write is in flight per sink, or a retry could overwrite a newer revision. Each runner is
a task of its own, so that a dead sink delays no other.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from journal.base import Position, Reader
from pipeline.delivery.account import Account
from pipeline.delivery.backoff import Backoff, Waits
from pipeline.delivery.pairing import Pairing, Portion, cut, readings_in
from sinks.base import Delivery, Oversized, Payload, Refused, Sink, Written
from telemetry import faultpoints, flags
from telemetry.batch import Int64, Readings

log = logging.getLogger("nadi.delivery")

READ_LIMIT = 65_536
BISECTIONS = 64
"""Refusals in one piece after which a store that says how many lines it left out, having
written the others, is taken at its word: what is left is quarantined in larger pieces."""
KEEP = 0.9
"""Dropping the oldest goes down to this share of the limit, so that it does not start again at once."""


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """backlog: bytes in the journal, undelivered, before `when_full` decides.

    raw: "deliver" or "omit" the raw readings. linger: after a small delivery, how long (s) to let more gather.
    """

    backlog: int = 10 * 10**9
    when_full: Literal["block", "drop_oldest"] = "block"
    raw: Literal["deliver", "omit"] = "deliver"
    max_points: int = 16_384
    linger: float = 0.05
    waits: Waits = field(default_factory=Waits)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Lines that a store refuses: its name, the lines' text, its words, how many are refused."""

    sink: str
    text: str
    reason: str
    points: int


@dataclass(slots=True)
class DeliveryStats:
    """Counters since the start of this process."""

    points_written: int = 0
    points_quarantined: int = 0
    retries: int = 0
    requests: int = 0
    last_error: str = ""


class _GivenUpError(Exception):
    """The oldest entries were dropped, with what was being delivered: read anew."""


class DeliveryRunner:
    """Delivers what `reader` reads to `sink`.

    backlog: bytes of log that the sink has still to take. stored: distinct readings processed so far,
    since the books began. quarantine: takes each refused line.
    observe: arrival times (ms, a reading each) and when all were written (ms). clock: ms.
    """

    def __init__(
        self,
        sink: Sink,
        reader: Reader,
        options: DeliveryOptions,
        *,
        backlog: Callable[[], int],
        quarantine: Callable[[Quarantined], None],
        stored: Callable[[], int] = lambda: 0,
        observe: Callable[[Int64, int], None] = lambda arrival, written: None,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.sink = sink
        self.reader = reader
        self.options = options
        self.stats = DeliveryStats()
        self.account = Account.of(reader.totals)
        self.one_write = asyncio.Lock()
        """Held while a write is in flight: who holds it may end `run` without leaving one behind, which
        could reach the store after a newer one."""
        self._backlog = backlog
        self._stored = stored
        self._quarantine = quarantine
        self._observe = observe
        self._clock = clock
        self._sleep = sleep
        self._backoff = Backoff(sink.name, options.waits, jitter)
        self._pairing = Pairing(reader.cursor, options.max_points)
        self._portion: Portion | None = None
        self._in_hand = 0
        self._refusals = 0
        self._refused_readings = 0
        self._moved = asyncio.Event()

    async def run(self) -> None:
        """Deliver until the journal is closed or the task is cancelled. Raises what `sink.open` raises."""
        await self.sink.open()
        try:
            while await self._follow():
                pass
        finally:
            await self.sink.close()

    async def delivered(self, upto: Position) -> None:
        """Returns when everything up to `upto` has been delivered (or dropped)."""
        while self.reader.cursor < upto:
            self._moved.clear()
            await self._moved.wait()

    @property
    def problem(self) -> str:
        """What keeps the sink from being written at the moment, for /readyz; empty while all is well."""
        return self._backoff.problem

    @property
    def pending(self) -> int:
        """Readings stored and not yet written, dropped or quarantined. While a sink that an older nadi
        knew has not been written to, only what is in hand is known."""
        passed = self.account.passed
        return self._in_hand if passed is None else max(0, self._stored() - passed)

    @property
    def lag_seconds(self) -> float:
        """Now minus the arrival of the oldest that is not written; 0 when all is."""
        oldest = (self._portion.oldest if self._portion else 0) or self._pairing.oldest
        return max(0.0, (self._clock() - oldest) / 1000) if oldest else 0.0

    @property
    def backlog_bytes(self) -> int:
        return self._backlog()

    @property
    def blocking(self) -> str | None:
        """Why this sink stops acknowledging, or None."""
        size, limit = self._backlog(), self.options.backlog
        if self.options.when_full != "block" or size <= limit:
            return None
        why = f": {self.problem}" if self.problem else ""
        return f"sink {self.sink.name} is {size} bytes behind, its backlog may be {limit} (when_full: block){why}"

    async def _follow(self) -> bool:
        """Read and deliver from the cursor on; True when reading must start anew."""
        self._pairing = Pairing(self.reader.cursor, self.options.max_points)
        self._in_hand = 0
        self.account = Account.of(self.reader.totals)
        entries = self.reader.read(READ_LIMIT)
        try:
            async for items in entries:
                self._in_hand += readings_in(items)
                points = 0
                for portion in self._pairing.take(items):
                    await self._deliver(portion)
                    points += portion.points
                if points < self.options.max_points // 4:
                    await self._sleep(self.options.linger)
        except _GivenUpError:
            return True
        finally:
            self._portion = None
            if (close := getattr(entries, "aclose", None)) is not None:
                await close()
        return False

    async def _deliver(self, portion: Portion) -> None:
        self._portion = portion
        await self._drop_oldest()
        self._refused_readings = 0
        before = self.stats.points_quarantined
        for delivery in cut(self._chosen(portion.delivery), self.options.max_points):
            for payload in self.sink.encode(delivery):
                self._refusals = 0
                await self._write(payload)
        if refused := self.stats.points_quarantined - before:
            log.warning("sink %s refuses %d points, last: %s", self.sink.name, refused, self.stats.last_error)
        faultpoints.at("after-write")
        self._count(portion)
        await self.reader.advance(portion.covers, self.account.totals())
        self._in_hand -= len(portion.delivery.readings)
        self._portion = None
        self._moved.set()

    def _chosen(self, delivery: Delivery) -> Delivery:
        if self.options.raw == "deliver":
            return delivery
        return replace(delivery, readings=Readings.empty())

    def _count(self, portion: Portion) -> None:
        readings = portion.delivery.readings
        distinct = int(np.count_nonzero((readings.flags & flags.DUPLICATE) == 0))
        self.account.pass_by(distinct, self._refused_readings, portion.stored)
        if len(readings):
            self._observe(readings.arrival, self._clock())

    async def _write(self, piece: Payload) -> None:
        await self._settle(piece, await self._attempt(piece))

    async def _settle(self, piece: Payload, outcome: Written | Refused | Oversized) -> None:
        if isinstance(outcome, Written):
            self.stats.points_written += piece.points
        elif isinstance(outcome, Refused):
            self._refusals += 1
            await self._isolate(piece, outcome)
        elif piece.points > 1:
            for half in piece.split():
                await self._write(half)
        else:
            self._put_away(piece, "larger than the store takes", 1)

    async def _isolate(self, piece: Payload, refused: Refused) -> None:
        """Find the refused lines in `piece`, which holds at least one, and write its others."""
        if piece.points == 1 or refused.dropped == piece.points:
            self._put_away(piece, refused.reason, piece.points)
            return
        if refused.dropped is not None and self._refusals > BISECTIONS:
            self._put_away(piece, refused.reason, min(refused.dropped, piece.points))
            return
        left, right = piece.split()
        outcome = await self._attempt(left)
        await self._settle(left, outcome)
        last_of_guess = right.points == 1 and refused.dropped is None
        if isinstance(outcome, Written) and not last_of_guess:
            await self._isolate(right, refused)
        else:  # a single line is tried before it is put away: what was refused may have been the way, and no line
            await self._write(right)

    def _put_away(self, piece: Payload, reason: str, points: int) -> None:
        self.stats.last_error = reason
        self._quarantine(Quarantined(self.sink.name, piece.text(), reason, points))
        self._refused_readings += min(piece.readings, points)
        self.stats.points_quarantined += points
        self.stats.points_written += piece.points - points

    async def _attempt(self, piece: Payload) -> Written | Refused | Oversized:
        """Write until the store has decided."""
        while True:
            self.stats.requests += 1
            async with self.one_write:
                outcome = await self.sink.write(piece)
            if isinstance(outcome, Written | Refused | Oversized):
                self._backoff.recovered()
                return outcome
            wait = self._backoff.failed(outcome)
            self.stats.retries += 1
            self.stats.last_error = self._backoff.problem
            await self._pause(wait)

    async def _pause(self, seconds: float) -> None:
        """Wait, a second at a time, for the backlog may reach its limit meanwhile."""
        while seconds > 0:
            await self._drop_oldest()
            step = min(1.0, seconds)
            await self._sleep(step)
            seconds -= step
        await self._drop_oldest()

    async def _drop_oldest(self) -> None:
        """Where the policy says so and the backlog is above its limit, give the oldest up."""
        if self.options.when_full != "drop_oldest" or self._backlog() <= self.options.backlog:
            return
        before = self.reader.cursor
        given_up = await self.reader.skip(int(self.options.backlog * KEEP))
        if self.reader.cursor == before:
            return
        self.account = Account.of(self.reader.totals)
        self._moved.set()
        log.error(
            "sink %s: backlog is full, the oldest readings are dropped", self.sink.name, extra={"readings": given_up}
        )
        raise _GivenUpError
