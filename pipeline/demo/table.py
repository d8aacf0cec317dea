"""The demo in a terminal: what flows, what is stored, what is odd; redrawn once a second.

`LiveTable(ask).run(stop)` calls `ask()` for a `DemoStatus` and draws it; where the output is no
terminal it prints a plain line every few seconds instead. `render_svg` makes the README's picture.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_PLAIN_EVERY = 5.0
_WIDE = 100
"""Columns from which there is room for everything."""
_SHOWN = (2, 8)
"""Anomalies in the list, at least and at most."""
_INCIDENTS = 5
_TAKEN = 16
"""Lines that a terminal needs besides the anomalies and a line a sink and a problem."""
_COLOUR = {"info": "cyan", "warning": "yellow", "critical": "bold red"}
_MARK = {"info": "·", "warning": "▲", "critical": "■"}
_LABEL = {"water": "Water", "energy": "Energy", "waste": "Waste", "disaster": "Disaster"}


@dataclass(frozen=True, slots=True)
class DomainStatus:
    """Of one domain. rate: readings/s; the others are totals."""

    domain: str
    devices: int
    rate: float
    stored: int
    windows: int
    anomalies: int
    last_reason: str = ""
    last_severity: str = "info"


@dataclass(frozen=True, slots=True)
class AnomalyLine:
    """One finding. clock: local time of day, as text."""

    clock: str
    severity: str
    domain: str
    zone: str
    device: str
    reason: str
    """A sentence that names the quantity."""


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """What goes on. since: local time of day, as text."""

    since: str
    severity: str
    state: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class SinkStatus:
    name: str
    delivered: int
    pending: int
    lag: float
    """Seconds behind."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DemoStatus:
    """A moment of the demo. Sizes in bytes, times in seconds, `commit_ms` of the median commit."""

    city: str
    uptime: float
    page: str
    broker: str
    clients: int
    messages: int
    domains: Sequence[DomainStatus]
    journal_bytes: int
    commits: int
    commit_ms: float
    sinks: Sequence[SinkStatus]
    anomalies: Sequence[AnomalyLine] = ()
    """Newest first."""
    incidents: Sequence[IncidentLine] = ()
    """Those that go on, the gravest first."""
    end_to_end_ms: float | None = None
    """p99 from arrival to stored."""
    problems: Sequence[str] = ()


def human_bytes(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def human_duration(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def draw(status: DemoStatus, width: int, height: int = 50) -> RenderableType:
    """The whole view, for a terminal of `width` columns and `height` lines."""
    room = height - _TAKEN - len(status.domains) - len(status.sinks) - len(status.problems)
    incidents = min(len(status.incidents), _INCIDENTS)
    shown = min(max(room - (incidents + 2 if incidents else 0), _SHOWN[0]), _SHOWN[1])
    going_on = (_incidents(status, width),) if incidents else ()
    found = _findings(status, width, shown)
    return Group(_header(status, width), _domains(status, width), *going_on, found, _plumbing(status))


def plain(status: DemoStatus) -> str:
    """One line without colour, for logs and dumb terminals."""
    rate = sum(domain.rate for domain in status.domains)
    stored = sum(domain.stored for domain in status.domains)
    windows = sum(domain.windows for domain in status.domains)
    odd = ", ".join(f"{domain.domain} {domain.anomalies}" for domain in status.domains)
    parts = [
        f"{human_duration(status.uptime)}  {rate:,.0f} readings/s, {stored:,} stored, {windows:,} windows",
        f"anomalies: {odd}; incidents: {len(status.incidents)}",
        f"journal {human_bytes(status.journal_bytes)}, {status.commits:,} commits",
        *(f"{sink.name} {sink.delivered:,} delivered, lag {sink.lag:.1f} s" for sink in status.sinks),
        *(f"problem: {problem}" for problem in status.problems),
    ]
    return "; ".join(parts)


def _header(status: DemoStatus, width: int) -> RenderableType:
    left = Text.assemble(("nadi", "bold green"), ("  the pulse of ", "dim"), (status.city, "bold"))
    right = Text.assemble((status.page, "underline cyan"), ("  up ", "dim"), human_duration(status.uptime))
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, right)
    problems = [
        Text(f"! {problem}", style="bold red", overflow="ellipsis", no_wrap=True) for problem in status.problems
    ]
    return Panel(Group(grid, *problems), box=box.HEAVY, border_style="green", width=width, padding=(0, 1))


def _domains(status: DemoStatus, width: int) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, width=width, pad_edge=False, header_style="bold", show_footer=True)
    total = status.domains
    sums = {
        "devices": sum(domain.devices for domain in total),
        "readings/s": round(sum(domain.rate for domain in total)),
        "stored": sum(domain.stored for domain in total),
        "windows": sum(domain.windows for domain in total),
        "anomalies": sum(domain.anomalies for domain in total),
    }
    if width < _WIDE:
        del sums["devices"]
    table.add_column("", " All", no_wrap=True, footer_style="dim")
    for name, number in sums.items():
        table.add_column(name, f"{number:,}", justify="right", no_wrap=True, footer_style="dim")
    table.add_column("last anomaly", ratio=1, no_wrap=True, overflow="ellipsis")
    for domain in status.domains:
        style = _COLOUR.get(domain.last_severity, "")
        cells = [f"{domain.devices:,}"] if width >= _WIDE else []
        table.add_row(
            Text(f" {_LABEL.get(domain.domain, domain.domain)}", style="bold"),
            *cells,
            f"{domain.rate:,.0f}",
            f"{domain.stored:,}",
            f"{domain.windows:,}",
            Text(f"{domain.anomalies:,}", style=style if domain.anomalies else "dim"),
            Text(domain.last_reason or "none", style=style if domain.last_reason else "dim"),
        )
    return table


def _incidents(status: DemoStatus, width: int) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, max_width=width // 3, overflow="ellipsis")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for line in status.incidents[:_INCIDENTS]:
        colour = _COLOUR.get(line.severity, "")
        table.add_row(
            Text(_MARK.get(line.severity, "·"), style=colour),
            Text(line.since, style="dim"),
            Text(line.state, style="dim"),
            Text(line.where),
            Text(line.reason, style=colour),
        )
    title = f"Incidents ({len(status.incidents)})"
    return Panel(table, title=title, title_align="left", border_style="yellow", box=box.ROUNDED, width=width)


def _findings(status: DemoStatus, width: int, shown: int) -> RenderableType:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, max_width=width // 3, overflow="ellipsis")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for line in status.anomalies[:shown]:
        colour = _COLOUR.get(line.severity, "")
        table.add_row(
            Text(_MARK.get(line.severity, "·"), style=colour),
            Text(line.clock, style="dim"),
            Text(f"{line.zone} {line.device}"),
            Text(line.reason, style=colour),
        )
    for row in range(len(status.anomalies[:shown]), shown):
        quiet = "all quiet; events begin shortly" if row == 0 else ""
        table.add_row("", "", "", Text(quiet, style="dim"))
    return Panel(table, title="Anomalies", title_align="left", border_style="dim", box=box.ROUNDED, width=width)


def _plumbing(status: DemoStatus) -> RenderableType:
    lines = Table.grid(padding=(0, 1))
    lines.add_column(width=1)
    lines.add_column(style="bold", no_wrap=True)
    lines.add_column(overflow="fold")
    lines.add_row("", "Broker", f"{status.broker}, {status.clients} clients, {status.messages:,} messages")
    commit = f"{status.commits:,} commits, {status.commit_ms:.1f} ms each"
    lines.add_row("", "Journal", f"{human_bytes(status.journal_bytes)}, {commit}")
    for sink in status.sinks:
        told = f"{sink.delivered:,} delivered, {sink.pending:,} pending, {sink.lag:.1f} s behind"
        lines.add_row("", sink.name.capitalize(), Text(sink.problem, style="bold red") if sink.problem else told)
    if status.end_to_end_ms is not None:
        lines.add_row("", "Delay", f"{status.end_to_end_ms:,.0f} ms from arrival to stored (p99)")
    return lines


class LiveTable:
    """Draws what `ask` tells. Ends with the last state left on the screen."""

    def __init__(self, ask: Callable[[], DemoStatus], console: Console | None = None, every: float = 1.0) -> None:
        self._ask = ask
        self._console = console or Console()
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set."""
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            await self._draw(stop)
        else:
            await self._tell(stop)

    async def _draw(self, stop: asyncio.Event) -> None:
        with Live(console=self._console, auto_refresh=False, transient=False) as live:
            while True:
                live.update(draw(self._ask(), min(self._console.width, 120), self._console.height), refresh=True)
                if stop.is_set():
                    return
                await _pause(stop, self._every)

    async def _tell(self, stop: asyncio.Event) -> None:
        while True:
            await _pause(stop, _PLAIN_EVERY)
            self._console.print(plain(self._ask()), soft_wrap=True, markup=False, highlight=False)
            if stop.is_set():
                return


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def render_svg(status: DemoStatus, path: Path, width: int = _WIDE) -> None:
    """Write the view as an SVG picture of a terminal, in whatever fixed-width font the viewer has."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(draw(status, width))
    picture = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="./nadi demo"), flags=re.DOTALL)
    path.write_text(picture, encoding="utf-8")
