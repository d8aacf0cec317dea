"""The historian's DuckDB file. Plain and synchronous: all calls come from one thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import duckdb
import numpy as np

from sinks import schema
from sinks.base import Outcome, Refused, Unreachable, Written
from sinks.patience import interrupted
from sinks.rows import Columns, Rows
from telemetry.batch import Int32
from telemetry.errors import StoreError
from telemetry.series import Identity

log = logging.getLogger("nadi.historian")

Result = TypeVar("Result")

RECENT_MS = 6 * 3_600_000
"""How far back last values are looked for at the start."""

CHECKPOINT = "64MB"
"""Of write-ahead log; a reading costs 0.52 us with DuckDB's 16 MB, 0.43 with 64, 0.37 with 256, and
a larger one takes longer to replay after a crash."""

FIRST_SPAN_MS = 60_000
"""Of a page; each further span is twice as long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows to be read in pages: start <= time < end (ms). length: of windows (ms), None for readings; series: the
    file's ids, None for all."""

    length: int | None
    series: Int32 | None
    start: int
    end: int


@contextmanager
def _asking() -> Iterator[None]:
    """A failed query in words of ours."""
    try:
        yield
    except duckdb.InterruptException:
        raise  # whoever set the time says so
    except duckdb.Error as error:
        raise StoreError(f"the historian can't answer: {error}") from error


class Store:
    """One file, opened when made. Raises StoreError where it is damaged, locked, or not ours."""

    def __init__(self, path: Path, memory_limit: int) -> None:
        self.broken = False
        """It must be closed and opened again before anything else."""
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_limit}B",
            "threads": 1,
            "checkpoint_threshold": CHECKPOINT,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = duckdb.connect(path, config=config)
            for statement in schema.create_tables():
                self._file.execute(statement)
            self._check_version(path)
        except (duckdb.Error, OSError) as error:
            raise StoreError(_why(path, str(error))) from error

    def close(self) -> None:
        self._file.close()

    @_asking()
    def identities(self) -> list[Identity]:
        """All series, in the order of their ids: 0, 1, 2, ..."""
        rows = self._file.execute("SELECT city, domain, zone, device, quantity FROM series ORDER BY id").fetchall()
        return [Identity(*row) for row in rows]

    @_asking()
    def last_values(self) -> Columns:
        """series, time, value, flags of the newest readings."""
        return _columns(self._file.execute(schema.LAST_VALUES, {"recent": RECENT_MS}))

    def write(self, first_id: int, new: Sequence[Identity], rows: Rows) -> Outcome:
        """Append series (their ids go on from `first_id`) and rows, all or nothing."""
        try:
            self._file.begin()
            try:
                if new:
                    names = np.array(new, dtype=object).T
                    ids = np.arange(first_id, first_id + len(new), dtype=np.int32)
                    self._append("series", dict(zip(schema.SERIES_COLUMNS, (ids, *names), strict=True)))
                for table, columns in rows.parts:
                    self._append(table, columns)
                self._file.commit()
            except duckdb.Error as error:
                self._roll_back(error)
                raise
        except (duckdb.ConversionException, duckdb.ConstraintException) as error:
            return Refused(str(error))
        except duckdb.Error as error:
            return Unreachable(f"{type(error).__name__}: {error}")
        return Written()

    def expire(self, before: int) -> None:
        """Delete what is of before `before` (ms); a failure is tried again next time."""
        try:
            for statement in schema.EXPIRE:
                self._file.execute(statement, {"before": before})
        except duckdb.Error as error:
            log.warning("the historian can't delete what is past its retention: %s", error)

    @_asking()
    def range(self, series: int, start: int, end: int, max_points: int) -> Columns:
        span = {"series": series, "start": start, "end": end}
        few = self._number(schema.DISTINCT_TIMES, span) <= max_points
        width = 1 if few else -(-(end - start) // max_points)
        return _columns(
            self._file.execute(schema.RANGE, {"series": series, "start": start, "end": end, "width": width})
        )

    @_asking()
    def windows(self, series: int, length: int, start: int, end: int, limit: int) -> Columns:
        span = {"series": series, "length": length, "start": start, "end": end, "limit": limit}
        return _columns(self._file.execute(schema.WINDOWS, span))

    @_asking()
    def page(self, wanted: Wanted, after: tuple[int, int], limit: int, seconds: float) -> Columns:
        """The first `limit` rows beyond `after` (time, series), by time and series. Looked for in spans that grow,
        so that of a long past only what is asked for is read. StoreError where it takes more than `seconds`."""
        until = monotonic() + seconds
        parts = []
        if wanted.series is not None:
            self._file.register("chosen", {"id": wanted.series})
        try:
            with self._within(seconds):
                for found in self._spans(wanted, after, limit):
                    parts.append(found)
                    if monotonic() > until:  # each question may be too short to be interrupted
                        raise _too_long(seconds)
            return _joined(parts)
        finally:
            if wanted.series is not None:
                self._file.unregister("chosen")

    def _spans(self, wanted: Wanted, after: tuple[int, int], limit: int) -> Iterator[Columns]:
        """Twice as long each, but short again where there was nothing for a while: what comes then may be dense."""
        statements = (schema.READINGS_PAGE, schema.READINGS_BEGIN)
        if wanted.length is not None:
            statements = (schema.WINDOWS_PAGE, schema.WINDOWS_BEGIN)
        page, first = (each.format(chosen="" if wanted.series is None else schema.ONLY_CHOSEN) for each in statements)
        span = {"begin": max(wanted.start, after[0]), "end": wanted.end}
        span |= {} if wanted.length is None else {"length": wanted.length}
        width, number = FIRST_SPAN_MS, 0
        while True:
            if not number:
                begins = (self._file.execute(first, span).fetchone() or (None,))[0]
                span["begin"], width = wanted.end if begins is None else begins, FIRST_SPAN_MS
            until = min(span["begin"] + width, wanted.end)
            place = {"time": after[0], "series": after[1], "limit": limit}
            found = _columns(self._file.execute(page, span | {"end": until} | place))
            yield found
            number = len(found["time"])
            limit -= number
            span["begin"], width = until, 2 * width
            if until >= wanted.end or limit <= 0:
                break

    @_asking()
    def anomalies(self, since: int, limit: int) -> list[dict[str, Any]]:
        return self._rows(schema.ANOMALIES, since, limit)

    @_asking()
    def incidents(self, since: int, limit: int) -> list[dict[str, Any]]:
        return self._rows(schema.INCIDENTS, since, limit)

    @_asking()
    def incident_events(self, since: int, limit: int) -> list[dict[str, Any]]:
        return self._rows(schema.INCIDENT_EVENTS, since, limit)

    @_asking()
    def indicators(self, period: str, start: int, end: int) -> list[dict[str, Any]]:
        span = {"period": period, "start": start, "end": end}
        return _dicts(self._file.execute(schema.INDICATORS, span))

    @_asking()
    def some_indicators(
        self, span: Mapping[str, int | str], names: Mapping[str, str], limit: int, seconds: float
    ) -> tuple[list[str], list[dict[str, Any]]]:
        """All cities, and of a span (period, start, end) `limit` rows at most whose columns are as `names` says."""
        with self._within(seconds):
            question = schema.some_indicators(names)
            return self._indicator_cities(), _dicts(self._file.execute(question, {**span, **names, "limit": limit}))

    @_asking()
    def added_indicators(
        self, span: Mapping[str, int | str], names: Mapping[str, str], ahead: int, seconds: float
    ) -> tuple[list[str], list[dict[str, Any]]]:
        """All cities, and what those of a span (period, start, end) add up to whose columns are as `names` says."""
        with self._within(seconds):
            question = schema.added_indicators(names)
            return self._indicator_cities(), _dicts(self._file.execute(question, {**span, **names, "ahead": ahead}))

    def _indicator_cities(self) -> list[str]:
        return [str(row[0]) for row in self._file.execute(schema.INDICATOR_CITIES).fetchall()]

    def within(self, seconds: float, work: Callable[[], Result]) -> Result:
        """What a question is answered. StoreError where that takes more than `seconds`."""
        with self._within(seconds):
            return work()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """What takes longer is given up: nothing is written meanwhile."""
        try:
            with interrupted(seconds, self._file.interrupt):
                yield
        except duckdb.InterruptException as error:
            raise _too_long(seconds) from error

    def _rows(self, statement: str, since: int, limit: int) -> list[dict[str, Any]]:
        return _dicts(self._file.execute(statement, {"since": since, "limit": limit}))

    @_asking()
    def counts(self) -> dict[str, int]:
        return {table: self._number(f"SELECT count(*) FROM {table}", {}) for table in schema.TABLES}  # noqa: S608

    @_asking()
    def distinct(self) -> dict[str, int]:
        return {table: self._number(statement, {}) for table, statement in schema.DISTINCT.items()}

    def _roll_back(self, error: duckdb.Error) -> None:
        """A failed commit (the disk is full) leaves nothing to roll back, a fatal error nothing that
        answers: opening the file again is right for both, and merges the write-ahead log."""
        try:
            self._file.rollback()
        except duckdb.Error:
            self.broken = True
        self.broken = self.broken or isinstance(error, duckdb.FatalException | duckdb.InternalException)

    def _append(self, table: str, columns: Columns) -> None:
        self._file.register("batch", columns)
        try:
            self._file.execute(schema.insert(table))
        finally:
            self._file.unregister("batch")

    def _number(self, statement: str, values: dict[str, int]) -> int:
        row = self._file.execute(statement, values).fetchone()
        return int(row[0]) if row else 0

    def _check_version(self, path: Path) -> None:
        version = self._file.execute("SELECT version FROM nadi").fetchone()
        if version is None:
            self._file.execute("INSERT INTO nadi VALUES ($1)", [schema.VERSION])
        elif version[0] != schema.VERSION:
            self._file.close()
            raise StoreError(
                f"historian.path {path}: the file is of version {version[0]}, this nadi reads version "
                f"{schema.VERSION}; name another file, or use the nadi that made it"
            )


def _too_long(seconds: float) -> StoreError:
    return StoreError(f"the historian takes longer than {seconds:g} s for this; ask for less")


def _columns(found: duckdb.DuckDBPyConnection) -> Columns:
    """What is absent (NULL) comes masked, and goes on as NaN."""
    return {
        name: np.ma.filled(column, np.nan) if column.dtype.kind == "f" else np.asarray(column)
        for name, column in found.fetchnumpy().items()
    }


def _dicts(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _joined(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _why(path: Path, said: str) -> str:
    if "lock" in said.lower():
        advice = "another process has it open: stop it, or name another file"
    else:
        advice = "it can't be opened: name another file, or move this one away and start with an empty one"
    return f"historian.path {path}: {advice} ({said})"
