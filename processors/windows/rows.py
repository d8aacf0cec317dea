"""Raw rows on their way into a window, and the bits that each carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from telemetry.batch import Bool, Float64, Index, Int32, Int64

UInt16 = NDArray[np.uint16]

FAILED: Final = 1 << 15
"""Mark of a reading that quality control rejects: counted as failed, in no statistic."""
ECHO: Final = 1 << 14
"""Mark of a row without a reading: it says that the last reading before this window changed
after the window had closed, so that its delta changed (see `echoes.py`)."""
LATE: Final = ECHO - 1
"""Bit k: the window of length k that holds this row was closed when the row came. So the
revision of a window is the number of its rows with that bit, and needs no state of its own."""

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
    """By series, then time, then as they came. One sort of a packed key where it fits in 63
    bits, which takes a fifth of the time of a lexsort."""
    size = len(rows)
    if size < 2:
        return rows
    low, start = int(rows.series.min()), int(rows.time.min())
    place_bits = (size - 1).bit_length()
    time_bits = (int(rows.time.max()) - start).bit_length()
    if (int(rows.series.max()) - low).bit_length() + time_bits + place_bits > 63:
        return rows.take(np.lexsort((rows.time, rows.series)))
    key = rows.series.astype(np.int64)
    key -= low
    key <<= time_bits
    key += rows.time
    key -= start
    key <<= place_bits
    key |= np.arange(size)
    key.sort()
    order = key & ((1 << place_bits) - 1)
    key >>= place_bits
    time = key & ((1 << time_bits) - 1)
    time += start
    key >>= time_bits
    key += low
    return Rows(key.astype(np.int32), time, rows.value[order], rows.mark[order])


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


def members(series: Int32, wanted: Int32) -> Bool:
    """Which of `series` are among `wanted` (sorted, not empty): one look-up in a table."""
    low, high = int(wanted[0]), int(wanted[-1])
    table = np.zeros(high - low + 2, np.bool_)
    table[wanted - low] = True
    places = np.clip(series - low, -1, high - low + 1)
    return np.asarray(table[places])
