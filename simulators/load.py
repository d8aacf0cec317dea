"""`nadi load`: publishes at a given rate, or as fast as the broker takes it, and counts."""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from simulators.connection import Connection
from simulators.messages import Messages
from simulators.packets import QoS
from simulators.plan import LoadPlan
from telemetry.errors import BrokerError

Output = Literal["text", "json"]

_TICK = 0.002
"""Seconds between pieces when ahead of the pace: small enough to look even, large enough for numpy."""
_GATHER = 0.0005
"""Seconds in which PUBACKs may gather, rather than being read a few at a time, where the window is wide."""
_SHOWN = 0.25
"""Seconds between calls of `progress`, and how late a load that keeps its pace may end."""
_DRAIN = 10.0
"""Seconds of silence after which outstanding PUBACKs are given up."""


@dataclass(slots=True)
class LoadReport:
    """Counts in messages, times in seconds; latencies (PUBACK) in ms, None without any."""

    qos: QoS = 1
    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    readings: int = 0
    bytes: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    cpu_seconds: float = 0.0
    puback_p50_ms: float | None = None
    puback_p99_ms: float | None = None
    window: int = 0
    """Messages in flight on a connection, as the broker allows."""
    last_time: int = 0
    """Event time (ms) that no reading exceeds."""
    error: str | None = None

    @property
    def outstanding(self) -> int:
        """Sent with QoS 1 and not answered yet."""
        return self.sent - self.acknowledged - self.refused if self.qos else 0

    def text(self) -> str:
        """The last line of `nadi load`."""
        line = f"sent {self.sent:,} messages ({self.readings:,} readings) in {self.seconds:.1f} s = {self.rate:,.0f}/s"
        if self.qos:
            line += f"; acknowledged {self.acknowledged:,}, refused {self.refused:,}, outstanding {self.outstanding:,}"
        if self.puback_p99_ms is not None:
            line += f"; PUBACK p50 {self.puback_p50_ms:.1f} ms, p99 {self.puback_p99_ms:.1f} ms"
        if self.qos and self.window < 1000:
            line += f"; the broker allows {self.window} messages in flight on a connection, which limits the rate"
        return line


class Load:
    """A load under way. `run()` blocks until it has ended; `progress` is called a few times a second."""

    def __init__(self, plan: LoadPlan, progress: Callable[[LoadReport], None] = lambda report: None) -> None:
        self.plan = plan
        self.report = LoadReport(qos=plan.qos)
        self._progress = progress
        self._shown = 0.0
        self._connections: list[Connection] = []

    def run(self) -> LoadReport:
        """Raises BrokerError if a connection can't be opened; one that breaks later is told in the report."""
        try:
            self._open()
            began, cpu = time.perf_counter(), time.process_time()
            try:
                self._publish(began)
                self._count(time.perf_counter() - began)
                self._drain()
            except BrokerError as error:
                self.report.error = str(error)
                self._count(time.perf_counter() - began)
            self.report.cpu_seconds = time.process_time() - cpu
            self._summarise()
        finally:
            for connection in self._connections:
                connection.close()
        return self.report

    def _open(self) -> None:
        plan = self.plan
        prepared = [Messages(shape) for shape in plan.shapes()]
        now = time.time_ns() // 1_000_000
        for number, messages in enumerate(prepared):
            timeline, client = plan.timeline(messages.shape, now), f"nadi-load-{os.getpid()}-{number}"
            self._connections.append(Connection(plan.broker, client, messages, timeline, plan.window))

    def _publish(self, began: float) -> None:
        total, lasts, rate = self.plan.total, self.plan.lasts, self.plan.rate
        offered = 0
        while offered != total:
            now = time.perf_counter()
            if now - began >= lasts:
                break
            due = offered + self.plan.reach if rate is None else int((now - began) * rate) + 1
            due = due if total is None else min(due, total)
            offered += self._offer(due - offered)
            self._wait(_TICK if offered == due else _SHOWN, eager=offered < due)
            self._show(now - began)

    def _offer(self, limit: int) -> int:
        """Up to `limit` messages, spread evenly over the connections; returns how many."""
        share = -(-limit // len(self._connections))
        offered = 0
        for connection in self._connections:
            offered += connection.offer(min(share, limit - offered))
        return offered

    def _wait(self, timeout: float, eager: bool) -> None:
        """Until a socket has news or `timeout` is over; if `eager`, not while there is room for more."""
        if eager and any(connection.room > 0 for connection in self._connections):
            timeout = 0.0
        elif all(connection.wide for connection in self._connections):
            time.sleep(_GATHER if eager else min(timeout, _TICK))
            timeout = 0.0 if not eager else timeout
        blocked = [connection for connection in self._connections if connection.unsent]
        sockets = {connection.socket: connection for connection in self._connections}
        readable, writable, _ = select.select(list(sockets), [item.socket for item in blocked], [], timeout)
        for ready in writable:
            sockets[ready].flush()
        for ready in readable:
            sockets[ready].receive()

    def _drain(self) -> None:
        """Wait for what is still to be written or acknowledged, as long as something comes."""
        heard, last = time.perf_counter(), -1
        while self._pending() and time.perf_counter() - heard < _DRAIN:
            self._wait(_SHOWN, eager=False)
            self._show(None)
            if self._pending() != last:
                heard, last = time.perf_counter(), self._pending()

    def _show(self, seconds: float | None) -> None:
        """Tell `progress` at a limited rate; `seconds` of publishing so far, None once that is over."""
        now = time.perf_counter()
        if now - self._shown >= _SHOWN:
            self._shown = now
            self._count(self.report.seconds if seconds is None else seconds)
            self._progress(self.report)

    def _pending(self) -> int:
        unsent = sum(connection.unsent for connection in self._connections)
        return unsent + sum(connection.outstanding for connection in self._connections)

    def _total(self) -> None:
        report, plan = self.report, self.plan
        report.sent = sum(connection.sent for connection in self._connections)
        report.acknowledged = sum(connection.acks.accepted for connection in self._connections)
        report.refused = sum(connection.acks.refused for connection in self._connections)
        report.readings = report.sent * plan.pack * plan.values
        report.bytes = sum(connection.sent * connection.messages.size for connection in self._connections)

    def _count(self, seconds: float) -> None:
        self._total()
        self.report.seconds = seconds
        self.report.rate = self.report.sent / seconds if seconds else 0.0

    def _summarise(self) -> None:
        self._total()
        self.report.window = min(connection.window for connection in self._connections)
        self.report.last_time = max(connection.last_time for connection in self._connections)
        latencies = np.concatenate([np.array(connection.latencies) for connection in self._connections]) * 1000
        if len(latencies):
            p50, p99 = np.percentile(latencies, [50, 99])
            self.report.puback_p50_ms, self.report.puback_p99_ms = round(float(p50), 2), round(float(p99), 2)


def run_with_bar(plan: LoadPlan, console: Console) -> LoadReport:
    """Run a load with a progress bar on `console` (none where that is not a terminal)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]:>9,.0f} msg/s  acknowledged {task.fields[acknowledged]:,}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, auto_refresh=False, disable=not console.is_terminal) as bar:
        task = bar.add_task(str(plan.broker), total=plan.total or plan.seconds, rate=0.0, acknowledged=0)

        def show(report: LoadReport) -> None:
            completed = report.sent if plan.total is not None else report.seconds
            bar.update(task, completed=completed, rate=report.rate, acknowledged=report.acknowledged)
            bar.refresh()

        return Load(plan, show).run()


def main(plan: LoadPlan, *, output: Output = "text") -> int:
    """Run `plan`, print the report on stdout; 0 if everything sent was acknowledged, else 1."""
    report = run_with_bar(plan, Console(stderr=True))
    if output == "json":
        print(json.dumps(asdict(report) | {"outstanding": report.outstanding}))
    else:
        print(report.text())
    if report.error:
        print(f"nadi load: {report.error}", file=sys.stderr)
    return 1 if report.error or report.outstanding or report.refused else 0
