"""One channel of alerts: two tasks, so that what can't be told never holds the log back.

    log ──▶ follow: Desk ──▶ AlertStore (waiting) ──▶ send: Channel
              cursor moves at once                     retried with back-off, in order

A notice is sent at least once: one whose answer was lost goes out again, with the same id.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from journal.base import Gap, Position, Reader, Stored
from journal.entries import Derived, TickEntry
from pipeline.alerting.store import AlertStore
from pipeline.delivery.backoff import Backoff, Waits
from sinks.alerts.channel import Channel
from sinks.alerts.desk import Desk
from sinks.alerts.notice import Notice
from sinks.alerts.routing import Route
from sinks.base import Refused, Written
from telemetry.errors import NadiError

log = logging.getLogger("nadi.alerts")

RETRY_SECONDS: Final = 5.0

T = TypeVar("T")


class AlertRunner:
    """name: of the channel, its cursor being `alert.{name}`."""

    def __init__(
        self,
        name: str,
        channel: Channel,
        route: Route,
        reader: Reader,
        store: AlertStore,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.channel = channel
        self.reader = reader
        self.store = store
        self.desk = Desk(name, route, store.followed(name), channel.refresh)
        self._untold = self._unstored = ""
        self._sleep = sleep
        self._backoff = Backoff(f"alert {name}", Waits(), jitter)
        self._place = store.place(name)
        self._now = 0
        self._more = asyncio.Event()
        self._more.set()

    @property
    def problem(self) -> str:
        """Why nothing can be told at the moment; empty while it can."""
        return self._unstored or self._untold

    async def follow(self) -> None:
        """Take from the log what is to be told; for ever."""
        async for batch in self.reader.read():
            notices = [notice for item in batch for notice in self._take(item)]
            last = _end(batch)
            if self.desk.changed or self.desk.gone or notices:
                await self._keep(last, notices)
            await self.reader.advance(Position(last))

    async def send(self) -> None:
        """Tell what waits, the oldest first; for ever."""
        await self.channel.open()
        try:
            while True:
                self._more.clear()  # before looking, or what comes meanwhile would wait for the next
                waiting = await self._stored(self.store.next, self.name)
                if waiting is None:
                    await self._more.wait()
                else:
                    await self._send(*waiting)
        finally:
            await self.channel.close()

    def _take(self, item: Stored | Gap) -> Sequence[Notice]:
        """An item that is before the place kept has been taken by an earlier process."""
        if isinstance(item, Gap) or item.position <= self._place:
            return ()
        if isinstance(item.entry, TickEntry):
            self._now = max(self._now, item.entry.time)
            return self.desk.tick(self._now)
        if isinstance(item.entry, Derived) and item.entry.incidents is not None:
            rows = item.entry.incidents
            self._now = max(self._now, int(rows.updated.max(initial=0)))
            return self.desk.take(rows, self._now)
        return ()

    async def _keep(self, position: int, notices: Sequence[Notice]) -> None:
        """However long it takes: until then the log holds them."""
        desk = self.desk
        await self._stored(self.store.take, self.name, position, list(desk.changed.values()), set(desk.gone), notices)
        self._place = position
        desk.settle()
        if notices:
            self._more.set()

    async def _stored(self, action: Callable[..., T], *arguments: object) -> T:
        """What the store answers, however long its disk is full: what is told must not be told again for that."""
        while True:
            try:
                answer = await asyncio.to_thread(action, *arguments)
            except NadiError as error:
                if not self._unstored:
                    log.error("alerts wait, for they can't be kept", extra={"channel": self.name, "why": str(error)})
                self._unstored = str(error)
                await self._sleep(RETRY_SECONDS)
            else:
                self._unstored = ""
                return answer

    async def _send(self, number: int, notice: Notice) -> None:
        outcome = await self.channel.send(notice)
        if isinstance(outcome, Written):
            self._backoff.recovered()
            self._untold = ""
            log.info("told", extra={"channel": self.name, "event": notice.event, "incident": notice.incident})
            await self._stored(self.store.done, self.name, number, "told")
        elif isinstance(outcome, Refused):
            log.error(
                "an alert is refused for good",
                extra={"channel": self.name, "incident": notice.incident, "why": outcome.reason},
            )
            await self._stored(self.store.done, self.name, number, "refused")
        else:
            wait = self._backoff.failed(outcome)
            self._untold = self._backoff.problem
            await self._sleep(wait)


def _end(batch: Sequence[Stored | Gap]) -> int:
    last = batch[-1]
    return last.upto if isinstance(last, Gap) else last.position
