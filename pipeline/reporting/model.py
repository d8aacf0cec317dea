"""A month of one place: its indicators, of the whole and of its parts, by day and in all.

A province is made of its cities' numbers: numerators and denominators are added, and its parts are cities.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from telemetry.errors import SettingsError, StoreError
from telemetry.indicators import INDICATORS, added
from telemetry.regions import province_of

WHOLE: Final = "*"
DAY: Final = 86_400_000
AHEAD, BEHIND = 13 * 3_600_000, 11 * 3_600_000
"""ms: how far local midnights lie before and after UTC's: UTC+13 to just beyond UTC-11."""
Row = Mapping[str, Any]


class Month(NamedTuple):
    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Raises SettingsError."""
        found = re.fullmatch(r"(\d{4})-(\d{2})", text)
        if not found or not 1 <= int(found[2]) <= 12 or not 1970 < int(found[1]) < 9999:
            raise SettingsError(f"--month {text!r}: write year and month, as in 2026-11")
        return cls(int(found[1]), int(found[2]))

    @property
    def days(self) -> int:
        return calendar.monthrange(self.year, self.month)[1]

    @property
    def utc(self) -> int:
        """ms, when it begins in UTC."""
        return int(datetime(self.year, self.month, 1, tzinfo=UTC).timestamp() * 1000)

    def day_of(self, time: int) -> int:
        """The day of the month (from 1) whose local midnight is at `time` (ms); 0 or less, or too great, outside."""
        local = datetime.fromtimestamp(time / 1000, UTC) + timedelta(milliseconds=AHEAD)
        return (local.date() - date(self.year, self.month, 1)).days + 1

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"


class Figure(NamedTuple):
    numerator: float
    denominator: float

    def value(self, indicator: str) -> float:
        return INDICATORS[indicator].value(*self)


Key = tuple[str, str, str]
"""Domain, part (a zone, a city of a province, or WHOLE) and indicator."""


@dataclass(frozen=True, slots=True)
class Report:
    """place: a city, or a province of several. days: by day of the month, from 1."""

    place: str
    month: Month
    is_province: bool
    totals: Mapping[Key, Figure]
    days: Mapping[Key, Mapping[int, Figure]]

    @property
    def last(self) -> int:
        """The last day of which anything is known."""
        return max((day for days in self.days.values() for day in days), default=0)

    def domains(self, wanted: Sequence[str]) -> list[str]:
        return [domain for domain in wanted if any(key[0] == domain for key in self.totals)]

    def parts(self, domain: str) -> list[str]:
        return sorted({part for known, part, _ in self.totals if known == domain and part != WHOLE})

    def total(self, domain: str, indicator: str, part: str = WHOLE) -> Figure | None:
        return self.totals.get((domain, part, indicator))

    def course(self, domain: str, indicator: str) -> Mapping[int, Figure]:
        return self.days.get((domain, WHOLE, indicator), {})


def span(month: Month) -> tuple[int, int]:
    """ms, begin and end, in which all of a month's periods begin, whatever the time zone."""
    return month.utc - AHEAD, month.utc + month.days * DAY + BEHIND


def report_of(month: Month, rows: Iterable[Row], city: str | None, province: str | None) -> Report:
    """Of one city, or of a province's cities. rows: as stored. Raises StoreError where nothing is known."""
    known = [row for row in rows if row["indicator"] in INDICATORS and _within(month, row)]
    cities = sorted({row["city"] for row in known})
    chosen = [each for each in cities if (each == city if city is not None else province_of(each) == province)]
    if not chosen:
        have = f"there is something of {', '.join(cities[:20])}" if cities else "there is nothing of that month at all"
        raise StoreError(f"no indicators of {city or f'province {province}'} in {month}: {have}")
    mine = once((row for row in known if row["city"] in chosen), lambda row: month.day_of(int(row["time"])))
    place = city if city is not None else str(province)
    if city is None:
        mine = _of_province(month, mine)
    totals = {_key(row): _figure(row) for row in mine if row["period"] == "month"}
    days: dict[Key, dict[int, Figure]] = {}
    for row in mine:
        if row["period"] == "day":
            days.setdefault(_key(row), {})[month.day_of(int(row["time"]))] = _figure(row)
    return Report(place, month, city is None, totals, days)


def once(rows: Iterable[Row], day: Callable[[Row], object]) -> list[Row]:
    """Rows of one indicator, place and day once. day: of a row's period, in local time.

    Where a city's time zone was changed, the same day or month has begun at two times: what was told last holds more.
    """
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = (row["city"], *_key(row), row["period"], day(row))
        if key not in found or _figure(row)[::-1] >= _figure(found[key])[::-1]:
            found[key] = row
    return list(found.values())


def _within(month: Month, row: Row) -> bool:
    day = month.day_of(int(row["time"]))
    return day == 1 if row["period"] == "month" else 1 <= day <= month.days


def _of_province(month: Month, rows: Iterable[Row]) -> list[Row]:
    """Cities as parts, and what they add up to: by local days, for a day begins later further west."""
    cities = [row for row in rows if row["zone"] == WHOLE]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in cities:
        day = month.day_of(int(row["time"]))
        groups.setdefault((row["domain"], row["indicator"], row["period"], day), []).append(row)
    whole = []
    for (domain, indicator, period, _), group in groups.items():
        numerator, denominator = added(indicator, [_figure(row) for row in group])
        place = {"domain": domain, "zone": WHOLE, "indicator": indicator, "period": period, "time": group[0]["time"]}
        whole.append({**place, "numerator": numerator, "denominator": denominator})
    return [*whole, *({**row, "zone": row["city"]} for row in cities)]


def _key(row: Row) -> Key:
    return row["domain"], row["zone"], row["indicator"]


def _figure(row: Row) -> Figure:
    return Figure(float(row["numerator"] or 0.0), float(row["denominator"] or 0.0))
