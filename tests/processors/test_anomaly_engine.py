"""The engine itself: invariances, what it finds on synthetic series, and how seldom it cries wolf."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.anomaly.corpus import KINDS, draw
from bench.anomaly.scoring import Window, score, values, windows
from bench.anomaly.variants import rank_tails
from processors.anomaly import engine
from processors.anomaly.engine import RankTails
from processors.anomaly.localtime import LocalDay
from processors.anomaly.rules import DAY, Rules
from processors.anomaly.stream import Stream
from processors.runs import Runs
from telemetry.batch import Float64, Int64
from tests.processors.samples import T0

FIVE = 300_000


def scores(value: Float64, time: Int64 | None = None, rules: Rules | None = None) -> Float64:
    when = T0 + np.arange(len(value)) * FIVE if time is None else time
    return Stream("UTC", rules=rules or Rules()).process(when, value).score


def noise(rows: int, seed: int = 0, memory: float = 0.0) -> Float64:
    drawn = np.random.default_rng(seed).normal(0, 1, rows)
    for row in range(1, rows):
        drawn[row] += memory * drawn[row - 1]
    return drawn


def daily(rows: int, seed: int = 0) -> Float64:
    hour = (T0 + np.arange(rows) * FIVE) % DAY / 3_600_000
    return 50 + 20 * np.exp(-0.5 * ((hour - 12) / 2) ** 2) + noise(rows, seed)


@pytest.mark.parametrize(("factor", "offset"), [(1000.0, 0.0), (1e-6, 0.0), (1.0, 1e6), (1000.0, -1e9), (-1.0, 0.0)])
def test_scale_and_offset_change_nothing(factor: float, offset: float) -> None:
    for value in (noise(2000), daily(2000), draw("heavy_traffic", 1).value[:2000]):
        plain, other = scores(value), scores(value * factor + offset)
        np.testing.assert_allclose(other, plain, atol=2e-3, equal_nan=True)


@pytest.mark.parametrize("interval", [1_000, 10_000, 60_000, 3_600_000])
def test_any_interval_will_do(interval: int) -> None:
    value = noise(3000)
    value[2500] += 15
    found = scores(value, T0 + np.arange(3000, dtype=np.int64) * interval)
    assert np.nanargmax(found) == 2500


def spiked(value: Float64) -> Float64:
    value[2500] += 15
    return value


def shifted(value: Float64) -> Float64:
    value[2500:] += 4
    return value


def louder(value: Float64) -> Float64:
    value[2500:] += 4 * noise(len(value) - 2500, 9)
    return value


def stuck(value: Float64) -> Float64:
    value[2500:] = value[2500]
    return value


def without_peak(value: Float64) -> Float64:
    """The day's peak at noon does not come: rows 2448 to 2736 are a day of 288 readings."""
    hour = (T0 + np.arange(len(value)) * FIVE) % DAY / 3_600_000
    missing = (np.arange(len(value)) >= 2500) & (np.arange(len(value)) < 2788)
    value[missing] -= (20 * np.exp(-0.5 * ((hour - 12) / 2) ** 2))[missing]
    return value


@pytest.mark.parametrize(
    ("change", "base", "within"),
    [
        (spiked, noise, 1),
        (shifted, noise, 60),
        (louder, noise, 60),
        (stuck, noise, 200),
        (spiked, daily, 1),
        (without_peak, daily, 288),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_changes_is_found(change, base, within: int, seed: int) -> None:  # type: ignore[no-untyped-def]
    found = np.nan_to_num(scores(change(base(4000, seed)), rules=Rules(holdoff=0)))
    assert found[:2500].max() < 0.6, "a warning before anything happened"
    assert found[2500 : 2501 + within].max() >= 0.48
    assert found[2500 : 2501 + within].max() > found[200:2500].max() or change is stuck


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.95, 1.0])
def test_noise_is_seldom_unusual(memory: float) -> None:
    """Measured: 0 to 2 warnings in a million readings, about 900 scores of 0.5 or more."""
    rows, series = 4000, 40
    told = [scores(noise(rows, seed, memory)) for seed in range(series)]
    assert sum(int((one >= 0.6).sum()) for one in told) <= 1
    assert sum(int((one >= 0.5).sum()) for one in told) <= 2e-3 * rows * series


def test_days_are_usual_and_a_constant_is_never_unusual() -> None:
    assert sum(int((scores(daily(6000, seed)) >= 0.6).sum()) for seed in range(10)) <= 2
    assert np.nanmax(scores(np.full(3000, 7.25))) < 0.2
    assert np.nanmax(scores(0.1 + 0.2 * np.ones(3000) * np.arange(3000) - 0.2 * np.arange(3000))) < 0.2, "rounding"


def test_two_values_are_usual_and_a_third_is_not() -> None:
    value = (np.random.default_rng(1).random(3000) < 0.3).astype(float)
    value[2500] = 5.0
    found = scores(value)
    assert np.nanargmax(found) == 2500
    assert (found[:2500][~np.isnan(found[:2500])] >= 0.5).sum() <= 3


def test_what_comes_again_becomes_usual() -> None:
    value = noise(6000)
    value[1000::200] += 12
    found = scores(value)
    assert found[1000] > 0.55
    assert (found[3000:] >= 0.6).sum() == 0


def test_after_a_silence_the_first_reading_is_no_jump() -> None:
    time = T0 + np.arange(3000) * FIVE
    time[2000:] += 40 * DAY
    value = noise(3000)
    value[2000:] += 8
    assert np.nanmax(scores(value)[2000:2002]) > 0.55
    assert np.isnan(scores(value, time)[2000])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from([0, 2, 16]))
def test_one_by_one_or_together_gives_the_same_bits(seed: int, cut: int, few: int) -> None:
    """Waves of many series, runs of one, any cut, and halvings in between: no bit differs."""
    rng = np.random.default_rng(seed)
    rules = Rules(warm_up=6, half_life=7)
    count, rows = 3, 40
    value = rng.choice([0.0, 1.0, 1.5, 80.0, -1e300], (count, rows), p=[0.3, 0.3, 0.2, 0.15, 0.05])
    elapsed = rng.choice([1_000, 2_000, 60_000, 100 * DAY], (count, rows), p=[0.6, 0.2, 0.15, 0.05])
    time = T0 + np.cumsum(elapsed, axis=1)
    elapsed[:, 0] = 0

    def told(size: int) -> tuple[bytes, bytes]:
        subject, evidence = RankTails("Asia/Jakarta", rules), []
        subject.grow(count)
        for at in range(0, rows, size):
            part = slice(at, at + size)
            width = len(range(rows)[part])
            runs = Runs(
                np.arange(count * width), np.repeat(np.arange(count), width), time[:, part].reshape(-1),
                value[:, part].reshape(-1), np.ones(count * width, np.bool_), elapsed[:, part].reshape(-1),
                np.arange(count) * width,
            )  # fmt: skip
            evidence.append(subject.process(runs)[0].evidence.reshape(count, width))
        return np.concatenate(evidence, axis=1).tobytes(), b"".join(a.tobytes() for a in subject.snapshot().values())

    usual = engine.FEW
    try:
        engine.FEW = few  # type: ignore[misc]
        cut_up = told(cut)
    finally:
        engine.FEW = usual  # type: ignore[misc]
    assert cut_up == told(rows)


def test_half_hours_are_those_of_the_city() -> None:
    noon = 1_763_769_600_000  # 2025-11-22 00:00 UTC
    assert LocalDay("Asia/Jakarta").slots(np.array([noon, noon + 1_800_000])).tolist() == [14, 15]
    summer, winter = 1_751_328_000_000, 1_763_769_600_000
    berlin = LocalDay("Europe/Berlin")
    assert berlin.slots(np.array([summer, winter])).tolist() == [4, 2]
    assert berlin.from_wall(np.array([summer + 7_200_000, winter + 3_600_000])).tolist() == [summer, winter]


def test_rules_that_overflow_are_refused() -> None:
    with pytest.raises(ValueError, match="half_life 6000"):
        Rules(half_life=6000)


def test_state_is_below_a_kilobyte_a_series() -> None:
    subject = RankTails()
    subject.grow(1000)
    assert sum(array.nbytes for array in subject.snapshot().values()) < 1000 * 1000


def test_the_corpus_is_found() -> None:
    """A few kinds of the synthetic corpus; the whole table is made by `python -m bench.anomaly`."""
    some = [draw(kind, 7) for kind in ("burst_main", "rides", "speed", "constant", "dropout")]
    assert score(some, [rank_tails(each) for each in some], 0.5).score > 80


def test_scoring_is_that_of_the_benchmark() -> None:
    series = draw("constant", 1)
    [window] = windows(series)
    nothing, perfect = np.zeros(len(series.value)), np.zeros(len(series.value))
    perfect[window.first] = 1.0
    assert score([series], [nothing], 0.5).score == 0
    assert score([series], [perfect], 0.5).score == pytest.approx(100)
    noisy = perfect.copy()
    noisy[window.first - 5] = 1.0
    assert score([series], [noisy], 0.5).score == pytest.approx(100 - 50 * 0.11)
    count, _ = values(series)
    assert count[window.last + 1] > -0.01 > count[min(window.last + 200, len(count) - 1)]
    assert Window(*window).last - window.first == int(0.1 * len(series.value)) // 2 * 2


def test_every_kind_can_be_drawn_and_is_seeded() -> None:
    for kind in KINDS:
        one, again = draw(kind, 3), draw(kind, 3)
        assert np.isfinite(one.value).all()
        assert (one.value == again.value).all()
        assert all(0 < at < len(one.value) for at in one.anomalies)
