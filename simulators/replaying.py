"""Publishes a recording again: in its own order and rhythm, or faster, or as fast as the broker takes it.

With times moved to now, one offset holds for the whole file, so that what was apart stays as far
apart. It is such that no reading is ahead of the moment in which it is published: at the original
speed the first message is of now, and at a higher one the last, when it comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from simulators.broker import Broker
from simulators.packets import text
from simulators.recording import Message, Reader
from simulators.sender import IN_FLIGHT, TICK, Counts, Sender
from simulators.stamps import READINGS, shifted
from telemetry.errors import RecordingError

_AT_ONCE = 500
"""Messages handed over before others may run."""
_LEAVE = 10.0


class Extent(NamedTuple):
    """Of the messages that are wanted. first, last: their arrival, us since the epoch."""

    messages: int
    first: int
    last: int


class Replay:
    """speed: times the original pace, None: as fast as possible. wanted: matches the topics to publish; None: all."""

    def __init__(
        self,
        path: Path,
        broker: Broker,
        speed: float | None = 1.0,
        wanted: re.Pattern[str] | None = None,
        *,
        shift_to_now: bool = False,
    ) -> None:
        self.path = path
        self.speed = speed
        self.counts = Counts()
        self.extent = Extent(0, 0, 0)
        self.shift: int | None = None
        """Seconds by which `ts` is moved."""
        self.cut: str | None = None
        """Said of a file that was cut off: what there is of it is replayed."""
        self._wanted = wanted
        self._shift_to_now = shift_to_now
        self._sender = Sender(broker, f"nadi-replay-{secrets.token_hex(6)}", self.counts)
        self._stopping = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Messages handed over and not acknowledged yet."""
        return self._sender.waiting

    def stop(self) -> None:
        """Publish no more than what has been handed over."""
        self._stopping.set()

    async def run(self) -> None:
        """Read the file once to see that it is whole, then publish it.

        Raises RecordingError before anything is published; BrokerError (in a group) for a broker
        that can't be reached at the start.
        """
        self.extent = await asyncio.to_thread(self._survey)
        began = time.time_ns() // 1000
        if self._shift_to_now:
            self.shift = (began - self._anchor()) // 1_000_000
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._sender.run()), group.create_task(self._tick())]
            await self._publish(began)
            self._sender.leave()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LEAVE):
                    while not self._sender.gone:  # noqa: ASYNC110 - ends within _LEAVE
                        await asyncio.sleep(0.02)
            for task in tasks:
                task.cancel()

    def _survey(self) -> Extent:
        reader = Reader(self.path)
        count = first = last = 0
        for message in self._chosen(reader):
            first = first if count else message.arrival
            last = max(last, message.arrival)
            count += 1
        self.cut = reader.cut
        if not count:
            raise RecordingError(f"{self.path}: holds no message{' on these topics' if self._wanted else ''}")
        return Extent(count, first, last)

    def _chosen(self, reader: Reader) -> Iterator[Message]:
        wanted = self._wanted
        return (message for message in reader if wanted is None or wanted.fullmatch(message.topic))

    def _anchor(self) -> int:
        """Which recorded moment (us) becomes the moment of the start."""
        _, first, last = self.extent
        if self.speed is None:
            return last
        length = last - first
        return first + max(0, length - int(length / self.speed))

    async def _publish(self, began: int) -> None:
        sender, first, held = self._sender, self.extent.first, 0
        for message in self._chosen(Reader(self.path)):
            if self.speed is not None:
                due = (message.arrival - first) / self.speed / 1e6
                held = await self._wait(began / 1e6 + due, held)
            if held >= _AT_ONCE or sender.waiting > 10 * IN_FLIGHT:
                held = 0
                await self._room()
            if self._stopping.is_set():
                break
            payload = message.payload
            if self.shift and READINGS.fullmatch(message.topic):
                payload = shifted(payload, self.shift)
            sender.send(text(message.topic), payload, retain=message.retain)
            held += 1
        sender.flush()

    async def _wait(self, due: float, held: int) -> int:
        """Until `due` (s since the epoch), what is held being sent before; how many are still held."""
        ahead = due - time.time()
        if ahead <= 0:
            return held
        self._sender.flush()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), ahead)
        return 0

    async def _room(self) -> None:
        """Let others run, until the broker has taken most of what was handed over."""
        self._sender.flush()
        await asyncio.sleep(0)
        while self._sender.waiting > 5 * IN_FLIGHT and not self._stopping.is_set():  # noqa: ASYNC110 - acknowledged
            await asyncio.sleep(0.001)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._sender.tick()
