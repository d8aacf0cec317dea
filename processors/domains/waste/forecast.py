"""Forecast: how fast a bin fills, by Theil-Sen over a few points since it was emptied.

The slope is the median of the slopes of all pairs of points (Sen 1968), so that a third of them
may be wrong. A bin keeps at most MOST points; when it is full of them every other one goes and
the spacing doubles, so that they reach back to the emptying however long that is ago.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.domains.columns import Columns
from processors.domains.waste.scene import HOUR
from telemetry.batch import Bool, Float64, Index, Int64

MOST: Final = 24
_PAIRS: Final = np.triu_indices(MOST, 1)
_CHUNK: Final = 1_000
"""Bins whose slopes are computed at once: 276 pairs of each in 2 MB."""


class Points:
    """State by bin: `count` points of (time, value), spacing doubled `halved` times."""

    def __init__(self) -> None:
        self.columns = Columns(
            time=(np.int64, 0, MOST), value=(np.float32, np.nan, MOST), count=(np.int8, 0), halved=(np.int8, 0)
        )

    def note(self, rows: Index, time: Int64, value: Float64, emptied: Bool, spacing: Float64) -> None:
        """Readings that are believed, of each bin at most one. spacing: ms."""
        c = self.columns
        if emptied.any():
            c["count"][rows[emptied]] = 0
            c["halved"][rows[emptied]] = 0
        count = c["count"][rows]
        latest = c["time"][rows, np.maximum(count - 1, 0)]
        apart = spacing * 2.0 ** c["halved"][rows]
        due = (count == 0) | (time - latest >= apart)
        if not due.any():
            return
        rows, time, value, count = rows[due], time[due], value[due], count[due]
        c["time"][rows, count], c["value"][rows, count] = time, value
        c["count"][rows] = count + 1
        for row in rows[count + 1 == MOST].tolist():
            half = MOST // 2
            for name in ("time", "value"):
                c[name][row, :half] = c[name][row, ::2]
            c["count"][row] = half
            c["halved"][row] += 1

    def rates(self, rows: Index) -> tuple[Float64, Index]:
        """Points (of fill) an hour, NaN below two points; and how many points there are."""
        c = self.columns
        counts: Index = c["count"][rows].astype(np.intp)
        rates = np.full(len(rows), np.nan)
        for begin in range(0, len(rows), _CHUNK):
            part = slice(begin, begin + _CHUNK)
            rates[part] = theil_sen(c["time"][rows[part]], c["value"][rows[part]], counts[part])
        return rates, counts


def theil_sen(time: Int64, value: Float64, count: Index) -> Float64:
    """Median slope an hour of the first `count` points of each row; time: ms, ascending."""
    if not len(count):
        return np.zeros(0)
    first, second = _PAIRS
    apart = (time[:, second] - time[:, first]) / HOUR
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (value[:, second] - value[:, first]) / apart
    slopes[(second >= count[:, None]) | (apart <= 0)] = np.nan
    known = np.isfinite(slopes)
    slopes.sort(axis=1)  # NaN last
    number = known.sum(axis=1)
    low, high = np.maximum((number - 1) // 2, 0), np.minimum(number // 2, slopes.shape[1] - 1)
    each = np.arange(len(count))
    return np.where(number > 0, (slopes[each, low] + slopes[each, high]) / 2, np.nan)
