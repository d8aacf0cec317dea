"""The life of a running nadi: opening, one group of named tasks, draining, closing."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

from config.settings import Settings
from journal.base import Assigned
from journal.local import LocalJournal
from pipeline import metrics, status
from pipeline.access import Access, load_users
from pipeline.deadletters import DeadLetters, Letter
from pipeline.drain import drain
from pipeline.http import HttpServer, Sources, application, metrics_application
from pipeline.quarantine import Quarantine
from pipeline.wiring import FEEDBACK, Parts, wire
from telemetry.errors import Full, NadiError, Unavailable
from telemetry.sensors import Sensor

log = logging.getLogger("nadi.service")

TICK_SECONDS = 1.0
TRIM_SECONDS = 10.0
DECLARE_AT_ONCE = 20_000
"""Names in one entry: encoding a million at once would hold the loop for seconds."""
DECLARE_RETRY_SECONDS = 1.0
SWITCH_INTERVAL = 0.0005
"""With the default of 5 ms the commit thread waits for the GIL longer than for the disk."""


def wall_clock() -> int:
    """ms since the epoch, UTC."""
    return time.time_ns() // 1_000_000


class Service:
    """One pipeline from settings to a clean end.

    `started` is set when everything runs (not yet connected, perhaps); `stop()` drains.
    """

    def __init__(
        self, settings: Settings, catalogue: Sequence[Sensor] = (), clock: Callable[[], int] = wall_clock
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.clock = clock
        self.started = asyncio.Event()
        self.began = time.monotonic()
        self.parts: Parts
        self.http: HttpServer
        self.metrics_http: HttpServer | None = None
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask for a drained end; `run` returns when it is done."""
        self._stop.set()

    def status(self) -> dict[str, Any]:
        """What `/api/v1/status` answers; from `started` on."""
        return status.of(self.parts, self.clock(), time.monotonic() - self.began)

    def ledger(self) -> dict[str, Any]:
        """What `/api/v1/ledger` answers; from `started` on."""
        return self.parts.ledger.totals() | {"sinks": status.sinks_account(self.parts)}

    async def run(self) -> None:
        """Run until `stop()`. Raises SettingsError, Locked, or (in a group) what a part could not survive."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        settings = self.settings
        users = settings.http.users_file
        access = Access(load_users(users)) if users is not None else None
        async with AsyncExitStack() as stack:
            journal = await LocalJournal.open(settings.state_dir, settings.journal)
            stack.push_async_callback(journal.close)
            letters = DeadLetters(settings.state_dir / "dead_letters.sqlite", settings.limits.dead_letters)
            stack.callback(letters.close)
            quarantine = Quarantine(settings.state_dir / "quarantine", settings.limits.dead_letters, self.clock)
            claims = await stack.enter_async_context(aclosing(journal.claims("process")))  # type: ignore[type-var]
            claim = await anext(claims)
            assert isinstance(claim, Assigned)
            self._register_cursors(journal)
            self.parts = wire(
                settings, self.catalogue, journal, claim.owner, self.clock, time.monotonic, quarantine.put, letters
            )
            stack.callback(lambda: self.parts.processing.chain.close())
            await self._serve(stack, access)
            await self._run_tasks()

    def _register_cursors(self, journal: LocalJournal) -> None:
        sinks = (("influx", self.settings.influx), ("historian", self.settings.historian))
        wanted = {FEEDBACK, *(name for name, chosen in sinks if chosen is not None)}
        for name in set(journal.stats().cursors) - wanted:
            log.warning("a sink is no longer configured, its cursor is retired", extra={"sink": name})
            journal.drop_cursor(name)
        for name in wanted:
            journal.register_cursor(name, "oldest")

    async def _serve(self, stack: AsyncExitStack, access: Access | None) -> None:
        parts, http = self.parts, self.settings.http

        async def letters(reason: str | None, after: str | None, limit: int) -> Sequence[Letter]:
            if after is None:
                return await asyncio.to_thread(parts.letters.newest, reason, limit)
            return await asyncio.to_thread(parts.letters.page, after, reason, limit)

        registry = metrics.registry(self.status, self.ledger, parts.latencies)
        sources = Sources(self.status, self.ledger, registry, letters, parts.replayer.replay)
        self.http = HttpServer(application(sources, access), http.listen)
        if http.metrics_listen is not None:
            self.metrics_http = HttpServer(metrics_application(registry), http.metrics_listen)
        for server in (self.http, self.metrics_http):
            if server is not None:
                await server.start()
                stack.push_async_callback(server.stop)
                log.info("listening", extra={"address": server.address})

    async def _run_tasks(self) -> None:
        parts = self.parts
        async with asyncio.TaskGroup() as group:
            tasks: list[asyncio.Task[None]] = []

            def start(coroutine: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
                tasks.append(group.create_task(_named(coroutine, name), name=name))
                return tasks[-1]

            for runner in parts.runners:
                start(runner.run(), f"sink[{runner.sink.name}]")
            start(parts.processing.commit_rounds(), "processing[commit]")
            start(parts.processing.run(), "processing")
            start(parts.processing.save_snapshots(), "processing[snapshots]")
            start(parts.feedback.keep_refused(), "feedback[refusals]")
            start(parts.feedback.send_receipts(), "feedback[receipts]")
            start(self._trim(), "trim")
            inputs = [start(self._tick(), "ticks"), start(self._subscribe(), "subscriber")]
            self.started.set()
            log.info("running", extra={"series": len(parts.table)})
            await self._stop.wait()
            await drain(parts, inputs, self.settings.shutdown_timeout / 1000)
            for task in tasks:
                task.cancel()

    async def _subscribe(self) -> None:
        await self._declare()
        await self.parts.subscriber.run()

    async def _declare(self) -> None:
        """Make the catalogue's names durable before any reading or window row uses their ids."""
        names = self.parts.table.drain()
        for first in range(0, len(names), DECLARE_AT_ONCE):
            while True:
                try:
                    await self.parts.gate.declare(names[first : first + DECLARE_AT_ONCE])
                    break
                except (Full, Unavailable):
                    await asyncio.sleep(DECLARE_RETRY_SECONDS)

    async def _tick(self) -> None:
        parts, due = self.parts, time.monotonic()
        while True:
            # Measured from when the last one was due, so that it does not drift; one that is missed is not made up for.
            due = max(due + TICK_SECONDS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            await parts.gate.tick(parts.subscriber.status.connected_since)
            if parts.processing.caught_up.is_set():
                parts.board.sample(time.monotonic())

    async def _trim(self) -> None:
        while True:
            await asyncio.sleep(TRIM_SECONDS)
            await self.parts.journal.trim()


async def _named(work: Coroutine[Any, Any, None], name: str) -> None:
    """Run `work`; where it fails the log says whose failure ends everything."""
    try:
        await work
    except NadiError as error:
        log.critical("nadi ends because a part of it can't go on", extra={"part": name, "why": str(error)})
        raise
    except Exception:
        log.critical("nadi ends because a part of it failed", extra={"part": name}, exc_info=True)
        raise
