"""From deviations to rank tails: how rare a deviation of this size or more, and on this side, has been.

Of each series, channel and side the weight of past deviations at or beyond the edge of each
logarithmic bin is kept: so the tail is one look-up. Within the record it is the share of the past
that lay as far out; beyond it, that of one pseudo-reading, falling by a power law:

    tail = (beyond + 1) / (n + 1)                     within the record
           1 / (n + 1) * (deviation / record) ** -law   beyond

Weights are whole numbers of two bytes. Instead of shrinking the past, each reading weighs a
little more than the one before it, until all is halved.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.anomaly.channels import WIDTH, Deviations
from processors.anomaly.rules import (
    BINS,
    GENERATION,
    PER_OCTAVE,
    POINT,
    PROFILE,
    SHIFT,
    UNIT_BIN,
    VOLATILITY,
    WEIGHT,
    Rules,
)
from telemetry.batch import Bool, Float64, Index, Int64, UInt32

Counts = NDArray[np.uint16]
"""[series, 4, 2, BINS]: weight at or beyond each bin's lower edge; side 1 is that of falls."""

LADDER: Final[Counts] = np.tri(BINS, dtype=np.uint16)
"""Row b has ones up to b: what a deviation in bin b adds to."""
STEPS: Final[Counts] = (np.arange(2 * WEIGHT + 1, dtype=np.uint16)[:, None, None] * LADDER).reshape(-1, BINS)
"""Row w * BINS + b: what a deviation of weight w in bin b adds."""
WEIGHTS: Final = (WEIGHT * np.exp2(np.arange(257) / 256)).astype(np.uint16)
UNUSUAL: Final = 1 / 200
"""What is rarer than this on one side is outside of the expected range that is shown."""
NEARLY: Final = 1.0
"""A channel whose tail is within a factor of ten of the rarest may explain an anomaly too."""
PLAINNESS: Final = [POINT, PROFILE, SHIFT, VOLATILITY]
"""A jump is easier to understand than a change of habit."""
LOG_2: Final = float(np.log10(2.0))


def ages(rules: Rules, elapsed: Int64) -> Int64:
    """What each reading adds to its series' age."""
    by_time = np.minimum(elapsed, 16 * rules.season) * GENERATION // rules.season
    added: Int64 = np.maximum(by_time, GENERATION // rules.half_life)
    return added


def weights(age: Int64) -> Counts:
    """Of readings at this age."""
    return WEIGHTS.take((age & (GENERATION - 1)) >> 12)


class Ranked(NamedTuple):
    """What the past says of each deviation; a row a reading, before it is learnt."""

    tail: Float64
    """[4, rows]: -log10; NaN where a channel has no verdict."""
    evidence: Float64
    """The greatest tail plus half the mean of all; NaN where no channel has a verdict."""
    channel: Index
    """The one that explains it best; -1 unless the evidence reaches the threshold."""
    below: Float64
    """How far readings usually fall below that channel's baseline; NaN unless the threshold is reached."""
    above: Float64


def rank(rules: Rules, counts: Counts, who: Index, starts: Index, weight: Counts, deviations: Deviations) -> Ranked:
    """Rank the deviations of some readings, each among those before it, and learn them.

    who: a series a row, in runs that begin at `starts`. weight: of each reading.
    """
    size, scale, valid, _ = deviations
    told = valid & ~np.isnan(scale)
    position = _positions(size, scale, told)
    bins = np.minimum(position, BINS - 1.0).astype(np.intp)
    place = bins + BINS * (size < 0)
    past = Single(counts, who, place) if len(starts) == len(who) else Several(counts, who, starts, place, told * weight)
    ghost = rules.pseudo * weight
    total = past.total()
    here, further = past.beyond()
    inside = np.maximum(here - (position - bins) * (here - further), 0.0)
    tail: Float64 = np.log10((total + ghost) / (inside + ghost))
    record = np.nonzero(told & (here == 0))
    excess = np.maximum(position[record] - past.record(*record), 0.0) / PER_OCTAVE
    tail[record] += np.where(scale[record] == 0, 0.0, rules.law * LOG_2 * excess)
    silent = ~told | (total < rules.warm_up * WEIGHT)
    tail[silent] = 0.0
    evidence = tail.max(axis=0) + 0.5 * tail.mean(axis=0)
    below, above = np.full((2, len(who)), np.nan)
    channel = np.full(len(who), -1)
    telling = np.flatnonzero(evidence >= rules.threshold)
    if len(telling):
        chosen = _plainest(tail[:, telling])
        channel[telling] = chosen
        below[telling], above[telling] = usual_reach(past.lists(chosen, telling), scale[chosen, telling])
    past.learn(told * weight)
    tail[silent] = np.nan
    evidence[silent.all(axis=0)] = np.nan
    return Ranked(tail, evidence, channel, below, above)


def _positions(size: Float64, scale: Float64, told: Bool) -> Float64:
    """Where each deviation falls, in bins; one from a series that never deviated is of usual size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        position = np.log2(np.abs(size) / scale) * PER_OCTAVE + UNIT_BIN
    flat = scale == 0
    if flat.any():
        position[flat] = np.where(size[flat] == 0, 0.0, float(UNIT_BIN))
    position[~told] = 0.0
    np.maximum(position, 0.0, out=position)
    return position


def _plainest(tail: Float64) -> Index:
    """Of the channels that are nearly as sure as the surest, the one that is easiest to understand."""
    sure = tail >= tail.max(axis=0) - NEARLY
    plainest: Index = np.array(PLAINNESS, np.intp)[sure[PLAINNESS, :].argmax(axis=0)]
    return plainest


def usual_reach(lists: Float64, scale: Float64) -> tuple[Float64, Float64]:
    """How far all but one in two hundred deviations reach, to either side."""
    total = lists[:, 0, 0] + lists[:, 1, 0]
    edge = np.count_nonzero(lists > total[:, None, None] * UNUSUAL, axis=2)
    reach = np.where(edge > 0, np.exp2((edge - UNIT_BIN) / PER_OCTAVE) * scale[:, None], 0.0)
    return reach[:, 1], reach[:, 0]


class Single:
    """The past of one reading a series: a few elements are looked up, one list a channel is added to."""

    def __init__(self, counts: Counts, who: Index, place: Index) -> None:
        self.counts = counts
        self.who = who
        self.first = (who * WIDTH + np.arange(WIDTH)[:, None]) * (2 * BINS)
        self.place = place
        self.bins = place % BINS

    def total(self) -> Float64:
        flat = self.counts.reshape(-1)
        return flat.take(self.first).astype(np.float64) + flat.take(self.first + BINS)

    def beyond(self) -> tuple[Float64, Float64]:
        """Weight at or beyond each deviation's bin, and beyond it."""
        flat, at = self.counts.reshape(-1), self.first + self.place
        further = np.where(self.bins < BINS - 1, flat.take(at + 1, mode="clip"), 0)
        return flat.take(at).astype(np.float64), further.astype(np.float64)

    def record(self, channel: Index, row: Index) -> Index:
        """The greatest deviation so far on that side, as the upper edge of its bin."""
        lists = self.counts[self.who[row], channel, self.place[channel, row] // BINS]
        return np.asarray(np.count_nonzero(lists, axis=1))

    def lists(self, channel: Index, row: Index) -> Float64:
        return self.counts[self.who[row], channel].astype(np.float64)

    def learn(self, weight: UInt32) -> None:
        lists = self.counts.reshape(-1, BINS)
        for first, place, bins, each in zip(self.first, self.place, self.bins, weight, strict=True):
            which = (first + place) // BINS
            added = STEPS.take(each * BINS + bins, axis=0)
            added += lists.take(which, axis=0)
            lists[which] = added


class Several:
    """The past of several readings of a series: each sees those before it, by sums along the runs."""

    def __init__(self, counts: Counts, who: Index, starts: Index, place: Index, weight: UInt32) -> None:
        self.counts = counts
        self.who = who[starts]
        self.place = place
        self.row = np.arange(len(who))
        ends = np.append(starts[1:], len(who)) - 1
        run = np.repeat(np.arange(len(starts)), ends - starts + 1)
        self.before = np.empty((WIDTH, len(who), 2 * BINS), np.uint32)
        self.after = np.empty((WIDTH, len(starts), 2 * BINS), np.uint32)
        for channel in range(WIDTH):
            added = np.zeros((len(who), 2, BINS), np.uint32)
            added[self.row, place[channel] // BINS] = (
                LADDER.take(place[channel] % BINS, axis=0) * weight[channel][:, None]
            )
            flat = added.reshape(-1, 2 * BINS)
            summed = np.cumsum(flat, axis=0, dtype=np.uint32)
            # Sums may wrap around; differences of them do not care.
            offset = counts[self.who, channel].reshape(-1, 2 * BINS) - (summed[starts] - flat[starts])
            self.before[channel] = summed - flat + offset[run]
            self.after[channel] = summed[ends] + offset

    def total(self) -> Float64:
        return self.before[:, :, 0].astype(np.float64) + self.before[:, :, BINS]

    def beyond(self) -> tuple[Float64, Float64]:
        channel = np.arange(WIDTH)[:, None]
        next_ = np.minimum(self.place + 1, 2 * BINS - 1)
        further = np.where(self.place % BINS < BINS - 1, self.before[channel, self.row, next_], 0)
        return self.before[channel, self.row, self.place].astype(np.float64), further.astype(np.float64)

    def record(self, channel: Index, row: Index) -> Index:
        lists = self.before[channel, row].reshape(-1, 2, BINS)
        lists = lists[np.arange(len(row)), self.place[channel, row] // BINS]
        return np.asarray(np.count_nonzero(lists, axis=1))

    def lists(self, channel: Index, row: Index) -> Float64:
        return self.before[channel, row].reshape(-1, 2, BINS).astype(np.float64)

    def learn(self, weight: UInt32) -> None:
        """What was summed up stays."""
        for channel in range(WIDTH):
            self.counts[self.who, channel] = self.after[channel].reshape(-1, 2, BINS)
