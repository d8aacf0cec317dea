"""Simulator, processors and score in one process, on simulated time and without a broker.

    scenario ─▶ Step ─▶ Intake ─▶ ReadingsEntry ┐
                             ticks ─▶ TickEntry ┴─▶ Chain.run ─▶ reports ─▶ score

The processors are those that `pipeline/wiring.py` makes for `./nadi run`, and rounds are run as in
`pipeline/processing.py`; what is left out is what makes them durable: journal, sinks, snapshots
that are kept. No clock of this machine is read but to say where CPU time went, so that the same
scenario and seed give the same reports, bit for bit.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from config.settings import Settings
from journal.base import Journal, Position, Stored
from journal.entries import ReadingsEntry, TickEntry
from pipeline import wiring
from pipeline.intake import Intake
from pipeline.reported import Gathered
from processors.base import Outputs, Processor, State
from simulators.feed import Step
from telemetry.batch import Readings
from telemetry.sensors import Sensor
from telemetry.series import Declaration

TICK: Final = 10_000
"""ms. Alarms' delays are kept to this; in life there is a tick a second, which is too many for days."""
ROUND_READINGS: Final = 32_768
"""Then a round is run before its tick is due, to bound memory; how rounds are cut changes no result."""
RELEASE: Final = 3_600_000
"""ms of simulated time after which files of windows that nothing needs are deleted."""


class _NoJournal:
    """Knows no series yet."""

    def dictionary(self) -> tuple[Declaration, ...]:
        return ()


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
        self.start = start
        self.tick = tick
        table, sensors = wiring.names(settings, cast(Journal, _NoJournal()), catalogue)
        self.spent: Counter[str] = Counter()
        chain = wiring.chain(settings, table, sensors)
        self.chain = replace(chain, processors=tuple(_Timed(one, self.spent) for one in chain.processors))
        self.intake = Intake(table, sensors, settings)
        self.gathered = Gathered(table)
        self.readings = self.refused = 0
        self._inputs: list[Stored] = []
        self._waiting = 0
        self._position = 0
        self._due = start + tick
        self._release = start + RELEASE

    def run(self, steps: Iterable[Step], end: int) -> Work:
        """Everything up to `end` (ms), the last tick included."""
        cpu, first = time.process_time(), time.perf_counter_ns()
        began = first
        try:
            for step in steps:
                self.spent["simulator"] += time.perf_counter_ns() - began
                self._take(step)
                began = time.perf_counter_ns()
            self._tick_until(end)
            if self._inputs:
                self._round()
        finally:
            self.chain.close()
        share = (time.process_time() - cpu) / max(1, time.perf_counter_ns() - first)
        return Work(self.readings, self.refused, {name: spent * share for name, spent in self.spent.items()})

    def _take(self, step: Step) -> None:
        """Its readings and the ticks that fall between them, by arrival; what comes at the moment of
        a tick comes before it."""
        began = time.perf_counter_ns()
        cuts = range(self._due, step.now, self.tick)
        entries = self.intake.take(step, cuts)
        self.spent["intake"] += time.perf_counter_ns() - began
        for entry, until in zip(entries, (*cuts, step.now), strict=True):
            self._waiting += len(entry.readings)
            self.readings += len(entry.readings)
            self.refused += sum(refusal.readings for refusal in entry.refusals)
            self._append(entry)
            if until < step.now:
                self._tick_until(until)
        if self._waiting >= ROUND_READINGS:
            self._round()

    def _tick_until(self, now: int) -> None:
        """Every tick that is due at `now` or before."""
        while self._due <= now:
            self._append(TickEntry(self._due, self.start))
            self._round()
            if self._due >= self._release:
                self._release_files()
            self._due += self.tick

    def _append(self, entry: ReadingsEntry | TickEntry) -> None:
        self._position += 1
        self._inputs.append(Stored(Position(self._position), entry))

    def _round(self) -> None:
        began, inside = time.perf_counter_ns(), self._processors_spent()
        _, readings, out = self.chain.run(self._inputs)
        self.gathered.take(out, readings)
        self._inputs.clear()
        self._waiting = 0
        self.spent["rounds"] += time.perf_counter_ns() - began - (self._processors_spent() - inside)

    def _processors_spent(self) -> int:
        return sum(self.spent[processor.name] for processor in self.chain.processors)

    def _release_files(self) -> None:
        """As after a snapshot that was saved. Nothing here need survive, so nothing is synced."""
        for processor in self.chain.processors:
            processor.snapshot()
        self.chain.saved()
        self._release += RELEASE
