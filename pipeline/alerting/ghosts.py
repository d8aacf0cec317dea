"""What a channel that is gone has left on show at the broker: ended there, however long that takes.

channel removed, renamed, of another means now ──▶ AlertStore.ghosts ──▶ an empty retained message each
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from pipeline.alerting.store import AlertStore
from sinks.alerts.mqtt import Deliver, is_level, topic_of
from telemetry.errors import NadiError

log = logging.getLogger("nadi.alerts")

RETRY_SECONDS: Final = 2.0
AT_ONCE: Final = 100
"""Between two writes to the disk."""


class Ghosts:
    """shown: whether a channel shows an incident of its own accord; None while that is not known."""

    def __init__(
        self,
        store: AlertStore,
        deliver: Deliver,
        shown: Callable[[str], bool | None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.store = store
        self.deliver = deliver
        self.shown = shown
        self._sleep = sleep
        self._more = asyncio.Event()
        self._fault = ""

    def look(self) -> None:
        """There may be new ones."""
        self._more.set()

    async def run(self) -> None:
        """End what is left, for ever."""
        while True:
            self._more.clear()
            if await self._all_laid():
                await self._more.wait()
            else:
                await self._sleep(RETRY_SECONDS)

    async def _all_laid(self) -> bool:
        try:
            while ghosts := await asyncio.to_thread(self.store.ghosts):
                laid: list[tuple[str, str]] = []
                for each in ghosts[:AT_ONCE]:
                    if not await self._lay(*each):
                        break
                    laid.append(each)
                if not laid:
                    return False
                await asyncio.to_thread(self.store.lay, laid)
        except NadiError as error:
            self._say(str(error))
            return False
        self._fault = ""
        return True

    async def _lay(self, city: str, incident: str) -> bool:
        shown = self.shown(incident)
        if shown is not False or not is_level(city):
            return shown is not None
        try:
            fault = await self.deliver(topic_of(city, incident), b"", True)
        except Exception as error:  # what is left on show must not end nadi
            fault = f"{type(error).__name__}: {error}"
        if fault:
            self._say(fault)
        return not fault

    def _say(self, fault: str) -> None:
        if fault != self._fault:
            log.warning("incidents of a channel that is gone are still on show", extra={"why": fault})
        self._fault = fault
