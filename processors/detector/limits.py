"""Limits of the catalogue, with hysteresis: a finding on entry, and one when it gets critical.

    value      ·        ·  ▲         far limit: critical
    high  ─────────●─●──────●────●── a finding at the first beyond, none while it lasts
    band  ┄┄┄┄┄┄●┄┄┄┄┄┄┄┄┄┄┄┄┄●┄┄┄●┄ ends only at or below the deadband
            ●                     ●

A value that comes back within OFF_DELAY after it went away goes on with the same excursion, so
that a chattering sensor is told of once. A reading that is not newer than its series' latest
has an alarm of its own, so that a backfill that runs beside live readings neither ends nor
repeats theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors.base import State
from processors.findings import Finding
from processors.runs import Runs, extended
from processors.tuning import deadband_of
from telemetry.batch import Bool, Float64, Index, Int64
from telemetry.growth import copied
from telemetry.sensors import SensorTable

DETECTOR: Final = "limits"
CRITICAL_EXCESS: Final = 0.2
"""Beyond a limit by this part of the range between both (of the limit's size if there is one
only), it is critical. Our own starting value."""

OFF_DELAY: Final = 300_000
"""ms for which a value must stay away before its return is a new excursion. Our own starting
value; ISA-18.2 asks for some off-delay against chattering."""

CONFIRM_MS: Final = 900_000
"""A reading that the one before it did not announce may be noise: the condition begins with the next one beyond
the limit. A sensor that reports more seldom than this is believed at once. Our own starting value."""

ENDED: Final = -1
"""Instead of a severity: the value is within its limits again."""

Levels = NDArray[np.uint8]
"""0 within, 1 beyond (warning), 2 far beyond (critical)."""

_Judged = tuple[list[Finding], Levels, Callable[[int, int], Finding]]


@dataclass(frozen=True, slots=True)
class _Side:
    """One limit, as if it were an upper one: for the lower, everything is negated."""

    column: int
    """Of the live alarm in the levels; the one of the past stands beside it."""
    sign: float
    sentences: tuple[str, str]


_SIDES: Final = (
    _Side(0, 1.0, ("limits.above", "limits.far_above")),
    _Side(2, -1.0, ("limits.below", "limits.far_below")),
)


class Limits:
    """Per series four alarms, live and past of the upper and the lower limit: level now, level
    that was told, and when the value was last beyond."""

    def __init__(self, sensors: SensorTable) -> None:
        self.sensors = sensors
        self.size = 0
        self.levels: Levels = np.zeros((0, 4), np.uint8)
        self.told: Levels = np.zeros((0, 4), np.uint8)
        self.beyond_at: Int64 = np.zeros((0, 4), np.int64)
        self.deadband: Float64 = np.zeros(0)
        self.shown: Levels = np.zeros(0, np.uint8)
        """Per series: the level of its condition, once confirmed."""
        self.since: Int64 = np.zeros(0, np.int64)
        """Per series, ms: the first reading of those that are beyond."""
        self.edges: list[tuple[Finding, int]] = []
        """Where the live condition of a series of the last batch began, changed its level or (severity ENDED)
        ended, and since when (ms): every edge, also within OFF_DELAY. A backfill beside live readings has none."""

    def sync(self) -> None:
        """Follow the growth of the sensor table, which is synced before."""
        wanted = self.sensors.size
        if wanted == self.size:
            return
        self.levels = extended(self.levels, wanted)
        self.told = extended(self.told, wanted)
        self.beyond_at = extended(self.beyond_at, wanted)
        self.deadband = extended(self.deadband, wanted)
        self.shown = extended(self.shown, wanted)
        self.since = extended(self.since, wanted)
        for number in range(self.size, wanted):
            identity = self.sensors.table.identities[number]
            if identity is not None:
                self.deadband[number] = deadband_of(identity)
        self.size = wanted

    def process(self, runs: Runs) -> list[Finding]:
        low = self.sensors.low.take(runs.series)
        high = self.sensors.high.take(runs.series)
        concerned = runs.value > high
        concerned |= runs.value < low
        concerned |= self.levels.view(np.uint32).take(runs.series) != 0
        self.edges = []
        if not concerned.any():
            return []
        whole = np.repeat(np.logical_or.reduceat(concerned, runs.starts), runs.lengths())
        chosen = runs.take(whole)
        before = self.levels[chosen.series[chosen.starts]]
        sides = [self._judge(side, chosen, low[whole], high[whole]) for side in _SIDES]
        self._note_edges(chosen, before, sides)
        return [finding for findings, _, _ in sides for finding in findings]

    def lifted(self) -> list[int]:
        """Series that were beyond limits that they have no longer, once each: their conditions are over, also where
        no reading comes that would show it."""
        rows = np.flatnonzero(self.shown[: self.size])
        rows = rows[np.isnan(self.sensors.low[rows]) & np.isnan(self.sensors.high[rows])]
        self.shown[rows], self.levels[rows] = 0, 0
        return rows.tolist()

    def _note_edges(self, runs: Runs, before: Levels, sides: Sequence[_Judged]) -> None:
        """A series is beyond its limits as long as it is beyond either. before: levels, a row each run."""
        (_, high, describe_high), (_, low, describe_low) = sides
        rows = np.flatnonzero(runs.newer)
        series, level = runs.series[rows], np.maximum(high, low)[rows]
        first = np.ones(len(rows), np.bool_)
        np.not_equal(series[1:], series[:-1], out=first[1:])
        earlier = np.roll(level, 1)
        of_runs = np.maximum(before[:, _SIDES[0].column], before[:, _SIDES[1].column])
        earlier[first] = np.repeat(of_runs, runs.lengths())[rows[first]]
        risen = level != earlier
        # A change and the reading after it, which confirms it; else all is as it was told.
        concerned = risen | (np.roll(risen, 1) & ~first) | (first & (level != self.shown.take(series)))
        for here in np.flatnonzero(concerned).tolist():
            at, who, now = int(rows[here]), int(series[here]), int(level[here])
            if now and not earlier[here]:
                self.since[who] = runs.time[at]
            sure = bool(earlier[here]) or runs.elapsed[at] > CONFIRM_MS
            told, shown = now if sure else 0, int(self.shown[who])
            if told != shown:
                self.shown[who] = told
                finding = (describe_low if low[at] else describe_high)(at, max(1, told))
                moment = int(runs.time[at] if shown else self.since[who])
                self.edges.append((finding if told else finding._replace(severity=ENDED), moment))

    def _judge(self, side: _Side, runs: Runs, low: Float64, high: Float64) -> _Judged:
        """What is new beyond one limit; the live level at each row; how a row is told."""
        limit = side.sign * (high if side.sign > 0 else low)
        value = side.sign * runs.value
        with np.errstate(over="ignore"):
            span = np.where(np.isnan(low) | np.isnan(high), np.abs(limit), high - low)
        room = np.where(span > 0, CRITICAL_EXCESS * span, np.inf)
        beyond, far = value > limit, value > limit + room
        # Where there is no limit any more nothing is beyond it.
        back = np.isnan(limit) | (value <= limit - self.deadband.take(runs.series) * np.maximum(span, 0.0))
        live, rows = self._trace(side.column, runs, runs.newer, (beyond, far, back))
        found = self._news(side.column, runs, live, rows)
        if not runs.newer.all():
            past, rows = self._trace(side.column + 1, runs, ~runs.newer, (beyond, far, back))
            found += self._news(side.column + 1, runs, past, rows & (live == 0))
        score = 0.5 + 0.5 * np.minimum(1.0, (value - limit) / room)

        def describe(at: int, level: int) -> Finding:
            return Finding(
                row=int(runs.rows[at]),
                detector=DETECTOR,
                sentence=side.sentences[level - 1],
                limit=float(side.sign * limit[at]),
                baseline=float(side.sign * limit[at]),
                low=float(low[at]),
                high=float(high[at]),
                score=float(score[at]),
                severity=level,
            )

        return [describe(at, level) for at, level in found], live, describe

    def _trace(self, column: int, runs: Runs, heard: Bool, events: tuple[Bool, Bool, Bool]) -> tuple[Levels, Bool]:
        """The level after each row, and where it rose; only `heard` rows move it."""
        beyond, far, back = (_latest(event & heard) for event in events)
        start = np.repeat(runs.starts, runs.lengths())
        initial = self.levels[:, column].take(runs.series)
        on = np.where(np.maximum(beyond, back) >= start, beyond > back, initial > 0)
        worst = on & np.where(np.maximum(far, back) >= start, far > back, initial == 2)
        level = on.astype(np.uint8) + worst
        before = np.empty_like(level)
        before[1:] = level[:-1]
        before[runs.starts] = initial[runs.starts]
        ends = runs.starts + runs.lengths() - 1
        self.levels[runs.series[ends], column] = level[ends]
        return level, level > before

    def _news(self, column: int, runs: Runs, level: Levels, risen: Bool) -> list[tuple[int, int]]:
        """(row, level) of the rises that are not of an excursion already told of at that level."""
        heard = runs.newer if column % 2 == 0 else ~runs.newer
        latest = _latest(heard & (level > 0))
        start = np.repeat(runs.starts, runs.lengths())
        news = []
        for at in np.flatnonzero(risen).tolist():
            series = int(runs.series[at])
            earlier = int(latest[at - 1]) if at > start[at] else -1
            since = runs.time.item(earlier) if earlier >= start[at] else self.beyond_at.item(series, column)
            told = self.told.item(series, column) if abs(runs.time.item(at) - since) < OFF_DELAY else 0
            if level[at] > told:
                news.append((at, int(level[at])))
                self.told[series, column] = level[at]
        ends = runs.starts + runs.lengths() - 1
        seen = latest[ends] >= runs.starts
        self.beyond_at[runs.series[ends[seen]], column] = runs.time[latest[ends[seen]]]
        return news

    def snapshot(self) -> State:
        return {name: getattr(self, name)[: self.size].copy() for name in _STATE}

    def restore(self, state: State) -> None:
        for name in _STATE:
            setattr(self, name, copied(state[name]))


_STATE: Final = ("levels", "told", "beyond_at", "shown", "since")


def _latest(event: Bool) -> Index:
    """For each row the last row so far where `event` holds; -1 if none."""
    return np.maximum.accumulate(np.where(event, np.arange(len(event)), -1))
