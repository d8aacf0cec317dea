"""The life of a running nadi: opening, one group of named tasks, draining, closing."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from config.settings import Settings
from journal.base import Assigned
from journal.entries import ReadingsEntry
from journal.local import LocalJournal
from pipeline import metrics, status
from pipeline.deadletters import DeadLetters
from pipeline.http import HttpServer, application
from pipeline.quarantine import Quarantine
from pipeline.wiring import FEEDBACK, Parts, wire
from telemetry.batch import Readings
from telemetry.errors import JournalError
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
        self, settings: Settings, catalogue: Sequence[Sensor] = (), clock: Callable[[], int] = wall_clock
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.clock = clock
        self.started = asyncio.Event()
        self.began = time.monotonic()
        self.parts: Parts
        self.http: HttpServer
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask for a drained end; `run` returns when it is done."""
        self._stop.set()

    async def run(self) -> None:
        """Run until `stop()`. Raises SettingsError, Locked, or what a part could not survive."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        journal = await LocalJournal.open(self.settings.state_dir, self.settings.journal)
        letters = DeadLetters(self.settings.state_dir / "dead_letters.sqlite", self.settings.limits.dead_letters)
        quarantine = Quarantine(self.settings.state_dir / "quarantine", self.settings.limits.dead_letters, self.clock)
        try:
            claim = await anext(aiter(journal.claims("process")))
            assert isinstance(claim, Assigned)
            self._register_cursors(journal)
            parts = wire(
                self.settings, self.catalogue, journal, claim.owner, self.clock, time.monotonic, quarantine.put, letters
            )
            self.parts = parts
            await self._serve(parts)
            await self._run_tasks(parts)
        finally:
            await journal.close()
            letters.close()

    def _register_cursors(self, journal: LocalJournal) -> None:
        sinks = (("influx", self.settings.influx), ("historian", self.settings.historian))
        wanted = {FEEDBACK, *(name for name, chosen in sinks if chosen is not None)}
        for name in set(journal.stats().cursors) - wanted:
            log.warning("a sink is no longer configured, its cursor is retired", extra={"sink": name})
            journal.drop_cursor(name)
        for name in wanted:
            journal.register_cursor(name, "oldest")

    async def _serve(self, parts: Parts) -> None:
        def tell() -> dict[str, Any]:
            return status.of(self, parts)

        app = application(tell, parts.ledger.totals, metrics.registry(tell, parts.ledger.totals, parts.latencies))
        self.http = HttpServer(app, self.settings.http.listen)
        await self.http.start()
        log.info("listening", extra={"address": self.http.address})

    async def _run_tasks(self, parts: Parts) -> None:
        tasks: list[asyncio.Task[Any]] = []
        try:
            async with asyncio.TaskGroup() as group:

                def start(coroutine: Any, name: str) -> asyncio.Task[Any]:
                    tasks.append(group.create_task(coroutine, name=name))
                    return tasks[-1]

                for runner in parts.runners:
                    start(runner.run(), f"sink[{runner.sink.name}]")
                start(parts.processing.commit_rounds(), "processing[commit]")
                start(parts.processing.run(), "processing")
                start(parts.processing.save_snapshots(), "processing[snapshots]")
                start(parts.feedback.keep_refused(), "feedback[refusals]")
                start(parts.feedback.send_receipts(), "feedback[receipts]")
                start(self._tick(parts), "ticks")
                start(self._trim(parts), "trim")
                await self._declare(parts)
                source = start(parts.subscriber.run(), "subscriber")
                self.started.set()
                log.info("running", extra={"series": len(parts.table)})
                await self._stop.wait()
                await self._drain(parts, source)
                for task in tasks:
                    task.cancel()
        finally:
            await self.http.stop()

    async def _declare(self, parts: Parts) -> None:
        """Make the catalogue's names durable before any window row uses their ids."""
        declared = parts.table.drain()
        while declared:
            try:
                await parts.journal.append(0, ReadingsEntry(Readings.empty(), declared=declared))
                return
            except JournalError as error:
                log.error("the journal takes nothing", extra={"why": str(error)})
                await asyncio.sleep(1.0)

    async def _tick(self, parts: Parts) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS - time.time() % TICK_SECONDS)
            await parts.gate.tick(parts.subscriber.status.connected_since)
            parts.board.sample(time.monotonic())

    async def _trim(self, parts: Parts) -> None:
        while True:
            await asyncio.sleep(TRIM_SECONDS)
            await parts.journal.trim()

    async def _drain(self, parts: Parts, source: asyncio.Task[Any]) -> None:
        """Sources first: acknowledge what is committed, process it, deliver what sinks take in time."""
        deadline = time.monotonic() + self.settings.shutdown_timeout / 1000

        async def within(coroutine: Any, share: float, what: str) -> None:
            try:
                await asyncio.wait_for(coroutine, max(0.1, (deadline - time.monotonic()) * share))
            except TimeoutError:
                log.warning("not finished in time; it goes on at the next start", extra={"what": what})

        log.info("draining")
        await within(parts.subscriber.stop(), 0.3, "acknowledging")
        source.cancel()
        await within(parts.processing.reached(parts.gate.last), 0.5, "processing")
        await within(parts.processing.save_snapshot(), 0.5, "snapshot")
        last = parts.processing.cursor
        for runner in parts.runners:
            await within(runner.delivered(last), 0.5, f"sink {runner.sink.name}")
        log.info("drained")
