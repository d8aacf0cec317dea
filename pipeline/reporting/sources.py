"""Stored indicators: from InfluxDB, asked in InfluxQL, or from the historian's file, opened to read only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.history.influxql import Access, ask
from pipeline.reporting.model import Month, span
from telemetry.errors import StoreError
from telemetry.indicators import PERIODS


def from_influx(access: Access, month: Month) -> list[dict[str, Any]]:
    """Raises SettingsError, NadiError."""
    begin, end = span(month)
    return ask(access, f"SELECT * FROM indicators WHERE time >= {begin}ms AND time < {end}ms GROUP BY *")  # noqa: S608


def from_historian(path: Path, month: Month) -> list[dict[str, Any]]:
    """Raises StoreError."""
    import duckdb  # 0.1 s: only where it is used

    from sinks import schema

    if not path.exists():
        raise StoreError(f"--historian {path}: no such file; a nadi that runs with it makes it")
    begin, end = span(month)
    try:
        with duckdb.connect(path, read_only=True) as file:
            rows = []
            for period in PERIODS:
                found = file.execute(schema.INDICATORS, {"start": begin, "end": end, "period": period})
                names = [column[0] for column in found.description or ()]
                rows += [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            return rows
    except duckdb.CatalogException as error:
        raise StoreError(f"--historian {path}: it holds no indicators: written by an older nadi?") from error
    except duckdb.Error as error:
        raise StoreError(
            f"--historian {path} can't be read: {error}. A running nadi holds it alone: stop it, "
            "or copy the file and its .wal and name the copy"
        ) from error
