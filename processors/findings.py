"""What detectors find, and how it becomes anomalies with a sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from processors import texts
from telemetry.batch import Anomalies, Readings
from telemetry.series import Identity, SeriesTable

_USUAL, _APART = 4, 7
"""Significant digits of numbers; and where a value would otherwise be told as the very limit that it is beyond."""

INFO: Final = 0
WARNING: Final = 1
CRITICAL: Final = 2
"""Indices into `telemetry.batch.SEVERITIES`."""


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
    recent: float = float("nan")
    """What has taken the baseline's place, where a finding is about more than the last reading."""
    value: float | None = None
    """Where it is not the reading that is judged: a counter's increase per hour."""


def report(
    findings: Sequence[Finding], readings: Readings, table: SeriesTable, language: texts.Language
) -> Anomalies | None:
    """Anomalies in the order of their readings; None when there is nothing to report."""
    if not findings:
        return None
    ordered = sorted(findings, key=lambda finding: (finding.row, finding.detector))
    rows = np.array([finding.row for finding in ordered], np.intp)
    given = zip(ordered, readings.value[rows].tolist(), strict=True)
    return Anomalies(
        series=readings.series[rows],
        time=readings.time[rows],
        value=np.array([found if finding.value is None else finding.value for finding, found in given], np.float64),
        baseline=np.array([finding.baseline for finding in ordered], np.float64),
        low=np.array([finding.low for finding in ordered], np.float64),
        high=np.array([finding.high for finding in ordered], np.float64),
        score=np.array([finding.score for finding in ordered], np.float64),
        severity=np.array([finding.severity for finding in ordered], np.int64),
        detector=tuple(finding.detector for finding in ordered),
        reason=tuple(reason(finding, readings, table, language) for finding in ordered),
    )


def reason(finding: Finding, readings: Readings, table: SeriesTable, language: texts.Language) -> str:
    """A sentence that an operator understands."""
    identity = table.identities[int(readings.series[finding.row])]
    return worded(finding, float(readings.value[finding.row]), identity, language)


def worded(finding: Finding, value: float, identity: Identity | None, language: texts.Language) -> str:
    """A sentence about a reading of `value`; without an identity it has neither name nor unit."""
    domain, quantity = (identity.domain, identity.quantity) if identity else ("", "")

    judged = value if finding.value is None else finding.value
    alike = texts.number(judged, language) == texts.number(finding.limit, language) and judged != finding.limit
    digits = _APART if alike else _USUAL

    def measured(number: float) -> str:
        text = texts.measured(number, domain, quantity, language, digits)
        return text if finding.value is None else text + texts.PER_HOUR[language]

    return texts.say(
        finding.sentence,
        language,
        quantity=texts.quantity_name(quantity, language) if identity else texts.A_VALUE[language],
        value=measured(judged),
        limit=measured(finding.limit),
        baseline=measured(finding.baseline),
        recent=measured(finding.recent),
    )
