"""Two months of a city's indicators, made up with a seed: every indicator, of the city and of its zones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pipeline.service.lifecycle import wall_clock
from telemetry.indicators import TABLE, Definition, added
from telemetry.series import DOMAINS
from tests.web.kit import DAY, row

Part = tuple[float, float]
"""Numerator and denominator."""
JAKARTA: Final = timedelta(hours=7)
DAYS: Final = 62
ZONES: Final = ("Genteng", "Gubeng", "Wonokromo", "Rungkut", "Kenjeran", "Benowo", "Sukolilo")
USUAL: Final = {
    "completeness": 98.5,
    "pressure-compliance": 97.0,
    "quality-compliance": 99.0,
    "non-revenue-water": 20.3,
    "night-leakage": 41.0,
    "voltage-compliance": 96.5,
    "collection-punctuality": 88.0,
    "alarm-flood": 0.6,
    "alarm-critical": 6.0,
}
"""Per cent."""
DAILY: Final = {
    "interruption": (0.1, 0.05),
    "night-flow": (14.0, 1.5),
    "saidi": (0.5, 0.3),
    "saifi": (0.02, 0.01),
    "overflowing-hours": (0.4, 0.2),
    "siaga-3-hours": (1.0, 2.0),
    "siaga-2-hours": (0.0, 0.0),
    "siaga-1-hours": (0.0, 0.0),
    "warning-lead-time": (90.0, 20.0),
    "ispu-good-days": (0.7, 0.3),
    "alarm-rate": (0.4, 0.15),
    "alarm-peak": (6.0, 2.0),
    "standing-alarms": (4.0, 1.0),
    "stale-alarms": (2.0, 0.4),
}
"""Value of a day and how it varies; what is not named is 0."""


_BEGAN: Final = wall_clock()
_TO_NOON: Final = (DAY // 2 - 7 * 3_600_000 - _BEGAN) % DAY


def clock() -> int:
    """ms: when the tests began it showed noon in Jakarta, so that no day ends between two looks at it."""
    return wall_clock() + _TO_NOON


def midnight(ago: int = 0) -> datetime:
    """Of the clock's day in Jakarta, as if it were UTC."""
    now = datetime.fromtimestamp(clock() / 1000, UTC)
    return (now + JAKARTA).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=ago)


def ms(local: datetime) -> int:
    return round((local - JAKARTA).timestamp() * 1000)


def two_months(city: str = "3578") -> Iterator[dict[str, Any]]:
    """Days and months as the processor stores them: the city is the sum of its zones."""
    draw = random.Random(7)
    for definition in TABLE:
        for domain in (definition.domain,) if definition.domain else DOMAINS:
            place = {"city": city, "domain": domain}
            zones = ("*",) if definition.own else ZONES
            courses = {zone: _course(definition, draw) for zone in zones}
            courses["*"] = {
                day: added(definition.name, [courses[zone][day] for zone in zones]) for day in courses[zones[0]]
            }
            for zone, course in courses.items():
                yield from _told(definition, {**place, "zone": zone}, course)


def _course(definition: Definition, draw: random.Random) -> dict[datetime, Part]:
    seldom = 6 if definition.name == "warning-lead-time" else 1
    return {midnight(ago): _day(definition, draw) for ago in range(0, DAYS, seldom)}


def _told(definition: Definition, place: dict[str, str], course: dict[datetime, Part]) -> Iterator[dict[str, Any]]:
    months: dict[datetime, list[Part]] = {}
    for day, part in course.items():
        months.setdefault(day.replace(day=1), []).append(part)
        yield _row(definition, place, "day", day, part)
    for month, parts in months.items():
        numerator, denominator = added(definition.name, parts)
        yield _row(definition, place, "month", month, (numerator, parts[0][1] if definition.stands else denominator))


def _day(definition: Definition, draw: random.Random) -> Part:
    if definition.unit == "%":
        usual = USUAL[definition.name]
        share = min(100.0, max(0.0, draw.gauss(usual, 0.3 + 0.3 * min(usual, 100.0 - usual))))
        return float(round(172.8 * share)), 17_280.0
    value = max(0.0, draw.gauss(*DAILY.get(definition.name, (0.0, 0.0))))
    whole = definition.kind == "peak" or definition.unit == "d"
    denominator = 1.0 if whole else 8_200.0 if definition.stands else 144.0
    numerator = round(value) if whole else value if definition.kind == "sum" else value * denominator
    return float(numerator), denominator


def _row(definition: Definition, place: dict[str, str], period: str, begin: datetime, part: Part) -> dict[str, Any]:
    numbers = {"numerator": part[0], "denominator": part[1], "value": definition.value(*part)}
    return row(**place, **numbers, indicator=definition.name, unit=definition.unit, period=period, time=ms(begin))
