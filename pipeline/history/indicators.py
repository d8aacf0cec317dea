"""Stored indicators of days and months, as many of them as are asked for, and no longer than one may wait.

question ─▶ historian, in its own thread ─┐
         └▶ InfluxDB, in one of Asking's ─┴▶ rows by time, and the cities that there are
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from config.settings import InfluxSettings
from pipeline.history.asking import Asking
from pipeline.history.influxql import Access, access, ask, quoted

if TYPE_CHECKING:
    from sinks.historian import Historian  # DuckDB takes 22 MB and 0.1 s: only where it is used

SECONDS: Final = 5.0
"""For one question."""
MOST_CITIES: Final = 1_000
NAMES: Final = ("city", "zone", "domain", "indicator")
_FIELDS: Final = ("numerator", "denominator", "value", "unit")

Row = dict[str, Any]
"""NAMES, _FIELDS, `period` and `time`; None where a number is absent."""


class Question(NamedTuple):
    """period: "day" or "month". start <= time < end, ms, of their beginnings. names: of NAMES those that are chosen."""

    period: str
    start: int
    end: int
    names: Mapping[str, str]
    limit: int


class Found(NamedTuple):
    """cities: all of which anything is stored, sorted. rows: by time, `limit` of the question at most."""

    cities: list[str]
    rows: list[Row]


class IndicatorStore(Protocol):
    name: str

    async def indicators(self, question: Question) -> Found:
        """Raises NadiError where the store can't answer, or not within SECONDS."""
        ...


class HistorianIndicators:
    name = "historian"

    def __init__(self, historian: Historian) -> None:
        self.historian = historian

    async def indicators(self, question: Question) -> Found:
        span: dict[str, int | str] = {"period": question.period, "start": question.start, "end": question.end}
        found = await self.historian.some_indicators(span, question.names, question.limit, SECONDS)
        return Found(*found)


class InfluxIndicators:
    name = "influx"

    def __init__(self, settings: InfluxSettings, asking: Asking) -> None:
        self._access: Access = access(settings)
        self._asking = asking

    async def indicators(self, question: Question) -> Found:
        return await self._asking.ask(self.name, lambda: self._found(question))

    def _found(self, question: Question) -> Found:
        tags = ask(self._access, f'SHOW TAG VALUES FROM indicators WITH KEY = "city" LIMIT {MOST_CITIES}', SECONDS)
        chosen = {"period": question.period, **question.names}
        where = [f"time >= {question.start}ms AND time < {question.end}ms"]
        where += [f'"{name}" = {quoted(value)}' for name, value in chosen.items()]
        columns = ", ".join(f'"{name}"' for name in (*_FIELDS, *NAMES, "period"))
        rows = ask(
            self._access,
            f"SELECT {columns} FROM indicators WHERE {' AND '.join(where)} "  # noqa: S608 - values are quoted
            f"ORDER BY time LIMIT {question.limit}",
            SECONDS,
        )
        return Found(sorted(row["value"] for row in tags), rows)
