"""The channels of alerts that the settings name, also when they change under way."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from config.settings import AlertSettings, Settings
from journal.base import Journal
from pipeline.alerting.ghosts import Ghosts
from pipeline.alerting.runner import RETRY_SECONDS, AlertRunner
from pipeline.alerting.store import SHOWN_UNTIL_ENDED, AlertStore
from sinks.alerts.mqtt import Deliver
from sinks.alerts.routing import Route
from sinks.alerts.table import Means, channel_of
from telemetry.errors import JournalError, NadiError

log = logging.getLogger("nadi.alerts")

CURSOR: Final = "alert."
"""Before a channel's name in that of its cursor."""

Start = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]


class Alerts:
    """A channel begins with what happens from then on: old incidents ring nobody."""

    def __init__(
        self,
        journal: Journal,
        store: AlertStore,
        deliver: Deliver,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """clock: ms."""
        self.journal = journal
        self.store = store
        self.deliver = deliver
        self.sleep = sleep
        self.clock = clock
        self.ghosts = Ghosts(store, deliver, self._shown, sleep)
        self.runners: dict[str, AlertRunner] = {}
        self._means: dict[str, str] = {}
        self._tasks: dict[str, list[asyncio.Task[None]]] = {}

    def choose(self, settings: Settings) -> None:
        """Before anything runs."""
        self._forget_all_but(settings)
        for channel in settings.alerts:
            self._begin(channel.name)
            self._make(channel, settings)

    def start(self, start: Start) -> None:
        self._start = start
        start(self.ghosts.run(), "alerts[on show]")
        for name in self.runners:
            self._run(name)

    async def change(self, before: Settings, after: Settings) -> None:
        """Go from one choice of channels to another; those that stay as they are notice nothing."""
        spoken = before.language, before.timezone, before.cities
        old = {channel.name: channel for channel in before.alerts}
        new = {channel.name: channel for channel in after.alerts}
        for name in old:
            if new.get(name) != old[name] or spoken != (after.language, after.timezone, after.cities):
                await self._end(name)
                if name not in new:
                    self._retire(name)
        await asyncio.to_thread(self._forget_all_but, after)
        self.ghosts.look()
        for name, channel in new.items():
            if name not in self.runners:
                await self._register(name)
                self._make(channel, after)
                self._run(name)

    def status(self) -> dict[str, dict[str, Any]]:
        """By channel: what has been told, refused, superseded by newer notices, given up, what waits, and what keeps
        it from being told; and how many incidents made room that were not over."""
        totals = self.store.totals
        return {
            name: {
                "told": totals.get(name, {}).get("told", 0),
                "refused": totals.get(name, {}).get("refused", 0),
                "superseded": totals.get(name, {}).get("superseded", 0),
                "given_up": totals.get(name, {}).get("given up", 0),
                "forgotten": totals.get(name, {}).get("forgotten", 0),
                "waiting": totals.get(name, {}).get("waiting", 0),
                "problem": runner.problem,
            }
            for name, runner in self.runners.items()
        }

    def _begin(self, name: str) -> None:
        self.journal.register_cursor(CURSOR + name, "now")

    async def _register(self, name: str) -> None:
        """However long the disk is full: a change of the settings that has begun is brought to its end."""
        while True:
            try:
                self._begin(name)
                break
            except JournalError as error:
                log.error("a channel of alerts waits for its cursor", extra={"channel": name, "why": str(error)})
                await self.sleep(RETRY_SECONDS)

    def _shown(self, incident: str) -> bool | None:
        runners = [runner for name, runner in self.runners.items() if self._means[name] == SHOWN_UNTIL_ENDED]
        if not all(runner.loaded.is_set() for runner in runners):
            return None
        return any(runner.shows(incident) for runner in runners)

    def _forget_all_but(self, settings: Settings) -> None:
        try:
            self.store.keep_only({channel.name: channel.type for channel in settings.alerts})
        except NadiError as error:
            log.warning("channels that are gone can't be forgotten yet; the next start does", extra={"why": str(error)})

    def _make(self, channel: AlertSettings, settings: Settings) -> None:
        means = Means(settings.language, settings.timezone, settings.cities, self.deliver)
        self._means[channel.name] = channel.type
        self.runners[channel.name] = AlertRunner(
            channel.name,
            channel_of(channel, means),
            Route(channel, settings.timezone),
            self.journal.reader(CURSOR + channel.name),
            self.store,
            clock=self.clock,
        )

    def _run(self, name: str) -> None:
        runner = self.runners[name]
        self._tasks[name] = [
            self._start(runner.follow(), f"alert[{name}]"),
            self._start(runner.send(), f"alert[{name}, sending]"),
        ]

    async def _end(self, name: str) -> None:
        del self.runners[name]
        tasks = self._tasks.pop(name)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    def _retire(self, name: str) -> None:
        log.warning("a channel of alerts is no longer configured", extra={"channel": name})
        try:
            self.journal.drop_cursor(CURSOR + name)
        except JournalError as error:
            log.warning("that is not on the disk yet; the next start says it again", extra={"why": str(error)})
