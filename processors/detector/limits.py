"""Limits of the catalogue, with hysteresis: a finding on entry, and one when it gets critical.

    value      ·        ·  ▲         far limit: critical
    high  ─────────●─●──────●────●── a finding at the first beyond, none while it lasts
    band  ┄┄┄┄┄┄●┄┄┄┄┄┄┄┄┄┄┄┄┄●┄┄┄●┄ ends only at or below the deadband
            ●                     ●

A reading that is not newer than its series' latest has an alarm of its own, so that a
backfill that runs beside live readings neither ends nor repeats theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors.base import State
from processors.detector.findings import Finding
from processors.detector.runs import Runs, extended
from processors.detector.tuning import deadband_of
from telemetry.batch import Bool, Float64, Index
from telemetry.sensors import SensorTable

DETECTOR: Final = "limits"
CRITICAL_EXCESS: Final = 0.2
"""Beyond a limit by this part of the range between both (of the limit's size if there is one
only), it is critical. Our own starting value."""

Levels = NDArray[np.uint8]
"""0 within, 1 beyond (warning), 2 far beyond (critical)."""


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
    """Per series four levels: live and past alarms of the upper and the lower limit."""

    def __init__(self, sensors: SensorTable) -> None:
        self.sensors = sensors
        self.size = 0
        self.levels: Levels = np.zeros((0, 4), np.uint8)
        self.deadband: Float64 = np.zeros(0)

    def sync(self) -> None:
        """Follow the growth of the sensor table, which is synced before."""
        wanted = self.sensors.size
        self.levels = extended(self.levels, wanted)
        self.deadband = extended(self.deadband, wanted)
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
        if not concerned.any():
            return []
        lengths = np.diff(np.append(runs.starts, len(runs)))
        whole = np.repeat(np.logical_or.reduceat(concerned, runs.starts), lengths)
        chosen = runs.take(whole)
        return [finding for side in _SIDES for finding in self._judge(side, chosen, low[whole], high[whole])]

    def _judge(self, side: _Side, runs: Runs, low: Float64, high: Float64) -> list[Finding]:
        limit = side.sign * (high if side.sign > 0 else low)
        value = side.sign * runs.value
        with np.errstate(over="ignore"):
            span = np.where(np.isnan(low) | np.isnan(high), np.abs(limit), high - low)
        room = np.where(span > 0, CRITICAL_EXCESS * span, np.inf)
        beyond, far = value > limit, value > limit + room
        back = value <= limit - self.deadband.take(runs.series) * np.maximum(span, 0.0)
        live, risen = self._trace(side.column, runs, runs.newer, (beyond, far, back))
        rows = risen
        if not runs.newer.all():
            _, risen_past = self._trace(side.column + 1, runs, ~runs.newer, (beyond, far, back))
            rows = risen | (risen_past & (live == 0))
        severity = np.where(far, 2, 1)
        found = np.flatnonzero(rows)
        score = 0.5 + 0.5 * np.minimum(1.0, (value - limit) / room)
        return [
            Finding(
                row=int(runs.rows[at]),
                detector=DETECTOR,
                sentence=side.sentences[severity[at] - 1],
                limit=float(side.sign * limit[at]),
                baseline=float(side.sign * limit[at]),
                low=float(low[at]),
                high=float(high[at]),
                score=float(score[at]),
                severity=int(severity[at]),
            )
            for at in found
        ]

    def _trace(self, column: int, runs: Runs, heard: Bool, events: tuple[Bool, Bool, Bool]) -> tuple[Levels, Bool]:
        """The level after each row, and where it rose; only `heard` rows move it."""
        beyond, far, back = (_latest(event & heard) for event in events)
        start = np.repeat(runs.starts, np.diff(np.append(runs.starts, len(runs))))
        initial = self.levels[:, column].take(runs.series)
        on = np.where(np.maximum(beyond, back) >= start, beyond > back, initial > 0)
        worst = on & np.where(np.maximum(far, back) >= start, far > back, initial == 2)
        level = on.astype(np.uint8) + worst
        before = np.empty_like(level)
        before[1:] = level[:-1]
        before[runs.starts] = initial[runs.starts]
        ends = np.append(runs.starts[1:], len(runs)) - 1
        self.levels[runs.series[ends], column] = level[ends]
        return level, level > before

    def snapshot(self) -> State:
        return {"levels": self.levels[: self.size].copy()}

    def restore(self, state: State) -> None:
        self.levels = state["levels"].copy()


def _latest(event: Bool) -> Index:
    """For each row the last row so far where `event` holds; -1 if none."""
    return np.maximum.accumulate(np.where(event, np.arange(len(event)), -1))
