"""Runs of scenarios with their scores, several at once in processes of their own."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from config.settings import HistorianSettings, Settings
from pipeline.offline.reported import Choice, Reported, chosen
from pipeline.offline.run import Offline, Work
from simulators.scenarios import Scenario, open_scenario
from simulators.scoring.figures import Figures, figures
from simulators.scoring.matching import Matching, Span, match
from simulators.truth import Truth


def seeds_of(scenario: Scenario, which: Literal["tuned", "held-out", "all"]) -> list[int]:
    """Those that thresholds may be tuned on, those kept out of it, or both."""
    wanted = {"tuned": (False,), "held-out": (True,), "all": (False, True)}[which]
    return [seed for seed in scenario.seeds if (seed in scenario.held_out) in wanted]


@dataclass(frozen=True, slots=True)
class Job:
    """settings: of the processors; its folders are not used. tick: ms."""

    scenario: Scenario
    seed: int
    settings: Settings
    tick: int


@dataclass(frozen=True, slots=True)
class Ran:
    """A scenario that has been run with one of its seeds; or, without a seed, what a store holds."""

    scenario: str
    seed: int | None
    held_out: bool
    span: Span
    truth: tuple[Truth, ...]
    reported: Reported
    work: Work


def run(job: Job) -> Ran:
    """One scenario with one seed, from its first reading to its last report."""
    scenario = job.scenario
    running = open_scenario(scenario, job.seed)
    with tempfile.TemporaryDirectory(prefix="nadi-score-") as folder:
        settings = job.settings.model_copy(update={"state_dir": Path(folder)})
        offline = Offline(settings, tuple(running.catalogue()), scenario.start, job.tick)
        work = offline.run(running, scenario.end)
    return Ran(
        scenario=scenario.name,
        seed=job.seed,
        held_out=job.seed in scenario.held_out,
        span=Span(scenario.start, scenario.end, len(running.city)),
        truth=tuple(running.truth()),
        reported=offline.gathered.reported(scenario.end),
        work=work,
    )


def run_all(jobs: Sequence[Job], processes: int) -> Iterator[Ran]:
    """As they end. With one process they run in this one."""
    if processes <= 1 or len(jobs) <= 1:
        yield from map(run, jobs)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        # The longest first, so that no process is left alone with one at the end.
        size = lambda job: job.scenario.duration * job.scenario.city.devices  # noqa: E731
        futures = [pool.submit(run, job) for job in sorted(jobs, key=size, reverse=True)]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Score:
    """Runs beside their truth, by scenario and seed. made: what the reports were made from, in words."""

    runs: tuple[Ran, ...]
    matchings: tuple[Matching, ...]
    made: str

    @classmethod
    def of(cls, ran: Iterable[Ran], choice: Choice) -> Score:
        runs = tuple(sorted(ran, key=lambda one: (one.scenario, one.seed or 0)))
        reports, made = chosen([one.reported for one in runs], choice)
        matchings = tuple(match(one.truth, said, one.span) for one, said in zip(runs, reports, strict=True))
        return cls(runs, matchings, made)

    def by_scenario(self, held_out: bool | None = None) -> dict[str, Figures]:
        """A scenario's seeds pooled: all, or only those that are (not) held out."""
        found: dict[str, list[Matching]] = {}
        for one, matching in zip(self.runs, self.matchings, strict=True):
            if held_out in (None, one.held_out):
                found.setdefault(one.scenario, []).append(matching)
        return {name: figures(matchings) for name, matchings in found.items()}

    def cpu(self) -> dict[str, float]:
        """s by part, over all runs; what took most first."""
        spent: Counter[str] = Counter()
        for one in self.runs:
            spent.update(one.work.cpu)
        return dict(spent.most_common())

    def together(self, held_out: bool | None = None) -> Figures:
        return figures(
            [
                matching
                for one, matching in zip(self.runs, self.matchings, strict=True)
                if held_out in (None, one.held_out)
            ]
        )


def plain_settings() -> Settings:
    """The defaults. A store must be named, and is not used."""
    return Settings(historian=HistorianSettings(path=Path("unused")))
