"""What the indicators of all cities add up to, by day, in InfluxDB: it adds, so that the answer is as short for the
country's 514 cities as for two.

    numerators, denominators ─▶ sums and, of peaks, the greatest, by day, domain, indicator
    times by city            ─▶ days that a city has begun twice, its time zone having been changed: these are read
                                row by row, and added here

A day begins later further west: it is that of the row's local time, and reaches from midnight at UTC+13 on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pipeline.reporting.model import AHEAD, DAY, once
from telemetry.indicators import INDICATORS, added

Row = dict[str, Any]
Ask = Callable[[str], list[Row]]
"""A question in InfluxQL -> rows with their tags."""
PEAKS: Final = tuple(name for name, definition in INDICATORS.items() if definition.kind == "peak")
BY_DAY: Final = f"time({DAY}ms, {-AHEAD % DAY}ms)"
_NUMBERS: Final = ("numerator", "denominator")
_OFFSETS: Final = "15m"
"""Midnights of no two time zones lie closer together."""


def day_of(time: int) -> int:
    """When the local day that has begun at `time` begins where it begins first; ms both."""
    return time - (time + AHEAD) % DAY


def date_of(time: int) -> str:
    """The local date that has begun at `time`."""
    return str((datetime.fromtimestamp(time / 1000, UTC) + timedelta(milliseconds=AHEAD)).date())


def sums(ask: Ask, where: str) -> list[Row]:
    """domain, indicator, time (`day_of`), numerator, denominator. where: a condition in InfluxQL, of whole days and of
    one row a city."""
    found = _added(ask, where, "sum") | _added(ask, f"{where} AND ({_any(PEAKS)})", "max")
    twice = _begun_twice(ask, where)
    made = [row for row in found.values() if row["time"] not in twice and row["indicator"] in INDICATORS]
    for day in sorted(twice):
        made += _by_rows(ask, f"{where} AND time >= {day}ms AND time < {day + DAY}ms", day)
    return made


def _added(ask: Ask, where: str, how: str) -> dict[tuple[Any, ...], Row]:
    numbers = ", ".join(f'{how}("{name}") AS "{name}"' for name in _NUMBERS)
    rows = ask(f'SELECT {numbers} FROM indicators WHERE {where} GROUP BY {BY_DAY}, "domain", "indicator" fill(none)')  # noqa: S608 - as given
    return {(row["time"], row["domain"], row["indicator"]): row for row in rows}


def _begun_twice(ask: Ask, where: str) -> set[int]:
    """Days, each as its beginning (ms)."""
    times = ask(f'SELECT count("numerator") FROM indicators WHERE {where} GROUP BY time({_OFFSETS}), "city" fill(none)')  # noqa: S608 - as given
    begun = Counter((row["city"], day_of(row["time"])) for row in times)
    return {day for (_, day), number in begun.items() if number > 1}


def _by_rows(ask: Ask, where: str, day: int) -> Iterable[Row]:
    names = ", ".join(f'"{name}"' for name in (*_NUMBERS, "city", "zone", "domain", "indicator", "period"))
    rows = ask(f"SELECT {names} FROM indicators WHERE {where}")  # noqa: S608 - as given
    groups: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in once(rows, lambda row: date_of(row["time"])):
        if row["indicator"] in INDICATORS:
            pair = row["numerator"] or 0.0, row["denominator"] or 0.0
            groups.setdefault((row["domain"], row["indicator"]), []).append(pair)
    for (domain, indicator), pairs in groups.items():
        numbers = dict(zip(_NUMBERS, added(indicator, pairs), strict=True))
        yield {"domain": domain, "indicator": indicator, "time": day, **numbers}


def _any(indicators: Iterable[str]) -> str:
    return " OR ".join(f"\"indicator\" = '{name}'" for name in indicators)
