"""`./nadi ledger`: what became of every message and reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from pipeline.commands.client import DEFAULT_URL, Client, Url, User

_COLUMNS = ("received", "stored", "duplicate", "rejected")


def ledger(
    url: Url = DEFAULT_URL,
    user: User = None,
    as_json: Annotated[bool, typer.Option("--json", help="the whole books, for machines")] = False,
) -> None:
    """Every reading accounted for: received = stored + duplicate + rejected, in all and by gateway."""
    told = Client(url, user).get("/api/v1/ledger")
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _show(told)


def _show(told: dict[str, Any]) -> None:
    from rich.table import Column, Table
    from rich.text import Text

    from pipeline.printing import console

    out = console()
    name_column = Column("gateway", overflow="fold")
    readings = Table(name_column, *_COLUMNS, "late", "missing", title=f"{told['messages']:,} messages")
    for name, account in rows(told):
        cells = [f"{account[column]:,}" for column in (*_COLUMNS, "late")]
        missing = account.get("sequences", {}).get("missing")
        readings.add_row(Text(name), *cells, "" if missing is None else f"{missing:,}")
    for column in readings.columns[1:]:
        column.justify = "right"
    out.print(readings)
    if reasons := told["all"]["reasons"]:
        out.print("Rejected: " + ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items())))
    for name, sink in told["sinks"].items():
        numbers = ", ".join(f"{count:,} {outcome}" for outcome, count in sink.items())
        out.print(f"Sink {name}, of all stored: {numbers}", markup=False)


def rows(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All, then the gateways that sent most first, then what came without one."""
    yield "all", told["all"]
    yield from sorted(told["gateways"].items(), key=lambda item: -item[1]["received"])
    yield "(none named)", told["no_gateway"]
