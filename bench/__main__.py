"""`./nadi bench`: every table of docs/performance.md, measured now.

./nadi bench                       all of it (about ten minutes)
./nadi bench --quick               fewer readings, the largest cases left out
./nadi bench --only whole parts    some tables
./nadi bench --write               also into docs/performance.md
"""

from __future__ import annotations

import argparse
import importlib
import io
import platform
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.city import Plan
from bench.whole import Result, measure

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
PARTS = ("ingest", "formats", "foreign", "journal", "windows", "detector", "sinks", "load")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its title, heads, rows of text."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        lines = [f"### {self.title}", "", f"| {' | '.join(self.heads)} |", f"|{'---|' * len(self.heads)}"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        return "\n".join(lines)

    def table(self) -> Table:
        table = Table(title=self.title, title_justify="left")
        for number, head in enumerate(self.heads):
            table.add_column(head, justify="left" if number == 0 else "right")
        for row in self.rows:
            table.add_row(*row)
        return table


def _row(label: str, result: Result) -> list[str]:
    return [
        label,
        f"{result.cpu_us:.2f}",
        f"{1e6 / result.cpu_us:,.0f}",
        f"{result.rate:,.0f}",
        f"{result.rss_mb:.0f}",
    ]


_HEADS = ("case", "CPU us/reading", "readings/s a core", "readings/s here", "peak RSS MB")


def whole(scale: float) -> Sheet:
    """nadi and the pipeline that a user would write, with the same packets, one after the other."""
    count = int(2_000_000 * scale)
    rows = []
    for protocol, name in ((5, "MQTT 5"), (4, "MQTT 3.1.1")):
        ours = measure(Plan(count), protocol)
        theirs = measure(Plan(int(100_000 * scale)), protocol, naive=True)
        rows.append(_row(f"nadi, {name}", ours))
        rows.append(_row(f"paho, json, Point, influxdb-client, {name}", theirs))
        rows.append(["ratio", f"{theirs.cpu_us / ours.cpu_us:.0f}x", "", "", ""])
    return Sheet("Whole pipeline: QoS 1, one reading a message, 10,000 series", _HEADS, rows)


def series(scale: float) -> Sheet:
    """Cost against the number of series."""
    sizes = [1_000, 10_000, 100_000, 1_000_000] if scale >= 1 else [1_000, 10_000, 100_000]
    rows = [_row(f"{size:,} series", measure(Plan(max(int(2_000_000 * scale), 2 * size), size))) for size in sizes]
    return Sheet("Cost against the number of series", _HEADS, rows)


def packing(scale: float) -> Sheet:
    """Cost against readings per message."""
    count = int(2_000_000 * scale)
    rows = [
        _row(f"{pack} a message, {series:,} series", measure(Plan(count, series, pack=pack, window=window)))
        for pack, series, window in ((1, 10_000, 10_000), (10, 10_000, 1_000), (100, 1_000, 1_000))
    ]
    rows.append(_row("3 quantities a message", measure(Plan(int(2_000_000 * scale), values=3))))
    return Sheet("Cost against readings per message", _HEADS, rows)


def steady(scale: float) -> Sheet:
    """Latency and memory at 20,000 readings/s, stamped with the present."""
    rows = []
    for size in (10_000, 100_000):
        result = measure(Plan(int(1_200_000 * scale), size, rate=20_000, live=True))
        rows.append(
            [
                f"{size:,} series",
                f"{result.p50_s:g}",
                f"{result.p99_s:g}",
                f"{result.cpu_us:.2f}",
                f"{result.rss_mb:.0f}",
            ]
        )
    heads = ("20,000 readings/s", "p50 s, at most", "p99 s, at most", "CPU us/reading", "peak RSS MB")
    return Sheet("Arrival to written, at a steady rate", heads, rows)


def _flatten(prefix: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [
            pair for key, inner in value.items() for pair in _flatten(f"{prefix}{', ' if prefix else ''}{key}", inner)
        ]
    return [(prefix.replace("_", " "), f"{value:,.3f}" if isinstance(value, float) else f"{value:,}")]


def part(name: str) -> Sheet:
    """One part alone: what its module's `run()` measures."""
    rows = [list(pair) for pair in _flatten("", importlib.import_module(f"bench.{name}").run())]
    return Sheet(f"{name} alone", ("measure", "value"), rows)


WHOLE: Mapping[str, Callable[[float], Sheet]] = {"whole": whole, "series": series, "packing": packing, "steady": steady}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and with --write put the tables into docs/performance.md."""
    parser = argparse.ArgumentParser(prog="nadi bench", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="fewer readings")
    parser.add_argument("--only", nargs="+", choices=[*WHOLE, "parts", *PARTS], help="only these tables")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args(arguments)
    wanted = options.only or [*WHOLE, "parts"]
    if "parts" in wanted:
        wanted = [name for name in wanted if name != "parts"] + list(PARTS)
    console = Console()
    sheets = []
    for name in wanted:
        with console.status(f"measuring: {name}"):
            sheet = WHOLE[name](0.25 if options.quick else 1.0) if name in WHOLE else part(name)
        console.print(sheet.table())
        sheets.append(sheet)
    if options.write:
        _write(sheets)
        console.print(f"written to {PAGE.relative_to(PAGE.parent.parent)}")


def _machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return (
        f"{model[1] if model else platform.machine()}, CPython {platform.python_version()}, {time.strftime('%Y-%m-%d')}"
    )


def _write(sheets: Sequence[Sheet]) -> None:
    text = io.StringIO()
    text.write(f"Measured on: {_machine()}.\n\n")
    text.write("\n\n".join(sheet.markdown() for sheet in sheets))
    page = PAGE.read_text()
    begin, end = "<!-- tables: begin -->\n", "\n<!-- tables: end -->"
    head, rest = page.split(begin)
    PAGE.write_text(head + begin + text.getvalue() + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
