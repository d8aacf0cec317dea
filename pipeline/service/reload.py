"""SIGHUP: the settings are read anew and taken over by what runs, without losing a message.

    file ─▶ checked as a whole, sinks tried ─▶ names of new sensors durable ─▶ processors renewed
                 │ wrong: it is said where                                         │ can't be: the old go on
                 ▼                                                                 ▼
         the running ones stay            decoder and subscriptions ─▶ limits ─▶ sinks ─▶ users

The journal, the session with the broker and what both hold stay where they are. Up to the
processors a failure changes nothing; what follows can't fail. Why not a restart within the
process: docs/decisions/0008-settings-under-way.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.settings import Settings
from config.thresholds import load_thresholds
from pipeline.delivery.deliveries import SINKS
from pipeline.delivery.quarantine import Quarantine
from pipeline.service.changes import merged
from pipeline.web.access import Access, User, load_users
from pipeline.web.api import Sources
from pipeline.web.http import application
from pipeline.web.server import HttpServer
from pipeline.wiring import Parts, chain, enlist, series_limits, sink_of
from telemetry.errors import NadiError
from telemetry.sensors import Sensor

log = logging.getLogger("nadi.settings")

Load = Callable[[], tuple[Settings, Sequence[Sensor]]]
"""Reads the settings and the catalogue that they name. Raises SettingsError."""


def users_of(settings: Settings) -> dict[str, User] | None:
    """The users that the settings name, None where everybody on this machine may do all. Raises SettingsError."""
    path = settings.http.users_file
    return load_users(path) if path is not None else None


@dataclass(slots=True)
class Reloader:
    """Changes what runs from the settings in effect to those on disk."""

    parts: Parts
    settings: Settings
    """Those in effect."""
    users: dict[str, User] | None
    quarantine: Quarantine
    http: HttpServer
    sources: Sources
    clock: Callable[[], int]

    async def run(self, asked: asyncio.Event, load: Load) -> None:
        """Reload whenever `asked` is set, for ever; one after the other."""
        while True:
            await asked.wait()
            asked.clear()
            try:
                waiting = await self.reload(load)
            except (NadiError, OSError) as error:
                log.error("the settings on disk can't be used; the running ones stay", extra={"why": str(error)})
            else:
                log.info("the settings on disk are in effect")
                if waiting:
                    log.warning("changed settings that need a restart", extra={"keys": waiting})

    async def reload(self, load: Load) -> list[str]:
        """Take over what can be; the keys that wait for a restart. Raises NadiError, OSError: then
        nothing has changed."""
        wanted, sensors = await asyncio.to_thread(load)
        settings, waiting = merged(self.settings, wanted)
        users = users_of(settings)
        await self._try_sinks(settings)
        await self._processors(settings, sensors)
        before, self.settings = self.settings, settings
        limits = settings.limits
        self.parts.letters.max_bytes = self.quarantine.max_bytes = limits.dead_letters
        await self.parts.deliveries.change(before, settings)
        if self.parts.alerts is not None:
            await self.parts.alerts.change(before, settings)
        if users != self.users:
            self.users = users
            await self.http.serve(application(self.sources, Access(users) if users else None))
        return waiting

    async def _try_sinks(self, settings: Settings) -> None:
        """What sinks need of this machine is there. Raises StoreError, SettingsError."""
        for name in SINKS:
            old, new = getattr(self.settings, name), getattr(settings, name)
            if new is None:
                continue
            sink = sink_of(name, settings, self.parts.table, self.clock)  # which may need files, such as certificates
            # What we have open ourselves is locked.
            if old is None or getattr(new, "path", None) != getattr(old, "path", None):
                await sink.open()
                await sink.close()

    async def _processors(self, settings: Settings, sensors: Sequence[Sensor]) -> None:
        """Another catalogue for processing, then for what decodes."""
        parts, table = self.parts, self.parts.table
        # Read once: processing may begin anew at any time, and then the file may be another, or wrong.
        thresholds = load_thresholds(settings.thresholds)
        before = table.max_series, table.max_per_zone
        table.max_series, table.max_per_zone = series_limits(settings.limits)
        try:
            columns = enlist(table, sensors)
            await parts.gate.declare_all(table.drain())
            await parts.processing.renew(lambda: chain(settings, table, columns, thresholds))
        except BaseException:
            table.max_series, table.max_per_zone = before
            raise
        parts.sensors = columns
        parts.subscriber.adopt(settings, columns)
        parts.replayer.adopt(settings, columns)
