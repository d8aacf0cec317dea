"""From summaries to the rows that are emitted."""

from __future__ import annotations

import numpy as np

from processors.windows.counters import Ahead, deltas
from processors.windows.rows import heads
from processors.windows.statistics import Summary
from telemetry.batch import Float64, Int32, Int64, Windows
from telemetry.sensors import SensorTable


def expectation(sensors: SensorTable, series: Int32, length: int) -> Int64:
    """How many readings a window should have: 0 in one shorter than the interval, which may well have none;
    -1 where no interval is known."""
    interval = sensors.interval[series]
    return np.asarray(np.where(interval > 0, length // np.maximum(interval, 1), -1))


def completeness(count: Int64, expected: Int64) -> Float64:
    """Percent of `expected`, at most 100; NaN where none is expected or it is not known."""
    share = np.minimum(100.0, 100.0 * count / np.maximum(expected, 1))
    return np.where(expected > 0, share, np.nan)


def windows(summary: Summary, start: int, length: int, before: Ahead, sensors: SensorTable) -> Windows:
    """Rows of one window. before: the last reading ahead of it, a row for each series."""
    expected = expectation(sensors, summary.series, length)
    return Windows(
        length=length,
        series=summary.series,
        start=np.full(len(summary.series), start, np.int64),
        count=summary.count,
        mean=summary.mean,
        min=summary.min,
        max=summary.max,
        std=summary.std,
        first=summary.first,
        last=summary.last,
        p50=summary.p50,
        p95=summary.p95,
        delta=_delta(summary, before, sensors),
        expected=expected,
        completeness=completeness(summary.count, expected),
        failed=summary.failed,
        revision=summary.revision,
    )


def _delta(summary: Summary, before: Ahead, sensors: SensorTable) -> Float64:
    delta = np.full(len(summary.series), np.nan)
    counters = np.flatnonzero(sensors.counter[summary.series] & (summary.count > 0))
    if len(counters):
        good = summary.good
        good = good if len(counters) == len(summary.series) else good.take(sensors.counter[good.series])
        series = good.series[heads(good.series)]
        ahead = Ahead(before.time[counters], before.value[counters])
        delta[counters] = deltas(good, ahead, sensors.modulus[series], sensors.fastest[series])
    return delta


def silence(series: Int32, start: Int64, length: int, sensors: SensorTable) -> Windows:
    """Rows of windows in which nothing came; nothing is missed where none was due."""
    size = len(series)
    expected = expectation(sensors, series, length)
    nothing, unknown = np.zeros(size, np.int64), np.full(size, np.nan)
    return Windows(
        length=length,
        series=series,
        start=start,
        count=nothing,
        mean=unknown,
        min=unknown,
        max=unknown,
        std=unknown,
        first=unknown,
        last=unknown,
        p50=unknown,
        p95=unknown,
        delta=unknown,
        expected=expected,
        completeness=completeness(nothing, expected),
        failed=nothing,
        revision=nothing,
    )
