"""`./nadi score`: what was reported beside what happened."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telemetry.errors import NadiError, SettingsError

if TYPE_CHECKING:
    from pipeline.scoring.runs import Job, Ran, Score


class Seeds(StrEnum):
    """Of each scenario."""

    tuned = "tuned"
    held_out = "held-out"
    all = "all"


class Reports(StrEnum):
    auto = "auto"
    incidents = "incidents"
    anomalies = "anomalies"


Config = Annotated[Path | None, typer.Option("--config", "-c", help="settings of the processors; without: defaults")]


def score(
    scenario: Annotated[
        str | None, typer.Option(help="run this one here: a file, or the name of a shipped one")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="run all shipped scenarios here")] = False,
    seeds: Annotated[Seeds, typer.Option(help="of each scenario")] = Seeds.tuned,
    seed: Annotated[int | None, typer.Option(min=0, help="this one only")] = None,
    truth: Annotated[Path | None, typer.Option(help="what happened, as `nadi simulate --truth` writes it")] = None,
    url: Annotated[str | None, typer.Option(help="InfluxDB with the reports: http://[user:password@]host:port")] = None,
    database: Annotated[str, typer.Option(help="in InfluxDB; of version 2 the bucket's name")] = "city",
    historian: Annotated[Path | None, typer.Option(help="the embedded store with the reports")] = None,
    incidents: Annotated[Path | None, typer.Option(help="the reports as JSON lines")] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="RFC 3339: what began before does not count; without: the first event")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="RFC 3339, not itself included; without: the last event's end")
    ] = None,
    devices: Annotated[int | None, typer.Option(min=1, help="how many reported; without: as the store knows")] = None,
    reports: Annotated[
        Reports, typer.Option(help="auto: incidents, and anomalies beside them where no incident is about the city")
    ] = Reports.auto,
    config: Config = None,
    tick: Annotated[str, typer.Option(help="of simulated time: alarms' delays are kept to this")] = "10s",
    jobs: Annotated[int, typer.Option(min=1, max=256, help="scenarios that run at once")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    plot: Annotated[Path | None, typer.Option(help="write a picture, SVG; of several runs a file each")] = None,
    write: Annotated[bool, typer.Option("--write", help="with --all: all seeds, into docs/detection.md")] = False,
    cpu: Annotated[bool, typer.Option("--cpu", help="tell where CPU time went")] = False,
) -> None:
    """Recall, precision, false incidents a day and delays, by the rules of docs/detection.md."""
    from pipeline.offline.reported import Choice
    from pipeline.scoring.runs import Score

    if sum((scenario is not None, every, truth is not None)) != 1:
        raise SettingsError("what is to be scored? Give one of --scenario NAME, --all, --truth FILE")
    if plot is not None and not plot.absolute().parent.is_dir():
        raise SettingsError(f"--plot {plot}: there is no folder {plot.parent}")
    if write and not every:
        raise SettingsError("--write is of all shipped scenarios: give --all")
    choice = Choice(reports.value)
    if truth is not None:
        from pipeline.scoring.sources import Stores, stored

        result = Score.of([stored(truth, Stores(url, database, historian, incidents), begin, until, devices)], choice)
    else:
        if url or historian or incidents:
            raise SettingsError("--url, --historian and --incidents need the truth beside them: --truth FILE")
        wanted = Seeds.all if write else seeds
        result = Score.of(_run(_jobs(scenario, wanted, seed, config, tick), jobs, quiet=as_json), choice)
    _tell(result, as_json, cpu)
    if plot is not None:
        _plot(result, plot)
    if write:
        from pipeline.scoring.page import write as write_page

        write_page(result)


def _jobs(name: str | None, seeds: Seeds, seed: int | None, config: Path | None, tick: str) -> list[Job]:
    import os

    from config.loader import load_settings
    from pipeline.scoring.runs import Job, plain_settings, seeds_of
    from simulators.scenarios import find_scenario, load_scenario, shipped_scenarios
    from telemetry.durations import AmountError, parse_duration

    try:
        every = parse_duration(tick)
    except AmountError as error:
        raise SettingsError(f"--tick: {error}") from None
    if every <= 0:
        raise SettingsError("--tick 0: must be longer than nothing, like 10s")
    settings = load_settings(config, os.environ) if config else plain_settings()
    paths = shipped_scenarios().values() if name is None else [find_scenario(name)]
    jobs = []
    for scenario in map(load_scenario, paths):
        chosen = seeds_of(scenario, seeds.value) if seed is None else [seed]
        jobs += [Job(scenario, number, settings, every) for number in chosen]
    if not jobs:
        raise SettingsError(f"--seeds {seeds.value}: the scenario has none; see its `seeds` and `held_out`")
    return jobs


def _run(jobs: list[Job], processes: int, quiet: bool) -> list[Ran]:
    import sys

    from pipeline.scoring.runs import run_all

    done = []
    for one in run_all(jobs, processes):
        done.append(one)
        if not quiet and len(jobs) > 1:
            print(f"{len(done)}/{len(jobs)} {one.scenario} {one.seed}: {one.work.total:.0f} s", file=sys.stderr)
    return done


def _tell(score: Score, as_json: bool, cpu: bool) -> None:
    by_scenario, together = score.by_scenario(), score.together()
    if as_json:
        import msgspec

        told = {"made_from": score.made, "all": together, "scenarios": by_scenario}
        if cpu:
            told["cpu_s"] = score.cpu()
        print(json.dumps(msgspec.to_builtins(told), indent=2))
        return
    from pipeline.printing import console
    from simulators.scoring.table import tables

    out = console()
    out.print(tables(by_scenario, together))
    out.print(f"Made from {score.made}.", markup=False, highlight=False)
    if cpu:
        spent = score.cpu()
        parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items())
        out.print(f"CPU {sum(spent.values()):.1f} s: {parts}", markup=False, highlight=False)


def _plot(score: Score, path: Path) -> None:
    from simulators.scoring.picture import svg

    for one, matching in zip(score.runs, score.matchings, strict=True):
        title = one.scenario if one.seed is None else f"{one.scenario}, seed {one.seed}"
        file = path if len(score.runs) == 1 else path.with_stem(f"{path.stem}-{one.scenario}-{one.seed}")
        try:
            file.write_text(svg(title, matching), "utf-8")
        except OSError as error:
            raise NadiError(f"--plot {file}: can't be written: {error.strerror}") from None
