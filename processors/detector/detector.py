"""The processor "detector": sorts a batch by series once, and lets each detector look at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from journal.entries import TickEntry
from processors import texts
from processors.anomaly.decide import QUIET
from processors.anomaly.rules import DEFAULT_RULES, Rules
from processors.anomaly.unusual import Unusual
from processors.base import Outputs, State
from processors.detector.limits import Limits
from processors.detector.means import Means
from processors.findings import INFO, Finding, reason, report
from processors.kinds import ANALYSED
from processors.runs import UNSEEN, Runs, extended, sort_runs
from processors.signals import Signal
from processors.texts import Language
from telemetry.batch import Int64, Readings
from telemetry.growth import copied
from telemetry.sensors import SensorTable

KIND: Final = "unusual"
LIMIT: Final = "limit"
On = Literal["readings", "windows", "off"]


class Detector:
    """Emits anomalies, explained in `language`, and signals of kinds "limit" and "unusual". Flags nothing: a
    finding is about the city."""

    name = "detector"

    def __init__(
        self,
        sensors: SensorTable,
        language: Language = "id",
        zone: str = "Asia/Jakarta",
        on: On = "readings",
        shortest: int = 60_000,
        rules: Rules = DEFAULT_RULES,
    ) -> None:
        """zone: the city's time zone. on: what the anomaly engine judges; limits always see
        readings. shortest: of the windows, ms: its means are judged where windows are."""
        self.sensors = sensors
        self.language = language
        self.on = on
        self.limits = Limits(sensors)
        self.unusual = Unusual(sensors, zone, rules)
        self.means = Means(sensors, shortest)
        self.newest: Int64 = np.zeros(0, np.int64)

    def process(self, readings: Readings, out: Outputs) -> Readings:
        self._sync()
        runs = sort_runs(readings, self.newest)
        if len(runs):
            findings = self.limits.process(runs)
            for finding, since in self.limits.edges:
                if not self._analysed(int(readings.series[finding.row])):
                    out.signals.append(self._signal(finding, readings)._replace(kind=LIMIT, time=since))
            if self.on == "readings":
                findings += self._judge(runs, readings, out)
            self._report(findings, readings, out)
        self._windows(out)
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        """Silence is no finding here; but windows close by it, and limits go with their sensors."""
        for series in self.limits.lifted():
            identity = self.sensors.table.identities[series]
            if identity is not None and not self._analysed(series):
                out.signals.append(Signal(LIMIT, identity[:3], "", series, tick.time, False, INFO, 0.0, 0.0, ""))
        self._windows(out)

    def _windows(self, out: Outputs) -> None:
        if self.on != "windows":
            return
        for means in self.means.of(out):
            self._sync()
            if len(runs := sort_runs(means, self.means.newest)):
                self._report(self._judge(runs, means, out), means, out)

    def _judge(self, runs: Runs, readings: Readings, out: Outputs) -> list[Finding]:
        """The engine's findings; the edges of conditions go out as signals."""
        told = self.unusual.process(runs)
        out.signals += [self._signal(finding, readings) for finding, edge in told if edge]
        return [finding for finding, _ in told if finding.severity != QUIET]

    def _analysed(self, series: int) -> bool:
        """Whether an analysis of its domain judges the series in place of its limits."""
        identity = self.sensors.table.identities[series]
        return identity is not None and (identity.domain, identity.quantity) in ANALYSED

    def _signal(self, finding: Finding, readings: Readings) -> Signal:
        row = finding.row
        series, active = int(readings.series[row]), finding.severity != QUIET
        identity = self.sensors.table.identities[series]
        assert identity is not None
        said = reason(finding, readings, self.sensors.table, self.language)
        return Signal(
            kind=KIND,
            place=identity[:3],
            cause="",
            member=series,
            time=int(readings.time[row]),
            active=active,
            severity=max(finding.severity, INFO),
            value=float(readings.value[row]) if finding.value is None else finding.value,
            score=finding.score if active else 0.0,
            reason=texts.say("incidents.at", self.language, device=identity.device, reason=said),
        )

    def _report(self, findings: list[Finding], readings: Readings, out: Outputs) -> None:
        anomalies = report(findings, readings, self.sensors.table, self.language)
        if anomalies is not None:
            out.anomalies.append(anomalies)

    def _sync(self) -> None:
        self.sensors.sync()
        self.newest = extended(self.newest, self.sensors.size, UNSEEN)
        self.limits.sync()
        self.unusual.sync()
        self.means.sync()

    def pieces(self) -> Iterator[State]:
        """As a snapshot, but most of it is the state itself: to be read before the next call."""
        yield {"newest": self.newest[: self.unusual.size]}
        for name, state_of in (
            ("limits", self.limits.snapshot),
            ("unusual", self.unusual.view),
            ("means", self.means.snapshot),
        ):
            yield {f"{name}.{key}": column for key, column in state_of().items()}

    def snapshot(self) -> State:
        return {name: column.copy() for piece in self.pieces() for name, column in piece.items()}

    def restore(self, state: State) -> None:
        self.newest = copied(state["newest"])
        for name in _PARTS:
            prefix = f"{name}."
            getattr(self, name).restore(
                {key.removeprefix(prefix): state[key] for key in state if key.startswith(prefix)}
            )
        self._sync()  # A snapshot may be taken before the next reading comes.


_PARTS: Final = ("limits", "unusual", "means")
