"""Stored indicators over HTTP, from the historian and from a real InfluxDB alike."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from pipeline.history.indicators import Found, Question
from pipeline.processing.chain import Chain
from pipeline.service.lifecycle import Service
from pipeline.web import api, stored
from sinks.store import Store
from telemetry.errors import StoreError
from tests.pipeline.kit import Web, running, settings
from tests.web.kit import DAY, NOVEMBER, row, write

NOW = NOVEMBER + 21 * DAY + DAY // 2


@pytest.fixture(params=["historian", "influx"])
async def service(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Service]:
    more: dict[str, Any] = {}
    if request.param == "influx":
        url, database = request.getfixturevalue("influx").url, request.getfixturevalue("influx_database")
        more = {"influx": {"url": url, "api": "v1", "database": database}, "historian": None}
    async with running(Service(settings(tmp_path, **more), clock=lambda: NOW)) as made:
        yield made


async def ask(service: Service, **query: Any) -> Any:
    return await Web(service).json(f"/api/v1/indicators?{urlencode({'period': 'day', **query})}")


async def test_rows_are_as_they_were_stored(service: Service) -> None:
    days = [row(time=NOVEMBER + each * DAY, numerator=30.0 * each, value=float(each)) for each in range(3)]
    unknown = row(time=NOVEMBER, zone="kali 'mas'\\x", numerator=0.0, denominator=0.0, value=float("nan"))
    month = row(period="month", numerator=270.0, value=9.0)
    await write(service, *days, unknown, month, row(time=NOVEMBER - 40 * DAY))
    await write(service, row(time=NOVEMBER + DAY, numerator=33.0, value=1.1))  # told again, as a day goes on
    told = await ask(service)
    assert (told["store"], told["cities"], told["today"]) == (
        service.parts.runners[0].sink.name,
        ["3578"],
        "2026-11-22",
    )
    assert [(each["date"], each["zone"], each["numerator"], each["value"]) for each in told["indicators"]] == [
        ("2026-11-01", "*", 0.0, 0.0),
        ("2026-11-01", "kali 'mas'\\x", 0.0, None),
        ("2026-11-02", "*", 33.0, 1.1),
        ("2026-11-03", "*", 60.0, 2.0),
    ]
    place = {"city": "3578", "domain": "energy", "zone": "*", "indicator": "saidi", "unit": "min"}
    numbers = {"numerator": 60.0, "denominator": 30.0, "value": 2.0}
    assert told["indicators"][3] == {**place, **numbers, "time": NOVEMBER + 2 * DAY, "date": "2026-11-03"}
    assert told["definitions"]["saidi"]["numerator"] == "customer-minutes interrupted"
    assert (await ask(service, period="month"))["indicators"][0]["value"] == 9.0
    assert (await ask(service, zone="kali 'mas'\\x"))["count"] == 1
    assert (await ask(service, **{"from": NOVEMBER + DAY, "to": NOVEMBER + 2 * DAY}))["count"] == 1


async def test_what_is_asked_for_is_chosen_by_all_its_names(service: Service) -> None:
    share = {"indicator": "completeness", "unit": "%", "numerator": 9.0, "denominator": 10.0, "value": 90.0}
    await write(
        *(service, row(), row(zone="Genteng"), row(city="3515"), row(**share), row(domain="water", **share)),
    )
    for names, count in (
        ({}, 5),
        ({"city": "3515"}, 1),
        ({"zone": "*"}, 4),
        ({"domain": "water"}, 1),
        ({"indicator": "completeness"}, 2),
        ({"city": "3578", "zone": "*", "domain": "energy", "indicator": "saidi"}, 1),
        ({"city": "none"}, 0),
    ):
        told = await ask(service, **names)
        assert (told["count"], told["cities"]) == (count, ["3515", "3578"]), names
    target = (await ask(service))["definitions"]["completeness"]["target"]
    assert target == {"sign": "≥", "value": 95.0, "source": "nadi"}


async def test_cities_are_added_and_never_averaged(service: Service) -> None:
    share = {"indicator": "voltage-compliance", "unit": "%"}
    peak = {"indicator": "alarm-peak", "domain": "*", "unit": "1/10 min", "denominator": 1.0}
    await write(
        service,
        row(city="3578", **share, numerator=90.0, denominator=100.0, value=90.0),
        row(city="3515", **share, numerator=1.0, denominator=10.0, value=10.0),
        row(city="3515", **share, zone="Waru", numerator=1.0, denominator=10.0, value=10.0),
        # In Jayapura the same day begins two hours earlier.
        row(city="9471", **share, numerator=9.0, denominator=90.0, value=10.0, time=NOVEMBER - 7_200_000),
        row(city="3578", **peak, numerator=4.0, value=4.0),
        row(city="3515", **peak, numerator=12.0, value=12.0),
    )
    told = (await ask(service, city="*"))["indicators"]
    assert [(each["city"], each["zone"], each["date"]) for each in told] == [("*", "*", "2026-11-01")] * 2
    assert [(each["indicator"], each["numerator"], each["denominator"], each["value"]) for each in told] == [
        ("alarm-peak", 12.0, 1.0, 12.0),
        ("voltage-compliance", 100.0, 200.0, 50.0),
    ]


async def test_all_regencies_of_the_country_are_added_within_few_rows(service: Service) -> None:
    """514 of them, in three time zones, a month of days: more rows than any answer may have."""
    names = ("saidi", "saifi", "alarm-peak", "interruption")
    rows = [
        row(
            city=f"{1101 + city}",
            indicator=name,
            time=NOVEMBER + day * DAY - city % 3 * 3_600_000,
            numerator=float(city + day),
        )
        for city in range(514)
        for day in range(31)
        for name in names
    ]
    assert len(rows) > 3 * stored.MOST_ROWS
    await write(service, *rows)
    span = {"from": NOVEMBER - DAY // 2, "to": NOVEMBER + 31 * DAY}
    told = await ask(service, city="*", **span)
    assert (told["count"], len(told["cities"]), len(told["indicators"])) == (4 * 31, 514, 4 * 31)
    days = [each for each in told["indicators"] if each["indicator"] == "saidi"]
    assert [each["date"] for each in days[::30]] == ["2026-11-01", "2026-12-01"]
    for day, each in enumerate(days):
        numerator = sum(range(day, day + 514))
        assert (each["numerator"], each["denominator"]) == (numerator, 514 * 30.0)
        assert each["value"] == pytest.approx(numerator / (514 * 30))
        # Whoever asks for the cities from then on misses none, and gets no day before.
        assert NOVEMBER + (day - 1) * DAY < each["time"] <= NOVEMBER + day * DAY - 2 * 3_600_000
    peaks = [each["value"] for each in told["indicators"] if each["indicator"] == "alarm-peak"]
    assert peaks == [float(513 + day) for day in range(31)], "of peaks the greatest counts"
    some = await ask(service, city="*", domain="energy", indicator="saifi", **span)
    assert some["count"] == 31


async def test_a_city_whose_time_zone_was_changed_is_told_and_added_once(service: Service) -> None:
    await write(service, row(numerator=10.0), row(numerator=30.0, time=NOVEMBER - 3_600_000))
    for names in ({}, {"city": "*"}):
        [told] = (await ask(service, **names))["indicators"]
        assert (told["numerator"], told["denominator"]) == (30.0, 30.0)


async def test_odd_questions_are_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        web = Web(service)
        for query, words in (
            ("period=week", "period=week is not allowed; allowed: day, month"),
            ("period=day&period=day", "period: given more than once"),
            ("period=day&zon=x", "zon is not known; allowed with period: city, zone, domain, indicator, from, to"),
            ("period=day&domain=fire", "domain=fire is not allowed; allowed: water, energy, waste, disaster, *"),
            ("period=day&indicator=joy", "indicator=joy is not allowed; allowed: completeness"),
            ("period=day&zone=%00", "zone: '\\\\x00' has a control character"),
            ("period=day&from=yesterday", "from=yesterday is not allowed; allowed: a whole number"),
            ("period=day&from=5&to=5", "`to` must be after `from`, by 366 days"),
            ("period=month&from=0", "by 3660 days at most"),
            ("period=month&city=*&zone=Genteng", "cities are added as a whole"),
            ("from=5", "from: only with period=day or period=month"),
        ):
            status, _, text = await web.ask(f"/api/v1/indicators?{query}")
            assert (status, words in text) == (400, True), text
        monkeypatch.setattr(stored, "MOST_ROWS", 2)
        await write(service, *(row(zone=f"zona-{number}") for number in range(3)))
        status, _, text = await web.ask("/api/v1/indicators?period=day")
        assert (status, "more than 2 rows: choose a shorter span" in text) == (400, True), text
        assert (await ask(service, zone="zona-1"))["count"] == 1


async def test_without_a_period_it_is_what_is_known_now(tmp_path: Path) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        assert await Web(service).json("/api/v1/indicators?domain=water") == {"indicators": [], "count": 0}


async def test_of_more_than_an_answer_holds_each_indicator_keeps_its_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MOST_INDICATORS", 10)
    sizes = {"fill_forecast": 40, "river_stage": 7, "ispu": 2}
    rows = [
        {"domain": "waste" if name == "fill_forecast" else "disaster", "indicator": name, "value": number}
        for name, size in sizes.items()
        for number in range(size)
    ]
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        monkeypatch.setattr(Chain, "indicators", lambda _: rows)
        told = await Web(service).json("/api/v1/indicators")
        assert told["count"] == 49
        assert Counter(each["indicator"] for each in told["indicators"]) == {
            "fill_forecast": 4,
            "river_stage": 4,
            "ispu": 2,
        }
        assert [each["value"] for each in told["indicators"]] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
        told = await Web(service).json("/api/v1/indicators?domain=disaster")
        assert (told["count"], len(told["indicators"])) == (9, 9)


async def test_an_influxdb_that_is_away_is_said(tmp_path: Path) -> None:
    nowhere = {"url": "http://127.0.0.1:1", "api": "v1", "database": "x"}
    async with running(Service(settings(tmp_path, influx=nowhere, historian=None), clock=lambda: NOW)) as service:
        status, _, text = await Web(service).ask("/api/v1/indicators?period=day")
        assert (status, "does not answer" in text) == (503, True)


async def test_an_influxdb_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr("pipeline.history.indicators.SECONDS", 0.3)
    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        silent = {"url": f"http://127.0.0.1:{port}", "api": "v1", "database": "x"}
        async with running(Service(settings(tmp_path, influx=silent, historian=None), clock=lambda: NOW)) as service:
            status, _, text = await Web(service).ask("/api/v1/indicators?period=day")
            assert (status, "does not answer (timed out)" in text) == (503, True), text


class Slow:
    """Answers when it is let."""

    name = place = "slow"

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.asking, self.most = 0, 0

    async def indicators(self, question: Question) -> Found:
        self.asking += 1
        self.most = max(self.most, self.asking)
        try:
            await self.may.wait()
        finally:
            self.asking -= 1
        return Found([], [])


async def test_a_slow_store_is_asked_by_few_and_not_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "SECONDS", 0.3)
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        assert service.city is not None
        slow, web = Slow(), Web(service)
        monkeypatch.setattr(service.city.stored, "store", lambda: slow)
        waiting = [asyncio.create_task(web.ask("/api/v1/indicators?period=day")) for _ in range(5)]
        assert (await web.ask("/api/v1/status"))[0] == 200, "others are answered meanwhile"
        for status, _, text in await asyncio.gather(*waiting):
            assert (status, "does not answer within 0.3 s" in text) == (503, True)
        assert slow.most == stored.AT_ONCE
        slow.may.set()
        assert (await ask(service))["count"] == 0


async def test_without_a_store_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        assert service.city is not None
        monkeypatch.setattr(service.city.stored, "store", lambda: None)
        status, _, text = await Web(service).ask("/api/v1/indicators?period=day")
        assert (status, "no store that could be asked" in text) == (503, True)


def test_the_historian_gives_up_what_takes_too_long(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.duckdb", 100_000_000)
    span: dict[str, int | str] = {"period": "day", "start": 0, "end": NOW}
    with pytest.raises(StoreError, match=r"takes longer than 0.1 s"), store._within(0.1):
        store._file.execute("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b").fetchall()
    assert store.some_indicators(span, {}, 10, 5.0) == ([], []), "and answers what comes then"
    store.close()
