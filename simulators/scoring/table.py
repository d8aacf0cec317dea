"""Figures as cells of text, the same on a terminal and in a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Column, Table
from rich.text import Text

from simulators.scoring.figures import Figures

Row = list[str]

FOUND_HEAD: Final = (
    *("scenario", "days", "events", "recall", "life safety", "delay p50", "p90", "late", "incidents / event"),
)
"""What was found of what happened."""
TOLD_HEAD: Final = (
    *("scenario", "incidents", "precision", "false / day", "/ 1,000 devices", "in a flood"),
    *("faults", "told", "as faults"),
)
"""What was told, and how much of it was worth it."""
EVENT_HEAD: Final = ("event", "events", "recall", "delay p50", "p90", "late", "incidents / event")
INCIDENT_HEAD: Final = ("incident", "incidents", "right", "false", "precision")
NONE: Final = "–"


def found_rows(scores: Mapping[str, Figures]) -> list[Row]:
    return [
        [
            name,
            f"{one.days:.4g}",
            f"{one.events}",
            share(one.recall),
            share(one.life_recall),
            seconds(one.delay_p50),
            seconds(one.delay_p90),
            f"{one.late}",
            number(one.incidents_per_event),
        ]
        for name, one in scores.items()
    ]


def told_rows(scores: Mapping[str, Figures]) -> list[Row]:
    return [
        [
            name,
            f"{one.incidents}",
            share(one.precision),
            f"{one.wrong_per_day:.1f}",
            f"{one.wrong_per_day_per_1000:.1f}",
            share(one.flood_share),
            f"{one.faults}",
            share(one.fault_recall),
            share(one.faults_as_faults),
        ]
        for name, one in scores.items()
    ]


def event_rows(one: Figures) -> list[Row]:
    return [
        [
            kind,
            f"{found.events}",
            share(found.recall),
            seconds(found.delay_p50),
            seconds(found.delay_p90),
            f"{found.late}",
            number(found.incidents_per_event),
        ]
        for kind, found in one.by_event.items()
    ]


def incident_rows(one: Figures) -> list[Row]:
    return [
        [kind, f"{found.incidents}", f"{found.right}", f"{found.wrong}", share(found.precision)]
        for kind, found in one.by_incident.items()
    ]


def share(value: float | None) -> str:
    """Per cent, never rounded to 0 or 100 where it is not."""
    if value is None:
        return NONE
    text = f"{100 * value:.0f} %"
    return text if value in (0.0, 1.0) or text not in ("0 %", "100 %") else f"{100 * value:.1f} %"


def number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def seconds(value: float | None) -> str:
    """In the unit that fits."""
    if value is None:
        return NONE
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} s"


def tables(scores: Mapping[str, Figures], together: Figures) -> Group:
    """All tables for a terminal: a row a scenario and one of all together, then by kind."""
    if len(scores) > 1:
        scores = {**scores, "all": together}
    return Group(
        _table(FOUND_HEAD, found_rows(scores)),
        _table(TOLD_HEAD, told_rows(scores)),
        _table(EVENT_HEAD, event_rows(together)),
        _table(INCIDENT_HEAD, incident_rows(together)),
    )


def _table(head: Sequence[str], rows: Iterable[Row]) -> Table:
    table = Table(*(Column(name, overflow="fold") for name in head), box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(Text, row))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def markdown(head: Sequence[str], rows: Iterable[Row]) -> str:
    """A table for a page."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
