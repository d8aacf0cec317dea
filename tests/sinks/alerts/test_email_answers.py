"""What a mail server's answers amount to: by what they answer, and for each recipient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from sinks.alerts.channel import Partly, Told
from sinks.alerts.email import TRIES, EmailChannel, Server
from sinks.alerts.notice import Notice
from sinks.base import Denied, Refused, Unreachable, Written
from tests.process import free_port
from tests.sinks.alerts.kit import notice

PATIENCE = 60.0
"""s; only a test that hangs waits so long."""


def made(port: int, *to: str, user: tuple[str, str] | None = None, sender: str = "nadi@example.org") -> EmailChannel:
    server = Server("127.0.0.1", port, "none", PATIENCE, user)
    return EmailChannel(server, sender, to or ("a@example.org",), lambda each: each.kind, lambda each: each.reason)


@asynccontextmanager
async def scripted(answers: Mapping[str, str]) -> AsyncIterator[tuple[int, list[str]]]:
    """A server that says what aiosmtpd never would. answers: by command, "hello" for the greeting, "." for the
    message; empty: it hangs up. Yields its port and the messages that it has taken."""
    taken: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(command: str, usual: str) -> str:
            said = answers.get(command, usual)
            writer.write(said.encode() + b"\r\n")
            return said

        say("hello", "220 here")
        while line := (await reader.readline()).decode():
            command = line.split()[0].split(":")[0].upper()
            if command == "DATA" and say("DATA", "354 go on").startswith("354"):
                text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                if say(".", "250 taken").startswith("250"):
                    taken.append(text)
            elif command == "QUIT":
                if answers.get("QUIT") != "":
                    say("QUIT", "221 bye")
                break
            elif command != "DATA":
                say(command, "250 fine")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], taken


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({}, Written),
        ({"hello": "554 no mail here"}, Denied),
        ({"hello": "421 later"}, Unreachable),
        ({"MAIL": "530 5.7.0 authentication required"}, Denied),
        ({"MAIL": "550 5.7.1 sender rejected"}, Denied),
        ({"MAIL": "451 later"}, Unreachable),
        ({"RCPT": "550 5.1.1 no such user"}, Refused),
        ({"RCPT": "550 5.7.1 sender rejected"}, Denied),
        ({"RCPT": "554 5.7.1 relay access denied"}, Denied),
        ({"RCPT": "450 4.2.0 greylisted"}, Unreachable),
        ({"DATA": "554 no"}, Refused),
        ({"DATA": "451 later"}, Unreachable),
        ({".": "554 looks like spam"}, Refused),
        ({".": "452 full"}, Unreachable),
    ],
)
async def test_only_the_message_itself_and_its_recipients_can_be_refused(
    answers: dict[str, str], outcome: type[Told]
) -> None:
    async with scripted(answers) as (port, _):
        found = await made(port).send(notice())
    assert isinstance(found, outcome)
    for words in answers.values():
        assert words[4:] in found.reason  # type: ignore[union-attr]


@pytest.mark.parametrize("farewell", ["500 what", "421 too slow", ""])
async def test_once_the_message_is_taken_the_farewell_does_not_matter(farewell: str) -> None:
    async with scripted({"QUIT": farewell}) as (port, taken):
        assert isinstance(await made(port).send(notice()), Written)
    assert len(taken) == 1


async def test_starttls_that_is_not_offered_or_refused_is_the_settings_fault() -> None:
    async with scripted({}) as (port, _):
        server = Server("127.0.0.1", port, "starttls", PATIENCE)
        channel = EmailChannel(server, "n@x", ("a@x",), lambda _: "", lambda _: "")
        assert isinstance(await channel.send(notice()), Denied)
    async with scripted({"EHLO": "250-x\r\n250 STARTTLS", "STARTTLS": "554 refused"}) as (port, _):
        channel.server = Server("127.0.0.1", port, "starttls", PATIENCE)
        assert isinstance(await channel.send(notice()), Denied)


async def test_a_sender_with_a_name_gives_a_whole_message_id() -> None:
    async with scripted({}) as (port, taken):
        await made(port, sender="Nadi Kota <nadi@example.org>").send(notice())
    assert "Message-ID: <duty-river-stage-1-1@example.org>" in taken[0]


@dataclass
class Post:
    """An honest server with opinions on recipients: what it says to each, until it has said it."""

    opinions: dict[str, list[str]] = field(default_factory=dict)
    taken: list[list[str]] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := self.opinions.get(address):
            return said.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        self.taken.append(list(envelope.rcpt_tos))
        return "250 taken"


@asynccontextmanager
async def post(**opinions: list[str]) -> AsyncIterator[tuple[Post, int]]:
    """opinions: by the name before `@example.org`."""
    handler = Post({f"{name}@example.org": said for name, said in opinions.items()})

    def known(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        handler.logins.append((data.login, data.password))
        return AuthResult(success=True)

    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=free_port(),
        ready_timeout=PATIENCE,
        authenticator=known,
        auth_require_tls=False,
        decode_data=False,
    )
    controller.start()
    try:
        yield handler, controller.port
    finally:
        controller.stop()


async def test_a_password_in_any_script_is_understood() -> None:
    async with post() as (handler, port):
        assert isinstance(await made(port, user=("nadi", "kunci-é")).send(notice()), Written)
    assert handler.logins == [(b"nadi", "kunci-é".encode())]


async def test_only_who_was_put_off_is_told_again() -> None:
    async with post(b=["450 greylisted", "450 greylisted"]) as (handler, port):
        channel = made(port, "a@example.org", "b@example.org")
        for _ in range(2):
            found = await channel.send(notice())
            assert isinstance(found, Partly)
            assert found.reason == "b@example.org: 450 greylisted"
        assert isinstance(await channel.send(notice()), Written)
        assert isinstance(await channel.send(notice(id="duty-2")), Written)
    assert handler.taken == [["a@example.org"], ["b@example.org"], ["a@example.org", "b@example.org"]]


async def test_who_is_put_off_for_ever_is_given_up() -> None:
    async with post(b=["450 never"] * TRIES) as (handler, port):
        channel = made(port, "a@example.org", "b@example.org")
        found = [await channel.send(notice()) for _ in range(TRIES)]
    assert isinstance(found[-2], Partly)
    assert isinstance(found[-1], Refused)
    assert "the others have been told" in found[-1].reason
    assert handler.taken == [["a@example.org"]]


async def test_who_is_unknown_does_not_keep_the_others_from_being_told() -> None:
    async with post(b=["550 unknown"], c=["450 later"]) as (handler, port):
        channel = made(port, "a@example.org", "b@example.org", "c@example.org")
        assert isinstance(await channel.send(notice()), Partly)
        found = await channel.send(notice())
    assert isinstance(found, Refused)
    assert found.reason == "b@example.org: 550 unknown; the others have been told"
    assert handler.taken == [["a@example.org"], ["c@example.org"]]


async def test_a_server_that_is_away_meanwhile_changes_nothing() -> None:
    one: Notice = notice()
    async with post(b=["450 later"]) as (_, port):
        channel = made(port, "a@example.org", "b@example.org")
        assert isinstance(await channel.send(one), Partly)
    assert isinstance(await channel.send(one), Unreachable)
    async with post() as (handler, port):
        channel.server = Server("127.0.0.1", port, "none", PATIENCE)
        assert isinstance(await channel.send(one), Written)
    assert handler.taken == [["b@example.org"]]
