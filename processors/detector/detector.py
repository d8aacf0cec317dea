"""The processor "detector": sorts a batch by series once, and lets each detector look at it."""

from __future__ import annotations

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs, State
from processors.detector.findings import report
from processors.detector.limits import Limits
from processors.detector.robust_z import DEFAULT_RULES, RobustRules, RobustZ
from processors.detector.runs import UNSEEN, extended, sort_runs
from processors.texts import Language
from telemetry.batch import Int64, Readings
from telemetry.sensors import SensorTable


class Detector:
    """Emits anomalies, explained in `language`. Flags nothing: a finding is about the city."""

    name = "detector"

    def __init__(
        self, sensors: SensorTable, language: Language = "id", robust_rules: RobustRules = DEFAULT_RULES
    ) -> None:
        self.sensors = sensors
        self.language = language
        self.limits = Limits(sensors)
        self.robust_z = RobustZ(sensors, robust_rules)
        self.newest: Int64 = np.zeros(0, np.int64)

    def process(self, readings: Readings, out: Outputs) -> Readings:
        self._sync()
        runs = sort_runs(readings, self.newest)
        if not len(runs):
            return readings
        findings = self.limits.process(runs) + self.robust_z.process(runs)
        anomalies = report(findings, readings, self.sensors.table, self.language)
        if anomalies is not None:
            out.anomalies.append(anomalies)
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        """Silence is no finding here."""

    def _sync(self) -> None:
        self.sensors.sync()
        self.newest = extended(self.newest, self.sensors.size, UNSEEN)
        self.limits.sync()
        self.robust_z.sync()

    def snapshot(self) -> State:
        return {
            "newest": self.newest[: self.robust_z.size].copy(),
            **{f"limits.{name}": column for name, column in self.limits.snapshot().items()},
            **{f"robust_z.{name}": column for name, column in self.robust_z.snapshot().items()},
        }

    def restore(self, state: State) -> None:
        self.newest = state["newest"].copy()
        for prefix, part in (("limits.", self.limits), ("robust_z.", self.robust_z)):
            part.restore({name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)})
