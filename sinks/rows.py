"""What the historian appends: columns of each table, series by the file's own ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sinks.base import Delivery
from sinks.schema import ANOMALY_NUMBERS, EVENT_COLUMNS, INCIDENT_COLUMNS, INDICATOR_COLUMNS, STATISTICS
from telemetry import flags
from telemetry.batch import (
    NOT_ENDED,
    SEVERITIES,
    Anomalies,
    IncidentEvents,
    Incidents,
    Indicators,
    Int32,
    Readings,
    Windows,
)

Columns = dict[str, NDArray[Any]]

_SEVERITIES = np.array(SEVERITIES, dtype=object)


@dataclass(frozen=True, slots=True)
class Rows:
    """Parts (table, columns) in the order of the log; all columns of a part are equally long."""

    parts: tuple[tuple[str, Columns], ...]

    @classmethod
    def of(cls, delivery: Delivery, own_ids: Callable[[Int32], Int32]) -> Rows:
        parts: list[tuple[str, Columns]] = []
        if len(delivery.readings):
            parts.append(("readings", _readings(delivery.readings, own_ids)))
        parts += [("windows", _windows(rows, own_ids)) for rows in delivery.windows if len(rows)]
        parts += [("anomalies", _anomalies(rows, own_ids)) for rows in delivery.anomalies if len(rows)]
        parts += [("incidents", _told(rows, INCIDENT_COLUMNS)) for rows in delivery.incidents if len(rows)]
        parts += [("incident_events", _told(rows, EVENT_COLUMNS)) for rows in delivery.incident_events if len(rows)]
        parts += [("indicators", _named(rows, INDICATOR_COLUMNS)) for rows in delivery.indicators if len(rows)]
        return cls(tuple(parts))

    @property
    def points(self) -> int:
        return sum(_length(columns) for _, columns in self.parts)

    @property
    def readings(self) -> int:
        return sum(_length(columns) for table, columns in self.parts if table == "readings")

    def split(self) -> tuple[Rows, Rows]:
        left = self.points // 2
        first: list[tuple[str, Columns]] = []
        second: list[tuple[str, Columns]] = []
        for table, columns in self.parts:
            size = _length(columns)
            if left > 0:
                first.append((table, {name: column[:left] for name, column in columns.items()}))
            if left < size:
                second.append((table, {name: column[max(0, left) :] for name, column in columns.items()}))
            left -= size
        return Rows(tuple(first)), Rows(tuple(second))

    def text(self) -> str:
        return "\n".join(
            f"{table} " + " ".join(map("{}={}".format, columns, row))
            for table, columns in self.parts
            for row in zip(*(column.tolist() for column in columns.values()), strict=True)
        )


def _length(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _readings(batch: Readings, own_ids: Callable[[Int32], Int32]) -> Columns:
    stored = (batch.flags & flags.STORED_MASK).astype(np.int32)
    return {"series": own_ids(batch.series), "time": batch.time, "value": batch.value, "flags": stored}


def _windows(batch: Windows, own_ids: Callable[[Int32], Int32]) -> Columns:
    names = ("start", "count", *STATISTICS, "expected", "completeness", "failed", "revision")
    length = np.full(len(batch), batch.length, np.int64)
    return {"length": length, "series": own_ids(batch.series), **{name: getattr(batch, name) for name in names}}


def _anomalies(batch: Anomalies, own_ids: Callable[[Int32], Int32]) -> Columns:
    return {
        "series": own_ids(batch.series),
        "time": batch.time,
        "detector": np.array(batch.detector, dtype=object),
        **{name: getattr(batch, name) for name in ANOMALY_NUMBERS},
        "severity": _SEVERITIES[batch.severity],
        "reason": np.array(batch.reason, dtype=object),
    }


def _told(batch: Incidents | IncidentEvents, names: Sequence[str]) -> Columns:
    columns = _named(batch, names)
    columns["severity"] = _SEVERITIES[batch.severity]
    if isinstance(batch, Incidents):
        columns["ended"] = np.ma.masked_equal(batch.ended, NOT_ENDED)
    return columns


def _named(batch: Incidents | IncidentEvents | Indicators, names: Sequence[str]) -> Columns:
    columns: Columns = {}
    for name in names:
        column = getattr(batch, name)
        columns[name] = np.array(column, dtype=object) if isinstance(column, tuple) else column
    return columns
