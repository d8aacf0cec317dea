"""One series, line by line: the same engine for files and experiments."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from processors.anomaly.decide import QUIET, Decide
from processors.anomaly.engine import RankTails
from processors.anomaly.explain import explained
from processors.anomaly.rules import DEFAULT_RULES, Rules
from processors.findings import Finding, worded
from processors.runs import Runs
from processors.texts import Language
from telemetry.batch import Float64, Int64

DAMPED: Final = 0.5
"""Within the hold-off a score is halved: it stays below that of an alarm."""


LONG_AGO: Final = -(2**62)


class Judged(NamedTuple):
    """A row a reading. score: 0 to 1, NaN: no verdict. told: (row, severity, sentence) of each anomaly."""

    score: Float64
    told: list[tuple[int, int, str]]


class Stream:
    """Judges readings in the order in which they come; how they are cut into calls changes nothing."""

    def __init__(self, zone: str = "UTC", language: Language = "en", rules: Rules = DEFAULT_RULES) -> None:
        self.rules = rules
        self.language = language
        self.engine = RankTails(zone, rules)
        self.engine.grow(1)
        self.decide = Decide(rules, rules.threshold)
        self.decide.grow(1)
        self.newest = self.placed = LONG_AGO

    def process(self, time: Int64, value: Float64) -> Judged:
        """time: ms, UTC. One that is the same as the one before counts as just after it; an earlier one
        has no verdict, and is not learnt."""
        score = np.full(len(time), np.nan)
        rows, placed = self._placed(time)
        if not len(rows):
            return Judged(score, [])
        nothing = np.zeros(len(rows), np.intp)
        elapsed = np.diff(placed, prepend=placed[0] if self.placed == LONG_AGO else self.placed)
        self.placed = int(placed[-1])
        newer = np.ones(len(rows), np.bool_)
        runs = Runs(np.arange(len(rows)), nothing, placed, value[rows], newer, elapsed, nothing[:1])
        ranked, deviations = self.engine.process(runs)
        heard, until = int(self.decide.heard[0]), int(self.decide.until[0])
        alarms = [alarm for alarm in self.decide.process(runs, ranked.evidence) if alarm.severity != QUIET]
        score[rows] = ranked.evidence / (ranked.evidence + self.rules.threshold)
        self._damp(score, rows, [alarm.row for alarm in alarms], until - heard)
        told = []
        for alarm in alarms:
            row = int(rows[alarm.row])
            finding = Finding(
                row, "", score=score[row], severity=alarm.severity, **explained(ranked, deviations, alarm.row)
            )
            told.append((row, alarm.severity, worded(finding, float(value[row]), None, self.language)))
        return Judged(score, told)

    def _placed(self, time: Int64) -> tuple[Int64, Int64]:
        """The rows that are judged, and their times, each later than the one before."""
        before = np.maximum.accumulate(np.append(self.newest, time))[:-1]
        rows = np.flatnonzero(time >= before)
        if len(rows):
            self.newest = int(time[rows[-1]])
        order = np.arange(len(rows))
        placed = np.maximum.accumulate(np.append(self.placed + 1, time[rows] - order))[1:] + order
        return rows, placed

    def _damp(self, score: Float64, rows: Int64, alarms: list[int], left: int) -> None:
        """Halve the scores of the readings in a hold-off: `left` of them are of an earlier call's."""
        held = np.zeros(len(rows), np.bool_)
        held[: max(0, left)] = True
        for row in alarms:
            held[row : row + self.rules.holdoff] = True
        held[alarms] = False
        score[rows[held]] *= DAMPED
