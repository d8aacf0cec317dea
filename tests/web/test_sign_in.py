"""Sessions: given for a password, kept by a cookie that other sites can't use, ended by sign-out and by time."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pipeline.refusals.deadletters import DeadLetters
from pipeline.service.lifecycle import Service
from pipeline.web.access import MOST_FAILURES
from pipeline.web.audit import Audit
from pipeline.web.sessions import IDLE_SECONDS, LONGEST_SECONDS, MOST_SESSIONS, Sessions
from telemetry.errors import NadiError
from tests.pipeline.kit import running, settings, until
from tests.pipeline.test_access import hashed

SESSION = "/api/v1/session"
REPLAY = "/api/v1/deadletters/replay"


@dataclass
class Answer:
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Site:
    def __init__(self, service: Service) -> None:
        self.service = service
        self.base = f"http://127.0.0.1:{service.http.port}"
        self.jar = aiohttp.CookieJar(unsafe=True)

    async def ask(
        self, path: str, body: object = None, headers: dict[str, str] | None = None, *, cookies: bool = True
    ) -> Answer:
        """GET, or POST of `body` as the page does it; `headers` replace its Origin."""
        jar = self.jar if cookies else aiohttp.DummyCookieJar()
        sent = {"Origin": self.base, "X-Nadi-Page": "1"} if headers is None else headers
        async with (
            aiohttp.ClientSession(cookie_jar=jar) as session,
            session.request(
                "GET" if body is None else "POST", self.base + path, json=body, headers=sent, allow_redirects=False
            ) as answer,
        ):
            return Answer(answer.status, answer.headers, await answer.text())

    async def sign_in(self, name: str = "budi", password: str = "rahasia") -> Answer:
        return await self.ask(SESSION, {"name": name, "password": password})


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    users = tmp_path / "users"
    users.write_text(f"siti:viewer:{hashed('rahasia')}\nbudi:operator:{hashed('rahasia')}\n")
    users.chmod(0o600)
    http = {"listen": "127.0.0.1:0", "users_file": str(users)}
    async with running(Service(settings(tmp_path, http=http))) as service:
        yield Site(service)


async def test_a_session_opens_what_a_password_opens(site: Site) -> None:
    assert (await site.ask(SESSION)).json == {"users": True, "user": None, "role": None}
    answer = await site.sign_in()
    assert (answer.status, answer.json) == (200, {"user": "budi", "role": "operator"})
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    assert (await site.ask("/api/v1/status")).status == 200
    assert (await site.ask(REPLAY, {})).status == 200
    assert (await site.ask(SESSION)).json["user"] == "budi"


async def test_behind_tls_the_cookie_is_for_tls_only(site: Site) -> None:
    body = {"name": "budi", "password": "rahasia"}
    answer = await site.ask(SESSION, body, {"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
async def test_a_session_posts_only_from_its_own_page(site: Site, origin: str | None) -> None:
    await site.sign_in()
    assert (await site.ask(REPLAY, {}, {"Origin": origin} if origin else {})).status == 403


async def test_no_foreign_page_signs_anybody_in(site: Site) -> None:
    body = {"name": "budi", "password": "rahasia"}
    assert (await site.ask(SESSION, body, {"Origin": "http://evil.example"})).status == 403


async def test_a_viewers_session_changes_nothing_but_ends(site: Site) -> None:
    await site.sign_in("siti")
    assert (await site.ask(REPLAY, {})).status == 403
    assert (await site.ask("/api/v1/audit")).status == 403
    assert (await site.ask("/api/v1/session/end", {})).status == 200


async def test_signing_out_makes_the_cookie_worthless(site: Site) -> None:
    await site.sign_in()
    kept = [cookie.value for cookie in site.jar]
    assert (await site.ask("/api/v1/session/end", {})).status == 200
    stolen = {"Cookie": f"nadi_session={kept[0]}", "X-Nadi-Page": "1"}
    assert (await site.ask("/api/v1/status", headers=stolen, cookies=False)).status == 401


async def test_a_listener_is_cut_off_when_its_user_signs_out(site: Site) -> None:
    await site.sign_in()
    async with aiohttp.ClientSession(cookie_jar=site.jar) as session:
        stream = await session.get(f"{site.base}/api/v1/events")
        await until(lambda: site.service.city.live.hub.listeners)
        await site.ask("/api/v1/session/end", {})
        async with asyncio.timeout(60):
            while not stream.content.at_eof():
                await stream.content.readany()
        stream.close()


async def test_guessers_wait_whichever_door_they_try(site: Site) -> None:
    for number in range(MOST_FAILURES):
        assert (await site.sign_in("budi", str(number))).status == 401
    assert (await site.sign_in()).status == 429
    basic = {"Authorization": "Basic " + base64.b64encode(b"budi:rahasia").decode()}
    assert (await site.ask("/api/v1/status", headers=basic, cookies=False)).status == 429


@pytest.mark.parametrize(
    "body", [[], {"name": "budi"}, {"name": 1, "password": "x"}, {"name": "b", "password": "x" * 2000}]
)
async def test_odd_bodies_are_refused(site: Site, body: object) -> None:
    assert (await site.ask(SESSION, body)).status == 400


async def test_a_browser_is_led_to_the_page_and_a_program_challenged(site: Site) -> None:
    page = await site.ask("/", headers={"Accept": "text/html,*/*"})
    assert (page.status, page.headers["Location"]) == (303, "/sign-in")
    for headers in ({"X-Nadi-Page": "1"}, {"Accept": "text/event-stream"}):
        script = await site.ask("/api/v1/status", headers=headers)
        assert (script.status, script.headers["WWW-Authenticate"].split()[0]) == (401, "Session")
    program = await site.ask("/api/v1/status", headers={})
    assert program.headers["WWW-Authenticate"].startswith("Basic")
    for path in ("/sign-in", "/page/sign-in.js", "/page/style.css"):
        assert (await site.ask(path)).status == 200
    for path in ("/page/../web/access.py", "/page/%2e%2e/web/access.py", "/page/nothing.js"):
        assert (await site.ask(path)).status in (401, 404)


async def test_the_audit_tells_who_came_and_what_was_done(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    await site.sign_in("budi", "wrong")
    assert "a sign-in was refused" in caplog.text
    await site.sign_in()
    await site.ask(REPLAY, {"reason": "json"})
    entries = (await site.ask("/api/v1/audit")).json["entries"]
    assert [(entry["action"], entry["who"], entry["outcome"]) for entry in entries] == [
        ("replay dead letters", "budi", "done"),
        ("sign-in", "budi", "done"),
    ]
    assert "rahasia" not in json.dumps(entries)
    assert (await site.ask("/api/v1/audit?limit=1")).json["entries"] == entries[:1]


BASIC = {"Authorization": "Basic " + base64.b64encode(b"siti:rahasia").decode()}


async def test_who_has_no_session_writes_no_end_of_one(site: Site) -> None:
    await site.sign_in()
    for _ in range(3):
        ended = await site.ask(f"{SESSION}/end", {}, BASIC, cookies=False)
        assert (ended.status, ended.json) == (200, {"user": None})
    assert [entry["action"] for entry in (await site.ask("/api/v1/audit")).json["entries"]] == ["sign-in"]


async def test_one_comes_in_while_nothing_can_be_written(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is called for a full disk has to see what goes on; what would change something is refused."""

    def full(*what: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Audit, "_run", full)
    assert (await site.sign_in()).status == 200
    assert "a sign-in or sign-out is missing in the audit" in caplog.text
    assert (await site.ask("/api/v1/status")).status == 200
    changed = await site.ask(REPLAY, {})
    assert (changed.status, "disk is full" in changed.json["error"]) == (503, True)
    assert (await site.ask(f"{SESSION}/end", {})).status == 200


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=x", "limit=1001", "limit=-1", "limit=1.0", "limit=+1", "limit=%D9%A3", "limit="),
        *("limit=" + "9" * 5_000, "before=x", "before=-1", "before=99999999999999999999", "before=%D9%A3"),
    ],
)
async def test_odd_numbers_are_refused_in_words(site: Site, query: str) -> None:
    await site.sign_in()
    for path in ("audit", "deadletters") if query.startswith("limit") else ("audit",):
        answer = await site.ask(f"/api/v1/{path}?{query}")
        assert (answer.status, "a whole number" in answer.json["error"]) == (400, True)
        assert len(answer.text) < 200
    assert (await site.ask("/api/v1/audit?before=999999999999999&limit=1000")).status == 200


class Broken(Exception):
    pass


@pytest.mark.parametrize(
    ("fault", "status", "outcome"),
    [
        (Broken("unforeseen"), 500, "failed: Broken: unforeseen"),
        (NadiError("the letters can't be read"), 503, "failed: the letters can't be read"),
        (asyncio.CancelledError(), None, "not known: it was broken off"),
    ],
)
async def test_what_failed_is_not_called_done(
    site: Site, fault: BaseException, status: int | None, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*what: object) -> None:
        raise fault

    monkeypatch.setattr(DeadLetters, "page", fail)
    await site.sign_in()
    if status is None:
        with pytest.raises(aiohttp.ClientError):
            await site.ask(REPLAY, {})
    else:
        assert (await site.ask(REPLAY, {})).status == status
    newest = (await site.ask("/api/v1/audit")).json["entries"][0]
    assert (newest["action"], newest["outcome"]) == ("replay dead letters", outcome)


def test_sessions_end_by_silence_by_age_and_by_number() -> None:
    now = 0.0
    sessions = Sessions(lambda: now)
    token = sessions.begin("siti")
    assert sessions.user_of(token) == "siti"
    now += IDLE_SECONDS + 1
    assert sessions.user_of(token) is None
    token = sessions.begin("siti")
    while now < IDLE_SECONDS + 1 + LONGEST_SECONDS:
        assert sessions.user_of(token) == "siti"
        now += IDLE_SECONDS - 1
    assert sessions.user_of(token) is None
    first, *_ = [sessions.begin("siti") for _ in range(MOST_SESSIONS + 1)]
    assert sessions.user_of(first) is None
    assert sessions.user_of("made up") is None
