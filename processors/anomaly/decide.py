"""From evidence to alarms: when to speak, when to hold off, and when a condition has ended.

evidence    ·      ▲ told                 ▲ ten times rarer: told, though in the hold-off
warning  ───────────●──●──────────────────●──────────────────────────
                        └ hold-off: silent     ·
half     ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄●●●●● ended
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from processors.anomaly.rules import Rules
from processors.base import State
from processors.findings import CRITICAL, INFO, WARNING
from processors.runs import Runs, extended
from telemetry.batch import Float64, Int64
from telemetry.growth import copied

QUIET: Final = -1
"""The severity of a series about which there is nothing to say."""


class Alarm(NamedTuple):
    """row: of the runs. severity: QUIET where the condition has ended."""

    row: int
    severity: int
    edge: bool
    """Whether the condition began, got more severe, or ended; else it is only told again."""


class Decide:
    """State per series: 27 bytes."""

    def __init__(self, rules: Rules, least: float) -> None:
        """least: evidence from which something is told."""
        self.rules = rules
        self.least = least
        self.size = 0
        self.heard: Int64 = np.zeros(0, np.int64)
        self.until: Int64 = np.zeros(0, np.int64)
        self.told: Float64 = np.zeros(0)
        self.calm = np.zeros(0, np.int16)
        self.severity = np.zeros(0, np.int8)

    def grow(self, size: int) -> None:
        if size <= self.size:
            return
        for name in _STATE:
            setattr(self, name, extended(getattr(self, name), size, QUIET if name == "severity" else 0))
        self.severity[self.size :] = QUIET
        self.size = size

    def process(self, runs: Runs, evidence: Float64) -> list[Alarm]:
        """What is to be told, in the order of the rows."""
        lengths = runs.lengths()
        who = runs.series[runs.starts]
        heard = self.heard.take(who)
        self.heard[who] = heard + lengths
        concerned = evidence >= self.least
        concerned |= self.severity.take(runs.series) != QUIET
        if not concerned.any():
            return []
        whole = np.logical_or.reduceat(concerned, runs.starts)
        alarms: list[Alarm] = []
        for run in np.flatnonzero(whole).tolist():
            begin, length = int(runs.starts[run]), int(lengths[run])
            if length == 1:
                alarms += self._run(int(who[run]), begin, [float(evidence[begin])], int(heard[run]))
            else:
                alarms += self._run(int(who[run]), begin, evidence[begin : begin + length].tolist(), int(heard[run]))
        return alarms

    def _run(self, series: int, begin: int, evidence: list[float], heard: int) -> list[Alarm]:
        rules = self.rules
        until, told = int(self.until[series]), float(self.told[series])
        calm, severity = int(self.calm[series]), int(self.severity[series])
        alarms = []
        for nth, one in enumerate(evidence):
            if one >= self.least:
                calm = 0
                if heard + nth >= until or one >= told + rules.worse:
                    found = severity_of(rules, one)
                    alarms.append(Alarm(begin + nth, found, found > severity))
                    severity = max(severity, found)
                    until, told = heard + nth + rules.holdoff, one
            elif severity != QUIET and one <= rules.threshold / 2:
                calm += 1
                if calm == rules.calm:
                    severity, calm = QUIET, 0
                    alarms.append(Alarm(begin + nth, QUIET, True))
            else:
                calm = 0
        self.until[series], self.told[series] = until, told
        self.calm[series], self.severity[series] = calm, severity
        return alarms

    def snapshot(self) -> State:
        return {name: getattr(self, name)[: self.size].copy() for name in _STATE}

    def restore(self, state: State) -> None:
        for name in _STATE:
            setattr(self, name, copied(state[name]))
        self.size = len(self.heard)


_STATE: Final = ("heard", "until", "told", "calm", "severity")


def severity_of(rules: Rules, evidence: float) -> int:
    if evidence >= rules.critical:
        return CRITICAL
    return WARNING if evidence >= rules.warning else INFO


def score_of(rules: Rules, evidence: float) -> float:
    """0 to 1; 0.5 at the threshold."""
    return evidence / (evidence + rules.threshold)
