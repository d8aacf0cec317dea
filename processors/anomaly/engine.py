"""Rank tails: how unusual each reading is for its own series. Score, then learn.

State per series: a head of 22 float64, a daily profile of 48 float32, tail counts of 256 uint16
and an age: 888 bytes. Readings that are not newer than their series' latest are neither judged
nor learnt: a device that backfills is not anomalous.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.anomaly import channels, tails
from processors.anomaly.channels import COLUMNS, SCALES, Deviations, Rows
from processors.anomaly.localtime import LocalDay
from processors.anomaly.rules import BINS, CHANNELS, DEFAULT_RULES, GENERATION, SLOTS, Rules
from processors.anomaly.tails import Ranked
from processors.base import State
from processors.runs import Runs, extended
from telemetry.batch import Float64, Index, Int64
from telemetry.growth import copied

FEW: Final = 16
"""Up to this many series are advanced one by one: below it numpy's calls cost more than they do."""


class RankTails:
    def __init__(self, zone: str = "UTC", rules: Rules = DEFAULT_RULES) -> None:
        self.rules = rules
        self.day = LocalDay(zone)
        self.size = 0
        self.head: Float64 = np.zeros((0, COLUMNS))
        self.profile = np.zeros((0, SLOTS), np.float32)
        self.counts: tails.Counts = np.zeros((0, len(CHANNELS), 2, BINS), np.uint16)
        self.age: Int64 = np.zeros(0, np.int64)

    def grow(self, size: int) -> None:
        """Room for `size` series; a series is new where nothing was learnt."""
        if size <= self.size:
            return
        self.head = extended(self.head, size)
        self.head[self.size : size, SCALES:] = np.nan
        self.profile = extended(self.profile, size)
        self.profile[self.size : size] = np.nan
        self.counts = extended(self.counts, size)
        self.age = extended(self.age, size)
        self.size = size

    def process(self, runs: Runs) -> tuple[Ranked, Deviations]:
        """runs: newer readings only, finite, by series. A row of the results for each of theirs."""
        value = np.clip(runs.value, -channels.LARGEST, channels.LARGEST)
        rows = Rows(runs.series, runs.time, value, self.day.slots(runs.time))
        deviations = self._deviations(rows, runs.starts)
        return self._rank(runs, deviations), deviations

    def _deviations(self, rows: Rows, starts: Index) -> Deviations:
        """The k-th reading of each series together; where few are left, one series after the other."""
        out = channels.empty(len(rows.series))
        ends = np.append(starts[1:], len(rows.series))
        at = starts
        while len(at) > FEW:
            channels.advance_many(self.rules, self.head, self.profile, rows, at, out)
            at = at + 1
            left = at < ends
            at, ends = at[left], ends[left]
        for begin, end in zip(at.tolist(), ends.tolist(), strict=True):
            channels.advance_one(self.rules, self.head, self.profile, rows, begin, end, out)
        return out

    def _rank(self, runs: Runs, deviations: Deviations) -> Ranked:
        """Ranks of the rows; a run is cut where its counts are halved."""
        who, starts = runs.series, runs.starts
        steps = tails.ages(self.rules, runs.elapsed)
        age = np.cumsum(steps)
        age += np.repeat(self.age.take(who[starts]) - age[starts] + steps[starts], runs.lengths())
        halvings = age // GENERATION - (age - steps) // GENERATION
        self.age[who[starts + runs.lengths() - 1]] = age[starts + runs.lengths() - 1]
        weight = tails.weights(age)
        # Sums along runs cost more than looking up: so few repeats among many series go apart.
        apart = len(starts) < len(who) <= 2 * len(starts)
        if not apart and not halvings.any():
            return tails.rank(self.rules, self.counts, who, starts, weight, deviations)
        inner = halvings > 0
        inner[starts] = False
        part = np.cumsum(inner)
        part = part - np.repeat(part[starts], runs.lengths())
        if apart:
            part = np.asarray(part + 1)
            part[starts] = 0
        result = Ranked(
            tail=np.empty(deviations.size.shape),
            evidence=np.empty(len(who)),
            channel=np.empty(len(who), np.intp),
            below=np.empty(len(who)),
            above=np.empty(len(who)),
        )
        for number in range(int(part.max()) + 1):
            chosen = part == number
            some = runs.take(chosen)
            self._halve(some, halvings[chosen])
            size, scale, valid, baseline = deviations
            cut = Deviations(size[:, chosen], scale[:, chosen], valid[:, chosen], baseline[:, chosen])
            ranked = tails.rank(self.rules, self.counts, some.series, some.starts, weight[chosen], cut)
            for column, computed in zip(result, ranked, strict=True):
                column[..., chosen] = computed
        return result

    def _halve(self, runs: Runs, halvings: Int64) -> None:
        """Where a run begins with a new generation."""
        due = runs.starts[halvings[runs.starts] > 0]
        shifts = np.minimum(halvings[due], 16).astype(np.uint16)
        self.counts[runs.series[due]] >>= shifts[:, None, None, None]

    def view(self) -> State:
        """The state itself, 900 bytes a series: to be read before the next call."""
        return {name: getattr(self, name)[: self.size] for name in _STATE}

    def snapshot(self) -> State:
        return {name: column.copy() for name, column in self.view().items()}

    def restore(self, state: State) -> None:
        for name in _STATE:
            setattr(self, name, copied(state[name]))
        self.size = len(self.age)


_STATE: Final = ("head", "profile", "counts", "age")
