"""Indicators beside the analytics that they ask, as they are known in the end."""

from __future__ import annotations

from collections.abc import Sequence

from journal.entries import TickEntry
from processors.base import Outputs
from processors.domains.base import Domain
from processors.incidents import IncidentsProcessor
from processors.indicators import IndicatorsProcessor
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


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
