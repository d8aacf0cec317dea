"""Every answer of InfluxDB, and every way of not answering, has a named outcome."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from pydantic import SecretStr

from config.settings import InfluxSettings
from pipeline.delivery.backoff import Waits
from pipeline.delivery.runner import DeliveryOptions, DeliveryRunner, Quarantined
from sinks.base import Delivery, Denied, Outcome, Oversized, Refused, Throttled, Unreachable, Written
from sinks.influx import PIECE_BYTES, InfluxSink, Lines
from tests.ends import ListReader, readings
from tests.sinks.misbehaving import Act, Misbehaving, drip, drop, flood, hang, nonsense, outlasting, reset, status
from tests.sinks.samples import TIME, anomalies_of, plain_table, windows_of

LINES = Lines(b"water,city=1 value=1.0 1\nwater,city=1 value=2.0 2\n", 2, 2)


def settings(url: str, **keys: Any) -> InfluxSettings:
    return InfluxSettings(url=url, **{"api": "v1", "timeout": 2000, **keys})


async def outcome_of(server: Misbehaving, **keys: Any) -> Outcome:
    sink = InfluxSink(settings(**{"url": server.url, **keys}), plain_table(), lambda: 1_000_000_000)
    await sink.open()
    try:
        return await sink.write(LINES)
    finally:
        await sink.close()


def v1(words: str) -> str:
    return json.dumps({"error": words})


def v2(code: str, words: str) -> str:
    return json.dumps({"code": code, "message": words})


PARTIAL = (
    'partial write: field type conflict: input field "value" on measurement "water" is type float, '
    "already exists as type string dropped=1"
)
BEYOND = "partial write: points beyond retention policy dropped=2"


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (status(204), Written()),
        (status(200), Written()),
        (status(400, v1(PARTIAL)), Refused(PARTIAL, 1)),
        (status(400, v1(BEYOND)), Refused(BEYOND, 2)),
        (status(400, v1("unable to parse 'x': missing fields")), Refused("unable to parse 'x': missing fields")),
        (status(422, v2("unprocessable entity", "failure writing points")), Refused("failure writing points")),
        (status(400), Refused("400")),
        (status(413, v1("Request Entity Too Large")), Oversized()),
        (status(429), Throttled(None)),
        (status(429, Retry_After="30"), Throttled(30.0)),
        (status(503, Retry_After="1.5"), Throttled(1.5)),
        (status(503, Retry_After="Mon, 12 Jan 1970 13:47:40 GMT"), Throttled(60.0)),
        (status(503, Retry_After="Mon, 12 Jan 1970 13:40:00 GMT"), Throttled(0.0)),
        (status(503, Retry_After="soon"), Throttled(None)),
        (status(503, Retry_After="-1"), Throttled(None)),
        (
            status(500, v1("engine: cache maximum memory size exceeded")),
            Unreachable("500 engine: cache maximum memory size exceeded"),
        ),
        (status(502, "<html>bad gateway</html>"), Unreachable("502 <html>bad gateway</html>")),
        (status(408), Unreachable("408 ")),
    ],
)
async def test_statuses(act: Act, expected: Outcome) -> None:
    async with Misbehaving([act]) as server:
        assert await outcome_of(server) == expected


@pytest.mark.parametrize(
    ("act", "api", "words"),
    [
        (status(401, v1("authorization failed")), "v1", "influx.username"),
        (status(403, v1("user not authorized")), "v1", "influx.username"),
        (status(401, v2("unauthorized", "unauthorized access")), "v2", "influx.token"),
        (status(404, v1('database not found: "city"')), "v1", "influx.create"),
        (status(404, v2("not found", 'bucket "city" not found')), "v2", "influx.bucket"),
        (status(404, "404 page not found"), "v2", "influx.url"),
        (status(405, "no"), "v2", "influx.url"),
        (status(302, Location="http://127.0.0.1:1/"), "v2", "influx.url"),
        (status(400, "Client sent an HTTP request to an HTTPS server.\n"), "v2", "influx.url"),
        (status(400, "<html><title>400 The plain HTTP request</title></html>"), "v2", "influx.url"),
    ],
)
async def test_what_a_person_has_to_mend_names_the_setting(act: Act, api: str, words: str) -> None:
    async with Misbehaving([act]) as server:
        outcome = await outcome_of(server, api=api)
        assert isinstance(outcome, Denied)
        assert words in outcome.reason
        assert len(server.requests) == 1


@pytest.mark.parametrize("act", [drop(), reset(), hang(), drip(400), drip(200), nonsense()])
async def test_not_answering_is_unreachable(act: Act) -> None:
    async with Misbehaving([act]) as server:
        assert isinstance(await outcome_of(server, timeout=300), Unreachable)


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async with Misbehaving([flood()]) as server:
        outcome = await outcome_of(server)
        assert isinstance(outcome, Refused)
        assert len(outcome.reason) <= 2000


async def test_nobody_there_is_unreachable() -> None:
    async with Misbehaving() as server:
        pass
    outcome = await outcome_of(server)
    assert isinstance(outcome, Unreachable)
    assert "127.0.0.1" in outcome.reason


async def test_a_missing_database_is_created_once_if_allowed() -> None:
    missing = status(404, v1('database not found: "ci\\"ty"'))
    async with Misbehaving([missing, status(200, '{"results":[{"statement_id":0}]}')]) as server:
        assert await outcome_of(server, create=True, database='ci"ty') == Written()
        assert [request.path for request in server.requests] == ["/write", "/query", "/write"]
        assert "CREATE+DATABASE+%22ci%5C%22ty%22" in server.requests[1].text
    async with Misbehaving([missing, status(200, "{}"), missing]) as server:
        assert isinstance(await outcome_of(server, create=True), Denied)
        assert len(server.requests) == 3
    async with Misbehaving([missing, status(403, v1("not authorized"))]) as server:
        outcome = await outcome_of(server, create=True)
        assert isinstance(outcome, Denied)
        assert "can't be created" in outcome.reason


async def test_v1_names_database_and_precision_and_sends_credentials_in_the_header() -> None:
    async with Misbehaving() as server:
        await outcome_of(server, username="nadi", password=SecretStr("s3cret&="), database="a b&c")
        [request] = server.requests
    assert request.path == "/write"
    assert request.query == {"db": "a b&c", "precision": "ms"}
    assert request.headers["authorization"] == "Basic bmFkaTpzM2NyZXQmPQ=="
    assert request.text == LINES.data.decode()


async def test_v2_names_org_and_bucket_and_sends_the_token() -> None:
    async with Misbehaving() as server:
        await outcome_of(server, api="v2", org="o&o", bucket="b", token=SecretStr("t0ken"), gzip=False)
        [request] = server.requests
    assert request.path == "/api/v2/write"
    assert request.query == {"org": "o&o", "bucket": "b", "precision": "ms"}
    assert request.headers["authorization"] == "Token t0ken"
    assert "content-encoding" not in request.headers
    assert request.text == LINES.data.decode()


async def test_credentials_in_the_url_are_never_in_words_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Misbehaving([status(401, v1("no")), reset(), status(404, "what")]) as server:
        url = server.url.replace("//", "//user:s3cret@")
        outcomes = [await outcome_of(server, url=url) for _ in range(3)]
        assert server.requests[0].headers["authorization"] == "Basic dXNlcjpzM2NyZXQ="
        assert all("s3cret" not in request.target for request in server.requests)
    assert "s3cret" not in str(outcomes)
    assert "s3cret" not in caplog.text


async def test_a_delivery_is_encoded_in_requests_of_bounded_size() -> None:
    sink = InfluxSink(settings("http://127.0.0.1:1"), plain_table())
    delivery = Delivery(
        readings([float(number) for number in range(40_000)]),
        (windows_of([{"count": 1}] * 3),),
        (anomalies_of([{"value": 1.0, "time": TIME}]),),
    )
    pieces = sink.encode(delivery)
    assert len(pieces) > 1
    assert all(isinstance(piece, Lines) and len(piece.data) <= PIECE_BYTES for piece in pieces)
    assert sum(piece.points for piece in pieces) == 40_004
    assert sum(piece.readings for piece in pieces) == 40_000
    assert list(sink.encode(Delivery(readings([])))) == []


def test_lines_split_into_halves_that_know_their_readings() -> None:
    lines = Lines(b"a\nb\nc\nd\ne\n", 5, 3)
    left, right = lines.split()
    assert (left, right) == (Lines(b"a\nb\n", 2, 2), Lines(b"c\nd\ne\n", 3, 1))
    assert right.text() == "c\nd\ne"


class _Store:
    """Keeps the lines that reach it; refuses requests with the value `bad` as a whole."""

    def __init__(self, bad: float | None = None) -> None:
        self.bad = bad
        self.lines: list[str] = []
        self.requests = 0

    async def act(self, request: Any, writer: asyncio.StreamWriter) -> None:
        self.requests += 1
        lines = request.text.splitlines()
        if any(f"value={self.bad}," in line for line in lines):
            await status(400, v1("unable to parse: bad luck"))(request, writer)
        else:
            self.lines += lines
            await status(204)(request, writer)


PATIENCE = 10.0
"""s, for an answer."""


async def deliver(server: Misbehaving, count: int) -> tuple[DeliveryRunner, list[Quarantined]]:
    """Deliver `count` readings with values 0, 1, ... to `server`, with hardly any waiting."""
    reader, letters = ListReader(), list[Quarantined]()
    reader.add(readings([float(number) for number in range(count)]))
    reader.end()
    runner = DeliveryRunner(
        InfluxSink(settings(server.url, timeout=1000 * PATIENCE), plain_table()),
        reader,
        DeliveryOptions(linger=0, waits=Waits(0.001, 0.01, 0.01, 0.01)),
        backlog=reader.backlog,
        quarantine=letters.append,
    )
    await asyncio.wait_for(runner.run(), 12 * PATIENCE)
    return runner, letters


async def test_whatever_happens_everything_is_written_in_the_end() -> None:
    store = _Store()
    slow, slower = (outlasting(act, PATIENCE + 1) for act in (hang(), drip(500)))
    faults = [drop(), reset(), slow, status(500), status(503, Retry_After="1"), status(401), status(404), status(413)]
    faults += [status(429), slower, nonsense(), status(302)]
    async with Misbehaving([*faults, *[store.act] * 50]) as server:
        runner, letters = await deliver(server, 100)
    assert len(store.lines) == 100
    assert letters == []
    assert runner.account.delivered == 100
    assert runner.stats.retries == len(faults) - 1


async def test_a_refused_line_is_quarantined_in_the_stores_words() -> None:
    store = _Store(bad=13.0)
    async with Misbehaving([store.act] * 100) as server:
        runner, [letter] = await deliver(server, 1000)
    assert letter.text == f"water,city=3578,device=d0,quantity=flow,zone=z1 value=13.0,flags=0i {1000 + 13_000}"
    assert letter.reason == "unable to parse: bad luck"
    assert len(store.lines) == 999
    assert store.requests <= 21
    assert (runner.account.delivered, runner.account.quarantined) == (999, 1)
