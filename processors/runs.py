"""A batch's readings sorted by series, so that each series' readings stand in one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from telemetry import flags
from telemetry.batch import Bool, Float64, Index, Int64, Readings
from telemetry.growth import extended as extended

UNSEEN: Final = np.iinfo(np.int64).min
"""The newest time of a series that had no reading yet."""

SKIPPED: Final = flags.FAIL | flags.DUPLICATE | flags.EXPIRED
"""Readings that no detector sees, beside those of unknown age."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Sorted by series; within a series in log order. All columns but `starts` are a row each.

    rows: where the reading stands in the batch. newer: later than every one before it, of its
    series. elapsed: ms since that latest one; 0 for the first of a series, meaningless where
    not newer. starts: where each run begins.
    """

    rows: Index
    series: Index
    time: Int64
    value: Float64
    newer: Bool
    elapsed: Int64
    starts: Index

    def __len__(self) -> int:
        return len(self.rows)

    def lengths(self) -> Index:
        """How many rows each run has."""
        lengths: Index = np.diff(np.append(self.starts, len(self.rows)))
        return lengths

    def take(self, chosen: Bool) -> Runs:
        """Some of the rows, in the same order."""
        if chosen.all():
            return self
        series = self.series[chosen]
        return Runs(
            self.rows[chosen],
            series,
            self.time[chosen],
            self.value[chosen],
            self.newer[chosen],
            self.elapsed[chosen],
            starts_of(series),
        )


def starts_of(series: Index) -> Index:
    """Where a new series begins in a sorted column."""
    first = np.empty(len(series), np.bool_)
    first[:1] = True
    np.not_equal(series[1:], series[:-1], out=first[1:])
    return np.flatnonzero(first)


def grouping(numbers: NDArray[Any]) -> Index:
    """The stable order that sorts whole numbers of a range below 2**32.

    A stable sort of 16 bits is a radix sort: 16 ns a row, against 47 for a packed int64 key
    and 150 for a lexsort.
    """
    if not len(numbers):
        return np.zeros(0, np.intp)
    rank = numbers - numbers.min()
    order = np.argsort(rank.astype(np.uint16), kind="stable")
    if int(rank.max()) > 0xFFFF:
        order = order[np.argsort((rank >> 16).astype(np.uint16)[order], kind="stable")]
    return order


def sort_runs(readings: Readings, newest: Int64) -> Runs:
    """The readings that detectors may see, by series. `newest` (ms, per series) is brought up to date.

    Times must lie within 2**63 / len(readings) ms of one another, which admission sees to.
    """
    visible = ((readings.flags & SKIPPED) == 0) & ~flags.of_unknown_age(readings.flags)
    visible &= np.isfinite(readings.value)
    chosen = np.flatnonzero(visible)
    rows: Index = chosen.take(grouping(readings.series.take(chosen)))
    series: Index = readings.series.take(rows).astype(np.intp)
    time = readings.time.take(rows)
    starts = starts_of(series)
    before = newest.take(series)
    if len(starts) < len(rows):
        inside = latest_before(time, starts)
        before = np.maximum(before, inside)
    newer = time > before
    elapsed = np.where(before == UNSEEN, 0, time - before)
    ends = np.append(starts[1:], len(rows)) - 1
    if len(rows):
        newest[series[ends]] = np.maximum(before[ends], time[ends])
    return Runs(rows, series, time, readings.value.take(rows), newer, elapsed, starts)


def latest_before(time: Int64, starts: Index) -> Int64:
    """For each row the greatest time before it in its run; UNSEEN for the first."""
    oldest = time.min()
    span = time.max() - oldest + 1
    first = np.zeros(len(time), np.int64)
    first[starts] = 1
    base = (np.cumsum(first) - 1) * span
    latest = np.maximum.accumulate(time - oldest + base) - base + oldest
    before: Int64 = np.empty_like(latest)
    before[1:] = latest[:-1]
    before[starts] = UNSEEN
    return before
