"""The rules that are compared: a series in, a score from 0 to 1 for each row out, causal all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from bench.anomaly.corpus import Labelled
from processors.anomaly.decide import score_of
from processors.anomaly.rules import DEFAULT_RULES
from processors.anomaly.stream import Stream
from telemetry.batch import Float64

Variant = Callable[[Labelled], Float64]
HOLDOFF: Final = DEFAULT_RULES.holdoff


def ewma_z(series: Labelled) -> Float64:
    """|value - mean| / standard deviation, both exponentially weighted over 64 readings."""
    mean, variance, weight = float(series.value[0]), 0.0, 1 / 64
    z = np.zeros(len(series.value))
    for row, value in enumerate(series.value.tolist()):
        away = value - mean
        if row > 60 and variance > 0:
            z[row] = abs(away) / variance**0.5
        mean += weight * away
        variance = (1 - weight) * (variance + weight * away * away)
    return held(z / (z + 4))


def robust_z(series: Labelled) -> Float64:
    """|value - median| / (1.4826 MAD) of the 48 readings before, with the inner range and step as floors."""
    past = np.lib.stride_tricks.sliding_window_view(series.value[:-1], 48)
    ordered = np.sort(past, axis=1)
    median = np.median(past, axis=1)
    deviation = np.median(np.abs(past - median[:, None]), axis=1)
    steps = np.diff(ordered, axis=1)
    step = np.where(steps > 0, steps, np.inf).min(axis=1)
    scale = np.maximum(1.4826 * deviation, (ordered[:, -3] - ordered[:, 2]) / 6)
    scale = np.where((scale == 0) & np.isfinite(step), step, np.maximum(scale, 0.01 * np.abs(median)))
    z = np.zeros(len(series.value))
    with np.errstate(divide="ignore", invalid="ignore"):
        z[48:] = np.nan_to_num(np.abs(series.value[48:] - median) / scale, posinf=0.0)
    return held(z / (z + 8))


def rank_tails(series: Labelled) -> Float64:
    """The engine, as `nadi detect` runs it."""
    return np.nan_to_num(Stream("UTC").process(series.time, series.value).score)


def held(score: Float64) -> Float64:
    """The same hold-off for all: half of the score after one of 0.5 or more."""
    until = -1
    for row in np.flatnonzero(score >= score_of(DEFAULT_RULES, DEFAULT_RULES.threshold)).tolist():
        if row >= until:
            until = row + HOLDOFF
            score[row + 1 : until] *= 0.5
    return score


VARIANTS: Final[dict[str, Variant]] = {"EWMA z": ewma_z, "robust z": robust_z, "rank tails": rank_tails}
