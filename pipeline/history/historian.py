"""The embedded historian's readings and incidents. Its file is opened to read only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from pipeline.history.base import Rows, Where
from pipeline.offline.reported import Incident
from pipeline.scoring.historian import incident_rows
from pipeline.scoring.sources import incidents_of
from simulators.scoring.matching import Span
from telemetry.errors import StoreError
from telemetry.series import Identity

_SERIES = "SELECT id, city, domain, zone, device, quantity FROM series ORDER BY id"
_CHOSEN = "FROM readings SEMI JOIN chosen ON readings.series = chosen.id"
_BETWEEN = f"{_CHOSEN} WHERE time >= ? AND time < ?"
_EXTENT = f"SELECT min(time), max(time) {_CHOSEN}"
_COUNT = f"SELECT count(*) {_BETWEEN}"
_READ = f"SELECT series, time, value, flags {_BETWEEN} ORDER BY readings.rowid"


class HistorianStore:
    """Raises StoreError where the file is missing, damaged, held by a running nadi, or not ours."""

    def __init__(self, path: Path, memory_limit: int, where: Where) -> None:
        self.name = f"historian {path}"
        self._path = path
        self._where = where
        if not path.exists():
            raise StoreError(f"historian.path {path}: no such file; a nadi that runs with it makes it")
        config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": f"{memory_limit}B", "threads": 1}
        try:
            self._file = duckdb.connect(path, read_only=True, config=config)
            known = self._file.execute(_SERIES).fetchall()
            chosen = [(number, Identity(*names)) for number, *names in known if where.holds(*names[:3])]
            self.series: Sequence[Identity] = [identity for _, identity in chosen]
            numbers = np.array([number for number, _ in chosen], np.int32)
            self._place = np.full(max((row[0] for row in known), default=-1) + 1, -1, np.int32)
            self._place[numbers] = np.arange(len(numbers))
            self._file.register("chosen", {"id": numbers})
        except duckdb.Error as error:
            raise StoreError(
                f"historian.path {path} can't be read: {error}. A running nadi holds it alone: stop it, "
                "or copy the file and its .wal and name the copy with --historian"
            ) from error

    def extent(self) -> tuple[int, int] | None:
        first, last = self._row(_EXTENT)
        return None if first is None else (int(first), int(last))

    def count(self, begin: int, end: int) -> int:
        return int(self._row(_COUNT, begin, end)[0])

    def read(self, begin: int, end: int) -> Rows:
        found = self._ask(_READ, begin, end).fetchnumpy()
        value = np.ma.filled(found["value"], np.nan)
        series, time, flags = (np.asarray(found[name]) for name in ("series", "time", "flags"))
        return Rows(self._place[series], time, value, flags)

    def incidents(self, begin: int, end: int) -> list[Incident]:
        try:
            found, events = incident_rows(self._file, Span(begin, end, 0))
        except duckdb.Error as error:
            raise StoreError(f"historian.path {self._path} can't be read: {error}") from error
        return [each for each in incidents_of(found, events) if self._where.holds(each.city, each.domain, each.zone)]

    def close(self) -> None:
        self._file.close()

    def _row(self, statement: str, *values: int) -> tuple[Any, ...]:
        return self._ask(statement, *values).fetchone() or ()

    def _ask(self, statement: str, *values: int) -> duckdb.DuckDBPyConnection:
        try:
            return self._file.execute(statement, list(values))
        except duckdb.Error as error:
            raise StoreError(f"historian.path {self._path} can't be read: {error}") from error
