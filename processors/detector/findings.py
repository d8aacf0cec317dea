"""What detectors find, and how it becomes anomalies with a sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from processors import texts
from telemetry.batch import Anomalies, Readings
from telemetry.series import SeriesTable

WARNING: Final = 1
CRITICAL: Final = 2


class Finding(NamedTuple):
    """One finding about the reading in row `row` of the batch."""

    row: int
    detector: str
    sentence: str
    """A key of `texts.SENTENCES`."""
    limit: float
    """What the value went beyond."""
    baseline: float
    low: float
    high: float
    score: float
    """0.5 at the threshold, to 1."""
    severity: int


def report(
    findings: Sequence[Finding], readings: Readings, table: SeriesTable, language: texts.Language
) -> Anomalies | None:
    """Anomalies in the order of their readings; None when there is nothing to report."""
    if not findings:
        return None
    ordered = sorted(findings, key=lambda finding: (finding.row, finding.detector))
    rows = np.array([finding.row for finding in ordered], np.intp)
    series, value = readings.series[rows], readings.value[rows]
    reasons = [
        _reason(finding, number, one, table, language)
        for finding, number, one in zip(ordered, series.tolist(), value.tolist(), strict=True)
    ]
    return Anomalies(
        series=series,
        time=readings.time[rows],
        value=value,
        baseline=np.array([finding.baseline for finding in ordered], np.float64),
        low=np.array([finding.low for finding in ordered], np.float64),
        high=np.array([finding.high for finding in ordered], np.float64),
        score=np.array([finding.score for finding in ordered], np.float64),
        severity=np.array([finding.severity for finding in ordered], np.int64),
        detector=tuple(finding.detector for finding in ordered),
        reason=tuple(reasons),
    )


def _reason(finding: Finding, series: int, value: float, table: SeriesTable, language: texts.Language) -> str:
    identity = table.identities[series]
    domain, quantity = (identity.domain, identity.quantity) if identity else ("", "?")
    return texts.say(
        finding.sentence,
        language,
        quantity=texts.quantity_name(quantity, language),
        value=texts.measured(value, domain, quantity, language),
        limit=texts.measured(finding.limit, domain, quantity, language),
        baseline=texts.measured(finding.baseline, domain, quantity, language),
    )
