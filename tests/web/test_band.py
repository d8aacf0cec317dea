"""The range that was to be expected, as it is drawn: known in time, narrow, and not widened by what it excludes."""

from __future__ import annotations

import numpy as np

from pipeline.web.band import FEW, band
from processors.anomaly.engine import RankTails
from processors.anomaly.localtime import LocalDay
from processors.anomaly.usual import Usual, usual_of
from processors.runs import sort_runs
from telemetry.batch import Float64, Int64, Readings

DAY = LocalDay("Asia/Jakarta")
MINUTE = 60_000
MIDNIGHT = 1_763_744_400_000
"""In Jakarta."""


def times(count: int) -> Int64:
    return MIDNIGHT + np.arange(count, dtype=np.int64) * MINUTE


def noise(count: int, seed: int = 1) -> Float64:
    return 100.0 + np.random.default_rng(seed).normal(0.0, 1.0, count)


def test_too_few_windows_have_no_range() -> None:
    assert band(None, times(FEW), noise(FEW), DAY) is None


def test_noise_stays_within_and_a_burst_stands_out_to_its_end() -> None:
    mean = noise(400)
    mean[300:306] = 160.0
    told = band(None, times(400), mean, DAY)
    assert told is not None
    outside = (mean < told["low"]) | (mean > told["high"])
    assert np.isnan(told["low"][:FEW]).all()
    assert outside[40:300].sum() <= 3
    assert outside[300]
    assert (told["high"] - told["low"])[301:306].max() < 30, "a burst of 60 does not hide itself"


def test_a_window_without_a_mean_changes_nothing() -> None:
    mean = noise(60)
    mean[30] = np.nan
    told = band(None, times(60), mean, DAY)
    assert told is not None
    assert np.isfinite(told["low"][FEW:]).all()


def test_where_the_day_is_known_its_pattern_is_the_range() -> None:
    expected = np.arange(48, dtype=np.float64)
    told = band(Usual(expected, 2.0, 3.0), times(120), np.zeros(120), DAY)
    assert told is not None
    assert told["source"] == "daily"
    assert (told["low"][0], told["high"][0]) == (-2.0, 3.0)
    assert (told["low"][90], told["high"][90]) == (3.0 - 2.0, 3.0 + 3.0), "01:30 is the fourth half-hour"


def test_the_engine_tells_the_day_that_it_has_learnt() -> None:
    engine = RankTails("Asia/Jakarta")
    engine.grow(1)
    count = 4 * 24 * 12
    time = MIDNIGHT + np.arange(count, dtype=np.int64) * 5 * MINUTE
    wave = 50.0 + 20.0 * np.sin(2 * np.pi * (time - MIDNIGHT) / 86_400_000)
    value = wave + np.random.default_rng(2).normal(0.0, 0.5, count)
    usual = None
    for first in range(0, count, 288):
        rows = slice(first, first + 288)
        size = len(time[rows])
        readings = Readings(
            np.zeros(size, np.int32),
            time[rows],
            value[rows],
            np.zeros(size, np.uint32),
            time[rows],
            np.zeros(size, np.int32),
        )
        newest = np.array([time[first] - 1])
        engine.process(sort_runs(readings, newest))
        usual = usual or (usual_of(engine, 0) if first == 0 else None)
    assert usual is None, "a day is not enough"
    learnt = usual_of(engine, 0)
    assert learnt is not None
    slots = 50.0 + 20.0 * np.sin(2 * np.pi * (np.arange(48) + 0.5) / 48)
    assert np.abs(learnt.expected - slots).max() < 6.0
    assert 0.5 < learnt.below < 15.0
    assert 0.5 < learnt.above < 15.0
