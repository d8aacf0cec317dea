"""How much a counter grew: the sum of its increments, through resets and rollovers.

    99 998 ── 99 999 ── 0 ── 1    rollover: what is counted between is plausible      modulus - previous + value
    5 210 ── 3 ── 4               reset: it began anew, and this has been counted since            value
    5 210.0 ── 5 209.9            rounding, or backwards: that was counted before                      0
    60 000 ── 12 345              a used meter was put there: what it had counted is not ours          0
    60 000 ──┄ 6 h ┄── 0 ── 1     a new one: what rolls over comes from the uppermost quarter            0

The same plausibility as of the energy analysis (`domains/energy/meters.py`), by the greatest that a meter counts in the
time between two readings; but what only rises is summed as it was told.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from processors.windows.rows import Rows, heads
from telemetry.batch import Bool, Float64, Int64

PRECISION: Final = 0.02
"""What a counter may step back by rounding, whatever it counts."""
_UPPER: Final = 0.25
"""Share of the modulus below its end from which a counter rolls over: after a gap in which it might have counted more,
a new meter is as likely. Our own."""
_HOUR: Final = 3_600_000.0


class Ahead(NamedTuple):
    """Of each series its last reading ahead of a window. time: ms; value: NaN where there is none."""

    time: Int64
    value: Float64


def deltas(good: Rows, before: Ahead, modulus: Float64, fastest: Float64) -> Float64:
    """Growth of each counter over its group in `good` (grouped by series, in order of time).

    before: a row a group; without one the first reading adds nothing. modulus: a value a group, NaN where not
    known. fastest: the most it counts in an hour, a value a group; infinite where not known.
    """
    begins = heads(good.series)
    if not len(begins):
        return np.empty(0)
    counts = np.diff(begins, append=len(good))
    previous, since = np.empty(len(good)), np.empty(len(good), np.int64)
    previous[1:], since[1:] = good.value[:-1], good.time[:-1]
    since[begins], previous[begins] = before
    with np.errstate(over="ignore", invalid="ignore"):
        step = good.value - previous
        fell = np.flatnonzero(step < 0)
        if len(fell):
            group = np.repeat(np.arange(len(begins)), counts)[fell]
            most = fastest[group] * ((good.time[fell] - since[fell]) / _HOUR) + PRECISION
            step[fell] = _explained(previous[fell], good.value[fell], modulus[group], most)
    step[np.isnan(previous)] = 0.0
    return np.asarray(np.add.reduceat(step, begins))


def _explained(previous: Float64, value: Float64, modulus: Float64, most: Float64) -> Float64:
    """What was counted in steps that fell."""
    around = modulus - previous + value
    near = around <= np.minimum(most, _UPPER * modulus)
    rolled: Bool = (previous - value > modulus / 2) & (previous <= modulus) & (value >= 0) & near
    anew = (value >= 0) & (value <= previous / 2) & (value <= most) & (previous - value > PRECISION)
    return np.where(rolled, around, np.where(anew, value, 0.0))
