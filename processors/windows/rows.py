"""Raw rows on their way into a window, and the bits that each carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from processors.runs import grouping
from telemetry.batch import Bool, Float64, Index, Int32, Int64

UInt16 = NDArray[np.uint16]

FAILED: Final = 1 << 15
"""Mark of a reading that quality control rejects: counted as failed, in no statistic."""
ECHO: Final = 1 << 14
"""Mark of a row without a reading: it says that the last reading before this window changed
after the window had closed, so that its delta changed (see `echoes.py`)."""
LATE: Final = ECHO - 1
"""A bit for each length (`Clocks.bits`; the shortest has bit 0): the window of that length that holds
this row was closed when the row came. So the revision of a window is the number of its rows with
that bit, and needs no state of its own."""

NEVER: Final = -(2**61)
"""Before all times."""


@dataclass(slots=True)
class Rows:
    """Columns of equal length. time: ms; mark: FAILED, ECHO and the LATE bits."""

    series: Int32
    time: Int64
    value: Float64
    mark: UInt16

    def __len__(self) -> int:
        return len(self.series)

    def take(self, rows: Any) -> Rows:
        return Rows(self.series[rows], self.time[rows], self.value[rows], self.mark[rows])

    @classmethod
    def empty(cls) -> Rows:
        return cls(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint16))

    @classmethod
    def concat(cls, parts: Sequence[Rows]) -> Rows:
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.empty()
        return cls(
            np.concatenate([part.series for part in parts]),
            np.concatenate([part.time for part in parts]),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.mark for part in parts]),
        )


def ordered(rows: Rows) -> Rows:
    """By series, then time, then as they came; always copies. Rows mostly come in order of
    time, so that little is left to do once they are grouped."""
    if not len(rows):
        return rows
    arranged = rows.take(grouping(rows.series))
    back = (arranged.time[1:] < arranged.time[:-1]) & (arranged.series[1:] == arranged.series[:-1])
    if back.any():
        _mend(arranged, unique(arranged.series[1:][back]))
    return arranged


def _mend(rows: Rows, series: Int32) -> None:
    """Put the rows of these series, which lie together, in order of time, in place."""
    places = np.flatnonzero(members(rows.series, series))
    order = places[np.lexsort((rows.time[places], rows.series[places]))]
    for column in (rows.time, rows.value, rows.mark):
        column[places] = column[order]


def heads(sorted_column: NDArray[Any]) -> Index:
    """Where each run of equal values begins."""
    if not len(sorted_column):
        return np.empty(0, np.intp)
    first = np.empty(len(sorted_column), np.bool_)
    first[0] = True
    np.not_equal(sorted_column[1:], sorted_column[:-1], out=first[1:])
    return np.flatnonzero(first)


def distinct(rows: Rows) -> Rows:
    """Of `ordered` rows without echoes, the last of each (series, time)."""
    if len(rows) < 2:
        return rows
    keep = np.empty(len(rows), np.bool_)
    keep[-1] = True
    np.not_equal(rows.time[1:], rows.time[:-1], out=keep[:-1])
    keep[:-1] |= rows.series[1:] != rows.series[:-1]
    return rows if keep.all() else rows.take(keep)


def unique(numbers: NDArray[np.int32]) -> Int32:
    """Distinct ids, ascending; much quicker than a sort, for ids are dense."""
    if not len(numbers):
        return np.empty(0, np.int32)
    low = int(numbers.min())
    table = np.zeros(int(numbers.max()) - low + 1, np.bool_)
    table[numbers - low] = True
    return (np.flatnonzero(table) + low).astype(np.int32)


def members(series: Int32, wanted: Int32) -> Bool:
    """Which of `series` are among `wanted` (sorted, not empty): one look-up in a table."""
    low, high = int(wanted[0]), int(wanted[-1])
    if high - low + 1 == len(wanted):
        return (series >= low) & (series <= high)
    table = np.zeros(high - low + 2, np.bool_)
    table[wanted - low] = True
    places = np.clip(series - low, -1, high - low + 1)
    return np.asarray(table[places])
