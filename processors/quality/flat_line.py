"""Flat line (QARTOD test 8): equal readings in a row, far more than this series usually has.

    12.3 12.4 12.2 12.2 12.5 12.5 12.5 12.5 12.5 12.5 12.5 …
                                  ├── usual ──┤ suspect ──┤ fail

0 is flat for good reasons (no flow, no rain, a night without sun), and so are the ends of what a
sensor can measure (a bin that is full to the brim).
"""

from __future__ import annotations

import numpy as np

from processors.quality.memory import Memory, coded
from processors.quality.pairs import Pairs
from processors.quality.rules import FAIL_LATER, LEAST_SAME, LONGER, WARM_UP
from telemetry import flags
from telemetry.batch import Bool, Float64, Index, Int64, UInt32


def limits(memory: Memory, series: Index) -> Float64:
    """Equal readings from which each is suspect; infinite in warm-up."""
    usual = np.maximum(np.float64(LEAST_SAME), LONGER * memory["longest"].take(series).astype(np.float64))
    return np.where(memory["seen"].take(series) >= WARM_UP, usual, np.inf)


def test(found: Pairs, memory: Memory, judged: Bool) -> tuple[Index, UInt32] | None:
    """The rows that are flat, and their flags. Counts equal readings, and learns how many are usual.

    judged: bool[rows], whether a row's series and value may be flat line at all.
    """
    equal = (found.change == 0) & judged
    counted = memory["same"].take(found.series)
    rows = np.flatnonzero(equal | (counted > 0))
    if not len(rows):
        return None
    count = _counts(found, equal, counted)
    _learn(found, equal, count, counted, memory)
    rows = rows[equal[rows]]
    limit = limits(memory, found.series[rows])
    flat = count[rows] >= limit
    if not flat.any():
        return None
    rows, limit = rows[flat], limit[flat]
    failed = count[rows] >= FAIL_LATER * limit
    suspect, fail = flags.SUSPECT | flags.FLAT_LINE, flags.FAIL | flags.FLAT_LINE
    return rows, np.where(failed, np.uint32(fail), np.uint32(suspect))


def _counts(found: Pairs, equal: Bool, counted: Int64) -> Int64:
    """int64[rows]: equal readings in a row up to each."""
    if found.single:
        return np.where(equal, counted + 1, 0)
    at = np.arange(len(equal))
    start = np.repeat(found.runs.starts, found.runs.lengths())
    broken = np.maximum.accumulate(np.where(equal, -1, at))
    whole = broken < start
    return np.where(whole, counted + at - start + 1, at - broken)


def _learn(found: Pairs, equal: Bool, count: Int64, counted: Int64, memory: Memory) -> None:
    """Rows of equal readings that ended teach how long they may be: at the next tick, see `Memory.fold`."""
    runs = found.runs
    former = counted.copy()
    if not found.single:
        former[1:] = count[:-1]
        former[runs.starts] = counted[runs.starts]
    ended = np.flatnonzero(~equal & (former > 0))
    if len(ended):
        np.maximum.at(memory["ended"], runs.series[ended], coded(former[ended]))
    ends = runs.starts + runs.lengths() - 1
    memory["same"][runs.series[ends]] = count[ends]
