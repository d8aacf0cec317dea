"""Stored indicators of days and months, as many of them as are asked for, and no longer than one may wait.

question ─▶ historian, in its own thread ─┐
         └▶ InfluxDB, in one of Asking's ─┴▶ rows by time, or what all cities add up to, and the cities that there are

Cities are added by the store: the answer is as short for the country's 514 cities as for two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from config.settings import InfluxSettings
from pipeline.history.asking import Asking
from pipeline.history.influxql import Access, access, ask, quoted
from pipeline.history.sums import sums
from pipeline.reporting.model import AHEAD
from telemetry.indicators import INDICATORS

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
    place: str
    """Which one: what is kept of one is not told of another."""

    async def indicators(self, question: Question) -> Found:
        """Raises NadiError where the store can't answer, or not within SECONDS."""
        ...

    async def added(self, question: Question) -> Found:
        """What the rows of all cities add up to (`telemetry.indicators.added`): domain, indicator, numerator (None:
        0), denominator, and as time the beginning of the day where it begins first (`sums.day_of`). What this nadi
        does not know can't be added. start and end are such beginnings; limit has no say. Raises as above."""
        ...


class HistorianIndicators:
    name = "historian"

    def __init__(self, historian: Historian) -> None:
        self.historian = historian
        self.place = str(historian.settings.path)

    async def indicators(self, question: Question) -> Found:
        span: dict[str, int | str] = {"period": question.period, "start": question.start, "end": question.end}
        found = await self.historian.some_indicators(span, question.names, question.limit, SECONDS)
        return Found(*found)

    async def added(self, question: Question) -> Found:
        span: dict[str, int | str] = {"period": question.period, "start": question.start, "end": question.end}
        cities, rows = await self.historian.added_indicators(span, question.names, AHEAD, SECONDS)
        return Found(cities, _added(rows))


class InfluxIndicators:
    name = "influx"

    def __init__(self, settings: InfluxSettings, asking: Asking) -> None:
        self._access: Access = access(settings)
        self._asking = asking
        self.place = f"{self._access.url} {self._access.database}"

    async def indicators(self, question: Question) -> Found:
        return await self._asking.ask(self.name, lambda: self._found(question))

    async def added(self, question: Question) -> Found:
        return await self._asking.ask(self.name, lambda: self._sums(question))

    def _found(self, question: Question) -> Found:
        columns = ", ".join(f'"{name}"' for name in (*_FIELDS, *NAMES, "period"))
        asked = f"SELECT {columns} FROM indicators WHERE {_where(question)} ORDER BY time LIMIT {question.limit}"  # noqa: S608
        return Found(self._cities(), ask(self._access, asked, SECONDS))

    def _sums(self, question: Question) -> Found:
        return Found(self._cities(), sums(lambda asked: ask(self._access, asked, SECONDS), _where(question)))

    def _cities(self) -> list[str]:
        tags = ask(self._access, f'SHOW TAG VALUES FROM indicators WITH KEY = "city" LIMIT {MOST_CITIES}', SECONDS)
        return sorted(row["value"] for row in tags)


def _where(question: Question) -> str:
    chosen = {"period": question.period, **question.names}
    where = [f"time >= {question.start}ms AND time < {question.end}ms"]
    return " AND ".join(where + [f'"{name}" = {quoted(value)}' for name, value in chosen.items()])


def _added(rows: Iterable[Row]) -> list[Row]:
    """greatest, of: of the cities the greatest numerator and denominator."""
    made = []
    for row in rows:
        if (definition := INDICATORS.get(row["indicator"])) is not None:
            names = ("greatest", "of") if definition.kind == "peak" else ("numerator", "denominator")
            numbers = {"numerator": row[names[0]], "denominator": row[names[1]]}
            made.append({**{name: row[name] for name in ("domain", "indicator", "time")}, **numbers})
    return made
