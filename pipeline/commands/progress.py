"""The line that `./nadi simulate` shows while it publishes, and the one that it leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.live import Live
from rich.text import Text

from simulators.city import CityClock
from simulators.publisher import Publisher, wall_clock
from simulators.truth import Truth

_SHOWN = 0.5
"""Seconds between looks."""
_NAMED = 3
"""Events that the line names."""
_ZONE = ZoneInfo("Asia/Jakarta")
_BEHIND = 1_000
"""ms that are worth a word."""


class Progress:
    """What `publisher` does, of a scenario that ends at `until` (ms of the city's clock)."""

    def __init__(self, publisher: Publisher, name: str, truth: Sequence[Truth], clock: CityClock, until: int) -> None:
        self.publisher = publisher
        self.name = name
        self.truth = truth
        self.clock = clock
        self.until = until
        self._began = time.monotonic()
        self._last = (self._began, 0)
        self._rate = 0.0

    async def show(self) -> None:
        """Redraw until cancelled; shows nothing where standard error is no terminal."""
        console = Console(stderr=True)
        if not console.is_terminal:
            return
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(self.line(wall_clock()), refresh=True)
                await asyncio.sleep(_SHOWN)

    def line(self, now: int) -> Text:
        """The state at `now`, ms of the telemetry."""
        publisher = self.publisher
        self._measure()
        online, known = publisher.gateways
        city = min(self.clock.city(now), self.until)
        clock = datetime.fromtimestamp(city / 1000, _ZONE).strftime("%a %d %b %H:%M")
        parts = [
            f"{self.name}  {clock}",
            f"{self._rate:,.0f} readings/s",
            f"{online}/{known} gateways",
            f"behind {publisher.behind / 1000:.1f} s" if publisher.behind >= _BEHIND else "in time",
        ]
        if publisher.waiting:
            parts.append(f"{publisher.waiting:,} waiting")
        parts += self._losses()
        parts.append(self._happening(now))
        if publisher.counts.trouble:
            parts.append(publisher.counts.trouble)
        return Text("  |  ".join(filter(None, parts)), no_wrap=True, overflow="ellipsis")

    def summary(self) -> str:
        """After the end."""
        counts = self.publisher.counts
        took = time.monotonic() - self._began
        line = (
            f"published {counts.messages:,} messages ({counts.readings:,} readings) in {took:.1f} s "
            f"= {counts.readings / took:,.0f} readings/s; {len(self.truth)} events and faults"
        )
        waiting = [f"{self.publisher.waiting:,} not acknowledged"] if self.publisher.waiting else []
        return "; ".join([line, *waiting, *self._losses()])

    def _measure(self) -> None:
        now, readings = time.monotonic(), self.publisher.counts.readings
        before, had = self._last
        fresh = (readings - had) / max(now - before, 1e-3)
        self._rate += (fresh - self._rate) * min(1.0, (now - before) / 5)
        self._last = now, readings

    def _losses(self) -> list[str]:
        lost, skipped = self.publisher.counts.lost, self.publisher.skipped
        told = [f"{lost:,} lost: the broker was away for too long"] if lost else []
        return told + ([f"{skipped:,} skipped: this machine is too slow for the speed"] if skipped else [])

    def _happening(self, now: int) -> str:
        present = [f"{record.kind} {record.zone}" for record in self.truth if record.start <= now < record.end]
        more = f" and {len(present) - _NAMED} more" if len(present) > _NAMED else ""
        return "now: " + ", ".join(present[:_NAMED]) + more if present else "all calm"
