"""Pings, and what their absence means."""

from __future__ import annotations

import asyncio
from typing import Final

from ingest.link import Link
from ingest.wire import PINGREQ

PATIENCE: Final = 3
"""Half intervals without a byte from the broker before it counts as gone."""


class KeepAlive:
    """Pings twice per `interval` (s), and ends a link on which nothing comes back.

    While reading is paused on purpose the broker's answers can't be seen, so none is expected;
    pings still go out, lest the broker should think that we are gone."""

    def __init__(self, link: Link, interval: float) -> None:
        self.link = link
        self.interval = interval
        self._heard = link.received
        self._silent = 0
        self._timer: asyncio.TimerHandle | None = None
        self._again()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self.interval / 2, self._beat)

    def _beat(self) -> None:
        link = self.link
        heard = link.received != self._heard
        self._silent = 0 if heard or link.paused else self._silent + 1
        self._heard = link.received
        if self._silent >= PATIENCE:
            link.fail(f"the broker has not answered for {PATIENCE * self.interval / 2:g} s")
            return
        link.write(PINGREQ)
        self._again()
