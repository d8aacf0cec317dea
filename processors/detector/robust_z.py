"""A robust z-score against the sensor's recent past: score, then learn, then decide.

    z = (value - median) / max(1.4826 MAD, inner range / 6, step, noise floor)

of the last `window` readings. 1.4826 makes the median absolute deviation agree with the
standard deviation of normal noise (Rousseeuw and Croux 1993). The inner range (without the
two smallest and two greatest) keeps quiet about what the recent past has shown already, such
as a pump that cycles. The step is that of quantisation, where the MAD is 0. Median and scale
are renewed every `refresh` readings, at a phase that differs from series to series, so that
no batch pays for all. A silence of half the window's span makes the past no longer recent:
the series warms up anew, without verdicts.

Two things that look like a jump are none: what came slowly (less than half of it within the
last ten minutes) is the day's own course, and what comes again and again is a habit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processors.base import State
from processors.detector.findings import CRITICAL, WARNING, Finding
from processors.detector.runs import UNSEEN, Runs, extended
from processors.detector.tuning import noise_of
from telemetry.batch import Bool, Float64, Index, Int64
from telemetry.sensors import SensorTable

DETECTOR: Final = "robust_z"
CONSISTENCY: Final = 1.4826
INNER: Final = 2
"""How many readings at either end the inner range leaves out."""


@dataclass(frozen=True, slots=True)
class RobustRules:
    """`critical` and `threshold` in scales; `window`, `refresh` and `holdoff` in readings."""

    window: int = 48
    refresh: int = 16
    threshold: float = 8.0
    critical: float = 16.0
    holdoff: int = 75
    sudden: int = 600_000
    """ms within which half of a deviation must have come."""
    habit: float = 3.0
    """From the fourth jump of a size on nothing is said, as long as they come often."""
    habit_half_life: float = 1_500.0
    """Readings after which a jump counts half."""

    def __post_init__(self) -> None:
        if self.window // 2 <= 2 * INNER or self.refresh > self.window - self.window // 2:
            raise ValueError(
                f"refresh {self.refresh} must be at most half of window {self.window}, and window at least 10"
            )


DEFAULT_RULES: Final = RobustRules()


class _Chunk(NamedTuple):
    """Up to `refresh` readings of each of some series: no median changes within.

    who: the series; at: rows of the runs, by series; segment: index into `who`, a row each;
    first and last: the rows of `at` where each series begins and ends; nth: readings seen
    before each, of its series.
    """

    who: Index
    at: Index
    segment: Index
    first: Index
    last: Index
    nth: Int64


class RobustZ:
    """State per series: a ring of `window` float64 and about 110 bytes."""

    def __init__(self, sensors: SensorTable, rules: RobustRules = DEFAULT_RULES) -> None:
        self.sensors = sensors
        self.rules = rules
        self.size = 0
        self.ring: Float64 = np.zeros((0, rules.window))
        self.seen: Int64 = np.zeros(0, np.int64)
        self.filled: NDArray[np.int16] = np.zeros(0, np.int16)
        self.quiet: Int64 = np.zeros(0, np.int64)
        self.mark: Int64 = np.zeros(0, np.int64)
        self.pace: Float64 = np.zeros(0)
        self.median: Float64 = np.zeros(0)
        self.scale: Float64 = np.zeros(0)
        self.jumps: Float64 = np.zeros(0)
        self.jump_size: Float64 = np.zeros(0)
        self.jumped: Int64 = np.zeros(0, np.int64)
        self.floor: Float64 = np.zeros(0)
        self.relative: Float64 = np.zeros(0)
        self.judged: Bool = np.zeros(0, np.bool_)

    def sync(self) -> None:
        """Follow the growth of the sensor table, which is synced before."""
        wanted = self.sensors.size
        if wanted == self.size:
            return
        for name, fill in _FILLS.items():
            setattr(self, name, extended(getattr(self, name), wanted, fill))
        for number in range(self.size, wanted):
            identity = self.sensors.table.identities[number]
            noise = noise_of(identity) if identity is not None else None
            self.judged[number] = noise is not None and not self.sensors.counter[number]
            if noise is not None:
                self.floor[number], self.relative[number] = noise
        self.size = wanted

    def process(self, runs: Runs) -> list[Finding]:
        runs = runs.take(runs.newer & self.judged.take(runs.series))
        starts, lengths = runs.starts, runs.lengths()
        who = runs.series[starts]
        findings: list[Finding] = []
        while len(who):
            length = np.minimum(lengths, self.rules.refresh - self._phase(who))
            chunk = self._chunk(who, starts, length)
            score, scale = self._score(chunk, runs)
            self._learn(chunk, runs, length)
            findings += self._decide(chunk, runs, score, scale)
            self._refresh(chunk, runs)
            left = lengths > length
            who, starts, lengths = who[left], (starts + length)[left], (lengths - length)[left]
        return findings

    def _phase(self, who: Index) -> Int64:
        """Readings since the last refresh was due."""
        return (self.seen.take(who) + who) % self.rules.refresh

    def _chunk(self, who: Index, starts: Index, length: Index) -> _Chunk:
        last = np.cumsum(length) - 1
        first = last - length + 1
        seen = self.seen.take(who)
        if last[-1] + 1 == len(who):
            return _Chunk(who, starts, first, first, last, seen)
        segment = np.repeat(np.arange(len(who)), length)
        within = np.arange(len(segment)) - first[segment]
        return _Chunk(who, starts[segment] + within, segment, first, last, seen[segment] + within)

    def _score(self, chunk: _Chunk, runs: Runs) -> tuple[Float64, Float64]:
        """z of each row and its scale; 0 where the series is warming up, or was silent for too long."""
        who, segment = chunk.who, chunk.segment
        with np.errstate(over="ignore"):
            score = runs.value.take(chunk.at) - self.median.take(who)[segment]
            scale = self.scale.take(who)[segment]
            score /= scale
        gap = runs.elapsed.take(chunk.at) > (self.rules.window // 2 * self.pace.take(who))[segment]
        if gap.any():
            score[self._forget(chunk, gap)] = 0.0
        return score, scale

    def _forget(self, chunk: _Chunk, gap: Bool) -> Bool:
        """Start anew after the last gap of each series; the rows from the first gap on."""
        gaps = np.cumsum(gap)
        after: Bool = gaps > (gaps - gap)[chunk.first][chunk.segment]
        latest = np.maximum.accumulate(np.where(gap, np.arange(len(gap)), -1))[chunk.last]
        broken = latest >= chunk.first
        who = chunk.who[broken]
        self.scale[who] = np.inf
        # What `_learn` adds is the whole chunk; the readings before the gap don't count.
        self.filled[who] = (chunk.first - latest)[broken]
        return after

    def _learn(self, chunk: _Chunk, runs: Runs, length: Index) -> None:
        window, who = self.rules.window, chunk.who
        place = who[chunk.segment] * window + chunk.nth % window
        self.ring.reshape(-1)[place] = runs.value.take(chunk.at)
        self.seen[who] += length
        self.filled[who] = np.minimum(self.filled.take(who) + length, window)

    def _decide(self, chunk: _Chunk, runs: Runs, score: Float64, scale: Float64) -> list[Finding]:
        """One finding a series at most, then hold off."""
        alarm = np.abs(score) >= self.rules.threshold
        alarm &= chunk.nth >= self.quiet.take(chunk.who)[chunk.segment]
        rows = np.flatnonzero(alarm)
        if not len(rows):
            return []
        series, nth, at = chunk.who[chunk.segment[rows]], chunk.nth[rows], chunk.at[rows]
        sudden = np.flatnonzero(self._sudden(series, nth, runs.value[at]))
        first = sudden[np.unique(series[sudden], return_index=True)[1]]
        series, nth, at, rows = series[first], nth[first], at[first], rows[first]
        self.quiet[series] = nth + self.rules.holdoff
        news = self._news(series, nth, np.abs(score[rows]) * scale[rows])
        columns = (runs.rows[at], self.median[series], score[rows], scale[rows])
        return [self._finding(*row) for row in zip(*(column[news].tolist() for column in columns), strict=True)]

    def _sudden(self, series: Index, nth: Int64, value: Float64) -> Bool:
        """Whether half of the deviation from the median came within the last ten minutes."""
        window = self.rules.window
        back = np.clip(self.rules.sudden // self.pace[series], 1, window // 2).astype(np.int64)
        earlier = self.ring[series, (nth - back) % window]
        with np.errstate(over="ignore"):
            sudden: Bool = np.abs(value - earlier) >= 0.5 * np.abs(value - self.median[series])
        return sudden

    def _news(self, series: Index, nth: Int64, size: Float64) -> Bool:
        """Whether a jump is not one of many of its size; remembers it either way."""
        faded = 0.5 ** ((nth - self.jumped[series]) / self.rules.habit_half_life)
        jumps, known = self.jumps[series] * faded, self.jump_size[series]
        usual = (jumps >= self.rules.habit) & (size <= 1.5 * known)
        self.jumps[series] = jumps + 1.0
        self.jump_size[series] = np.maximum(size, known * faded)
        self.jumped[series] = nth
        return ~usual

    def _finding(self, row: int, baseline: float, score: float, scale: float) -> Finding:
        rules = self.rules
        low, high = baseline - rules.threshold * scale, baseline + rules.threshold * scale
        return Finding(
            row=row,
            detector=DETECTOR,
            sentence="robust_z.above" if score > 0 else "robust_z.below",
            limit=high if score > 0 else low,
            baseline=baseline,
            low=low,
            high=high,
            score=1.0 / (1.0 + rules.threshold / abs(score)),
            severity=CRITICAL if abs(score) >= rules.critical else WARNING,
        )

    def _refresh(self, chunk: _Chunk, runs: Runs) -> None:
        """New pace, median and scale where a refresh is due; the ring must be full for these."""
        due = self._phase(chunk.who) == 0
        who, time = chunk.who[due], runs.time.take(chunk.at[chunk.last[due]])
        mark = self.mark.take(who)
        self.pace[who] = np.where(mark == UNSEEN, np.inf, (time - mark) / self.rules.refresh)
        self.mark[who] = time
        who = who[self.filled.take(who) >= self.rules.window]
        if len(who):
            self.median[who], self.scale[who] = robust(self.ring[who], self.floor[who], self.relative[who])

    def snapshot(self) -> State:
        return {name: getattr(self, name)[: self.size].copy() for name in _STATE}

    def restore(self, state: State) -> None:
        for name in _STATE:
            setattr(self, name, state[name].copy())


_FILLS: Final[dict[str, float]] = {
    "ring": 0,
    "seen": 0,
    "filled": 0,
    "quiet": 0,
    "mark": UNSEEN,
    "pace": np.inf,
    "median": 0,
    "scale": np.inf,
    "jumps": 0,
    "jump_size": 0,
    "jumped": 0,
    "floor": 0,
    "relative": 0,
    "judged": 0,
}
"""Columns by series, and what a new series starts with. An infinite scale gives no verdict."""

_STATE: Final = tuple(name for name in _FILLS if name not in ("floor", "relative", "judged"))


def robust(past: Float64, floor: Float64, relative: Float64) -> tuple[Float64, Float64]:
    """Median and scale of each row of `past`; the scale is inf where there is none to speak of."""
    ordered = np.sort(past, axis=1)
    median = _middle(ordered)
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = _middle(np.sort(np.abs(ordered - median[:, None]), axis=1))
        inner = ordered[:, -1 - INNER] - ordered[:, INNER]
        scale = np.maximum(CONSISTENCY * deviation, inner / 6)
        still = np.flatnonzero(deviation == 0)
        scale[still] = np.maximum(scale[still], _step(ordered[still]))
        scale = np.maximum(scale, np.maximum(floor, relative * np.abs(median)))
    return median, np.where(np.isfinite(scale) & (scale > 0), scale, np.inf)


def _middle(ordered: Float64) -> Float64:
    """The median of each sorted row."""
    half = ordered.shape[1] // 2
    if ordered.shape[1] % 2:
        return ordered[:, half]
    return ordered[:, half - 1] * 0.5 + ordered[:, half] * 0.5


def _step(ordered: Float64) -> Float64:
    """The least step between two values of each sorted row, 0 where all are the same."""
    steps = np.diff(ordered, axis=1)
    least: Float64 = np.where(steps > 0, steps, np.inf).min(axis=1)
    return np.where(np.isfinite(least), least, 0.0)
