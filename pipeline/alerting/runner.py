"""One channel of alerts: two tasks, so that what can't be told never holds the log back.

    log ──▶ follow: Desk ──▶ AlertStore (waiting) ──▶ send: Channel
              cursor moves at once                     retried with back-off, an incident's own in order

A notice is sent at least once: one whose answer was lost goes out again, with the same id. Whatever goes wrong
in a channel is its own: it is logged, shown as `problem`, and tried again slowly.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeVar

from journal.base import Gap, Position, Reader, Stored
from journal.entries import Derived, TickEntry
from pipeline.alerting.queue import PATIENCE, Tried, Waiting, expired, upcoming
from pipeline.alerting.store import WAITING, AlertStore
from pipeline.delivery.backoff import Backoff, Waits, Words
from sinks.alerts.channel import Channel, Partly, Told
from sinks.alerts.desk import Desk
from sinks.alerts.notice import OVER, Notice
from sinks.alerts.routing import Route
from sinks.base import Denied, Refused, Throttled, Written
from telemetry.errors import NadiError

log = logging.getLogger("nadi.alerts")

RETRY_SECONDS: Final = 5.0
HOLDS: Final = 120
"""Times RETRY_SECONDS that the log is held while alerts can't be kept; then they are only in memory, for a journal
that fills up would end the acknowledging of readings."""
PARTLY_SECONDS: Final = 60.0
"""Until those are tried again who could not be told for now, while others were."""
_LOGGED: Final = 100
_NAMED: Final = 20
"""Of the incidents that one line of the log is about."""
_WORDS: Final = Words("alerts over {name} can't be told", "alerts over {name} can be told again", "it asks to wait")

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
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """clock: ms. Nothing is read yet: that may have to wait for the disk."""
        self.name = name
        self.channel = channel
        self.reader = reader
        self.store = store
        self.desk = Desk(name, route, (), channel.refresh)
        self.loaded = asyncio.Event()
        """Set when `desk` knows what an earlier process knew."""
        self._unopened = ""
        self._unstored: dict[str, str] = {}
        self._tried: dict[int, Tried] = {}
        self._logged: set[str] = set()
        self._sleep = sleep
        self._clock = clock
        self._backoff = Backoff(name, Waits(), jitter, _WORDS)
        self._place = -1
        self._begun = store.begun
        self._unkept: list[Notice] = []
        self._holds = 0
        self._now = 0
        self._more = asyncio.Event()
        self._more.set()

    @property
    def problem(self) -> str:
        """Why something can't be told at the moment; empty while all can."""
        whys = (*self._unstored.values(), self._unopened, *(each.why for each in self._tried.values()))
        return next(filter(None, whys), "")

    def shows(self, incident: str) -> bool:
        """Whether it has been told, and not its end."""
        each = self.desk.followed.get(incident)
        return each is not None and each.told is not None and each.told not in OVER

    async def follow(self) -> None:
        """Take from the log what is to be told; for ever."""
        await self._load()
        async for batch in self.reader.read():
            notices = [notice for item in batch for notice in self._take(item)]
            last = _end(batch)
            if self.store.begun != self._begun:
                self._begun = self.store.begun
                self.desk.changed.update(self.desk.followed)
            if self.desk.changed or self.desk.gone or notices:
                await self._keep(last, notices)
            await self.reader.advance(Position(last))

    async def send(self) -> None:
        """Tell what waits; for ever."""
        await self._open()
        try:
            await self.loaded.wait()
            while True:
                self._more.clear()  # before looking, or what comes meanwhile would wait for the next
                head = upcoming(await self._waiting(), self._tried)
                if head is None:
                    await self._more.wait()
                elif (pause := self._tried.get(head[0], Tried()).not_before - self._clock()) > 0:
                    await self._rest(pause / 1000)
                else:
                    await self._send(*head)
        finally:
            await self.channel.close()

    async def _open(self) -> None:
        while True:
            try:
                await self.channel.open()
            except Exception as error:  # one channel's fault must not end nadi
                fault = self._fault(error)
                self._unopened = fault.reason
                await self._sleep(self._backoff.failed(fault))
            else:
                self._unopened = ""
                return

    async def _waiting(self) -> Waiting:
        """What is worth telling still."""
        waiting = await self._stored(self.store.waiting, self.name)
        if self.channel.age:
            old = set(expired(waiting, self._clock() - self.channel.age, self.desk.followed))
            if old:
                incidents = list(dict.fromkeys(notice.incident for number, notice in waiting if number in old))
                log.error("alerts are given up as too old", extra={"channel": self.name, "incidents": incidents})
                await self._stored(self.store.done, self.name, old, "given up")
                waiting = [(number, notice) for number, notice in waiting if number not in old]
        self._tried = {number: self._tried[number] for number, _ in waiting if number in self._tried}
        return waiting

    async def _load(self) -> None:
        """What an earlier process knew; nothing where it can't be read for as long as HOLDS."""
        for _ in range(HOLDS):
            try:
                followed = await asyncio.to_thread(self.store.followed, self.name)
                self._place = await asyncio.to_thread(self.store.place, self.name)
            except NadiError as error:
                self._cannot_store("load", error)
                await self._sleep(RETRY_SECONDS)
            else:
                self.desk = Desk(self.name, self.desk.route, followed, self.channel.refresh)
                self._unstored.pop("load", None)
                break
        self.loaded.set()

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
            return self.desk.take(rows, self._now, _hosts(item.entry))
        return ()

    async def _keep(self, position: int, notices: Sequence[Notice]) -> None:
        """Until then the log holds them, but not for longer than HOLDS."""
        desk, self._place = self.desk, position
        self._unkept = [*self._unkept, *notices][-WAITING:]
        while True:
            changed, gone, news = list(desk.changed.values()), set(desk.gone), list(self._unkept)
            lost = set(desk.forgotten)
            try:
                await asyncio.to_thread(self.store.take, self.name, position, changed, gone, news, lost)
                break
            except NadiError as error:
                self._cannot_store("take", error)
                desk.changed.update(desk.followed)  # the next attempt may be on a new file
            self._holds += 1
            if self._holds >= HOLDS:
                return
            await self._sleep(RETRY_SECONDS)
        self._unstored.pop("take", None)
        if lost:
            about = {"channel": self.name, "number": len(lost), "incidents": sorted(lost)[:_NAMED]}
            log.error("too many incidents are open: some are forgotten, and their end is not told", extra=about)
        self._holds, self._unkept = 0, []
        desk.settle()
        if news:
            self._more.set()

    async def _stored(self, action: Callable[..., T], *arguments: object) -> T:
        """What the store answers, however long its disk is full: what is told must not be told again for that."""
        while True:
            try:
                answer = await asyncio.to_thread(action, *arguments)
            except NadiError as error:
                self._cannot_store(action.__name__, error)
                await self._sleep(RETRY_SECONDS)
            else:
                self._unstored.pop(action.__name__, None)
                return answer

    def _cannot_store(self, step: str, error: NadiError) -> None:
        if not self._unstored:
            log.error("alerts wait, for they can't be kept", extra={"channel": self.name, "why": str(error)})
        self._unstored[step] = str(error)

    async def _send(self, number: int, notice: Notice) -> None:
        outcome = await self._attempt(notice)
        if isinstance(outcome, Written | Refused):
            self._backoff.recovered()  # of a refusal too: whom it was sent to has answered
            self._tried.pop(number, None)
            await self._done(number, notice, outcome)
            return
        tried = self._tried.setdefault(number, Tried())
        if isinstance(outcome, Partly):
            self._backoff.recovered()
            if tried.why != outcome.reason:
                about = {"channel": self.name, "incident": notice.incident, "why": outcome.reason}
                log.warning("some are not told yet; they are tried again", extra=about)
            tried.why, tried.not_before = outcome.reason, self._clock() + int(PARTLY_SECONDS * 1000)
            return
        # What only a person can mend is not mended by the next attempt: the others get their turn at once.
        tried.attempts += PATIENCE if isinstance(outcome, Denied) else 1
        wait = self._backoff.failed(outcome)
        tried.why = self._backoff.problem
        if isinstance(outcome, Throttled):
            await self._sleep(wait)
        else:
            await self._rest(wait)

    async def _attempt(self, notice: Notice) -> Told:
        try:
            return await self.channel.send(notice)
        except Exception as error:  # one channel's fault must not end nadi
            return self._fault(error)

    def _fault(self, error: Exception) -> Denied:
        why = f"{type(error).__name__}: {error}"
        if why not in self._logged and len(self._logged) < _LOGGED:
            self._logged.add(why)
            log.error("a channel of alerts fails", extra={"channel": self.name, "why": why}, exc_info=error)
        return Denied(why)

    async def _done(self, number: int, notice: Notice, outcome: Written | Refused) -> None:
        about = {"channel": self.name, "event": notice.event, "incident": notice.incident}
        if isinstance(outcome, Written):
            log.info("told", extra=about)
        else:
            log.error("an alert is refused for good", extra=about | {"why": outcome.reason})
        await self._stored(self.store.done, self.name, {number}, "told" if isinstance(outcome, Written) else "refused")

    async def _rest(self, seconds: float) -> None:
        """Until `seconds` have gone by or something new is to be told, which may fare better."""
        either = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._more.wait())]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in either:
                each.cancel()


def _hosts(entry: Derived) -> Mapping[str, str]:
    """By merged incident, the words that name what took it in."""
    events = entry.incident_events
    if events is None:
        return {}
    rows = zip(events.incident, events.event, events.reason, strict=True)
    return {incident: reason for incident, event, reason in rows if event == "merged"}


def _end(batch: Sequence[Stored | Gap]) -> int:
    last = batch[-1]
    return last.upto if isinstance(last, Gap) else last.position
