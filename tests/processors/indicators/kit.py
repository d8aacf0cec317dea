"""Indicators beside the analytics that they ask, as they are known in the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs
from processors.domains.base import Domain
from processors.incidents import IncidentsProcessor
from processors.indicators import IndicatorsProcessor
from telemetry.batch import Windows
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOON = 1_763_787_600_000
"""2025-11-22 12:00 in Jakarta."""


class Watched:
    """told: by period, zone and indicator; then by the period's begin (ms) its numerator and denominator."""

    def __init__(self, table: SeriesTable, domains: Sequence[Domain] = (), sensors: SensorTable | None = None) -> None:
        known = sensors or SensorTable(table)
        self.processor = IndicatorsProcessor(table, known, domains, IncidentsProcessor(table), MINUTE, every=MINUTE)
        self.told: dict[tuple[str, str, str], dict[int, tuple[float, float]]] = {}

    def tick(self, now: int, out: Outputs | None = None) -> None:
        """A tick at `now` (ms), with what others have found."""
        out = out or Outputs()
        self.processor.tick(TickEntry(now, 0), out)
        for rows in out.indicators:
            for period, zone, name, time, num, den in zip(
                rows.period,
                rows.zone,
                rows.indicator,
                rows.time.tolist(),
                rows.numerator.tolist(),
                rows.denominator.tolist(),
                strict=True,
            ):
                self.told.setdefault((period, zone, name), {})[time] = num, den

    def days(self, name: str, zone: str = "*") -> list[tuple[float, float]]:
        """Numerator and denominator of each day, in order."""
        return [value for _, value in sorted(self.told.get(("day", zone, name), {}).items())]


def windows(series: int, start: int, count: int, revision: int = 0) -> Windows:
    columns: dict[str, Any] = {name: np.array([np.nan]) for name in Windows.__slots__}
    whole = {"start": start, "count": count, "expected": 1, "failed": 0, "revision": revision}
    columns |= {name: np.array([value], np.int64) for name, value in whole.items()}
    return Windows(**{**columns, "length": MINUTE, "series": np.array([series], np.int32)})


def sensed(*intervals: int) -> tuple[SeriesTable, SensorTable]:
    table = SeriesTable()
    identities = [Identity("3578", "water", "A", f"d{number}", "flow") for number in range(len(intervals))]
    for identity in identities:
        table.intern(identity)
    return table, SensorTable(
        table, [Sensor(each, interval=every) for each, every in zip(identities, intervals, strict=True)]
    )
