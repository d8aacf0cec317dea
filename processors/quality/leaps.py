"""Spike and rate of change (QARTOD tests 6 and 7), against the series' own recent changes.

                 ● spike: beyond both readings before it, by a leap or more
    ●──●──●──●───┼───●──   back again: now it is known to have been one, and counts as evidence
                           of a faulty sensor; a step or the onset of an event does not

A reading is flagged when it comes, for what is written is not written again, so the third point of
the three-point test only decides about the sensor. A spike is suspect and never fails: it may be
the first reading of an event.
"""

from __future__ import annotations

import numpy as np

from processors.quality.memory import Memory, add
from processors.quality.pairs import Pairs, any_of
from processors.quality.rules import BACK, FAST
from telemetry import flags
from telemetry.batch import Index, UInt32


def test(found: Pairs, memory: Memory) -> tuple[Index, UInt32] | None:
    """The rows of `found` that leapt, and their flags. Counts spikes that are over."""
    leap = memory["leap"].take(found.series)
    rows = any_of(found.size > leap)
    if rows is None:
        return None
    value, last, before = found.runs.value[rows], found.last[rows], found.before[rows]
    leap = leap[rows].astype(np.float64)
    change, earlier = found.change[rows], last - before
    over = change * earlier < 0
    returned = over & (np.abs(earlier) > leap) & (np.abs(value - before) < BACK * np.abs(earlier))
    if returned.any():
        add(memory["spikes"], found.series[rows[returned]], np.float32(1.0), found.single)
    beyond = ~returned & ((np.abs(value - before) > leap) & ((value - before) * change > 0))
    fast = ~returned & (np.abs(change) > FAST * leap)
    raised = np.zeros(len(rows), np.uint32)
    raised[beyond] = flags.SUSPECT | flags.SPIKE
    raised[fast] |= np.uint32(flags.SUSPECT | flags.RATE_OF_CHANGE)
    return rows, raised
