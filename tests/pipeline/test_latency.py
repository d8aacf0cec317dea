"""Latencies in bins."""

from __future__ import annotations

import math

import numpy as np

from pipeline.processing.latency import BOUNDS_S, Latencies


def observed(*waits_ms: int) -> Latencies:
    made = Latencies()
    made.observe(1_000_000 - np.array(waits_ms, np.int64), 1_000_000)
    return made


def test_each_reading_is_in_the_bin_of_its_bound() -> None:
    made = observed(0, 10, 11, 25, 26, 300_000, 300_001)
    assert made.bins.tolist() == [2, 2, 1, *[0] * 9, 1, 1]
    assert made.total_s == 600.073
    assert made.cumulative()[0] == ("0.01", 2.0)
    assert made.cumulative()[-1] == ("+Inf", 7.0)


def test_quantiles_are_upper_bounds() -> None:
    made = observed(*[5] * 98, 90, 2_000)
    assert made.quantile(0.5) == 0.01
    assert made.quantile(0.99) == 0.1
    assert made.quantile(1.0) == 2.5
    assert math.isinf(observed(400_000).quantile(0.5))
    assert math.isnan(Latencies().quantile(0.5))


def test_a_clock_that_was_set_back_counts_as_no_wait() -> None:
    assert observed(-50).bins.tolist() == [1, *[0] * len(BOUNDS_S)]
