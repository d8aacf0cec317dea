"""Simulator, processors and score in one process, on simulated time and without a broker.

    scenario ─▶ Step ─▶ Intake ─▶ ReadingsEntry ┐
                             ticks ─▶ TickEntry ┴─▶ Chain.run ─▶ reports ─▶ score

The processors are those that `pipeline/wiring.py` makes for `./nadi run`, and rounds are run as in
`pipeline/processing/runner.py`; what is left out is what makes them durable: journal, sinks, snapshots
that are kept. No clock of this machine is read but to say where CPU time went, so that the same
scenario and seed give the same reports, bit for bit.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from config.settings import Settings
from journal.entries import TickEntry
from pipeline import wiring
from pipeline.offline.intake import Intake
from pipeline.offline.reported import Gathered
from pipeline.offline.rounds import TICK, Rounds
from processors.base import Outputs, Processor, State
from simulators.feed import Step
from telemetry.batch import Readings
from telemetry.sensors import Sensor
from telemetry.series import SeriesTable


class _Timed:
    """A processor whose time is added up, ns."""

    def __init__(self, inner: Processor, spent: Counter[str]) -> None:
        self.inner = inner
        self.name = inner.name
        self._spent = spent

    def process(self, readings: Readings, out: Outputs) -> Readings:
        began = time.perf_counter_ns()
        readings = self.inner.process(readings, out)
        self._spent[self.name] += time.perf_counter_ns() - began
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        began = time.perf_counter_ns()
        self.inner.tick(tick, out)
        self._spent[self.name] += time.perf_counter_ns() - began

    def snapshot(self) -> State:
        return self.inner.snapshot()

    def restore(self, state: State) -> None:
        self.inner.restore(state)


@dataclass(frozen=True, slots=True)
class Work:
    """What a run took. cpu: s by part, `simulator` and `intake` beside the processors: the process's
    CPU time, shared out by time on the clock, which is a hundred times cheaper to read."""

    readings: int
    refused: int
    cpu: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.cpu.values())


class Offline:
    """One run. settings.state_dir: a folder of its own, which the caller deletes. tick: ms."""

    def __init__(self, settings: Settings, catalogue: Sequence[Sensor], start: int, tick: int = TICK) -> None:
        table = SeriesTable(*wiring.series_limits(settings.limits))
        sensors = wiring.enlist(table, catalogue)
        self.spent: Counter[str] = Counter()
        chain = wiring.chain(settings, table, sensors)
        self.chain = replace(chain, processors=tuple(_Timed(one, self.spent) for one in chain.processors))
        self.intake = Intake(table, sensors, settings)
        self.gathered = Gathered(table)
        self.rounds = Rounds(self.chain, self.gathered.take, start, tick)
        self.readings = self.refused = 0

    def run(self, steps: Iterable[Step], end: int) -> Work:
        """Everything up to `end` (ms), the last tick included."""
        cpu, first = time.process_time(), time.perf_counter_ns()
        began = first
        try:
            for step in steps:
                self.spent["simulator"] += time.perf_counter_ns() - began
                self._take(step)
                began = time.perf_counter_ns()
            self.rounds.finish(end)
        finally:
            self.chain.close()
        elapsed = max(1, time.perf_counter_ns() - first)
        self.spent["rounds"] = elapsed - self.spent.total()
        share = (time.process_time() - cpu) / elapsed
        return Work(self.readings, self.refused, {name: spent * share for name, spent in self.spent.items()})

    def _take(self, step: Step) -> None:
        """Its readings and the ticks that fall between them, by arrival; what comes at the moment of
        a tick comes before it."""
        began = time.perf_counter_ns()
        cuts = range(self.rounds.due, step.now, self.rounds.tick)
        entries = self.intake.take(step, cuts)
        self.spent["intake"] += time.perf_counter_ns() - began
        for entry, until in zip(entries, (*cuts, step.now), strict=True):
            self.readings += len(entry.readings)
            self.refused += sum(refusal.readings for refusal in entry.refusals)
            self.rounds.append(entry)
            if until < step.now:
                self.rounds.tick_until(until)
        self.rounds.run_if_many()
