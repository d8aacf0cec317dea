"""From readings to deviations: four ways in which a reading may differ from its series' own past.

    profile     reading - (level + profile of this half-hour of the day)
    point       reading - fast mean, before this reading
    shift       fast mean, with this reading - slow mean
    volatility  short mean of |change| against the long one, as the greater over the smaller - 1

The same arithmetic stands here twice: for one reading of many series (numpy) and for many
readings of one series (plain floats; a numpy call costs as much as twenty of its steps). Only
+ - * / and sqrt are used, which IEEE 754 rounds alike everywhere: both give the same bits.

After k intervals of silence a mean moves by k a / (1 + (k - 1) a) instead of a (an exponential
decay by backward Euler), and a difference is divided by sqrt(k), as a random walk's would grow.
"""

from __future__ import annotations

from array import array
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.anomaly.rules import CHANNELS, DAY, SLOT, Rules
from telemetry.batch import Bool, Float64, Index, Int64

Float32 = NDArray[np.float32]

BORN, LAST, PACE, PREVIOUS, LEVEL, FAST, SLOW, SHORT, LONG, SEEN = range(10)
WIDTH: Final = len(CHANNELS)
SUMS, COUNTS, SCALES = 10, 10 + WIDTH, 10 + 2 * WIDTH
COLUMNS: Final = 10 + 3 * WIDTH
"""Of the head: what is kept of each series, beside its profile and counts."""

LARGEST: Final = 1e300
"""Readings are taken as no greater than this, so that no difference overflows."""
LARGEST_PROFILE: Final = 1e38
ROUNDING: Final = 1e-10
"""Of a reading's size: a difference below this is rounding (in a sum, a counter, a file), and none."""
CALMEST: Final = 1e-12
"""The volatilities' ratio ends here and at its inverse."""
STALE: Final = 4.0
"""After a silence of this many times the level's memory (a day) the level is not known any more."""
OUTLIER, SETTLED = 8.0, 8
"""While the scale is learnt a deviation counts for at most 8 times the mean of those before it,
from the 8th on: one spike in the warm-up does not blind a channel. Nor is a volatility known before."""


class Rows(NamedTuple):
    """Readings by series, in time within each; columns of equal length."""

    series: Index
    time: Int64
    value: Float64
    slot: Index
    """Half-hour of the local day."""


class Deviations(NamedTuple):
    """[4, rows]: deviation; its usual size (NaN: not known yet; 0: there was none so far), and
    whether the channel speaks of this reading."""

    size: Float64
    scale: Float64
    valid: Bool
    baseline: Float64
    """[4, rows]: what was expected: by the profile, as the fast mean, as the slow mean, as volatility."""


def empty(rows: int) -> Deviations:
    shape = (WIDTH, rows)
    return Deviations(np.zeros(shape), np.zeros(shape), np.zeros(shape, np.bool_), np.zeros(shape))


def advance_many(rules: Rules, head: Float64, profile: Float32, rows: Rows, at: Index, out: Deviations) -> None:
    """Score and learn one reading each of some series: the rows `at`."""
    who = rows.series.take(at)
    time, x = rows.time.take(at).astype(np.float64), rows.value.take(at)
    column = head.take(who, axis=0).T.copy()
    born, last, pace, previous, level, fast, slow, short, long, seen = column[:10]
    place = who * profile.shape[1] + rows.slot.take(at)
    shape = profile.reshape(-1).take(place).astype(np.float64)
    fresh = seen == 0
    if fresh.any():
        born[fresh] = time[fresh]
        last[fresh] = time[fresh]
        for state in (previous, level, fast, slow):
            state[fresh] = x[fresh]
    passed = time - last
    young = seen < 2
    pace = np.where(young, np.maximum(passed, 1.0), pace)
    steps = np.minimum(np.maximum(passed / pace, 1.0), rules.gap)
    pace = pace + (np.minimum(passed, 4.0 * pace) - pace) * rules.pace
    pace = np.where(fresh, 1.0, pace)
    root = np.sqrt(steps)
    whole = (steps < rules.gap) & ~fresh

    age = time - born
    known = ~np.isnan(shape)
    shape = np.where(known, shape, 0.0)
    expected = level + shape
    error = x - expected
    due = known & (age >= DAY)
    passed = np.maximum(passed, 0.0)
    follow = np.maximum(float(rules.level), rules.level_readings * pace)
    level = np.where(due, level + error * (passed / (passed + follow)), level)
    judged = due & (passed < STALE * follow)
    days = np.minimum(np.maximum(age / DAY, 1.0), rules.days)
    part = np.minimum(passed, SLOT) / (SLOT * days)
    shape = np.where(known, shape + error * part, error)
    profile.reshape(-1)[place] = np.minimum(np.maximum(shape, -LARGEST_PROFILE), LARGEST_PROFILE)

    point = x - fast
    out.baseline[:, at] = expected, fast, slow, long
    more = steps - 1.0
    early = 1.0 / (seen + 1.0)
    fast = np.where(whole, fast + point * (steps * rules.fast / (1.0 + more * rules.fast)), x)
    pull = np.maximum(steps * rules.slow / (1.0 + more * rules.slow), early)
    shift = fast - slow
    slow = np.where(whole, slow + (x - slow) * pull, x)
    change = np.abs(x - previous) / root
    rounding = np.abs(x) * ROUNDING
    change = np.where(change > rounding, change, 0.0)
    kept = np.where(whole, np.maximum(rules.short, early), 0.0)
    short = short + (change - short) * kept
    ratio = _ratio(short, long)
    lively = whole & (long > 0) & (seen >= SETTLED)
    kept = np.where(whole, np.maximum(rules.long, early), 0.0)
    long = long + (change - long) * kept

    size = np.empty((WIDTH, len(at)))
    size[0], size[1], size[2], size[3] = error, point / root, shift, ratio
    size[:3] = np.where(np.abs(size[:3]) > rounding, size[:3], 0.0)
    valid = np.empty((WIDTH, len(at)), np.bool_)
    valid[0], valid[1:3], valid[3] = judged, whole, lively
    column[:10] = born, time, pace, x, level, fast, slow, short, long, seen + 1.0
    out.size[:, at] = size
    out.scale[:, at] = column[SCALES:]
    out.valid[:, at] = valid
    _learn_scale(rules, np.abs(size), valid, column[SUMS:COUNTS], column[COUNTS:SCALES], column[SCALES:])
    head[who] = column.T


def _ratio(short: Float64, long: Float64) -> Float64:
    """How many times the volatility is that of the long run, less 1; negative where it is calmer."""
    greater, smaller = np.maximum(short, long), np.minimum(short, long)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = greater / np.maximum(smaller, greater * CALMEST) - 1.0
    ratio = np.where(greater > 0, ratio, 0.0)
    return np.where(short < long, -ratio, ratio)


def _learn_scale(rules: Rules, size: Float64, valid: Bool, sums: Float64, counts: Float64, scales: Float64) -> None:
    """The mean size of the first deviations; where all were 0, the first that is not."""
    open_ = valid & ~(scales > 0)
    if not open_.any():
        return
    at = np.nonzero(open_)
    total, count, one = sums[at], counts[at], size[at]
    warm = count < rules.warm_up
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.where((count >= SETTLED) & (total > 0), OUTLIER * total / count, np.inf)
    total = total + np.where(warm, np.minimum(one, most), 0.0)
    count = count + warm
    sums[at], counts[at] = total, count
    scale = np.where(warm, np.where(count == rules.warm_up, total / count, np.nan), one)
    scales[at] = scale


def advance_one(
    rules: Rules, head: Float64, profile: Float32, rows: Rows, begin: int, end: int, out: Deviations
) -> None:
    """Score and learn the rows from `begin` to `end`, all of one series. Same results as `advance_many`."""
    who = int(rows.series[begin])
    column: list[float] = head[who].tolist()
    born, last, pace, previous, level, fast, slow, short, long, seen = column[:10]
    shapes = array("f", profile[who].tobytes())
    sizes: list[tuple[float, float, float, float]] = []
    scales: list[list[float]] = []
    valids: list[tuple[bool, bool, bool, bool]] = []
    baselines: list[tuple[float, float, float, float]] = []
    learning = not all(scale > 0 for scale in column[SCALES:])
    a_fast, a_slow, a_short, a_long = rules.fast, rules.slow, rules.short, rules.long
    times, values, slots = (part[begin:end].tolist() for part in (rows.time, rows.value, rows.slot))
    for time, x, slot in zip(times, values, slots, strict=True):
        time = float(time)
        fresh = seen == 0
        if fresh:
            born = last = time
            previous = level = fast = slow = x
        passed = time - last
        if seen < 2:
            pace = max(passed, 1.0)
        steps = min(max(passed / pace, 1.0), rules.gap)
        pace = pace + (min(passed, 4.0 * pace) - pace) * rules.pace
        if fresh:
            pace = 1.0
        root = sqrt(steps)
        rounding = abs(x) * ROUNDING
        whole = steps < rules.gap and not fresh

        age = time - born
        shape = shapes[slot]
        known = shape == shape
        expected = level + (shape if known else 0.0)
        error = x - expected
        due = known and age >= DAY
        follow = max(float(rules.level), rules.level_readings * pace)
        judged = due and passed < STALE * follow
        if due:
            level = level + error * (passed / (passed + follow))
        if known:
            days = min(max(age / DAY, 1.0), rules.days)
            shape = shape + error * (min(passed, SLOT) / (SLOT * days))
        else:
            shape = error
        shapes[slot] = min(max(shape, -LARGEST_PROFILE), LARGEST_PROFILE)

        lively = whole and long > 0 and seen >= SETTLED
        point = x - fast
        baselines.append((expected, fast, slow, long))
        early = 1.0 / (seen + 1.0)
        if whole:
            more = steps - 1.0
            fast = fast + point * (steps * a_fast / (1.0 + more * a_fast))
            shift = fast - slow
            slow = slow + (x - slow) * max(steps * a_slow / (1.0 + more * a_slow), early)
            change = abs(x - previous) / root
            if not change > rounding:
                change = 0.0
            short = short + (change - short) * max(a_short, early)
            ratio = _one_ratio(short, long)
            long = long + (change - long) * max(a_long, early)
        else:
            fast, shift, slow = x, x - slow, x
            ratio = _one_ratio(short, long)
        last, previous, seen = time, x, seen + 1.0
        point = point / root
        size = (
            error if abs(error) > rounding else 0.0,
            point if abs(point) > rounding else 0.0,
            shift if abs(shift) > rounding else 0.0,
            ratio,
        )
        sizes.append(size)
        scales.append(column[SCALES:])
        valids.append((judged, whole, whole, lively))
        if learning:
            _learn_one_scale(rules, column, size, valids[-1])
            learning = not all(scale > 0 for scale in column[SCALES:])
    column[:10] = born, last, pace, previous, level, fast, slow, short, long, seen
    head[who] = column
    profile[who] = np.frombuffer(shapes, np.float32)
    out.size[:, begin:end] = np.array(sizes).T
    out.scale[:, begin:end] = np.array(scales).T
    out.valid[:, begin:end] = np.array(valids, np.bool_).T
    out.baseline[:, begin:end] = np.array(baselines).T


def _one_ratio(short: float, long: float) -> float:
    greater, smaller = max(short, long), min(short, long)
    if greater == 0:
        return 0.0
    ratio = greater / max(smaller, greater * CALMEST) - 1.0
    return -ratio if short < long else ratio


def _learn_one_scale(rules: Rules, column: list[float], size: tuple[float, ...], valid: tuple[bool, ...]) -> None:
    for channel in range(WIDTH):
        if not valid[channel] or column[SCALES + channel] > 0:
            continue
        total, count, one = column[SUMS + channel], column[COUNTS + channel], abs(size[channel])
        if count >= rules.warm_up:
            column[SCALES + channel] = one
            continue
        if count >= SETTLED and total > 0:
            one = min(one, OUTLIER * total / count)
        total, count = total + one, count + 1.0
        column[SUMS + channel], column[COUNTS + channel] = total, count
        if count == rules.warm_up:
            column[SCALES + channel] = total / count
