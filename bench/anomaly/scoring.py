"""Scores in the manner of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015), standard profile.

    ───────────────[═══════ window ═══════]──────────────────────
      false: -0.11   +1 ········· about 0    0 ······ -0.11 far away

The earliest detection in a window counts, the more the earlier; one missed counts -1; each row at
or above the threshold outside of windows counts up to -0.11. The first 15 % of a series (at most
750 rows) count nothing. 100: each window at its first row and nothing else; 0: silence. One
threshold for all series, the best one, as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from bench.anomaly.corpus import Labelled
from telemetry.batch import Float64

FALSE_ALARM: Final = 0.11
WINDOW: Final = 0.1
"""Of a series' rows, shared by all of its windows."""
PROBATION, MOST_PROBATION, ON_ROWS = 0.15, 750, 5000


class Window(NamedTuple):
    """Rows, both inclusive."""

    first: int
    last: int


class Result(NamedTuple):
    score: float
    threshold: float
    found: float
    """Share of windows."""
    false_alarms: float
    """Rows at or above the threshold outside of windows, per 10,000."""


def probation(rows: int) -> int:
    return int(PROBATION * min(rows, ON_ROWS))


def windows(series: Labelled) -> list[Window]:
    """Around each label, a tenth of the rows in all."""
    rows = len(series.value)
    half = int(WINDOW * rows / max(1, len(series.anomalies))) // 2
    return [Window(max(0, at - half), min(rows - 1, at + half)) for at in series.anomalies]


def sigmoid(position: Float64) -> Float64:
    return np.where(position > 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(position, 3))) - 1)


def values(series: Labelled) -> tuple[Float64, list[Window]]:
    """What a detection at each row counts, and the windows that are asked for."""
    rows = len(series.value)
    start = probation(rows)
    count = np.full(rows, -FALSE_ALARM)
    asked = windows(series)
    for number, window in enumerate(asked):
        end = asked[number + 1].first if number + 1 < len(asked) else rows
        width = window.last - window.first + 1
        after = np.arange(window.last + 1, end)
        count[after] = FALSE_ALARM * sigmoid((after - window.last) / max(1, width - 1))
        inside = np.arange(window.first, window.last + 1)
        count[inside] = sigmoid(-(window.last - inside + 1) / width) / sigmoid(np.array(-1.0))
    count[:start] = 0
    return count, [window for window in asked if window.last >= start]


def score(corpus: Sequence[Labelled], scores: Sequence[Float64], threshold: float | None = None) -> Result:
    """scores: one a row in [0, 1]. threshold: the best one if none is given."""
    prepared = [values(series) for series in corpus]
    tried = [threshold] if threshold is not None else _candidates(scores)
    return max((_at(each, prepared, scores) for each in tried), key=lambda result: result.score)


def _candidates(scores: Sequence[Float64]) -> list[float]:
    """Thresholds at the scores of the most striking thousandths."""
    joined = np.concatenate(list(scores))
    joined = joined[joined > 0]
    if not len(joined):
        return [1.0]
    return np.unique(np.quantile(joined, 1 - np.geomspace(1e-5, 0.05, 60))).tolist()  # type: ignore[no-any-return]


def _at(threshold: float, prepared: Sequence[tuple[Float64, list[Window]]], scores: Sequence[Float64]) -> Result:
    gained, asked, found, false, rows = 0.0, 0, 0, 0, 0
    for (count, wanted), given in zip(prepared, scores, strict=True):
        told = given >= threshold
        start = probation(len(count))
        told[:start] = False
        outside = told.copy()
        for window in wanted:
            inside = slice(window.first, window.last + 1)
            hits = np.flatnonzero(told[inside])
            gained += count[inside][hits[0]] if len(hits) else -1.0
            found += bool(len(hits))
            outside[inside] = False
        gained += count[outside].sum()
        asked += len(wanted)
        false += int(outside.sum())
        rows += len(count) - start
    most = 2 * asked or 1
    return Result(100 * (gained + asked) / most, threshold, found / (asked or 1), 1e4 * false / rows)
