"""Batches to encode: series of any names, readings, windows and anomalies of any numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from telemetry.batch import NOT_ENDED, Anomalies, IncidentEvents, Incidents, Indicators, Readings, Windows
from telemetry.series import Identity, SeriesTable

NAN = float("nan")
TIME = 1_763_769_600_000

admitted_names = (
    st.text(
        st.one_of(st.sampled_from(",= \\\"'#{}/"), st.characters(exclude_categories=("Cc", "Cs"))),
        min_size=1,
        max_size=12,
    )
    .filter(str.strip)
    .filter(lambda name: not name.endswith("\\"))
)
"""What admission lets through (shorter)."""
any_names = st.text(st.one_of(st.sampled_from('\n\r\0\t\x85\u2028,= \\"'), st.characters()), min_size=1, max_size=12)
"""What it should never let through either."""
finite = st.floats(allow_nan=False, allow_infinity=False)
domains = st.sampled_from(["water", "energy", "waste", "disaster"])


def identities(names: st.SearchStrategy[str] = admitted_names) -> st.SearchStrategy[Identity]:
    return st.builds(Identity, city=names, domain=domains, zone=names, device=names, quantity=names)


def table_of(names: Sequence[Identity]) -> SeriesTable:
    table = SeriesTable()
    for identity in names:
        table.intern(identity)
    return table


def plain_table(count: int = 3, domain: str = "water") -> SeriesTable:
    return table_of([Identity("3578", domain, "z1", f"d{number}", "flow") for number in range(count)])


def readings_of(rows: Sequence[tuple[int, int, float, int]]) -> Readings:
    """Rows of (series, time, value, flags); arrival is the time."""
    columns: list[Any] = list(zip(*rows, strict=True)) or [(), (), (), ()]
    time = np.array(columns[1], np.int64)
    return Readings(
        np.array(columns[0], np.int32),
        time,
        np.array(columns[2], np.float64),
        np.array(columns[3], np.uint32),
        time.copy(),
        np.full(len(time), -1, np.int32),
    )


def windows_of(rows: Sequence[dict[str, float]], length: int = 60_000) -> Windows:
    """Rows of named numbers; what is not named is absent (0 for counts)."""
    absent = {"series": 0, "start": TIME, "count": 0, "expected": -1, "failed": 0, "revision": 0}
    numbers = ("mean", "min", "max", "std", "first", "last", "p50", "p95", "delta", "completeness")
    columns: dict[str, Any] = {
        name: np.array([row.get(name, value) for row in rows], np.int32 if name == "series" else np.int64)
        for name, value in absent.items()
    }
    columns |= {name: np.array([row.get(name, NAN) for row in rows], np.float64) for name in numbers}
    return Windows(length=length, **columns)


def anomalies_of(rows: Sequence[dict[str, Any]]) -> Anomalies:
    """Rows of named values; what is not named is absent."""
    numbers = ("value", "baseline", "low", "high", "score")
    columns = {name: np.array([row.get(name, NAN) for row in rows], np.float64) for name in numbers}
    return Anomalies(
        series=np.array([row.get("series", 0) for row in rows], np.int32),
        time=np.array([row.get("time", TIME) for row in rows], np.int64),
        severity=np.array([row.get("severity", 1) for row in rows], np.int64),
        detector=tuple(row.get("detector", "limits") for row in rows),
        reason=tuple(row.get("reason", "too high") for row in rows),
        **columns,
    )


def incidents_of(rows: Sequence[dict[str, Any]]) -> Incidents:
    """Rows of named values; what is not named is that of an open burst in Genteng."""
    plain = {"time": TIME, "updated": TIME, "ended": NOT_ENDED, "members": 1, "severity": 1}
    names = {"incident": "burst-1", "city": "3578", "domain": "water", "zone": "Genteng", "kind": "burst"}
    names |= {"cause": "", "state": "unacknowledged", "reason": "flow rose"}
    columns: dict[str, Any] = {
        **{name: np.array([row.get(name, value) for row in rows], np.int64) for name, value in plain.items()},
        **{name: tuple(row.get(name, value) for row in rows) for name, value in names.items()},
    }
    return Incidents(**columns, value=np.array([row.get("value", NAN) for row in rows], np.float64))


def events_of(rows: Sequence[dict[str, Any]]) -> IncidentEvents:
    names = {"incident": "burst-1", "city": "3578", "domain": "water", "zone": "Genteng", "kind": "burst"}
    names |= {"event": "opened", "state": "unacknowledged", "by": "nadi", "reason": "flow rose"}
    return IncidentEvents(
        time=np.array([row.get("time", TIME) for row in rows], np.int64),
        severity=np.array([row.get("severity", 1) for row in rows], np.int64),
        **{name: tuple(row.get(name, value) for row in rows) for name, value in names.items()},
    )


def indicators_of(rows: Sequence[dict[str, Any]]) -> Indicators:
    """Rows of named values; what is not named is that of a day's completeness in Genteng."""
    names = {"city": "3578", "domain": "water", "zone": "Genteng", "indicator": "completeness"}
    names |= {"period": "day", "unit": "%"}
    numbers = {"numerator": 9.5, "denominator": 10.0, "value": 95.0}
    columns: dict[str, Any] = {
        **{name: np.array([row.get(name, value) for row in rows], np.float64) for name, value in numbers.items()},
        **{name: tuple(row.get(name, value) for row in rows) for name, value in names.items()},
    }
    return Indicators(time=np.array([row.get("time", TIME) for row in rows], np.int64), **columns)
