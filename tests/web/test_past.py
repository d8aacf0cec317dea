"""The past of a series over HTTP, from the historian and from a real InfluxDB alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from pipeline.service.lifecycle import Service
from pipeline.web.trends import FIGURES
from telemetry.series import DOMAINS
from tests.pipeline.kit import NOW, Web, processed, running, send, settings, until
from tests.servers import Influx

NAMES = {"city": "3578", "domain": "water", "zone": "a 'b'", "device": "d\\1x", "quantity": "flow"}
SPAN = {"from": NOW - 120_000, "to": NOW, "window": 5_000}
PLACE = f"water/{NAMES['zone']}/{NAMES['device']}"


def sections(influx: Influx, database: str) -> dict[str, Any]:
    url = {"url": influx.url, "api": "v1", "database": database}
    return {"influx": url, "historian": None}


@pytest.fixture(params=["historian", "influx"])
async def service(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Service]:
    more: dict[str, Any] = {}
    if request.param == "influx":
        more = sections(request.getfixturevalue("influx"), request.getfixturevalue("influx_database"))
    async with running(Service(settings(tmp_path, **more), clock=lambda: NOW)) as made:
        yield made


async def past(service: Service, **query: Any) -> Any:
    return await Web(service).json(f"/api/v1/series?{urlencode(NAMES | query)}")


async def test_readings_and_windows_are_as_they_were_stored(service: Service) -> None:
    count = 60
    for number in range(count):
        await send(service, (PLACE, {"ts": NOW - (count - number) * 1_000, "values": {"flow": float(number)}}))
    await processed(service)
    await until(lambda: service.parts.runners[0].account.delivered == count)
    async with asyncio.timeout(60):
        while len((told := await past(service, **SPAN))["windows"]["start"]) < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert told["store"] == service.parts.runners[0].sink.name
    assert told["readings"]["mean"] == [float(number) for number in range(count)]
    assert told["readings"]["time"][0] == NOW - count * 1_000
    assert set(told["readings"]["flags"]) <= {0, 2}
    windows = told["windows"]
    assert windows["length"] == 5_000
    assert windows["count"][1:8] == [5] * 7
    assert windows["start"] == sorted(windows["start"])
    assert told["band"]["source"] == "recent"
    assert len(told["band"]["low"]) == len(windows["start"])
    few = await past(service, **{"from": NOW - 3_000, "to": NOW})
    assert few["readings"]["mean"] == [57.0, 58.0, 59.0]
    assert few["lengths"] == [1_000, 5_000]


async def test_what_is_not_stored_is_empty(service: Service) -> None:
    told = await past(service, **{"from": NOW - 1_000, "to": NOW})
    assert (told["readings"]["time"], told["windows"]["start"], told["band"]) == ([], [], None)


async def test_odd_questions_are_refused_in_words(service: Service) -> None:
    web = Web(service)
    for query, words in (
        ({}, "name city, domain"),
        (NAMES | {"domain": "fire"}, "name city, domain"),
        (NAMES | {"from": 5, "to": 5}, "`to` after `from`"),
        (NAMES | {"from": 0}, "31 days"),
        (NAMES | {"window": 7}, "kept are 1000, 5000"),
        (NAMES | {"from": "x"}, "a whole number"),
    ):
        status, _, text = await web.ask(f"/api/v1/series?{urlencode(query)}")
        assert (status, words in text) == (400, True), text
    assert (await web.ask("/api/v1/device?city=x"))[0] == 404


async def test_an_influxdb_that_is_away_is_said(tmp_path: Path) -> None:
    nowhere = {"url": "http://127.0.0.1:1", "api": "v1", "database": "x"}
    async with running(Service(settings(tmp_path, influx=nowhere, historian=None), clock=lambda: NOW)) as service:
        status, _, text = await Web(service).ask(f"/api/v1/series?{urlencode(NAMES)}")
        assert (status, "does not answer" in text) == (503, True)


def test_every_domain_has_figures() -> None:
    assert {domain for domain, _ in FIGURES} == set(DOMAINS)
