"""One connection's bytes, with a receive buffer that stops the socket when it is full."""

from __future__ import annotations

import asyncio
from typing import Final

FIRST_BUFFER: Final = 262_144
MIN_FREE: Final = 65_536
CONGESTED: Final = 262_144
"""Bytes written and not yet taken by the kernel, above which small news is dropped."""


class Link(asyncio.BufferedProtocol):
    """Gathers what the broker sends until `peek` and `consume` take it.

    budget: bytes gathered above which the socket is not read. A packet larger than that is
    still gathered whole, for otherwise it could never be taken.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.closed = False
        self.failure = ""
        """Why the connection ended, as far as it is known."""
        self.clean_end = False
        """The broker closed without an error."""
        self.received = 0
        self.congested = False
        self.held = False
        """Reading is paused while a commit is under way, so that the socket fills."""
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray(FIRST_BUFFER)
        self._head = self._tail = 0
        self._wanted = 1
        self._paused = False
        self._ready = asyncio.Event()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=CONGESTED)

    def get_buffer(self, sizehint: int) -> memoryview:
        if len(self._buffer) - self._tail < MIN_FREE:
            self._make_room()
        room = max(MIN_FREE, self.budget - self.gathered)
        return memoryview(self._buffer)[self._tail : self._tail + room]

    def buffer_updated(self, nbytes: int) -> None:
        self._tail += nbytes
        self.received += nbytes
        self._settle()

    def eof_received(self) -> None:
        self.clean_end = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.failure = self.failure or (str(exc) if exc else "the broker closed the connection")
        self._ready.set()

    def pause_writing(self) -> None:
        self.congested = True

    def resume_writing(self) -> None:
        self.congested = False

    # What the subscriber calls.

    @property
    def gathered(self) -> int:
        """Bytes received and not yet taken."""
        return self._tail - self._head

    @property
    def paused(self) -> bool:
        """Not reading, on purpose: what the broker says now can't be seen."""
        return self._paused

    async def readable(self) -> None:
        """Wait until a packet may be whole, or the connection is gone."""
        await self._ready.wait()

    def peek(self, limit: int) -> bytes:
        """A copy of the first bytes gathered: at most `limit`, or one packet if that is more."""
        end = min(self._tail, self._head + max(limit, self._wanted))
        return bytes(memoryview(self._buffer)[self._head : end])

    def consume(self, number: int, wanted: int) -> None:
        """Give back `number` bytes; go on when at least `wanted` are there."""
        self._head += number
        if self._head == self._tail:
            self._head = self._tail = 0
            if len(self._buffer) > 4 * FIRST_BUFFER:
                self._buffer = bytearray(FIRST_BUFFER)
        self._wanted = wanted
        self._settle()

    def wake(self) -> None:
        """End `readable` now, whatever is gathered."""
        self._ready.set()

    def hold(self) -> None:
        """Leave what comes in the socket for the while of a commit."""
        self.held = True
        self._settle()

    def release(self) -> None:
        self.held = False
        self._settle()

    def write(self, data: bytes) -> None:
        if data and self._transport is not None and not self.closed:
            self._transport.write(data)

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def fail(self, reason: str) -> None:
        """End the connection at once, for this reason."""
        self.failure = reason
        if self._transport is not None:
            self._transport.abort()

    def _settle(self) -> None:
        """Bring the socket and the event in line with what is gathered."""
        enough = self.gathered >= self._wanted
        if enough or self.closed:
            self._ready.set()
        else:
            self._ready.clear()
        pause = self.held or (enough and self.gathered >= self.budget)
        if pause == self._paused or self._transport is None or self.closed:
            return
        self._paused = pause
        if pause:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _make_room(self) -> None:
        """Move what is gathered to the front, or to a buffer twice as large."""
        size = self.gathered
        if size + MIN_FREE > len(self._buffer) // 2:
            bigger = bytearray(max(2 * len(self._buffer), size + MIN_FREE))
            bigger[:size] = memoryview(self._buffer)[self._head : self._tail]
            self._buffer = bigger
        else:
            self._buffer[:size] = self._buffer[self._head : self._tail]
        self._head, self._tail = 0, size
