"""`GET /api/v1/observations` of a whole nadi: what it answers in each form, page by page, and what it refuses."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import duckdb
import pytest

from ingest.decoders.base import Message, Reading
from ingest.decoders.table import FORMATS, Options
from pipeline.outward.desk import PATH
from pipeline.outward.page import Place
from pipeline.outward.question import place_text
from pipeline.service.lifecycle import Service
from pipeline.web.passwords import hash_password
from tests.pipeline.kit import NOW, Web, processed, running, send, settings, until
from tests.servers import Influx

SPAN = f"from={NOW - 60_000}&to={NOW + 60_000}"
ROWS = 40


def messages() -> list[tuple[str, dict[str, Any] | bytes]]:
    """Two devices at the same moments, and one with words of its own."""
    both: list[tuple[str, dict[str, Any] | bytes]] = []
    for second in range(10):
        at = NOW - 20_000 + second * 1000 + 123
        both.append(("water/Genteng/meter-07", {"ts": at, "values": {"flow": 12.4 + second, "pressure": 310.2}}))
        both.append(("energy/Genteng/gardu 1", {"ts": at, "values": {"power": 4.5 * second}}))
        both.append(("energy/Genteng/gardu 1", {"ts": at, "values": {"suhu_2F/trafo": 71.5}}))
    return both


async def filled(service: Service) -> Service:
    await send(service, *messages())
    await processed(service)
    await until(lambda: all(sink["pending"] == 0 and sink["delivered"] for sink in service.ledger()["sinks"].values()))
    return service


@pytest.fixture(params=["historian", "influx"])
async def service(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Service]:
    chosen = settings(tmp_path)
    if request.param == "influx":
        influx: Influx = request.getfixturevalue("influx")
        section = {"url": influx.url, "api": "v1", "database": request.getfixturevalue("influx_database")}
        chosen = settings(tmp_path, historian=None, influx=section)
    async with running(Service(chosen, clock=lambda: NOW)) as made:
        yield await filled(made)


async def pages(service: Service, question: str, kind: str = "json") -> list[Any]:
    """The bodies of all pages, by following `next`."""
    web, path, found = Web(service), f"{PATH}?{question}&format={kind}", list[Any]()
    while path:
        status, headers, text = await web.ask(path)
        assert status == 200, text
        found.append(json.loads(text))
        path = headers.get("Link", "").partition(">")[0].removeprefix("<")
        inside = found[-1].get("next") or found[-1].get("@iot.nextLink") or "" if isinstance(found[-1], dict) else path
        assert inside == path, "the body and the header name the same page"
    return found


async def test_all_readings_come_once_and_in_order_however_the_pages_are_cut(service: Service) -> None:
    for limit in (1, 3, 7, ROWS, 1000):
        rows = [row for page in await pages(service, f"{SPAN}&limit={limit}") for row in page["observations"]]
        assert len(rows) == ROWS
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
        assert len({(row["device"], row["quantity"], row["time"]) for row in rows}) == ROWS
    first = next(row for row in rows if row["quantity"] == "flow")
    assert first == {
        "city": "3578", "domain": "water", "zone": "Genteng", "device": "meter-07", "quantity": "flow",
        "unit": "L/s", "time": NOW - 20_000 + 123, "value": 12.4, "flags": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "number"),
    [
        ("domain=water", 20),
        ("domain=waste", 0),
        ("city=3578&zone=Genteng", ROWS),
        ("city=1111", 0),
        (f"device={quote('gardu 1')}", 20),
        ("quantity=flow", 10),
        (f"quantity=flow&from={NOW - 15_000}", 5),
    ],
)
async def test_what_is_asked_for_is_what_comes(service: Service, chosen: str, number: int) -> None:
    question = chosen if "from" in chosen else f"{chosen}&{SPAN}"
    [page] = await pages(service, question)
    assert len(page["observations"]) == number
    assert page["next"] is None


async def test_windows_have_their_statistics(service: Service) -> None:
    later: dict[str, Any] = {"ts": NOW - 5_000, "values": {"flow": 1.0}}
    await send(service, ("water/Genteng/meter-07", later))
    await processed(service)
    await until(lambda: service.status()["domains"]["water"]["windows_total"] >= 8)
    await service.parts.runners[0].delivered(service.parts.processing.cursor)
    [page] = await pages(service, f"{SPAN}&window=1s&quantity=flow&limit=1000")
    assert len(page["observations"]) >= 8, "all but those that are open still"
    row = page["observations"][0]
    assert (row["start"], row["length"], row["count"], row["unit"]) == (NOW - 20_000, 1000, 1, "L/s")
    assert row["mean"] == row["max"] == 12.4
    assert (row["delta"], row["revision"]) == (None, 0)


def decoded(kind: str, payload: bytes) -> list[Reading]:
    done = FORMATS[kind].make(Options()).decode(Message("t", payload, NOW))
    assert not done.refused
    return done.readings


async def test_senml_is_what_our_own_decoder_reads(service: Service) -> None:
    status, headers, text = await Web(service).ask(f"{PATH}?{SPAN}", headers={"Accept": "application/senml+json"})
    assert (status, headers["Content-Type"]) == (200, "application/senml+json")
    readings = decoded("senml-json", text.encode())
    assert len(readings) == ROWS
    found = {(reading[0], reading[1], reading[3]): reading for reading in readings if reading[4] == NOW - 20_000 + 123}
    assert found["nadi/3578/water/Genteng/meter-07", "flow", "m3/s"][2] == pytest.approx(0.0124, rel=1e-15)
    assert found["nadi/3578/water/Genteng/meter-07", "pressure", "Pa"][2] == pytest.approx(310_200, rel=1e-15)
    assert ("nadi/3578/energy/Genteng/gardu_201", "power", "kW") in found
    assert ("nadi/3578/energy/Genteng/gardu_201", "suhu_5F2F_2Ftrafo", None) in found
    pack = json.loads(text)
    assert pack[0]["bver"] == 26, "kW is a secondary unit"
    assert pack[0]["bn"] == "nadi/3578/"


async def test_senml_without_secondary_units_is_plain_rfc_8428(service: Service) -> None:
    _, _, text = await Web(service).ask(f"{PATH}?{SPAN}&domain=water&format=senml")
    assert "bver" not in json.loads(text)[0]


async def test_a_pack_has_one_record_at_least(service: Service) -> None:
    status, _, text = await Web(service).ask(f"{PATH}?{SPAN}&city=none&format=senml")
    assert (status, text) == (204, "")


async def test_sensorthings_is_what_our_own_decoder_reads(service: Service) -> None:
    found = await pages(service, f"{SPAN}&quantity=flow&limit=4", "sensorthings")
    values = [observation for page in found for observation in page["value"]]
    assert len(values) == 10
    first = values[0]
    assert (first["phenomenonTime"], first["result"]) == ("2025-11-21T23:59:40.123Z", 12.4)
    assert first["Datastream"]["unitOfMeasurement"]["symbol"] == "L/s"
    assert first["resultQuality"] == {"flags": 0, "qartod": 1}
    [reading] = decoded("sensorthings", json.dumps(first).encode())
    assert reading[2:] == (12.4, "L/s", NOW - 20_000 + 123)


def table(file: Path, columns: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        return database.execute(f"SELECT {columns} FROM '{file}'").fetchall()


async def test_csv_and_parquet_hold_the_same_rows(service: Service, tmp_path: Path) -> None:
    _, headers, text = await Web(service).ask(f"{PATH}?{SPAN}", headers={"Accept": "text/csv"})
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == ROWS
    async with aiohttp.ClientSession() as session:
        accept = {"Accept": "application/vnd.apache.parquet"}
        async with session.get(f"{Web(service).base}{PATH}?{SPAN}", headers=accept) as answer:
            assert answer.content_type == accept["Accept"]
            file = tmp_path / "page.parquet"
            file.write_bytes(await answer.read())
    assert table(file, "device, quantity, unit, epoch_ms(time), value") == [
        (row["device"], row["quantity"], row["unit"] or None, int(row["time"]), float(row["value"])) for row in rows
    ]


async def test_no_name_is_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    names = ["=HYPERLINK(x)", "-5", "＠sum", "'=1", "meter-07"]
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as service:
        await send(service, *((f"water/a/{name}", {"ts": NOW, "values": {"flow": -1.5}}) for name in names))
        await processed(service)
        await until(lambda: service.parts.runners[0].account.delivered == len(names))
        _, _, text = await Web(service).ask(f"{PATH}?format=csv&to={NOW + 1}")
    rows = list(csv.DictReader(io.StringIO(text)))
    devices = [row["device"] for row in rows]
    assert sorted(devices) == sorted([*(f"'{name}" for name in names[:4]), "meter-07"])
    assert sorted(device.removeprefix("'") for device in devices) == sorted(names)
    assert {row["value"] for row in rows} == {"-1.5"}, "numbers stay numbers"


async def test_the_parquet_of_nothing_is_a_file_too(service: Service, tmp_path: Path) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{Web(service).base}{PATH}?{SPAN}&city=none&window=1s&format=parquet") as answer,
    ):
        file = tmp_path / "page.parquet"
        file.write_bytes(await answer.read())
    assert table(file, "count(*)") == [(0,)]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("domain=air", "domain=air is not allowed"),
        ("limit=0", "limit=0 is not allowed; allowed: 1 to 10000"),
        ("limit=10001", "limit=10001"),
        ("from=5&to=5", "`to` must be after `from`"),
        ("from=0", "31 days"),
        ("from=yesterday", "from=yesterday: write ms since the epoch, or RFC 3339"),
        ("window=7m", "window=7m is not kept; kept are 1s, 5s"),
        ("format=xml", "format=xml is not allowed; allowed: json, senml"),
        ("after=x", "not a place that nadi gave"),
        ("town=3578", "town is not known; allowed: city"),
        ("city=a&city=b", "city: given more than once"),
    ],
)
async def test_a_wrong_question_is_answered_in_words(service: Service, question: str, words: str) -> None:
    status, _, text = await Web(service).ask(f"{PATH}?{question}")
    assert status == 400
    assert words in json.loads(text)["error"]


async def test_a_place_of_another_store_is_none_of_this(service: Service) -> None:
    other = Place(NOW, (5,) if service.settings.historian is None else ("3578", "water", "z", "d", "q"))
    status, _, text = await Web(service).ask(f"{PATH}?{SPAN}&after={place_text(other)}")
    assert (status, json.loads(text)) == (400, {"error": "after: a place of another store; begin anew without it"})


async def test_the_head_alone_may_be_asked_for(service: Service) -> None:
    status, headers, text = await Web(service).ask(f"{PATH}?{SPAN}&limit=1", method="HEAD")
    assert (status, text) == (200, "")
    assert 'rel="next"' in headers["Link"]


async def test_names_of_any_letters_may_be_asked_for(service: Service) -> None:
    for name in ("'", "\\", "a'b\\' OR 1=1 --", "x\ny", '"', "é"):
        status, _, text = await Web(service).ask(f"{PATH}?{SPAN}&device={quote(name)}")
        assert (status, json.loads(text)["observations"]) == (200, []), name


async def test_a_form_that_nobody_has_is_not_acceptable(service: Service) -> None:
    status, _, text = await Web(service).ask(PATH, headers={"Accept": "application/xml"})
    assert status == 406
    assert "application/senml+json" in json.loads(text)["error"]


async def test_it_is_for_users_where_there_are_users(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text(f"siti:viewer:{hash_password('rahasia sekali')}\n")
    users.chmod(0o600)
    http = {"listen": "127.0.0.1:0", "users_file": str(users)}
    async with running(Service(settings(tmp_path, http=http), clock=lambda: NOW)) as made:
        assert (await Web(made).ask(PATH))[0] == 401
        signed = {"Authorization": "Basic " + base64.b64encode(b"siti:rahasia sekali").decode()}
        assert (await Web(made).ask(PATH, headers=signed))[0] == 200
