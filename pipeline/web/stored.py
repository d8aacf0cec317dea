"""Stored indicators of days and months: `GET /api/v1/indicators?period=day`.

    query ─▶ Question ─▶ store, a few at a time ─┬▶ rows as they are stored
                                                 └▶ city=*: numerators and denominators of all cities, added there,
                                                    by whole days

What would be more rows than an answer may have is refused. A sum has few, however many cities there are.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from aiohttp import web

from pipeline.history.indicators import NAMES, Found, IndicatorStore, Question, Row
from pipeline.reporting.model import AHEAD, DAY, WHOLE, once
from pipeline.reporting.words import TARGETS, WORSE
from pipeline.web.added import Added
from pipeline.web.answers import LATEST_MS, SHOWN, refused, told, whole
from telemetry.errors import NadiError
from telemetry.indicators import INDICATORS, PERIODS
from telemetry.names import name_fault
from telemetry.series import DOMAINS

if TYPE_CHECKING:
    from multidict import MultiMapping  # what aiohttp gives

MOST_ROWS: Final = 20_000
"""An indicator of two months in as many zones as there may be."""
AT_ONCE: Final = 2
SECONDS: Final = 12.0
"""From the question to its answer, waiting for others' included; the page has a little more patience."""
USUAL: Final = {"day": 31 * DAY, "month": 366 * DAY}
LONGEST: Final = {"day": 366 * DAY, "month": 3_660 * DAY}
KEYS: Final = ("period", *NAMES, "from", "to")


class Asked(NamedTuple):
    question: Question
    adds: bool
    """Whether cities are added."""


class StoredIndicators:
    """store: the present one, None where none can be asked. timezone: of the settings."""

    def __init__(self, store: Callable[[], IndicatorStore | None], timezone: Callable[[], str]) -> None:
        self.store = store
        self.timezone = timezone
        self._added = Added()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def answer(self, query: MultiMapping[str], now: int) -> web.Response:
        """now: ms. Raises 400 and 503, in words."""
        try:
            asked = asked_of(query, now)
        except ValueError as error:
            raise refused(web.HTTPBadRequest, str(error)) from None
        store = self.store()
        if store is None:
            raise refused(web.HTTPServiceUnavailable, "no store that could be asked is configured")
        try:
            async with asyncio.timeout(SECONDS), self._turns:
                found = await self._found(store, asked, now)
        except TimeoutError:
            why = f"the store ({store.name}) does not answer within {SECONDS:g} s; ask for less, or later"
            raise refused(web.HTTPServiceUnavailable, why) from None
        except NadiError as error:
            raise refused(web.HTTPServiceUnavailable, str(error)) from error
        if len(found.rows) > MOST_ROWS:
            why = (
                f"more than {MOST_ROWS} rows: choose a shorter span (from, to), or one city, zone, domain or indicator"
            )
            raise refused(web.HTTPBadRequest, why)
        today = datetime.fromtimestamp(now / 1000, ZoneInfo(self.timezone())).date()
        head = {"period": asked.question.period, "store": store.name, "now": now, "today": str(today)}
        span = {"from": asked.question.start, "to": asked.question.end}
        return await asyncio.to_thread(lambda: told({**head, **span, **body_of(asked, found)}))

    async def _found(self, store: IndicatorStore, asked: Asked, now: int) -> Found:
        if asked.adds:
            return await self._added.of(store, asked.question, ZoneInfo(self.timezone()), now)
        return await store.indicators(asked.question)


def asked_of(query: MultiMapping[str], now: int) -> Asked:
    """Raises ValueError, in words."""
    for key in query:
        if key not in KEYS:
            raise ValueError(f"{key[:SHOWN]} is not known; allowed with period: {', '.join(KEYS[1:])}")
        if len(query.getall(key)) > 1:
            raise ValueError(f"{key}: given more than once")
    period = query["period"]
    if period not in PERIODS:
        raise ValueError(f"period={period[:SHOWN]} is not allowed; allowed: {', '.join(PERIODS)}")
    names = {name: query[name] for name in NAMES if name in query}
    for name, value in names.items():
        if (fault := name_fault(value)) is not None:
            raise ValueError(f"{name}: {fault}")
    allowed = {"domain": (*DOMAINS, WHOLE), "indicator": tuple(INDICATORS)}
    for name, choice in allowed.items():
        if name in names and names[name] not in choice:
            raise ValueError(f"{name}={names[name][:SHOWN]} is not allowed; allowed: {', '.join(choice)}")
    adds = names.get("city") == WHOLE
    if adds:
        if names.setdefault("zone", WHOLE) != WHOLE:
            raise ValueError("zone: cities are added as a whole; choose one city, or zone=*")
        del names["city"]
    start, end = _span(query, now, period)
    return Asked(Question(period, start, end, names, MOST_ROWS + 1), adds)


def _span(query: MultiMapping[str], now: int, period: str) -> tuple[int, int]:
    times = {key: whole(key, query[key], 0, LATEST_MS) for key in ("from", "to") if key in query}
    end = times.get("to", now)
    start = times.get("from", max(0, end - USUAL[period]))
    if not 0 < end - start <= LONGEST[period]:
        raise ValueError(f"from and to: `to` must be after `from`, by {LONGEST[period] // DAY} days at most")
    return start, end


def body_of(asked: Asked, found: Found) -> dict[str, Any]:
    """What the store found, as it is answered."""
    if asked.adds:
        rows = [_sum(row) for row in found.rows]
    else:
        rows = [{**_place(row), **_numbers(row)} for row in once(found.rows, lambda row: _place(row)["date"])]
    rows.sort(key=lambda row: (row["date"], *(row[name] for name in NAMES)))
    there = {row["indicator"] for row in rows}
    return {
        "cities": [city for city in found.cities if city != WHOLE],
        "indicators": rows,
        "count": len(rows),
        "definitions": {name: _definition(name) for name in INDICATORS if name in there},
    }


def _place(row: Mapping[str, Any]) -> Row:
    # As in the report: so that midnight is in its own day, whatever the time zone of who wrote it.
    local = datetime.fromtimestamp(row["time"] / 1000, UTC) + timedelta(milliseconds=AHEAD)
    return {**{name: row[name] for name in NAMES}, "time": int(row["time"]), "date": str(local.date())}


def _numbers(row: Mapping[str, Any]) -> Row:
    return {**{name: _known(row[name]) for name in ("numerator", "denominator", "value")}, "unit": row["unit"]}


def _sum(row: Mapping[str, Any]) -> Row:
    """Of all cities together."""
    definition = INDICATORS[row["indicator"]]
    place = _place({**row, "city": WHOLE, "zone": WHOLE})
    value = definition.value(row["numerator"], row["denominator"])
    return {**place, **_numbers({**row, "value": value, "unit": definition.unit})}


def _definition(name: str) -> dict[str, Any]:
    definition, target = INDICATORS[name], TARGETS.get(name)
    worse = WORSE.get(name)
    return {
        "numerator": definition.numerator,
        "denominator": definition.denominator,
        "kind": definition.kind,
        "target": target._asdict() if target is not None else None,
        "worse": None if worse is None else "less" if worse is min else "more",
    }


def _known(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
