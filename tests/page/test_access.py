"""Signing in to the page: who is let in, who is not, and how often one may try."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from pipeline.access import MOST_FAILURES, ROLE, USER, Access, load_users
from telemetry.errors import SettingsError
from tests.deploy.shipped import make_secrets


def hashed(password: str) -> str:
    """A cheap hash: the tests make many."""
    key = hashlib.scrypt(password.encode(), salt=b"saltsalt", n=2**10, r=8, p=1, dklen=32)
    parts = [base64.b64encode(part).decode().rstrip("=") for part in (b"saltsalt", key)]
    return f"$scrypt$ln=10,r=8,p=1${parts[0]}${parts[1]}"


class Site:
    """An application behind Access, with a clock to turn."""

    def __init__(self, users: Path) -> None:
        self.now = 0.0
        self.access = Access(load_users(users), lambda: self.now)
        self.address = ""

    async def get(self, login: str | None = None, path: str = "/") -> tuple[int, str]:
        """Ask with `login` (name:password)."""
        headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
        async with aiohttp.ClientSession() as session, session.get(self.address + path, headers=headers) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    users = tmp_path / "users"
    users.write_text(f"# who may\nsiti:viewer:{hashed('rahasia: ä')}\nbudi:operator:{hashed('other')}\n")
    made = Site(users)

    async def who(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.get(USER)} {request.get(ROLE)}")

    app = web.Application(middlewares=[made.access.middleware])
    for path in ("/", "/healthz", "/readyz"):
        app.router.add_get(path, who)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


RIGHT = "siti:rahasia: ä"


async def test_a_user_is_let_in_with_her_role(site: Site) -> None:
    assert await site.get(RIGHT) == (200, "siti viewer")
    assert await site.get("budi:other") == (200, "budi operator")


@pytest.mark.parametrize("login", [None, "siti:wrong", "siti:", "nobody:other", ":"])
async def test_others_are_asked(site: Site, login: str | None) -> None:
    assert (await site.get(login))[0] == 401


async def test_a_password_is_hashed_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.get(RIGHT)
    monkeypatch.setattr(hashlib, "scrypt", None)
    assert (await site.get(RIGHT))[0] == 200


async def test_who_guesses_must_wait_and_who_is_signed_in_need_not(site: Site) -> None:
    await site.get(RIGHT)
    for number in range(MOST_FAILURES):
        assert (await site.get(f"siti:{number}"))[0] == 401
    assert (await site.get("budi:other"))[0] == 429
    assert (await site.get(RIGHT))[0] == 200
    site.now += 61
    assert (await site.get("budi:other"))[0] == 200


async def test_health_needs_no_password(site: Site) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await site.get(path=path))[0] == 200


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic bm9jb2xvbg==", "Basic //79", "Bearer x", "Basic é"])
async def test_odd_headers_are_asked_again(site: Site, header: str) -> None:
    async with aiohttp.ClientSession() as session:
        answer = await session.get(site.address, headers={"Authorization": header})
        assert answer.status == 401


def test_the_file_that_make_secrets_writes_works(tmp_path: Path) -> None:
    deploy = tmp_path / "deploy"
    deploy.mkdir()
    make_secrets(deploy)
    operator = load_users(deploy / "secrets/nadi_users")["operator"]
    assert operator.role == "operator"
    assert operator.accepts((deploy / "secrets/page_operator_password").read_text())
    assert not operator.accepts("else")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("siti", "write name:role:hash"),
        (f"siti:admin:{hashed('x')}", "one of viewer, operator"),
        ("siti:viewer:plain", "not scrypt in PHC format"),
        ("siti:viewer:" + hashed("x").replace("ln=10", "ln=30"), "out of bounds"),
        ("siti:viewer:" + hashed("x").replace("ln=10", "ln=1"), "out of bounds"),
        ("# nobody", "names no user"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "users").write_text(line + "\n")
    with pytest.raises(SettingsError, match=r"http\.users_file") as caught:
        load_users(tmp_path / "users")
    assert complaint in str(caught.value)
    if not line.startswith("#"):
        assert "line 1" in str(caught.value)
