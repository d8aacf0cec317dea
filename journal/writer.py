"""The event loop's side of writing: encodes, queues, lets derived entries ride, settles futures."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from journal import codec, frames
from journal.base import Position
from journal.commit import DERIVED, INPUT, Committer, Request
from journal.entries import Derived, Entry
from telemetry.errors import JournalError, TooLarge, Unavailable

log = logging.getLogger("nadi.journal")

MAX_ENTRY: Final = 256 << 20
"""Bytes of one entry."""
RIDE: Final = 0.05
"""Seconds that a derived entry waits for an input to ride with."""
KEYS: Final = 65_536
"""How many of the last keys are remembered."""


class Writer:
    """Turns entries into futures of their positions. Order of calls is order in the log."""

    def __init__(self, committer: Committer, on_committed: Callable[[list[Request]], None]) -> None:
        """`on_committed` is called in the loop with what has become durable, before its futures resolve."""
        self.commits = 0
        self.max_entry = min(MAX_ENTRY, committer.limits.lanes[INPUT])
        self._committer = committer
        self._on_committed = on_committed
        self._loop = asyncio.get_running_loop()
        self._riders: list[Request] = []
        self._ride: asyncio.TimerHandle | None = None
        self._keys: OrderedDict[bytes, asyncio.Future[Position]] = OrderedDict()
        self._epochs = [0, 0]
        self._trouble: list[JournalError | None] = [None, None]
        self._closing = False
        committer.start(self._settle)

    @property
    def trouble(self) -> JournalError | None:
        """Why the last commit failed; None while all is well."""
        return self._trouble[INPUT] or self._trouble[DERIVED]

    async def submit(self, entry: Entry, key: bytes | None = None) -> Position:
        """Queue `entry`; returns when it is durable. Raises Full, TooLarge, Unavailable."""
        if key is None:
            return await self._queue(entry, None)
        known = self._keys.get(key)
        if known is None:
            known = self._keys[key] = self._queue(entry, key)
            if len(self._keys) > KEYS:
                self._keys.popitem(last=False)
        # Shielded: a second caller with this key may wait for it when the first has given up.
        return await asyncio.shield(known)

    async def close(self) -> None:
        """Commit all that is queued, and end the thread."""
        self._closing = True
        self._flush_riders()
        await self._loop.run_in_executor(None, self._committer.stop)
        # The thread's last word to the loop was queued before it ended, so before this.
        await asyncio.sleep(0)

    def _settle(self, batch: list[Request]) -> None:
        """Take back a batch from the commit thread; called in that thread."""
        with contextlib.suppress(RuntimeError):  # the loop is gone, and with it everyone who waited
            self._loop.call_soon_threadsafe(self._settled, batch)

    def _queue(self, entry: Entry, key: bytes | None) -> asyncio.Future[Position]:
        if self._closing:
            raise Unavailable("the journal is closed")
        encoded = codec.encode(entry)
        size = frames.size_of(encoded)
        if size > self.max_entry:
            raise TooLarge(
                f"an entry of {size} bytes; the journal takes at most {self.max_entry}: append less at a time"
            )
        lane = DERIVED if isinstance(entry, Derived) else INPUT
        future: asyncio.Future[Position] = self._loop.create_future()
        request = Request(entry, encoded, zlib.crc32(encoded.payload), size, future, lane, self._epochs[lane], key)
        if lane == DERIVED:
            self._riders.append(request)
            if self._ride is None:
                self._ride = self._loop.call_later(RIDE, self._flush_riders)
        else:
            self._flush_riders()
            self._committer.put(request)
        return future

    def _flush_riders(self) -> None:
        if self._ride is not None:
            self._ride.cancel()
            self._ride = None
        for request in self._riders:
            self._committer.put(request)
        self._riders.clear()

    def _settled(self, batch: list[Request]) -> None:
        durable = [request for request in batch if request.error is None]
        if durable:
            self.commits += 1
            self._on_committed(durable)
        before = self.trouble
        for request in batch:
            self._trouble[request.lane] = request.error
            if request.error is None:
                if not request.future.done():
                    request.future.set_result(request.position)
            else:
                self._fail(request, request.error)
        self._tell(before)

    def _fail(self, request: Request, error: JournalError) -> None:
        self._epochs[request.lane] = max(self._epochs[request.lane], request.epoch + 1)
        if request.key is not None and self._keys.get(request.key) is request.future:
            del self._keys[request.key]
        if not request.future.done():
            request.future.set_exception(error)
            request.future.exception()  # seen: whoever waited may have been cancelled

    def _tell(self, before: JournalError | None) -> None:
        """Log once when writing stops, once when it goes on."""
        if before is None and self.trouble is not None:
            log.error("the journal can't be written; acknowledging stops: %s", self.trouble)
        elif before is not None and self.trouble is None:
            log.warning("the journal can be written again")
