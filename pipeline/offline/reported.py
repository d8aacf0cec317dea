"""What a pipeline found, gathered as reports for scoring: its incidents, or else its anomalies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from processors.base import Outputs
from processors.kinds import KINDS
from simulators.scoring.naive import Finding, group
from simulators.scoring.report import Report
from telemetry.batch import NOT_ENDED, SEVERITIES, Anomalies, Readings
from telemetry.series import SeriesTable

ASKING: Final = "unacknowledged"
"""The state of an incident that calls a person."""


@dataclass(slots=True)
class Incident:
    """The latest that is known of one. told_at: ms of the log, when it first asked for a person."""

    id: str
    kind: str
    city: str
    domain: str
    zone: str
    opened: int
    ended: int
    severity: str
    told_at: int | None = None
    cause: str | None = ""
    """None: not known, for InfluxDB does not keep it."""
    reason: str = ""

    def report(self) -> Report:
        kind = KINDS.get(self.kind)
        return Report(
            id=self.id,
            kind=self.kind,
            city=self.city,
            domain=self.domain,
            zone=self.zone,
            opened=self.opened,
            ended=None if self.ended == NOT_ENDED else self.ended,
            severity=self.severity,
            told=self.told_at is not None and self.severity != SEVERITIES[0],
            detector="incidents",
            fault=kind is not None and kind.fault,
            known=self.told_at,
        )


class Choice(StrEnum):
    """What is scored. auto: incidents, and where none of any run is about the city, anomalies beside them:
    then no detector speaks to the incidents yet."""

    auto = "auto"
    incidents = "incidents"
    anomalies = "anomalies"


@dataclass(frozen=True, slots=True)
class Reported:
    """What one run reported, in both forms."""

    incidents: tuple[Report, ...]
    anomalies: tuple[Report, ...]
    """Grouped, see `simulators.scoring.naive`."""
    complete: bool = False
    """Its detectors are known to speak to the incidents: where there is none, nobody was told of anything."""


_MADE: Final = {
    Choice.incidents: "incidents",
    Choice.anomalies: "anomalies, those of one zone, domain and detector within ten minutes as one incident",
    Choice.auto: "incidents about faults, and anomalies: those of one zone, domain and detector within ten "
    "minutes as one incident",
}


def chosen(runs: Sequence[Reported], choice: Choice) -> tuple[list[list[Report]], str]:
    """The reports of each run, and what they were made from, in words."""
    if choice is Choice.auto and any(run.complete or not all(report.fault for report in run.incidents) for run in runs):
        choice = Choice.incidents
    reports = [
        [
            *(run.incidents if choice is not Choice.anomalies else ()),
            *(run.anomalies if choice is not Choice.incidents else ()),
        ]
        for run in runs
    ]
    return reports, _MADE[choice]


@dataclass(slots=True)
class Raised:
    """Follows the incidents of rounds, in the order of the log."""

    incidents: dict[str, Incident] = field(default_factory=dict)

    def take(self, out: Outputs) -> None:
        for rows in out.incidents:
            columns = zip(
                rows.incident, rows.kind, rows.city, rows.domain, rows.zone, rows.state,
                rows.time.tolist(), rows.updated.tolist(), rows.ended.tolist(), rows.severity.tolist(),
                rows.cause, rows.reason, strict=True,
            )  # fmt: skip
            for name, kind, city, domain, zone, state, opened, updated, ended, severity, cause, reason in columns:
                before = self.incidents.get(name)
                told_at = before.told_at if before else None
                if told_at is None and state == ASKING:
                    told_at = updated
                self.incidents[name] = Incident(
                    name, kind, city, domain, zone, opened, ended, SEVERITIES[severity], told_at, cause, reason
                )


@dataclass(slots=True)
class Gathered:
    """Follows all outputs of rounds, in the order of the log."""

    table: SeriesTable
    raised: Raised = field(default_factory=Raised)
    findings: list[Finding] = field(default_factory=list)

    def reported(self, end: int) -> Reported:
        """All that was reported up to `end`, ms."""
        incidents = tuple(incident.report() for incident in self.raised.incidents.values())
        return Reported(incidents, tuple(group(self.findings, end)), complete=True)

    def take(self, out: Outputs, readings: Sequence[Readings]) -> None:
        """readings: those of the round, whose arrival says when an anomaly was known."""
        for anomalies in out.anomalies:
            self._anomalies(anomalies, readings)
        self.raised.take(out)

    def _anomalies(self, anomalies: Anomalies, readings: Sequence[Readings]) -> None:
        columns = zip(
            anomalies.series.tolist(), anomalies.time.tolist(), anomalies.severity.tolist(), anomalies.detector,
            strict=True,
        )  # fmt: skip
        for series, time, severity, detector in columns:
            identity = self.table.identities[series]
            if identity is not None:
                known = _arrival(series, time, readings)
                city, domain, zone, device, _ = identity
                self.findings.append(Finding(time, known, city, domain, zone, device, detector, SEVERITIES[severity]))


def _arrival(series: int, time: int, readings: Sequence[Readings]) -> int:
    """When the reading of an anomaly came; where no single reading made it, when the round ended."""
    latest = time
    for batch in readings:
        here = np.flatnonzero((batch.series == series) & (batch.time == time))
        if len(here):
            return int(batch.arrival[here[0]])
        latest = max(latest, int(batch.arrival[-1]))
    return latest
