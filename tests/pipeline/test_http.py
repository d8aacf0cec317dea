"""What is answered over HTTP, to whom, and with which headers."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.service import books
from pipeline.service.lifecycle import Service
from pipeline.web.passwords import hash_password
from telemetry.errors import NadiError
from tests.pipeline.kit import NOW, Web, processed, running, send, settings, until

REPLAY = "/api/v1/deadletters/replay"
METRICS = {
    "nadi_messages", "nadi_readings", "nadi_rejects", "nadi_late_readings", "nadi_sink_points",
    "nadi_sink_lag_seconds", "nadi_journal_bytes", "nadi_end_to_end_seconds", "nadi_incidents_open",
}  # fmt: skip
"""The contract's names; a counter's family has no _total."""


def login(name: str, password: str = "rahasia sekali") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(Service(settings(tmp_path), clock=lambda: NOW)) as made:
        yield made


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Service]:
    """Any address, users, and metrics apart."""
    users = tmp_path / "users"
    hashed = hash_password("rahasia sekali")
    users.write_text(f"siti:viewer:{hashed}\nbudi:operator:{hashed}\n")
    users.chmod(0o600)
    http = {"listen": "0.0.0.0:0", "users_file": str(users), "metrics_listen": "127.0.0.1:0"}
    async with running(Service(settings(tmp_path, http=http), clock=lambda: NOW)) as made:
        yield made


async def test_every_answer_has_the_headers_that_keep_a_browser_safe(service: Service) -> None:
    web = Web(service)
    for path in ("/", "/page/app.js", "/api/v1/status", "/metrics", "/healthz", "/readyz", "/nothing"):
        _, headers, _ = await web.ask(path)
        assert "default-src 'none'; script-src 'self';" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_health_and_readiness(service: Service) -> None:
    web = Web(service)
    assert (await web.ask("/healthz"))[::2] == (200, "alive\n")
    status, _, text = await web.ask("/readyz")
    assert status == 503
    told = json.loads(text)
    assert told["ready"] is False
    assert any(problem.startswith("mqtt: ") for problem in told["problems"])


async def test_ready_when_nothing_is_wrong(service: Service) -> None:
    await service.parts.subscriber.stop()
    service.parts.subscriber.status.connected = True
    service.parts.subscriber.status.reason = ""
    await until(service.parts.processing.caught_up.is_set)
    status, _, text = await Web(service).ask("/readyz")
    assert (status, json.loads(text)) == (200, {"ready": True, "problems": [], "notices": []})


async def test_what_the_contract_promises_is_in_the_metrics(service: Service) -> None:
    good = {"ts": NOW, "values": {"flow": 1.0}, "gw": 'gw "1\\2"', "seq": 1}
    await send(service, ("water/a/d1", good), ("water/a/d1", good), ("water/a/d1", b"{"))
    await processed(service)
    await until(lambda: service.ledger()["sinks"]["historian"]["delivered"] == 1)
    _, headers, text = await Web(service).ask("/metrics")
    assert headers["Content-Type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families.keys() >= METRICS
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert samples["nadi_messages_total",] == 3
    assert samples["nadi_readings_total", ("domain", "water"), ("outcome", "stored")] == 1
    assert samples["nadi_readings_total", ("domain", "water"), ("outcome", "duplicate")] == 1
    assert samples["nadi_rejects_total", ("reason", "json")] == 1
    assert samples["nadi_sink_points_total", ("outcome", "delivered"), ("sink", "historian")] == 1
    assert samples["nadi_end_to_end_seconds_count",] == 2
    assert samples["nadi_ready",] == 0


async def test_clocks_that_are_off_are_told_by_device(service: Service) -> None:
    """One an hour ahead, of which every reading is refused, and one 5 minutes behind."""
    for device, ahead in (("fast", 3_600_000), ("slow", -300_000), ("right", -900)):
        await send(service, (f"water/a/{device}", {"ts": NOW + ahead, "values": {"flow": 1.0}}))
    await processed(service)
    web = Web(service)
    place = {"city": "3578", "domain": "water", "zone": "a"}
    assert (await web.json("/api/v1/status"))["clocks"] == {
        "off": 2,
        "worst": [{**place, "device": "fast", "ahead_s": 3600.0}, {**place, "device": "slow", "ahead_s": -300.0}],
    }
    for device, ahead, quantities in (("slow", -300_000, 1), ("right", -900, 1), ("fast", 3_600_000, 0)):
        told = await web.json(f"/api/v1/device?city=3578&domain=water&zone=a&device={device}")
        assert (told["clock_ahead_ms"], len(told["quantities"])) == (ahead, quantities)
    _, _, text = await web.ask("/metrics")
    lines = text.splitlines()
    assert "nadi_device_clocks_off 2.0" in lines
    assert any(line.startswith("nadi_device_clock_ahead_seconds{") and line.endswith(" -300.0") for line in lines)


async def test_the_ledger_and_the_letters(service: Service) -> None:
    await send(service, ("water/a/d1", {"ts": NOW, "values": {"flow": 1.0}}), ("water/a/d1", b"{"))
    await processed(service)
    await until(lambda: service.parts.letters.count == 1)
    web = Web(service)
    books = (await web.json("/api/v1/ledger"))["all"]
    assert (books["received"], books["stored"], books["rejected"]) == (2, 1, 1)
    assert [letter["payload"] for letter in (await web.json("/api/v1/deadletters"))["letters"]] == ["{"]
    assert (await web.json("/api/v1/deadletters?reason=time"))["letters"] == []
    for query in ("limit=0", "limit=x", "limit=9999", "after=x"):
        assert (await web.ask(f"/api/v1/deadletters?{query}"))[0] == 400
    status = await web.json("/api/v1/status")
    assert status["dead_letters"]["count"] == 1


async def test_the_ledger_of_many_gateways_is_told_in_slices(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "SLICE", 7)
    parts = service.parts
    for number in range(50):
        good = {"ts": NOW, "values": {"flow": 1.0}, "gw": f"gw-{number}", "seq": 1}
        await send(service, (f"water/a/d{number}", good))
    await send(service, *(("water/a/d3", b"{") for _ in range(2)), ("water/a/d4", b"{"))
    await processed(service)
    await until(lambda: service.ledger()["sinks"]["historian"]["pending"] == 0)
    turns = 0

    async def turning() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    whole = service.ledger()
    task = asyncio.create_task(turning())
    answer = await books.Books(parts).told()
    task.cancel()
    assert turns >= 7
    assert orjson.loads(orjson.dumps(answer)) == whole | {"gateways_known": 50}
    web = Web(service)
    assert await web.json("/api/v1/ledger") == whole | {"gateways_known": 50}
    worst = await web.json("/api/v1/ledger?limit=3")
    assert list(worst["gateways"]) == ["3578/gw-3", "3578/gw-4", "3578/gw-0"]
    assert worst["gateways"]["3578/gw-3"] == whole["gateways"]["3578/gw-3"]
    assert worst["all"] == whole["all"]
    assert (await web.json("/api/v1/ledger?limit=0"))["gateways"] == {}
    for wrong in ("-1", "x", "65537", ""):
        assert (await web.ask(f"/api/v1/ledger?limit={wrong}"))[0] == 400


async def test_gateways_that_are_not_taken_are_in_the_metrics(service: Service) -> None:
    table = service.parts.table
    table.max_gateways = 2
    await send(service, *((f"water/a/d{n}", {"ts": NOW, "values": {"flow": 1.0}, "gw": f"gw-{n}"}) for n in range(5)))
    _, _, text = await Web(service).ask("/metrics")
    assert "\nnadi_gateways 2.0\n" in text
    assert "\nnadi_gateways_untaken_total 3.0\n" in text
    status = await Web(service).json("/api/v1/status")
    assert (status["gateways"], status["gateways_untaken"]) == (2, 3)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://{host}"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example:80", "Host": "evil.example:80"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
async def test_no_other_web_page_may_post(service: Service, headers: dict[str, str], status: int) -> None:
    web = Web(service)
    host = web.base.removeprefix("http://")
    sent = {name: value.format(host=host) for name, value in headers.items()}
    body: dict[str, object] = {}
    assert (await web.ask(REPLAY, method="POST", headers=sent, body=body))[0] == status


async def test_a_body_that_makes_no_sense_is_refused(service: Service) -> None:
    for body in ({"reason": 5}, ["x"], 7):
        assert (await Web(service).ask(REPLAY, method="POST", body=body))[0] == 400


async def test_with_users_all_but_health_needs_one(guarded: Service) -> None:
    web = Web(guarded)
    web.base = web.base.replace("0.0.0.0", "127.0.0.1")
    for path in ("/", "/api/v1/status", "/api/v1/ledger", "/api/v1/deadletters", "/api/v1/events", "/metrics", "/none"):
        status, headers, _ = await web.ask(path)
        assert status == 401, path
        assert headers["WWW-Authenticate"].startswith("Basic ")
        assert "Content-Security-Policy" in headers
    assert (await web.ask("/healthz"))[0] == 200
    assert (await web.ask("/api/v1/status", headers=login("siti")))[0] == 200
    assert (await web.ask("/api/v1/status", headers=login("siti", "wrong")))[0] == 401


async def test_reasons_are_told_to_users_only(guarded: Service) -> None:
    web = Web(guarded)
    web.base = web.base.replace("0.0.0.0", "127.0.0.1")
    status, _, text = await web.ask("/readyz")
    assert (status, json.loads(text)) == (503, {"ready": False})
    status, _, text = await web.ask("/readyz", headers=login("siti"))
    assert status == 503
    assert json.loads(text)["problems"]


async def test_a_viewer_changes_nothing(guarded: Service) -> None:
    web = Web(guarded)
    web.base = web.base.replace("0.0.0.0", "127.0.0.1")
    body: dict[str, object] = {}
    assert (await web.ask(REPLAY, method="POST", body=body))[0] == 401
    assert (await web.ask(REPLAY, method="POST", body=body, headers=login("siti")))[0] == 403
    assert (await web.ask(REPLAY, method="POST", body=body, headers=login("budi")))[0] == 200
    foreign = login("budi") | {"Origin": "http://evil.example"}
    assert (await web.ask(REPLAY, method="POST", body=body, headers=foreign))[0] == 403


async def test_metrics_on_their_own_address_need_no_user_and_are_alone(guarded: Service) -> None:
    web = Web(guarded)
    assert guarded.metrics_http is not None
    web.base = guarded.metrics_http.address.rstrip("/")
    assert (await web.ask("/metrics"))[0] == 200
    for path in ("/", "/api/v1/status", "/readyz"):
        assert (await web.ask(path))[0] == 404


async def test_an_address_in_use_is_told_in_a_line(service: Service, tmp_path: Path) -> None:
    taken = settings(tmp_path / "other", http={"listen": f"127.0.0.1:{service.http.port}"})
    with pytest.raises(NadiError, match="already in use; choose another address"):
        await Service(taken).run()


async def test_what_is_not_http_is_answered_and_not_logged(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.http.port)
    with caplog.at_level(logging.DEBUG):
        writer.write(b"GET / HTTP/1.1\r\nAuthorization: Basic s3cret\r\nX: " + b"a" * 100_000 + b"\r\n\r\n")
        assert b" 400 " in await reader.readline()
    writer.close()
    assert [record for record in caplog.records if "http" in record.name] == []


async def test_idle_connections_do_not_use_up_the_files(service: Service) -> None:
    service.http.doors.most = 3
    held = [await asyncio.open_connection("127.0.0.1", service.http.port) for _ in range(4)]
    assert await asyncio.wait_for(held[-1][0].read(), 5) == b""
    for reader, writer in held[:-1]:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: nadi\r\nConnection: close\r\n\r\n")
        assert b"alive" in await reader.read()
        writer.close()
    assert (await Web(service).ask("/healthz"))[0] == 200


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/status", "/api/v1/ledger", "/api/v1/deadletters", "/metrics", "/readyz"]
)
async def test_without_users_a_foreign_name_that_leads_here_learns_nothing(service: Service, path: str) -> None:
    """DNS rebinding: the browser takes a foreign page and this nadi for one origin, and sends no Origin with GET."""
    web = Web(service)
    status, _, text = await web.ask(path, headers={"Host": "evil.example:8080"})
    assert (status, "localhost only" in text) == (403, True)
    for host in ("localhost:8080", "127.0.0.1", "[::1]:8080"):
        assert (await web.ask(path, headers={"Host": host}))[0] in (200, 503)
    assert (await web.ask("/healthz", headers={"Host": "evil.example"}))[0] == 200


async def test_with_users_any_name_may_lead_here(guarded: Service) -> None:
    web = Web(guarded)
    named = login("siti") | {"Host": "nadi.surabaya.example"}
    assert (await web.ask("/api/v1/status", headers=named))[0] == 200


async def test_indicators_are_told_and_chosen_by_their_fields(service: Service) -> None:
    before, level = ({"ts": ts, "values": {"river_level": 160.0}} for ts in (NOW - 60_000, NOW))
    # A gauge's first stage needs a second reading to be believed.
    await send(service, ("disaster/a/katulampa", before), ("disaster/a/katulampa", level), ("disaster/a/depok", level))
    await processed(service)
    web = Web(service)
    async with asyncio.timeout(10):  # rivers are judged on the tick of each second
        while not (told := await web.json("/api/v1/indicators?indicator=river_stage"))["indicators"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert {row["device"]: row["value"] for row in told["indicators"]} == {"katulampa": 2, "depok": 4}
    one = await web.json("/api/v1/indicators?indicator=river_stage&device=katulampa")
    assert one["count"] == 1
    assert one["indicators"][0] == {
        "domain": "disaster",
        "city": "3578",
        "zone": "a",
        "device": "katulampa",
        "indicator": "river_stage",
        "value": 2,
        "unit": "Siaga",
        "time": NOW,
    }
