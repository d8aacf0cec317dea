"""Server-sent events: what changes, told to every open page as it happens.

    publish ─▶ ring of the last events ─┬▶ listener (a short queue) ─▶ its stream
                                        └▶ one that comes back with Last-Event-ID: what it has missed

A listener that does not read is cut off: it comes back by itself, and what it has missed is in the
ring, or it is greeted anew with everything.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson
from aiohttp import web

MOST_LISTENERS: Final = 200
QUEUED: Final = 64
"""Events that may wait for one listener."""
REMEMBERED: Final = 500
BEAT_SECONDS: Final = 10.0
"""After so long without an event a comment is sent, so that both ends and what lies between know of each other."""
RETRY_MS: Final = 2_000
"""What the browser waits before it comes back."""


class Listener:
    """The events that one stream is to be sent yet."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED)

    def offer(self, frame: bytes) -> bool:
        """Whether there was room."""
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            return False
        return True

    def end(self) -> None:
        """No more; what waits is dropped."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """greeting: everything that a page must know at first."""

    def __init__(self, greeting: Callable[[], dict[str, Any]]) -> None:
        self.greeting = greeting
        self.listeners: set[Listener] = set()
        self._era = secrets.token_hex(4)
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=REMEMBERED)
        self._number = 0

    def publish(self, name: str, value: object) -> None:
        """An event that must not be missed."""
        self._number += 1
        frame = _frame(name, value, f"{self._era}-{self._number}")
        self._ring.append((self._number, frame))
        self._send(frame)

    def pulse(self, value: object) -> None:
        """An event of which only the newest counts: it is not remembered."""
        self._send(_frame("pulse", value))

    def forget(self) -> None:
        """Nobody has followed for a while, so the ring tells of a time with holes in it: greet whoever comes."""
        self._ring.clear()
        self._era = secrets.token_hex(4)

    def end(self) -> None:
        """End all streams."""
        for listener in self.listeners:
            listener.end()
        self.listeners.clear()

    def _send(self, frame: bytes) -> None:
        for listener in [each for each in self.listeners if not each.offer(frame)]:
            self.listeners.discard(listener)
            listener.end()

    def _first(self, last: str) -> Iterator[bytes]:
        """What one that has heard up to the id `last` is told at first."""
        era, _, number = last.partition("-")
        if era == self._era and number.isdecimal() and len(number) < 16:
            heard = int(number)
            oldest = self._ring[0][0] if self._ring else self._number + 1
            if oldest - 1 <= heard <= self._number:
                yield from (frame for at, frame in self._ring if at > heard)
                return
        yield _frame("hello", self.greeting(), f"{self._era}-{self._number}")

    async def stream(self, request: web.Request, still: Callable[[web.Request], bool]) -> web.StreamResponse:
        """Answer with events until the client goes, is too slow, or may not listen any more (`still`)."""
        if len(self.listeners) >= MOST_LISTENERS:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "10"}, text="too many pages are open\n")
        # From here to the listener nothing is awaited: no event falls between the greeting and the queue.
        listener = Listener()
        first = b"".join((b"retry: %d\n\n" % RETRY_MS, *self._first(request.headers.get("Last-Event-ID", ""))))
        self.listeners.add(listener)
        try:
            response = web.StreamResponse(
                headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
            )
            response.headers["Cache-Control"] = "no-store"
            await response.prepare(request)
            await response.write(first)
            while (frame := await _next(listener)) is not None and still(request):
                await response.write(frame)
        except ConnectionError:
            pass  # the page was closed
        finally:
            self.listeners.discard(listener)
        return response


async def _next(listener: Listener) -> bytes | None:
    """The next frame, or a beat when there is none for a while."""
    try:
        return await asyncio.wait_for(listener.queue.get(), BEAT_SECONDS)
    except TimeoutError:
        return b": beat\n\n"


def _frame(name: str, value: object, number: str = "") -> bytes:
    head = f"id: {number}\n" if number else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(value) + b"\n\n"
