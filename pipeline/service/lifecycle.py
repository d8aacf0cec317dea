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
from ingest.facts import Facts
from journal.base import Assigned
from journal.local import LocalJournal
from pipeline.alerting.alerts import CURSOR
from pipeline.alerting.store import AlertStore
from pipeline.delivery.deliveries import chosen, retire
from pipeline.delivery.quarantine import Quarantine
from pipeline.refusals.deadletters import DeadLetters, Letter
from pipeline.service import heap, metrics, status
from pipeline.service.books import Books
from pipeline.service.drain import drain
from pipeline.service.reload import Load, Reloader, users_of
from pipeline.web.access import Access, User
from pipeline.web.api import Sources
from pipeline.web.audit import Audit
from pipeline.web.city import city_of, observations_of
from pipeline.web.http import application, metrics_application
from pipeline.web.server import HttpServer
from pipeline.wiring import FEEDBACK, Parts, wire
from telemetry.errors import NadiError
from telemetry.sensors import Sensor

log = logging.getLogger("nadi.service")

TICK_SECONDS = 1.0
TRIM_SECONDS = 10.0
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
        self,
        settings: Settings,
        catalogue: Sequence[Sensor] = (),
        clock: Callable[[], int] = wall_clock,
        load: Load | None = None,
    ) -> None:
        """load: reads settings and catalogue anew, for `reload`."""
        self.settings = settings
        self.catalogue = catalogue
        self.clock = clock
        self.load = load or (lambda: (settings, catalogue))
        self.started = asyncio.Event()
        self.began = time.monotonic()
        self.parts: Parts
        self.http: HttpServer
        self.metrics_http: HttpServer | None = None
        self.last_status: dict[str, Any] = {}
        """What `status` told when all was drained, before the stores were closed."""
        self._shows = True
        """Whether the last beat of the page succeeded: a fault is logged once, not each second."""
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()

    def reload(self) -> None:
        """Ask for the settings to be read anew and taken over; the log says what came of it."""
        self._reload.set()

    def stop(self) -> None:
        """Ask for a drained end; `run` returns when it is done."""
        self._stop.set()

    def status(self) -> dict[str, Any]:
        """What `/api/v1/status` answers; from `started` on."""
        return status.of(self.parts, self.clock(), time.monotonic() - self.began)

    def ledger(self) -> dict[str, Any]:
        """The whole books, at once; from `started` on. `/api/v1/ledger` tells the same in slices."""
        return self.parts.ledger.totals() | {"sinks": status.sinks_account(self.parts)}

    async def run(self) -> None:
        """Run until `stop()`. Raises SettingsError, Locked, or (in a group) what a part could not survive."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        heap.settle()
        settings = self.settings
        users = users_of(settings)
        async with AsyncExitStack() as stack:
            journal = await LocalJournal.open(settings.state_dir, settings.journal)
            stack.push_async_callback(journal.close)
            letters = DeadLetters(settings.state_dir / "dead_letters.sqlite", settings.limits.dead_letters)
            stack.callback(letters.close)
            facts = Facts(settings.state_dir / "decoders.sqlite")
            stack.callback(facts.close)
            told = AlertStore(settings.state_dir / "alerts.sqlite")
            stack.callback(told.close)
            audit = Audit(settings.state_dir / "audit.sqlite", self.clock)
            stack.callback(audit.close)
            self.quarantine = Quarantine(settings.state_dir / "quarantine", settings.limits.dead_letters, self.clock)
            claims = await stack.enter_async_context(aclosing(journal.claims("process")))  # type: ignore[type-var]
            claim = await anext(claims)
            assert isinstance(claim, Assigned)
            self._retire_cursors(journal)
            self.parts = wire(
                settings,
                self.catalogue,
                journal,
                claim.owner,
                self.clock,
                time.monotonic,
                self.quarantine.put,
                letters,
                facts,
                told,
            )
            stack.callback(lambda: self.parts.processing.chain.close())
            await self._serve(stack, users, audit)
            await self._run_tasks()

    def _retire_cursors(self, journal: LocalJournal) -> None:
        channels = {CURSOR + channel.name for channel in self.settings.alerts}
        for name in set(journal.stats().cursors) - {FEEDBACK, *chosen(self.settings), *channels}:
            retire(journal, name)
        journal.register_cursor(FEEDBACK, "oldest")

    async def _serve(self, stack: AsyncExitStack, users: dict[str, User] | None, audit: Audit) -> None:
        parts, http = self.parts, self.settings.http

        async def letters(reason: str | None, after: str | None, limit: int) -> Sequence[Letter]:
            if after is None:
                return await asyncio.to_thread(parts.letters.newest, reason, limit)
            return await asyncio.to_thread(parts.letters.page, after, reason, limit)

        # Asked of the present books: a change of the thresholds, or a fault of the processors' files, makes others.
        registry = metrics.registry(
            self.status, lambda count: parts.ledger.busiest(count), parts.latencies, parts.desk.open
        )
        indicators = lambda: parts.processing.chain.indicators()  # noqa: E731
        self.city = city_of(parts, self.settings, lambda: self.reloader.settings, self.status)
        sources = Sources(
            *(self.status, Books(parts).told, registry, letters, parts.replayer.replay, parts.desk),
            indicators=indicators,
            city=self.city,
            audit=audit,
            observations=observations_of(parts, lambda: self.reloader.settings, self.clock),
        )
        self.http = HttpServer(application(sources, Access(users) if users else None), http.listen)
        if http.metrics_listen is not None:
            self.metrics_http = HttpServer(metrics_application(registry), http.metrics_listen)
        self.reloader = Reloader(parts, self.settings, users, self.quarantine, self.http, sources, self.clock)
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

            parts.deliveries.start(start)
            if parts.alerts is not None:
                parts.alerts.start(start)
            start(parts.processing.commit_rounds(), "processing[commit]")
            start(parts.processing.run(), "processing")
            start(parts.processing.save_snapshots(), "processing[snapshots]")
            start(parts.feedback.keep_refused(), "feedback[refusals]")
            start(parts.feedback.send_receipts(), "feedback[receipts]")
            start(self._trim(), "trim")
            reloads = start(self.reloader.run(self._reload, self.load), "settings")
            inputs = [start(self._tick(), "ticks"), start(self._subscribe(), "subscriber"), reloads]
            self.started.set()
            log.info("running", extra={"series": len(parts.table)})
            await self._stop.wait()
            await drain(parts, inputs, self.reloader.settings.shutdown_timeout / 1000)
            self.last_status = self.status()
            for task in tasks:
                task.cancel()

    async def _subscribe(self) -> None:
        """First the catalogue's names are made durable: readings and window rows use their ids."""
        await self.parts.gate.declare_all(self.parts.table.drain())
        await self.parts.subscriber.run()

    async def _tick(self) -> None:
        parts, due = self.parts, time.monotonic()
        while True:
            # Measured from when the last one was due, so that it does not drift; one that is missed is not made up for.
            due = max(due + TICK_SECONDS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            await parts.gate.tick(parts.subscriber.status.connected_since)
            self._show(parts.processing.caught_up.is_set())

    def _show(self, settled: bool) -> None:
        """What pages are told. A fault in it is theirs alone: ticks, and with them the taking in of readings, go on."""
        try:
            if settled:
                self.parts.board.sample(time.monotonic())
            self.city.live.beat(self.clock(), settled)
        except Exception:
            if self._shows:
                log.exception("the page can't be told what goes on; readings are taken in and processed all the same")
            self._shows = False
        else:
            self._shows = True

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
