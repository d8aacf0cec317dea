"""A back-test for people, as tables, and for machines, as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table

from pipeline.backtest.comparison import Row, Verdict
from pipeline.backtest.run import Outcome
from pipeline.offline.reported import Incident
from pipeline.printing import console
from telemetry.batch import NOT_ENDED
from telemetry.durations import format_duration

_DIFFERING: Final[tuple[Verdict, ...]] = ("new", "gone", "earlier", "later", "severity")
_STYLE: Final = {"new": "green", "gone": "red", "stored": "yellow", "same": "dim"}


def as_json(outcome: Outcome, changes: Sequence[str]) -> str:
    """One object. Times: ms since the epoch; null where not raised, or where it still holds."""
    plan = outcome.plan
    told = {
        "store": outcome.store,
        "from": plan.begin,
        "to": plan.end,
        "learnt_from": outcome.since,
        "changes": list(changes),
        "series": outcome.series,
        "readings": outcome.readings,
        "stored": len(outcome.stored),
        "configured": len(outcome.configured),
        "changed": None if outcome.changed is None else len(outcome.changed),
        "verdicts": dict(Counter(row.verdict for row in outcome.rows)),
        "incidents": [_row(row) for row in outcome.rows],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def _row(row: Row) -> dict[str, Any]:
    incident = row.incident
    return {
        **{name: getattr(incident, name) for name in ("kind", "city", "domain", "zone", "cause")},
        "verdict": row.verdict,
        **{name: _side(getattr(row, name)) for name in ("stored", "configured", "changed")},
    }


def _side(incident: Incident | None) -> dict[str, Any] | None:
    if incident is None:
        return None
    ended = None if incident.ended == NOT_ENDED else incident.ended
    return {
        "id": incident.id,
        "opened": incident.opened,
        "told": incident.told_at,
        "ended": ended,
        "severity": incident.severity,
        "reason": incident.reason,
    }


def show(outcome: Outcome, changes: Sequence[str], timezone: str, which: Literal["differing", "all"]) -> None:
    """Counts by kind, then the incidents that differ, or all of them. Times are of the city."""
    out, zone = console(), ZoneInfo(timezone)
    plan = outcome.plan
    span = (
        f"{_day(plan.begin, zone)} to {_day(plan.end, zone)} ({timezone}), learnt from {_day(outcome.since, zone)} on"
    )
    for line in (
        f"{outcome.store}: {outcome.readings:,} readings of {outcome.series:,} series",
        span,
        ", ".join(changes) or "nothing changed",
    ):
        out.print(line, markup=False, highlight=False)
    out.print(_kinds(outcome))
    wanted = [row for row in outcome.rows if which == "all" or row.verdict in _listed(outcome)]
    if wanted:
        out.print(_incidents(wanted, outcome, zone))
    left = len(outcome.rows) - len(wanted)
    if left:
        rest = "raised in both, alike" if outcome.changed is not None else "raised now as then"
        out.print(f"{left} more {rest}; --all shows them", markup=False)


def _listed(outcome: Outcome) -> tuple[Verdict, ...]:
    return _DIFFERING if outcome.changed is not None else (*_DIFFERING, "stored")


def _sides(outcome: Outcome) -> tuple[str, ...]:
    sides = ("was raised", "as configured", "as changed")
    return sides if outcome.changed is not None else sides[:2]


def _kinds(outcome: Outcome) -> Table:
    table = Table(box=None, padding=(0, 1))
    table.add_column("kind", no_wrap=True)
    for name in (*_sides(outcome), *_DIFFERING):
        table.add_column(name, justify="right", min_width=max(map(len, name.split())))
    sides = [outcome.stored, outcome.configured, *([outcome.changed] if outcome.changed is not None else [])]
    kinds = sorted({each.kind for side in sides for each in side} | {row.incident.kind for row in outcome.rows})
    for kind in (*kinds, None):
        rows = Counter(row.verdict for row in outcome.rows if kind in (None, row.incident.kind))
        counts = [sum(kind in (None, each.kind) for each in side) for side in sides]
        cells = [str(count) for count in (*counts, *(rows[name] for name in _DIFFERING))]
        table.add_row(kind or "all", *cells, style="bold" if kind is None else "")
    return table


def _incidents(rows: Sequence[Row], outcome: Outcome, zone: ZoneInfo) -> Table:
    table = Table(box=None, padding=(0, 1))
    for name in ("opened", "kind"):
        table.add_column(name, no_wrap=True)
    table.add_column("where", overflow="fold")
    for name in ("severity", *_sides(outcome), ""):
        table.add_column(name, min_width=max(map(len, name.split()), default=0))
    for row in rows:
        incident, base = row.incident, row.opened
        place = "/".join((incident.city, incident.domain, incident.zone, *filter(None, [incident.cause])))
        sides = [row.stored, row.configured, *([row.changed] if outcome.changed is not None else [])]
        cells = [_offset(side, base) for side in sides]
        verdict = "not raised again" if row.verdict == "stored" else row.verdict
        table.add_row(
            _day(base, zone), incident.kind, escape(place), incident.severity, *cells, verdict,
            style=_STYLE.get(row.verdict, ""),
        )  # fmt: skip
    return table


def _offset(incident: Incident | None, base: int) -> str:
    """How long after the first of them it opened."""
    if incident is None:
        return "–"
    return "yes" if incident.opened == base else f"+{format_duration((incident.opened - base) // 1000 * 1000)}"


def _day(time: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(time / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")
