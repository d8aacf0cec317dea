"""Each reading beside the two before it, of its own series: what most tests look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processors.quality.memory import Memory
from processors.runs import Runs
from telemetry.batch import Bool, Float64, Index


@dataclass(frozen=True, slots=True)
class Pairs:
    """Newer readings by series, a row each.

    last, before: the one before, and the one before that; NaN where there was none. change: value
    less last. single: each series has one row only.
    """

    runs: Runs
    last: Float64
    before: Float64
    change: Float64
    size: Float64
    """Of the change."""
    single: bool

    @property
    def series(self) -> Index:
        return self.runs.series


def pairs(runs: Runs, memory: Memory) -> Pairs:
    """Looks up what is remembered; remembers nothing."""
    series, value, starts = runs.series, runs.value, runs.starts
    single = len(starts) == len(series)
    last, before = memory["last"].take(series), memory["before"].take(series)
    if not single:
        inner = np.ones(len(series), np.bool_)
        inner[starts] = False
        at = np.flatnonzero(inner)
        former = last.copy()
        last[at] = value[at - 1]
        before[at] = np.where(inner[at - 1], value[at - 2], former[at - 1])
    with np.errstate(invalid="ignore", over="ignore"):
        change = value - last
    return Pairs(runs, last, before, change, np.abs(change), single)


def remember(found: Pairs, memory: Memory) -> None:
    """The last two values of each series."""
    runs = found.runs
    ends = runs.starts + runs.lengths() - 1 if not found.single else slice(None)
    who = runs.series[ends]
    memory["before"][who] = found.last[ends]
    memory["last"][who] = runs.value[ends]


def any_of(mask: Bool) -> Index | None:
    """The rows where `mask` holds; None where there are none."""
    rows = np.flatnonzero(mask)
    return rows if len(rows) else None
