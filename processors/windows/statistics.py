"""The numbers of a window, for many series at once, from rows in order of series and time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processors.windows.rows import ECHO, FAILED, Rows, distinct, heads
from telemetry.batch import Float64, Index, Int32, Int64


@dataclass(slots=True)
class Summary:
    """A row a series, ascending. NaN where count is 0. `good` are the distinct readings that
    count, grouped as `count` says."""

    series: Int32
    count: Int64
    mean: Float64
    min: Float64
    max: Float64
    std: Float64
    first: Float64
    last: Float64
    p50: Float64
    p95: Float64
    failed: Int64
    revision: Int64
    good: Rows


def summarise(rows: Rows, bit: int) -> Summary:
    """Summary of one window (of the length with that bit) from its `ordered` rows, repeats and
    echoes included. Population standard deviation; percentiles as numpy's "linear"."""
    begins = heads(rows.series)
    series = rows.series[begins]
    none = np.zeros(len(series), np.int64)
    if not rows.mark.any():
        good = distinct(rows)
        counted = heads(good.series)
        return _fill(series, none, none.copy(), good, counted, np.arange(len(series)))
    revision = np.add.reduceat((rows.mark >> bit & 1).astype(np.int64), begins)
    readings = distinct(rows.take(rows.mark & ECHO == 0))
    bad = readings.mark & FAILED != 0
    failed = np.bincount(np.searchsorted(series, readings.series[bad]), minlength=len(series)).astype(np.int64)
    good = readings.take(~bad)
    counted = heads(good.series)
    return _fill(series, failed, revision, good, counted, np.searchsorted(series, good.series[counted]))


def _fill(series: Int32, failed: Int64, revision: Int64, good: Rows, begins: Index, places: Index) -> Summary:
    """Compute the columns for the series at `places`, whose readings begin at `begins`."""
    counts = np.diff(begins, append=len(good))
    columns = _columns(good.value, begins, counts) if len(good) else [np.empty(0)] * 8

    def spread(column: Float64) -> Float64:
        if len(places) == len(series):
            return column
        whole = np.full(len(series), np.nan)
        whole[places] = column
        return whole

    count = np.zeros(len(series), np.int64)
    count[places] = counts
    mean, low, high, std, first, last, p50, p95 = map(spread, columns)
    return Summary(series, count, mean, low, high, std, first, last, p50, p95, failed, revision, good)


def _columns(value: Float64, begins: Index, counts: Index) -> list[Float64]:
    """mean, min, max, std, first, last, p50, p95 of each group.

    Mean and deviations are taken from a shifted value in two passes, so that neither a large
    offset nor a spike costs digits (Chan, Golub, LeVeque 1983).
    """
    first, last = value[begins], value[begins + counts - 1]
    with np.errstate(over="ignore", invalid="ignore"):
        mean = first + np.add.reduceat(value - np.repeat(first, counts), begins) / counts
        if not np.isfinite(mean).all():
            mean = np.add.reduceat(value / np.repeat(counts, counts), begins)
        deviation = value - np.repeat(mean, counts)
        deviation *= deviation
        std = np.sqrt(np.add.reduceat(deviation, begins) / counts)
        low, high, p50, p95 = _order_statistics(value, begins, counts)
    return [mean, low, high, std, first, last, p50, p95]


def _order_statistics(value: Float64, begins: Index, counts: Index) -> tuple[Float64, Float64, Float64, Float64]:
    """min, max, p50, p95. Groups of about equal size are sorted side by side in a matrix,
    padded with infinity."""
    low, high, p50, p95 = (np.empty(len(counts)) for _ in range(4))
    classes = _size_class(counts)
    for width in np.unique(classes).tolist():
        rows = np.flatnonzero(classes == width)
        sizes, starts = counts[rows], begins[rows]
        if len(rows) == len(counts) and (sizes == width).all():
            matrix = value.reshape(len(rows), width).copy()
        else:
            places = starts[:, None] + np.arange(width)
            matrix = value[np.minimum(places, len(value) - 1)]
            if not (sizes == width).all():
                matrix[np.arange(width) >= sizes[:, None]] = np.inf
        matrix.sort(axis=1)
        across = np.arange(len(rows))
        low[rows], high[rows] = matrix[:, 0], matrix[across, sizes - 1]
        p50[rows] = _percentile(matrix, across, sizes, 0.5)
        p95[rows] = _percentile(matrix, across, sizes, 0.95)
    return low, high, p50, p95


def _size_class(counts: Index) -> Index:
    """Sizes up to 16 as they are; above, rounded up to one of eight steps an octave."""
    octave = np.ceil(np.log2(counts)).astype(np.int64)
    step = 1 << np.maximum(octave - 4, 0)
    return np.asarray(-(-counts // step) * step)


def _percentile(matrix: Float64, across: Index, sizes: Index, quantile: float) -> Float64:
    """Linear interpolation between closest ranks (Hyndman and Fan 1996, type 7)."""
    position = quantile * (sizes - 1)
    below = position.astype(np.int64)
    part = position - below
    lower = matrix[across, below]
    upper = matrix[across, np.minimum(below + 1, sizes - 1)]
    step = upper - lower
    return np.asarray(np.where(part < 0.5, lower + step * part, upper - step * (1 - part)))
