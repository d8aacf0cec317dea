"""The anomaly engine over a city's series: which are judged, as what, and how it is put into words."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from processors.anomaly.channels import Deviations
from processors.anomaly.decide import QUIET, Alarm, Decide, score_of
from processors.anomaly.engine import RankTails
from processors.anomaly.explain import explained
from processors.anomaly.increases import Increases
from processors.anomaly.rules import DEFAULT_RULES, POINT, VOLATILITY, Rules
from processors.anomaly.tails import Ranked
from processors.anomaly.usual import Usual, usual_of
from processors.base import State
from processors.findings import Finding
from processors.runs import Runs, extended
from processors.tuning import COUNTER_NOISE, noise_of
from telemetry.batch import Bool, Float64
from telemetry.sensors import SensorTable

DETECTOR: Final = "rank_tails"
NOISES: Final = 4.0
"""A deviation of fewer standard deviations of the instrument's own noise is nobody's business, however rare."""


class Told(NamedTuple):
    finding: Finding
    """Of severity QUIET where the condition has ended."""
    edge: bool
    """Whether the condition began, got more severe or ended."""


class Unusual:
    """Findings, and the edges of conditions, of all series that are judged."""

    def __init__(self, sensors: SensorTable, zone: str, rules: Rules = DEFAULT_RULES) -> None:
        self.sensors = sensors
        self.rules = rules
        self.engine = RankTails(zone, rules)
        self.decide = Decide(rules, rules.warning)
        self.increases = Increases(sensors)
        self.size = 0
        self.judged: Bool = np.zeros(0, np.bool_)
        self.floor: Float64 = np.zeros((0, 2))

    def sync(self) -> None:
        """Follow the growth of the sensor table, which is synced before."""
        wanted = self.sensors.size
        if wanted == self.size:
            return
        self.judged = extended(self.judged, wanted)
        self.floor = extended(self.floor, wanted)
        for number in range(self.size, wanted):
            identity = self.sensors.table.identities[number]
            if identity is not None:
                noise = noise_of(identity)
                self.judged[number] = noise is not None
                self.floor[number] = COUNTER_NOISE if self.sensors.counter[number] else noise or (0.0, 0.0)
        for part in (self.engine, self.decide, self.increases):
            part.grow(wanted)
        self.size = wanted

    def process(self, runs: Runs) -> list[Told]:
        """What is to be told of these readings, by series."""
        runs = runs.take(runs.newer & self.judged.take(runs.series))
        runs = self.increases.process(runs)
        if not len(runs):
            return []
        ranked, deviations = self.engine.process(runs)
        evidence = self._that_matters(runs, ranked, deviations)
        alarms = self.decide.process(runs, evidence)
        return [Told(self._finding(runs, ranked, deviations, alarm), alarm.edge) for alarm in alarms]

    def _that_matters(self, runs: Runs, ranked: Ranked, deviations: Deviations) -> Float64:
        """Evidence; NaN where a deviation is within what the instrument's own noise may be."""
        evidence = ranked.evidence
        rows = np.flatnonzero(evidence >= self.rules.warning)
        if len(rows):
            surest = ranked.channel[rows]
            size = np.abs(deviations.size[surest, rows])
            usual = deviations.baseline[VOLATILITY, rows]
            with np.errstate(over="ignore"):
                moved = np.where(deviations.size[VOLATILITY, rows] < 0, usual, usual * (1.0 + size))
            size = np.where(surest == VOLATILITY, moved, size)
            absolute, relative = self.floor.take(runs.series[rows], axis=0).T
            noise = np.maximum(absolute, relative * np.abs(deviations.baseline[POINT, rows]))
            evidence[rows[size < NOISES * noise]] = np.nan
        return evidence

    def _finding(self, runs: Runs, ranked: Ranked, deviations: Deviations, alarm: Alarm) -> Finding:
        row = alarm.row
        value = float(runs.value[row])
        told = explained(ranked, deviations, row)
        if alarm.severity == QUIET:
            told["sentence"] = "unusual.ended"
        return Finding(
            row=int(runs.rows[row]),
            detector=DETECTOR,
            score=score_of(self.rules, float(ranked.evidence[row])),
            severity=alarm.severity,
            value=value if self.sensors.counter[runs.series[row]] else None,
            **told,
        )

    def usual(self, series: int) -> Usual | None:
        """What the engine expects of a series; None where it does not judge it."""
        return usual_of(self.engine, series) if series < self.size and self.judged[series] else None

    def view(self) -> State:
        """As a snapshot, but with the engine's state itself: to be read before the next call."""
        states = {
            "engine": self.engine.view(),
            "decide": self.decide.snapshot(),
            "increases": self.increases.snapshot(),
        }
        return {f"{name}.{key}": column for name, state in states.items() for key, column in state.items()}

    def snapshot(self) -> State:
        return {name: column.copy() for name, column in self.view().items()}

    def restore(self, state: State) -> None:
        for name in _PARTS:
            prefix = f"{name}."
            getattr(self, name).restore(
                {key.removeprefix(prefix): state[key] for key in state if key.startswith(prefix)}
            )


_PARTS: Final = ("engine", "decide", "increases")
