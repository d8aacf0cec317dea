"""Signing in to the page: who is let in, who is not, and how often one may try."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from pipeline.web.access import MOST_FAILURES, ROLE, SIGNED_IN_SECONDS, USER, Access, WrongPassword, load_users
from pipeline.web.passwords import ScryptHash
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
    users.chmod(0o600)
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
    assert operator.hash.accepts((deploy / "secrets/page_operator_password").read_text())
    assert not operator.hash.accepts("else")


def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that are hashed from now on."""
    seen: list[str] = []
    real = ScryptHash.accepts

    def accepts(self: ScryptHash, password: str) -> bool:
        seen.append(password)
        return real(self, password)

    monkeypatch.setattr(ScryptHash, "accepts", accepts)
    return seen


async def test_a_password_is_hashed_again_after_a_while(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.get(RIGHT)
    site.now += SIGNED_IN_SECONDS + 1
    seen = watched(monkeypatch)
    assert (await site.get(RIGHT))[0] == 200
    assert seen == ["rahasia: ä"]


async def test_a_page_that_asks_for_much_at_once_costs_one_hash(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(monkeypatch)
    answers = await asyncio.gather(*(site.get(RIGHT) for _ in range(8)))
    assert {status for status, _ in answers} == {200}
    assert len(seen) == 1


async def test_guesses_at_once_are_counted_too(site: Site) -> None:
    answers = await asyncio.gather(*(site.get(f"siti:{number}") for number in range(MOST_FAILURES + 4)))
    assert sorted(status for status, _ in answers) == [401] * MOST_FAILURES + [429] * 4


async def test_a_guesser_who_changes_the_address_within_a_network_of_ipv6_is_one_guesser(site: Site) -> None:
    for number in range(MOST_FAILURES):
        with pytest.raises(WrongPassword):
            await site.access.verify("siti", "guess", f"2001:db8::{number + 1:x}")
    with pytest.raises(web.HTTPTooManyRequests):
        await site.access.verify("siti", "guess", "2001:db8::ffff:1")
    assert (await site.access.verify("budi", "other", "2001:db8:0:1::1")).name == "budi"


def test_what_the_command_prints_lets_one_in(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "pipeline", "password", "siti", "viewer"],
        input="rahasia sekali\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    users = tmp_path / "users"
    users.write_text(made.stdout)
    users.chmod(0o640)
    siti = load_users(users)["siti"]
    assert siti.role == "viewer"
    assert siti.hash.accepts("rahasia sekali")
    assert not siti.hash.accepts("rahasia")
    assert "rahasia" not in made.stdout


@pytest.mark.parametrize(("name", "password"), [("a:b", "long enough"), ("#a", "long enough"), ("siti", "short")])
def test_a_line_that_would_not_work_is_not_made(name: str, password: str) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "pipeline", "password", name, "viewer"],
        input=password + "\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 1
    assert made.stdout == ""
    assert made.stderr.startswith("nadi: ")
    assert len(made.stderr.splitlines()) == 1


@pytest.mark.parametrize("mode", [0o644, 0o606])
def test_a_file_that_everybody_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    users = tmp_path / "users"
    users.write_text(f"siti:viewer:{hashed('x')}\n")
    users.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 640"):
        load_users(users)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("siti", "write name:role:hash"),
        (f"siti:admin:{hashed('x')}", "one of viewer, operator"),
        ("siti:viewer:plain", "neither argon2id nor scrypt"),
        ("siti:viewer:$scrypt$plain", "not scrypt in PHC format"),
        ("siti:viewer:$argon2i$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$" + "a" * 43, "another kind of argon2"),
        ("siti:viewer:$argon2id$v=19$m=9999999,t=3,p=4$c2FsdHNhbHQ$" + "a" * 43, "out of bounds"),
        (f"siti:viewer:{hashed('x')}\nsiti:operator:{hashed('y')}", "named twice"),
        ("siti:viewer:" + hashed("x").replace("ln=10", "ln=30"), "out of bounds"),
        ("siti:viewer:" + hashed("x").replace("ln=10", "ln=1"), "out of bounds"),
        ("# nobody", "names no user"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "users").write_text(line + "\n")
    (tmp_path / "users").chmod(0o600)
    with pytest.raises(SettingsError, match=r"http\.users_file") as caught:
        load_users(tmp_path / "users")
    assert complaint in str(caught.value)
    if not line.startswith("#"):
        assert f"line {len(line.splitlines())}" in str(caught.value)
