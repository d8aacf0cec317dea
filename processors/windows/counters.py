"""How much a counter grew: the sum of its increments, through resets and rollovers."""

from __future__ import annotations

import numpy as np

from processors.windows.rows import Rows, heads
from telemetry.batch import Float64


def deltas(good: Rows, before: Float64, modulus: Float64) -> Float64:
    """Growth of each counter over its group in `good` (grouped by series, in order of time).

    before: the last reading ahead of the window, a value a group, NaN where there is none:
    then the first reading adds nothing. modulus: a value a group, NaN where not known.

    A fall is a reset: the new value is what has been counted since. With a modulus, a fall
    by more than half of it from a value below it is a rollover: modulus - previous + value.
    """
    begins = heads(good.series)
    if not len(begins):
        return np.empty(0)
    counts = np.diff(begins, append=len(good))
    previous = np.empty(len(good))
    previous[1:] = good.value[:-1]
    previous[begins] = before
    around = np.repeat(modulus, counts)
    with np.errstate(over="ignore", invalid="ignore"):
        step = good.value - previous
        fell = step < 0
        rolled = fell & (-step > around / 2) & (previous <= around) & (good.value >= 0)
        step = np.where(rolled, step + around, np.where(fell, good.value, step))
    step[np.isnan(previous)] = 0.0
    return np.asarray(np.add.reduceat(step, begins))
