"""What the cities' indicators add up to, kept by day, so that no page's next look makes a store add a month again.

    days asked for ─┬▶ kept, and fresh ────────────────────────────────▶ answer
                    └▶ else SLICE of them at a time ─▶ store ─▶ kept ─▶ answer

A slice that has come is kept, also where the next one takes too long: whoever asks again goes on from there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.history.indicators import Found, IndicatorStore, Question, Row
from pipeline.history.sums import day_of
from pipeline.reporting.model import DAY

SLICE: Final = 8
"""Days, or months, of one question: of the country's 514 cities about a second of InfluxDB."""
KEPT: Final = 16
"""Questions whose days are kept."""
KEPT_DAYS: Final = 800
"""Days of one question that are kept, and those asked for: who goes through the years asks the store again."""
SETTLED: Final = {"day": 3 * DAY, "month": 34 * DAY}
"""ms after its beginning a period's rows hardly change any more: late readings apart."""
FRESH_MS: Final = 60_000
FRESH_SETTLED_MS: Final = 600_000


@dataclass(slots=True)
class _Kept:
    """at, rows: by the beginning of a day, when the store was asked and what it told."""

    cities: list[str] = field(default_factory=list)
    at: dict[int, int] = field(default_factory=dict)
    rows: dict[int, list[Row]] = field(default_factory=dict)

    def only(self, days: Sequence[int]) -> _Kept:
        there = [day for day in days if day in self.at]
        return _Kept(self.cities, {day: self.at[day] for day in there}, {day: self.rows[day] for day in there})


class Added:
    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()

    async def of(self, store: IndicatorStore, question: Question, zone: ZoneInfo, now: int) -> Found:
        """The sums of the days (or months) that begin in the question's span by the clocks of `zone`: of whole days,
        for of a sum nothing may be missing. now: ms. Raises NadiError as the store does."""
        days = beginnings(question, zone)
        if not days:
            return Found((await store.added(question._replace(end=question.start))).cities, [])
        kept = self._of(store, question, days)
        for some in _slices([day for day in days if not _is_fresh(kept, question.period, day, now)], days):
            found = await store.added(question._replace(start=some[0], end=some[-1] + DAY))
            kept.cities = found.cities
            kept.at |= dict.fromkeys(some, now)
            kept.rows |= {day: [row for row in found.rows if row["time"] == day] for day in some}
        return Found(kept.cities, [row for day in days for row in kept.rows[day]])

    def _of(self, store: IndicatorStore, question: Question, days: Sequence[int]) -> _Kept:
        key = (store.place, question.period, *sorted(question.names.items()))
        kept = self._kept.setdefault(key, _Kept())
        if len(kept.at) > KEPT_DAYS:
            # Another one: who is being answered from the former goes on with it.
            kept = self._kept[key] = kept.only(days)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept


def beginnings(question: Question, zone: ZoneInfo) -> list[int]:
    """Of the days, or of the months' first days, that begin in the span in `zone`: when they begin where they begin
    first (`day_of`), ms."""
    day = datetime.fromtimestamp(question.start / 1000, UTC).date() - timedelta(days=1)
    found = list[int]()
    while day < date.max and (begins := _midnight(day, zone)) < question.end:
        if begins >= question.start and (question.period == "day" or day.day == 1):
            found.append(day_of(_midnight(day, UTC)))
        day += timedelta(days=1)
    return found


def _midnight(day: date, zone: tzinfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)


def _is_fresh(kept: _Kept, period: str, day: int, now: int) -> bool:
    lasts = FRESH_SETTLED_MS if now - day > SETTLED[period] else FRESH_MS
    return now - kept.at.get(day, now - lasts) < lasts


def _slices(wanted: Sequence[int], days: Sequence[int]) -> Iterator[list[int]]:
    """SLICE of `wanted` at most, between which lie no others of `days`."""
    place = {day: number for number, day in enumerate(days)}
    some = list[int]()
    for day in wanted:
        if some and (len(some) == SLICE or place[day] > place[some[-1]] + 1):
            yield some
            some = []
        some.append(day)
    if some:
        yield some
