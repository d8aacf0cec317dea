"""Which readings repeat a (series, time) that is already there, and with what value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from processors.runs import grouping
from processors.windows.rows import ECHO, FAILED, NEVER, Rows
from processors.windows.watermark import running_maximum
from telemetry.batch import Bool, Index, Int32, Int64
from telemetry.growth import extended, zeros


@dataclass(slots=True)
class Repeats:
    """Masks over a batch. same: with the same value and failure; so nothing changes."""

    repeated: Bool
    same: Bool


Find = Callable[[Int64, Int32], Rows]
"""Stored rows at some window starts of some series (sorted ids), oldest first."""


class Newest:
    """Greatest time of each series so far: what is beyond it can't be a repeat."""

    def __init__(self) -> None:
        self.time: Int64 = np.empty(0, np.int64)
        self._place: Int32 = np.empty(0, np.int32)

    def grow(self, size: int) -> None:
        if size > len(self.time):
            self.time = extended(self.time, size, NEVER)
            self._place = zeros(self.time.shape, self._place.dtype)

    def doubtful(self, series: Index, time: Int64) -> Bool | None:
        """Readings that may repeat an earlier one; None if all are new. Advances the times."""
        before = self.time.take(series)
        places = np.arange(len(series), dtype=np.int32)
        self._place[series] = places
        if (self._place.take(series) == places).all():
            doubt = time <= before
            self.time[series] = np.maximum(time, before)
            return doubt if doubt.any() else None
        order = grouping(series)
        group, times = series[order], time[order]
        so_far = np.maximum(running_maximum(group, times), before[order])
        self.time[group] = np.maximum(so_far, times)
        doubt = np.empty(len(series), np.bool_)
        doubt[order] = times <= so_far
        return doubt if doubt.any() else None


def compare(rows: Rows, doubtful: Bool, length: int, find: Find) -> Repeats:
    """Settle the doubtful readings of a batch, in order, against stored rows and one another."""
    repeated = np.zeros(len(rows), np.bool_)
    same = np.zeros(len(rows), np.bool_)
    wanted = np.unique(rows.series[doubtful])
    stored = find(np.unique(rows.time[doubtful] // length * length), wanted)
    stored = stored.take(stored.mark & ECHO == 0)
    near = np.flatnonzero(_among(rows, rows.take(doubtful)))
    stored = stored.take(_among(stored, rows.take(doubtful)))
    both = Rows.concat([stored, rows.take(near)])
    order = np.lexsort((both.time, both.series))
    series, time, value = both.series[order], both.time[order], both.value[order]
    failed = both.mark[order] & FAILED
    again = np.zeros(len(both), np.bool_)
    again[1:] = (series[1:] == series[:-1]) & (time[1:] == time[:-1])
    equal = np.zeros(len(both), np.bool_)
    equal[1:] = again[1:] & (value[1:] == value[:-1]) & (failed[1:] == failed[:-1])
    place = order - len(stored)
    fresh = place >= 0
    repeated[near[place[fresh]]] = again[fresh]
    same[near[place[fresh]]] = equal[fresh]
    return Repeats(repeated, same)


def _among(rows: Rows, wanted: Rows) -> Bool:
    """Rows whose (series, time) is one of `wanted`."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    low = min(int(rows.time.min()), int(wanted.time.min()))
    span = max(int(rows.time.max()), int(wanted.time.max())) - low + 1
    key = rows.series.astype(np.int64) * span + (rows.time - low)
    return np.isin(key, wanted.series.astype(np.int64) * span + (wanted.time - low))
