"""Stored history through the processors again, with the thresholds as they are and with changed ones.

    Store ─▶ History ─▶ slices ─┬─▶ Rounds(chain as configured) ─▶ incidents ┐
                                └─▶ Rounds(chain as changed) ────▶ incidents ┴─▶ beside what was raised

What a reading's time is, is the log's: so what happened long ago is not told as history. Nothing is
written to the store, and no clock is read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.settings import Settings
from config.thresholds import Thresholds
from pipeline import wiring
from pipeline.backtest.comparison import Row, compare
from pipeline.history.base import History, Store, Where
from pipeline.offline.reported import Incident, Raised
from pipeline.offline.rounds import TICK, Rounds
from telemetry.errors import NadiError
from telemetry.sensors import Sensor

Progress = Callable[[int], None]
"""Is told up to which time (ms) all is done."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Times in ms: what opens in begin <= time < end is told; the processors learn from `warm_up` before it on."""

    begin: int
    end: int
    warm_up: int
    tick: int = TICK


@dataclass(frozen=True, slots=True)
class Outcome:
    """since: when the processors began to learn, ms. changed: None where nothing was to be changed."""

    plan: Plan
    store: str
    since: int
    series: int
    readings: int
    stored: tuple[Incident, ...]
    configured: tuple[Incident, ...]
    changed: tuple[Incident, ...] | None
    rows: tuple[Row, ...]


def backtest(
    store: Store,
    settings: Settings,
    catalogue: Sequence[Sensor],
    where: Where,
    thresholds: Sequence[Thresholds],
    plan: Plan,
    progress: Progress = lambda _: None,
) -> Outcome:
    """thresholds: those configured and, where there are any, the changed ones; both see the same readings.

    Raises NadiError where the store has no readings of that time, or does not answer.
    """
    since = _since(store, plan)
    history = History(store, settings, [one for one in catalogue if where.holds(*one.identity[:3])])
    raised = [Raised() for _ in thresholds]
    readings = 0
    with ExitStack() as stack:
        runs = []
        for chosen, found in zip(thresholds, raised, strict=True):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nadi-backtest-")))
            here = settings.model_copy(update={"state_dir": folder})
            chain = wiring.chain(here, history.table, history.sensors, chosen)
            stack.callback(chain.close)
            runs.append(Rounds(chain, _incidents_only(found), since, plan.tick))
        for piece in history.slices(since, plan.end):
            readings += len(piece)
            for run in runs:
                run.take(piece)
            progress(int(piece.arrival[-1]))
        for run in runs:
            run.finish(plan.end)
    # What opened before and still held is needed to tell an earlier opening from a new incident.
    stored = [each for each in store.incidents(since, plan.end) if _told_before(each, plan.end)]
    told = [[each for each in found.incidents.values() if _told_before(each, plan.end)] for found in raised]
    changed = told[1] if len(told) > 1 else None
    return Outcome(
        plan=plan,
        store=store.name,
        since=since,
        series=len(store.series),
        readings=readings,
        stored=_within(stored, plan),
        configured=_within(told[0], plan),
        changed=None if changed is None else _within(changed, plan),
        rows=tuple(row for row in compare(stored, told[0], changed) if row.any_within(plan.begin, plan.end)),
    )


def _incidents_only(raised: Raised) -> Callable[..., None]:
    return lambda out, readings: raised.take(out)


def _since(store: Store, plan: Plan) -> int:
    extent = store.extent()
    if extent is None or extent[0] >= plan.end or extent[1] < plan.begin:
        held = "none at all" if extent is None else f"those from {_utc(extent[0])} to {_utc(extent[1])}"
        raise NadiError(
            f"{store.name} has no readings between --from and --to of the part that was chosen, but {held}; "
            "where `raw: false` is set none are stored"
        )
    # Ticks come at whole multiples of their length, as they do whenever nadi started.
    return max(plan.begin - plan.warm_up, extent[0]) // plan.tick * plan.tick


def _told_before(incident: Incident, end: int) -> bool:
    """Whether it had asked for a person by then."""
    return incident.told_at is not None and incident.told_at <= end


def _within(incidents: Sequence[Incident], plan: Plan) -> tuple[Incident, ...]:
    return tuple(each for each in incidents if plan.begin <= each.opened < plan.end)


def _utc(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
