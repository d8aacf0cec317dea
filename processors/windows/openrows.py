"""Raw rows of open windows of the shortest length: a bucket of growing columns for each start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from processors.base import State
from processors.runs import grouping
from processors.windows.rows import LATE, Rows, UInt16, heads, members
from telemetry.batch import Bool, Float64, Int32, Int64
from telemetry.growth import zeros

SMALLEST = 64


class Bucket:
    """Rows of one window start, 18 bytes each, as they came."""

    __slots__ = ("after", "mark", "offset", "series", "size", "value")

    def __init__(self, room: int) -> None:
        room = max(room, SMALLEST)
        self.size = 0
        self.after = 0
        """Rows among them that came after their window had been closed."""
        self.series: Int32 = zeros((room,), np.dtype(np.int32))
        self.offset = zeros((room,), np.dtype(np.uint32))
        self.value: Float64 = zeros((room,), np.dtype(np.float64))
        self.mark: UInt16 = zeros((room,), np.dtype(np.uint16))

    def extend(self, series: Int32, offset: Int64, value: Float64, mark: UInt16) -> None:
        end = self.size + len(series)
        if end > len(self.series):
            self._grow(max(end, 2 * len(self.series)))
        fresh = slice(self.size, end)
        self.series[fresh] = series
        self.offset[fresh] = offset
        self.value[fresh] = value
        self.mark[fresh] = mark
        self.after += int(np.count_nonzero(mark & LATE))
        self.size = end

    def _grow(self, room: int) -> None:
        for name in ("series", "offset", "value", "mark"):
            column = getattr(self, name)
            bigger = zeros((room,), column.dtype)
            bigger[: self.size] = column[: self.size]
            setattr(self, name, bigger)

    def rows(self, start: int, chosen: Bool) -> Rows:
        """Copies of the chosen rows (a mask over all), with absolute times."""
        picked = np.flatnonzero(chosen)
        time = self.offset[picked].astype(np.int64)
        time += start
        return Rows(self.series[picked], time, self.value[picked], self.mark[picked])

    def keep(self, chosen: Bool) -> None:
        """Forget all but the chosen rows."""
        left = np.flatnonzero(chosen)
        for name in ("series", "offset", "value", "mark"):
            column = getattr(self, name)
            fewer = zeros((max(len(left), SMALLEST),), column.dtype)
            np.take(column, left, out=fewer[: len(left)], mode="clip")
            setattr(self, name, fewer)
        self.size = len(left)
        self.after = int(np.count_nonzero(self.mark & LATE))


class OpenRows:
    """All buckets. `length` is that of the shortest window, ms."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.buckets: dict[int, Bucket] = {}
        self.size = 0

    def add(self, rows: Rows) -> None:
        """Append rows to the buckets of their times."""
        if not len(rows):
            return
        offset = rows.time % self.length
        start = rows.time - offset
        low, high = int(start.min()), int(start.max())
        if low == high:
            self._extend(low, rows.series, offset, rows.value, rows.mark)
            return
        order = grouping((start - low) // self.length)
        start, offset, rows = start.take(order), offset.take(order), rows.take(order)
        begins = heads(start)
        for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(start)], strict=True):
            each = slice(begin, end)
            self._extend(int(start[begin]), rows.series[each], offset[each], rows.value[each], rows.mark[each])

    def _extend(self, start: int, series: Int32, offset: Int64, value: Float64, mark: UInt16) -> None:
        bucket = self.buckets.get(start)
        if bucket is None:
            bucket = self.buckets[start] = Bucket(len(series))
        bucket.extend(series, offset, value, mark)
        self.size += len(series)

    def take(self, start: int, chosen: Bool) -> Rows:
        """Remove the chosen rows of one bucket and return them."""
        bucket = self.buckets[start]
        rows = bucket.rows(start, chosen)
        self.size -= len(rows)
        if len(rows) == bucket.size:
            del self.buckets[start]
        else:
            bucket.keep(~chosen)
        return rows

    def find(self, start: int, wanted: Int32) -> Rows:
        """Rows of the wanted series (sorted ids) in one bucket, as they came."""
        bucket = self.buckets.get(start)
        if bucket is None:
            return Rows.empty()
        return bucket.rows(start, members(bucket.series[: bucket.size], wanted))

    def save(self) -> Iterator[State]:
        """A column of all buckets at a time."""
        buckets = [self.buckets[start] for start in self.buckets]
        yield {
            "open.start": np.array(list(self.buckets), np.int64),
            "open.size": np.array([bucket.size for bucket in buckets], np.int64),
        }
        for name, dtype in (("series", "i4"), ("offset", "u4"), ("value", "f8"), ("mark", "u2")):
            columns = [getattr(bucket, name)[: bucket.size] for bucket in buckets]
            yield {"open." + name: np.concatenate([np.empty(0, dtype), *columns])}

    def load(self, state: State) -> None:
        """Take back rows, which may have been saved under windows of another length."""
        starts, sizes = state["open.start"], state["open.size"]
        ends = np.cumsum(sizes)
        for start, begin, end in zip(starts.tolist(), (ends - sizes).tolist(), ends.tolist(), strict=True):
            rows = slice(begin, end)
            time = state["open.offset"][rows].astype(np.int64) + start
            saved = Rows(state["open.series"][rows], time, state["open.value"][rows], state["open.mark"][rows])
            self.add(saved)
