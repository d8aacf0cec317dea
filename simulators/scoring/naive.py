"""Anomalies as reports, where a pipeline has no incidents: what a person would see as one.

●● ●   ●          ●●      anomalies of one zone, domain and detector
├──────┤          ├─┤     a report each: further apart than GAP is another
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from simulators.scoring.report import Report
from telemetry.batch import SEVERITIES

GAP: Final = 600_000
"""ms."""


class Finding(NamedTuple):
    """An anomaly. time: of the reading; known: when it was found, by the log's time. Both ms."""

    time: int
    known: int
    city: str
    domain: str
    zone: str
    device: str
    detector: str
    severity: str


def group(findings: Iterable[Finding], end: int) -> list[Report]:
    """Reports without a kind. One whose last anomaly is within GAP of `end` is still open. What is
    worse than information pages."""
    runs: dict[tuple[str, str, str, str], list[list[Finding]]] = {}
    for finding in sorted(findings):
        known = runs.setdefault((finding.city, finding.domain, finding.zone, finding.detector), [])
        if known and finding.time - known[-1][-1].time <= GAP:
            known[-1].append(finding)
        else:
            known.append([finding])
    reports = [_report(run, end) for found in runs.values() for run in found]
    return sorted(reports, key=lambda report: (report.opened, report.id))


def _report(run: list[Finding], end: int) -> Report:
    first, last = run[0], run[-1]
    severity = max((finding.severity for finding in run), key=SEVERITIES.index)
    return Report(
        id=f"{first.city}/{first.domain}/{first.zone}/{first.detector}/{first.time}",
        kind=None,
        city=first.city,
        domain=first.domain,
        zone=first.zone,
        opened=first.time,
        ended=None if end - last.time <= GAP else last.time,
        devices=tuple(sorted({finding.device for finding in run})),
        severity=severity,
        told=severity != SEVERITIES[0],
        detector=first.detector,
        known=min(finding.known for finding in run),
    )
