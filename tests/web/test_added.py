"""What cities add up to is asked for by whole days, few at a time, and again only where it may have changed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from pipeline.history.indicators import Found, Question, Row
from pipeline.history.sums import date_of
from pipeline.web.added import FRESH_MS, FRESH_SETTLED_MS, KEPT, KEPT_DAYS, SLICE, Added, beginnings
from telemetry.errors import NadiError
from tests.web.kit import DAY, NOVEMBER

JAKARTA = ZoneInfo("Asia/Jakarta")
HOUR = 3_600_000
NOW = NOVEMBER + 30 * DAY + DAY // 2


class Counting:
    """A store of one row a day, which says how often it was asked. patience: slices that it answers still."""

    name = place = "counting"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.patience = 100

    async def indicators(self, question: Question) -> Found:
        raise NotImplementedError

    async def added(self, question: Question) -> Found:
        if not self.patience:
            raise NadiError("the store takes too long")
        self.patience -= 1
        days = range(question.start, question.end, DAY)
        self.asked.append((date_of(days[0]), date_of(days[-1])) if days else ("", ""))
        return Found(["3578"], [self.row(day, len(self.asked)) for day in days])

    @staticmethod
    def row(day: int, numerator: float) -> Row:
        return {"domain": "energy", "indicator": "saidi", "time": day, "numerator": numerator, "denominator": 1.0}


def asked(days: int = 31, end: int = NOW, period: str = "day", **names: str) -> Question:
    return Question(period, end - days * DAY, end, {"zone": "*", **names}, 1)


async def test_few_days_are_asked_for_at_a_time_and_again_only_when_they_may_have_changed() -> None:
    store, added = Counting(), Added()
    found = await added.of(store, asked(), JAKARTA, NOW)
    assert [date_of(row["time"]) for row in found.rows][::30] == ["2026-11-01", "2026-12-01"]
    assert (len(found.rows), found.cities, len(store.asked)) == (31, ["3578"], -(-31 // SLICE))
    store.asked.clear()
    assert await added.of(store, asked(), JAKARTA, NOW + FRESH_MS - 1) == found
    assert store.asked == []
    again = await added.of(store, asked(), JAKARTA, NOW + FRESH_MS)
    assert store.asked == [("2026-11-29", "2026-12-01")], "what goes on, and what late readings may change"
    assert again.rows[:28] == found.rows[:28]
    assert again.rows[28:] != found.rows[28:]
    store.asked.clear()
    await added.of(store, asked(), JAKARTA, NOW + FRESH_SETTLED_MS)
    assert len(store.asked) == -(-31 // SLICE)


async def test_other_names_another_period_and_another_store_are_asked_for_themselves() -> None:
    store, added = Counting(), Added()
    other = Counting()
    other.place = "elsewhere"
    for number in range(2):
        for each in (store, other):
            for question in (asked(2), asked(2, domain="water"), asked(2, period="month")):
                await added.of(each, question, JAKARTA, NOW)
        assert (len(store.asked), len(other.asked)) == (3, 3), number
    for number in range(KEPT):
        await added.of(store, asked(2, domain=f"domain-{number}"), JAKARTA, NOW)
    await added.of(store, asked(2), JAKARTA, NOW)
    assert len(store.asked) == 3 + KEPT + 1, "what is kept has an end"


async def test_who_goes_through_the_years_has_no_more_than_some_days_kept() -> None:
    store, added = Counting(), Added()
    for years in range(12):
        await added.of(store, asked(days=200, end=NOW - years * 200 * DAY), JAKARTA, NOW)
        store.patience = 100
        (kept,) = added._kept.values()
        assert len(kept.at) == len(kept.rows) <= KEPT_DAYS + 200
    store.asked.clear()
    await added.of(store, asked(days=200, end=NOW - 11 * 200 * DAY), JAKARTA, NOW)
    assert store.asked == [], "what was asked for last is there"


async def test_what_has_come_before_a_store_took_too_long_is_not_asked_for_again() -> None:
    store, added = Counting(), Added()
    store.patience = 3
    with pytest.raises(NadiError, match="too long"):
        await added.of(store, asked(), JAKARTA, NOW)
    store.patience = 1
    assert len((await added.of(store, asked(), JAKARTA, NOW)).rows) == 31


@pytest.mark.parametrize(
    ("start", "end", "dates"),
    [
        # Midnight in Jakarta is 17:00 UTC, in Jayapura, further east, 15:00: each day is added whole or not at all.
        (NOVEMBER - HOUR, NOVEMBER + DAY, ["2026-11-01"]),
        (NOVEMBER, NOVEMBER + 1, ["2026-11-01"]),
        (NOVEMBER + 1, NOVEMBER + DAY, []),
        (NOVEMBER + 1, NOVEMBER + DAY + 1, ["2026-11-02"]),
        (0, 2 * DAY, ["1970-01-02", "1970-01-03"]),
        (253_402_300_799_999 - 3 * DAY, 253_402_300_799_999, ["9999-12-30"]),
    ],
)
def test_days_are_those_that_begin_in_the_span_by_the_settings_clocks(start: int, end: int, dates: list[str]) -> None:
    question = Question("day", start, end, {}, 1)
    assert [date_of(each) for each in beginnings(question, JAKARTA)] == dates


def test_months_are_their_first_days() -> None:
    year = Question("month", NOW - 366 * DAY, NOW, {}, 1)
    found = [date_of(each) for each in beginnings(year, JAKARTA)]
    assert (found[0], found[-1], len(found)) == ("2025-12-01", "2026-12-01", 13)
