"""The rows of the historian that are scored. Its file is opened to read only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from simulators.scoring.matching import Span
from telemetry.errors import StoreError

Rows = list[dict[str, Any]]

_ANOMALIES = """
SELECT DISTINCT city, domain, zone, device, detector, severity, time
FROM anomalies JOIN series ON series.id = anomalies.series WHERE time >= ? AND time < ?
"""
_INCIDENTS = """
SELECT incident, kind, city, domain, zone, cause, state, severity, time, ended, reason FROM incidents
WHERE time >= ? AND time < ? QUALIFY row_number() OVER (PARTITION BY incident ORDER BY updated DESC, rowid DESC) = 1
"""
_EVENTS = "SELECT incident, event, state, time FROM incident_events WHERE time >= ? AND time < ?"
_DEVICES = "SELECT count(*) FROM (SELECT DISTINCT city, domain, zone, device FROM series)"


def rows(path: Path, span: Span) -> tuple[Rows, Rows, Rows, int]:
    """Incidents, their events and anomalies of the span, and how many devices there are. Raises StoreError."""
    if not path.exists():
        raise StoreError(f"{path}: no such file; --historian names the store of a nadi that ran")
    try:
        with duckdb.connect(path, read_only=True) as file:
            incidents, events = incident_rows(file, span)
            anomalies = _select(file, "anomalies", _ANOMALIES, span)
            (devices,) = file.execute(_DEVICES).fetchone() or (0,)
            return incidents, events, anomalies, int(devices)
    except duckdb.Error as error:
        raise StoreError(f"{path} can't be read as the historian (a running nadi holds it alone): {error}") from error


def incident_rows(file: duckdb.DuckDBPyConnection, span: Span) -> tuple[Rows, Rows]:
    """The incidents that opened in the span, as they are known at last, and what happened to incidents in it.

    A file of before there were incidents has none.
    """
    return _select(file, "incidents", _INCIDENTS, span), _select(file, "incident_events", _EVENTS, span)


def _select(file: duckdb.DuckDBPyConnection, table: str, statement: str, span: Span) -> Rows:
    known = file.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [table]).fetchone()
    if known == (0,):
        return []
    found = file.execute(statement, [span.start, span.end])
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
