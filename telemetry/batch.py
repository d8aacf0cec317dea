"""Batches: structs of numpy columns of equal length, read-only once made.

All times are int64 milliseconds since the Unix epoch, UTC. `series` are the dense ids
of `telemetry.series.SeriesTable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt32 = NDArray[np.uint32]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.intp]


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(batch: type[Columns]) -> tuple[str, ...]:
    """Of its fields. Rounds make thousands of batches, and `fields` costs more than looking at one."""
    names = _NAMES.get(batch)
    if names is None:
        names = _NAMES[batch] = tuple(field.name for field in fields(batch))
    return names


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Base of all batches: every ndarray field has the same length and is read-only."""

    def __post_init__(self) -> None:
        length = -1
        for name in _names(type(self)):
            column = getattr(self, name)
            if isinstance(column, np.ndarray):
                if length < 0:
                    length = len(column)
                elif len(column) != length:
                    raise ValueError(f"{type(self).__name__}.{name}: {len(column)} rows, expected {length}")
                column.setflags(write=False)

    def __len__(self) -> int:
        for name in _names(type(self)):
            column = getattr(self, name)
            if isinstance(column, np.ndarray):
                return len(column)
        return 0

    def take(self, rows: Any) -> Self:
        """The chosen rows (slice, mask or indices), as a new batch."""
        if isinstance(rows, np.ndarray) and rows.dtype == np.bool_:
            # Numbers of rows are taken several times as fast as a mask on each column.
            rows = np.flatnonzero(rows)
        picked: dict[str, Any] = {}
        for name in _names(type(self)):
            column = getattr(self, name)
            if isinstance(column, np.ndarray):
                picked[name] = column[rows]
            elif isinstance(column, tuple):
                picked[name] = tuple(np.array(column, dtype=object)[rows].tolist())
            else:
                picked[name] = column
        return type(self)(**picked)

    @classmethod
    def concat(cls, batches: Sequence[Self]) -> Self:
        """The rows of all batches, in order (at least one batch; scalar fields from the first)."""
        if len(batches) == 1:
            return batches[0]
        joined: dict[str, Any] = {}
        for name in _names(cls):
            columns = [getattr(batch, name) for batch in batches]
            if isinstance(columns[0], np.ndarray):
                joined[name] = np.concatenate(columns)
            elif isinstance(columns[0], tuple):
                joined[name] = tuple(item for column in columns for item in column)
            else:
                joined[name] = columns[0]
        return cls(**joined)


@dataclass(frozen=True, slots=True, eq=False)
class Readings(Columns):
    """Raw readings in the order of arrival.

    series: int32 ids; time: ms; value: in the canonical unit; flags: `telemetry.flags`;
    arrival: ms, nadi's clock; gateway: int32 ids, -1 where none is known.
    """

    series: Int32
    time: Int64
    value: Float64
    flags: UInt32
    arrival: Int64
    gateway: Int32

    @classmethod
    def empty(cls) -> Self:
        return cls(
            series=np.empty(0, np.int32),
            time=np.empty(0, np.int64),
            value=np.empty(0, np.float64),
            flags=np.empty(0, np.uint32),
            arrival=np.empty(0, np.int64),
            gateway=np.empty(0, np.int32),
        )

    def with_flags(self, flags: UInt32) -> Readings:
        """The same readings with another flags column."""
        return Readings(self.series, self.time, self.value, flags, self.arrival, self.gateway)


@dataclass(frozen=True, slots=True, eq=False)
class Windows(Columns):
    """Rows of tumbling windows of one `length` (ms). `start`: ms, inclusive; the end is exclusive.

    NaN stands for a field that is absent (count 0, not a counter, no expected interval);
    `expected` is 0 in a window shorter than the interval, -1 where none is known. `failed` are distinct
    readings flagged FAIL, which no statistic includes. `revision` counts changes by late readings since the close.
    """

    length: int
    series: Int32
    start: Int64
    count: Int64
    mean: Float64
    min: Float64
    max: Float64
    std: Float64
    first: Float64
    last: Float64
    p50: Float64
    p95: Float64
    delta: Float64
    expected: Int64
    completeness: Float64
    failed: Int64
    revision: Int64


SEVERITIES = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True, eq=False)
class Anomalies(Columns):
    """Findings of detectors, one row each. `low`..`high` is the expected range; NaN where unknown.

    severity: index into SEVERITIES; detector and reason: a string a row.
    """

    series: Int32
    time: Int64
    value: Float64
    baseline: Float64
    low: Float64
    high: Float64
    score: Float64
    severity: Int64
    detector: tuple[str, ...]
    reason: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sequences(Columns):
    """The `seq` counters that gateways sent, a row a message. gateway: int32 ids; seq: >= 0."""

    gateway: Int32
    seq: Int64

    @classmethod
    def empty(cls) -> Self:
        return cls(np.empty(0, np.int32), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Incidents(Columns):
    """What is known of incidents now, a row each; a later row of the same `incident` replaces it.

    time: ms, when it opened, made unique within (city, domain, zone, kind), so that all rows of
    an incident are one point; updated: ms of the log; ended: ms, NOT_ENDED while the condition
    holds; members: how many series show it; severity: index into SEVERITIES. domain and zone
    "*": all. state: one of INCIDENT_STATES.
    """

    time: Int64
    updated: Int64
    ended: Int64
    value: Float64
    members: Int64
    severity: Int64
    incident: tuple[str, ...]
    city: tuple[str, ...]
    domain: tuple[str, ...]
    zone: tuple[str, ...]
    kind: tuple[str, ...]
    cause: tuple[str, ...]
    state: tuple[str, ...]
    reason: tuple[str, ...]


NOT_ENDED = -1

INCIDENT_STATES = (
    "unacknowledged",
    "acknowledged",
    "returned",
    "closed",
    "shelved",
    "suppressed",
    "out-of-service",
    "historical",
    "merged",
)
"""ISA-18.2's (`closed` is its normal), then two of our own: `historical` had ended long before nadi
learnt of it, `merged` turned out to be part of a graver incident. Neither asks for a person."""


@dataclass(frozen=True, slots=True, eq=False)
class IncidentEvents(Columns):
    """What happened to incidents, a row each; never changed afterwards.

    time: ms, made unique within (city, domain, zone, kind); state and severity: those after it;
    by: the operator, or "nadi"; event: one of INCIDENT_EVENTS.
    """

    time: Int64
    severity: Int64
    incident: tuple[str, ...]
    city: tuple[str, ...]
    domain: tuple[str, ...]
    zone: tuple[str, ...]
    kind: tuple[str, ...]
    event: tuple[str, ...]
    state: tuple[str, ...]
    by: tuple[str, ...]
    reason: tuple[str, ...]


INCIDENT_EVENTS = (
    *("opened", "escalated", "released", "historical", "suppressed", "merged", "returned", "closed"),
    *("acknowledged", "shelved", "unshelved", "comment", "out-of-service", "in-service"),
)
"""Of these, `opened`, `escalated` and `released` (from a shelf or a flood) are worth a page, where
the state is then `unacknowledged`."""


@dataclass(frozen=True, slots=True, eq=False)
class Indicators(Columns):
    """What a city reports, a row a number; a later row of the same place, indicator and period replaces it.

    time: ms, when its period begins in the city's time zone. value: `numerator` / `denominator` in
    `unit`, or the numerator where the indicator is a sum: see `telemetry.indicators`. zone "*": the
    whole city; domain "*": what is of no single one. period: "day" or "month".
    """

    time: Int64
    numerator: Float64
    denominator: Float64
    value: Float64
    city: tuple[str, ...]
    domain: tuple[str, ...]
    zone: tuple[str, ...]
    indicator: tuple[str, ...]
    period: tuple[str, ...]
    unit: tuple[str, ...]
