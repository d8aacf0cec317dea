"""The processor "quality": flags in the manner of QARTOD, and sensors that are faulty.

    readings ─▶ gross range, climatology ─▶ sorted by series ─▶ leaps, flat line, neighbours, gap ─▶ flags
                                                     └▶ sums ─▶ tick: learned ─▶ sensor-fault

A cheap screen looks at every reading; what it lets through is looked at in detail. State and its
learning are in `memory`, all constants in `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from journal.entries import TickEntry
from processors.base import Outputs, State
from processors.quality import flat_line, leaps
from processors.quality.faults import Faults
from processors.quality.memory import Memory, add
from processors.quality.neighbours import ALONE, Neighbours
from processors.quality.pairs import Pairs, pairs, remember
from processors.quality.ranges import Climatology, gross_range
from processors.quality.rules import EVERY, GAP, LOOKS, SETTLED
from processors.runs import extended, sort_runs
from processors.texts import Language
from telemetry import flags
from telemetry.batch import Bool, Index, Readings, UInt32
from telemetry.sensors import SensorTable

LEAPS, FLAT = 1, 2
JUMPY: Final = frozenset({("disaster", "rainfall"), ("disaster", "pga")})
"""Their everyday life is to leap out of nothing."""


class Quality:
    """Flags readings, and emits the signal "sensor-fault" at ticks. Counts flags as `quality.<test>`."""

    name = "quality"

    def __init__(self, sensors: SensorTable, language: Language = "id", zone: str = "Asia/Jakarta") -> None:
        """zone: the city's time zone, for what is usual at an hour."""
        self.sensors = sensors
        self.size = 0
        self.memory = Memory()
        self.judged: NDArray[np.uint8] = np.zeros(0, np.uint8)
        """LEAPS and FLAT where these tests say something of a series."""
        self.climatology = Climatology(sensors, zone)
        self.neighbours = Neighbours(sensors, self.memory)
        self.faults = Faults(sensors, self.memory, language)
        self.turn = 0
        self.looked = 0
        """When a slice was last looked at, ms."""

    def process(self, readings: Readings, out: Outputs) -> Readings:
        self._sync()
        raised: UInt32 | None = None
        for name, found in (
            ("gross_range", gross_range(readings, self.sensors)),
            ("climatology", self.climatology.test(readings)),
        ):
            if found is not None:
                out.count(f"quality.{name}", int(np.count_nonzero(found)))
                raised = found if raised is None else raised | found
                self._count_fails(readings, found)
        if raised is not None:
            readings = readings.with_flags(readings.flags | raised)
        return self._compare(readings, out)

    def _count_fails(self, readings: Readings, found: UInt32) -> None:
        failed = (found & flags.FAIL) != 0
        if failed.any():
            np.add.at(self.memory["fails"], readings.series[failed], np.float32(1.0))

    def _compare(self, readings: Readings, out: Outputs) -> Readings:
        """The tests that know a series' past."""
        runs = sort_runs(readings, self.memory["newest"])
        if not len(runs):
            return readings
        raised: UInt32 | None = None

        def flag(name: str, rows: Index, bits: UInt32 | np.uint32) -> None:
            nonlocal raised
            if len(rows):
                out.count(f"quality.{name}", len(rows))
                raised = readings.flags.copy() if raised is None else raised
                raised[rows] |= bits

        if not runs.newer.all():
            flag("not_evaluated", runs.rows[~runs.newer], np.uint32(flags.NOT_EVALUATED))
            runs = runs.take(runs.newer)
            if not len(runs):
                return readings.with_flags(raised) if raised is not None else readings
        found = pairs(runs, self.memory)
        tests = (
            ("leap", leaps.test(found, self.memory)),
            ("flat_line", flat_line.test(found, self.memory, self._may_be_flat(found))),
            ("neighbours", self.neighbours.test(found)),
        )
        for name, result in tests:
            if result is not None:
                rows, bits = result
                hit = bits != 0
                flag(name, runs.rows[rows[hit]], bits[hit])
        dull = self.memory["dull"].take(found.series) >= SETTLED
        if dull.any():
            flag("attenuated", runs.rows[dull], np.uint32(flags.SUSPECT | flags.ATTENUATED))
        gap = runs.elapsed > GAP * self.memory["pace"].take(found.series)
        if gap.any():
            flag("gap", runs.rows[gap], np.uint32(flags.GAP))
        self._sum(found)
        remember(found, self.memory)
        return readings if raised is None else readings.with_flags(raised)

    def _may_be_flat(self, found: Pairs) -> Bool:
        series, value = found.series, found.runs.value
        judged: Bool = (self.judged.take(series) & FLAT) != 0
        judged &= value != 0
        judged &= (value != self.sensors.min.take(series)) & (value != self.sensors.max.take(series))
        return judged

    def _sum(self, found: Pairs) -> None:
        """What the next fold learns from. A leap counts as one at most."""
        c, series, single = self.memory, found.series, found.single
        leap = np.where((self.judged.take(series) & LEAPS) != 0, c["leap"].take(series), np.inf)
        size = np.minimum(found.size, leap)
        nothing = ~np.isfinite(size)
        if nothing.any():
            size[nothing] = 0.0
        with np.errstate(invalid="ignore", over="ignore"):
            swings = found.change * (found.last - found.before) < 0
        add(c["moved"], series, size, single)
        add(c["swung"], series, np.where(swings, size, 0.0).astype(np.float32), single)
        add(c["changes"], series, (size > 0).astype(np.int32), single)
        add(c["count"], series, np.int32(1), single)

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        """Learn from a slice of the series, and tell of faults."""
        if tick.time - self.looked < EVERY:
            return
        self._sync()
        self.looked = tick.time
        if self.turn == 0 and self.neighbours.stale:
            self.neighbours.sync()
        self.neighbours.look(self.turn, tick.time)
        rows = np.arange(self.turn, self.size, LOOKS)
        self.turn = (self.turn + 1) % LOOKS
        rows = rows[(self.memory["count"][rows] > 0) | (self.memory["fails"][rows] > 0)]
        if not len(rows):
            return
        due = self.memory.fold(rows)
        unjudged = due[(self.judged[due] & LEAPS) == 0]
        self.memory["leap"][unjudged] = np.inf
        for name in ("noisy", "dull"):
            self.memory[name][unjudged] = 0
        if len(self.neighbours.group):
            self.neighbours.learn(due)
        out.signals += self.faults.look(rows, tick.time)

    def _sync(self) -> None:
        self.sensors.sync()
        wanted = self.sensors.size
        if wanted == self.size:
            return
        self.memory.grow(wanted)
        self.judged = extended(self.judged, wanted)
        for number in range(self.size, wanted):
            identity = self.sensors.table.identities[number]
            if identity is None or self.sensors.counter[number]:
                continue
            jumpy = (identity.domain, identity.quantity) in JUMPY
            self.judged[number] = 0 if jumpy else LEAPS | FLAT
            if self.sensors.interval[number] > 0:
                self.memory["pace"][number] = self.sensors.interval[number]
        self.climatology.sync()
        group = self.neighbours.group
        if len(group) < wanted:
            self.neighbours.group = np.concatenate((group, np.full(wanted - len(group), ALONE, np.int32)))
            self.neighbours.stale = True
        self.size = wanted

    def pieces(self) -> Iterator[State]:
        """As a snapshot, but most of it is the state itself: to be read before the next call."""
        yield {"turn": np.array([self.turn, self.looked]), **self.memory.snapshot(), **self.neighbours.snapshot()}

    def snapshot(self) -> State:
        return {name: column.copy() for piece in self.pieces() for name, column in piece.items()}

    def restore(self, state: State) -> None:
        self._sync()
        self.turn, self.looked = state["turn"].tolist()
        self.neighbours.sync()
        self.memory.restore(state)
        self.neighbours.restore(state)
