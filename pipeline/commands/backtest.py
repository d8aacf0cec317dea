"""`./nadi backtest`: what other thresholds would have raised, beside what was."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telemetry.errors import SettingsError

if TYPE_CHECKING:
    from config.settings import Settings
    from pipeline.backtest.run import Outcome, Plan
    from pipeline.history.base import Store, Where
    from telemetry.sensors import Sensor


class StoreName(StrEnum):
    historian = "historian"
    influx = "influx"


def backtest(
    begin: Annotated[str, typer.Option("--from", help="RFC 3339, like 2025-11-21T16:00:00+07:00")],
    until: Annotated[str, typer.Option("--to", help="RFC 3339, not itself included")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="a threshold, as water.burst.z=5; may be given again")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="names store, catalogue and thresholds; without: NADI_… only")
    ] = None,
    store: Annotated[StoreName | None, typer.Option(help="where both are set; without: the historian")] = None,
    historian: Annotated[Path | None, typer.Option(help="read this file instead, a copy of it say")] = None,
    warm_up: Annotated[str, typer.Option(help="before --from: the processors learn from it")] = "7d",
    city: Annotated[str | None, typer.Option(help="this one only")] = None,
    domain: Annotated[str | None, typer.Option(help="water, energy, waste or disaster only")] = None,
    zone: Annotated[str | None, typer.Option(help="this one only")] = None,
    tick: Annotated[str, typer.Option(help="of the log's time: alarms' delays are kept to this")] = "10s",
    every: Annotated[bool, typer.Option("--all", help="show what stays the same too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Run stored readings through the processors again: with the thresholds as configured, and with changed ones.

    Tells which incidents only the one or the other raises, which open earlier or later, and what was raised
    then. Nothing is written. Without --set: today's thresholds beside what was raised. See docs/detection.md.
    """
    from config.thresholds import load_thresholds
    from pipeline.backtest.report import as_json as told_json
    from pipeline.backtest.report import show
    from pipeline.backtest.run import backtest as work
    from pipeline.history.base import Where

    where = Where(city, domain, zone)
    plan = _plan(begin, until, warm_up, tick)
    settings, catalogue = _settings(config, historian, store)
    thresholds = [load_thresholds(settings.thresholds)]
    if changes:
        thresholds.append(load_thresholds(settings.thresholds, changes))
    opened = _open(settings, store, where)
    try:
        with _Progress(plan) as progress:
            outcome: Outcome = work(opened, settings, catalogue, where, thresholds, plan, progress.reached)
    finally:
        opened.close()
    if as_json:
        print(told_json(outcome, changes or ()))
    else:
        show(outcome, changes or (), settings.timezone, "all" if every else "differing")


def _plan(begin: str, until: str, warm_up: str, tick: str) -> Plan:
    from pipeline.backtest.run import Plan
    from pipeline.scoring.sources import moment

    plan = Plan(
        moment("--from", begin), moment("--to", until), _duration("--warm-up", warm_up), _duration("--tick", tick)
    )
    if plan.end <= plan.begin:
        raise SettingsError(f"--to {until} is not after --from {begin}")
    if plan.tick <= 0:
        raise SettingsError("--tick 0: must be longer than nothing, like 10s")
    return plan


def _duration(option: str, text: str) -> int:
    from telemetry.durations import AmountError, parse_duration

    try:
        return 0 if text == "0" else parse_duration(text)
    except AmountError as error:
        raise SettingsError(f"{option}: {error}") from None


def _settings(config: Path | None, historian: Path | None, store: StoreName | None) -> tuple[Settings, list[Sensor]]:
    """Of --config and the environment, with --historian over both; and the catalogue."""
    from pipeline.commands.run import load

    if historian is not None and store is StoreName.influx:
        raise SettingsError("--historian names a file of the historian: leave --store influx out")
    environ = dict(os.environ)
    if historian is not None:
        environ["NADI_HISTORIAN__PATH"] = str(historian)
    settings, catalogue = load(config, environ)
    return settings, list(catalogue)


def _open(settings: Settings, store: StoreName | None, where: Where) -> Store:
    if store is None:
        store = StoreName.historian if settings.historian is not None else StoreName.influx
    section = getattr(settings, store.value)
    if section is None:
        raise SettingsError(f"--store {store.value}: the settings have no section {store.value}")
    if store is StoreName.influx:
        from pipeline.history.influx import InfluxStore

        return InfluxStore(section, where)
    from pipeline.history.historian import HistorianStore

    return HistorianStore(section.path, section.memory_limit, where)


class _Progress:
    """A bar on standard error, where that is a terminal."""

    def __init__(self, plan: Plan) -> None:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self._bar = Progress(console=console, transient=True, disable=not console.is_terminal)
        self._plan = plan
        self._first: int | None = None
        self._task = self._bar.add_task("reading history", total=1.0)

    def __enter__(self) -> _Progress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def reached(self, time: int) -> None:
        """time: ms, up to which all is done."""
        self._first = time if self._first is None else self._first
        span = max(1, self._plan.end - self._first)
        self._bar.update(self._task, completed=(time - self._first) / span)
