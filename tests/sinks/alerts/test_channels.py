"""Each channel against a server that understands it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from sinks.alerts import words
from sinks.alerts.channel import Channel, Told
from sinks.alerts.mqtt import MqttChannel
from sinks.alerts.notice import Notice
from sinks.alerts.table import CHANNELS, Means, channel_of
from sinks.alerts.webhook import signature
from sinks.alerts.words import Language
from sinks.base import Denied, Refused, Throttled, Unreachable, Written
from tests.certificates import Authority
from tests.process import free_port
from tests.sinks.alerts.kit import FIRST, MINUTE, T0, channel, notice
from tests.sinks.alerts.servers import Alertmanager, posted

CITIES = {"3578": "Surabaya"}


async def undelivered(topic: str, payload: bytes, retain: bool) -> str:
    return "away"


@asynccontextmanager
async def opened(**keys: Any) -> AsyncIterator[Channel]:
    made = channel_of(channel(**keys), Means("id", "Asia/Jakarta", CITIES, undelivered))
    await made.open()
    try:
        yield made
    finally:
        await made.close()


async def told(one: Notice, **keys: Any) -> Told:
    async with opened(**keys) as made:
        return await made.send(one)


def test_every_means_of_the_settings_has_its_line() -> None:
    assert set(CHANNELS) == {"mqtt", "webhook", "alertmanager", "email", "telegram", "cap"}


class TestMqtt:
    async def sent(self, one: Notice) -> list[tuple[str, bytes, bool]]:
        published: list[tuple[str, bytes, bool]] = []

        async def deliver(*each: Any) -> str:
            published.append(each)
            return ""

        assert isinstance(await MqttChannel(deliver).send(one), Written)
        return published

    async def test_an_open_incident_is_retained_and_an_empty_message_ends_it(self) -> None:
        ((topic, payload, retain),) = await self.sent(notice())
        assert (topic, retain) == ("nadi-out/v1/3578/incidents/river-stage-1", True)
        assert json.loads(payload)["reason"] == "Siaga 1: 950 cm <naik> & terus"
        last, end = await self.sent(notice(event="closed"))
        assert (last[2], end[1:]) == (False, (b"", True))

    async def test_a_test_leaves_nothing_behind(self) -> None:
        assert [(each[1] == b"", each[2]) for each in await self.sent(notice(event="test"))] == [
            (False, False),
            (True, True),
        ]

    async def test_without_a_connection_it_is_tried_again(self) -> None:
        assert isinstance(await MqttChannel(undelivered).send(notice()), Unreachable)

    async def test_a_city_that_is_no_topic_level_is_refused(self) -> None:
        assert isinstance(await MqttChannel(undelivered).send(notice(city="a/b")), Refused)


class TestWebhook:
    async def test_a_notice_comes_signed_and_with_its_id(self) -> None:
        async with posted() as server:
            one = notice(value=float("nan"))
            outcome = await told(one, type="webhook", url=f"{server.url}/hook?x=1", secret="s3")
            ((path, headers, body),) = server.requests
        assert isinstance(outcome, Written)
        assert path == "/hook?x=1"
        assert headers["X-Nadi-Id"] == one.id
        assert headers["X-Nadi-Signature"] == signature("s3", headers["X-Nadi-Timestamp"], body)
        said = json.loads(body)
        assert (said["incident"], said["event"], said["value"]) == ("river-stage-1", "opened", None)
        assert said["text"].startswith("Insiden: banjir: sungai naik (kritis), Manggarai, Surabaya\nSiaga 1")

    def test_the_signature_is_hmac_sha256_of_time_and_body(self) -> None:
        """As `printf '1.{}' | openssl dgst -sha256 -hmac key` has it."""
        assert signature("key", "1", b"{}") == (
            "sha256=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"
        )

    @pytest.mark.parametrize(
        ("status", "headers", "outcome"),
        [
            (204, {}, Written),
            (302, {"Location": "http://127.0.0.1:1/"}, Denied),
            (400, {}, Refused),
            (401, {}, Denied),
            (404, {}, Denied),
            (408, {}, Unreachable),
            (413, {}, Refused),
            (429, {"Retry-After": "7"}, Throttled),
            (500, {}, Unreachable),
            (503, {}, Throttled),
        ],
    )
    async def test_each_answer_has_its_outcome(self, status: int, headers: dict[str, str], outcome: type[Told]) -> None:
        async with posted() as server:
            server.answers.append((status, headers))
            found = await told(notice(), type="webhook", url=server.url)
        assert isinstance(found, outcome)
        if isinstance(found, Throttled) and headers:
            assert found.retry_after == 7

    async def test_nobody_there_is_tried_again(self) -> None:
        assert isinstance(await told(notice(), type="webhook", url=f"http://127.0.0.1:{free_port()}"), Unreachable)


class TestTelegram:
    async def test_a_message_goes_to_the_chat_quietly_where_nobody_need_wake(self) -> None:
        async with posted() as server:
            keys = {"type": "telegram", "url": server.url, "token": "12:ab", "chat": "-100"}
            await told(notice(reason="x" * 5000), **keys)
            await told(notice(event="closed", ended=T0), **keys)
            (first, second) = server.requests
        assert first[0] == "/bot12:ab/sendMessage"
        message = json.loads(first[2])
        assert message["chat_id"] == "-100"
        assert not message["disable_notification"]
        assert len(message["text"]) == 4096
        assert json.loads(second[2])["disable_notification"]
        assert "Sampai: 22 Nov 2025 07.00.00 WIB" in json.loads(second[2])["text"]

    async def test_what_is_wrong_with_the_chat_is_for_a_person_to_mend(self) -> None:
        """No message is lost for it: the Bot API says 400 to all of them until the settings name the new chat."""
        async with posted() as server:
            server.answers.append((400, {}))
            outcome = await told(notice(), type="telegram", url=server.url, token="12:ab", chat="-100")
        assert isinstance(outcome, Denied)

    async def test_the_token_is_told_to_nobody(self) -> None:
        keys = {"type": "telegram", "token": "12:secret", "chat": "1", "url": f"http://127.0.0.1:{free_port()}"}
        outcome = await told(notice(), **keys)
        assert isinstance(outcome, Unreachable)
        assert "secret" not in outcome.reason


class Mailbox:
    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answer = "250 taken"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def mail_server(authority: Authority) -> Iterator[tuple[Mailbox, dict[str, Any]]]:
    """Asks for STARTTLS, and for the user's password."""
    pair = authority.server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert_file, pair.key_file)

    def known(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"nadi", b"pass"), handled=False)

    box = Mailbox()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        ready_timeout=60.0,
        tls_context=context,
        require_starttls=True,
        authenticator=known,
        auth_required=True,
    )
    controller.start()
    keys = {"type": "email", "port": controller.port, "sender": "nadi@example.org", "to": ["a@example.org", "b@x.org"]}
    try:
        yield box, keys | {"ca_file": str(authority.ca_file), "username": "nadi", "password": "pass"}
    finally:
        controller.stop()


def read(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    return message_from_bytes(envelope.content, policy=default)


class TestEmail:
    async def test_a_message_comes_over_tls_and_what_follows_answers_it(self, authority: Authority) -> None:
        with mail_server(authority) as (box, keys):
            assert isinstance(await told(notice(reason="naik\ncepat"), **keys), Written)
            later = notice(id="duty-river-stage-1-2", event="closed", time=T0 + MINUTE, first=FIRST, previous=FIRST)
            assert isinstance(await told(later, **keys), Written)
            first, second = (read(each) for each in box.envelopes)
            assert box.envelopes[0].rcpt_tos == ["a@example.org", "b@x.org"]
        assert first["Subject"] == "Insiden: banjir: sungai naik (kritis), Manggarai, Surabaya"
        assert second["In-Reply-To"] == first["Message-ID"] == "<duty-river-stage-1-1@example.org>"
        body = first.get_body()
        assert body is not None
        assert "naik\ncepat" in body.get_content().replace("\r\n", "\n")

    async def test_no_line_of_an_incident_becomes_a_header(self, authority: Authority) -> None:
        with mail_server(authority) as (box, keys):
            await told(notice(zone="X\r\nBcc: thief@example.org"), **keys)
            assert box.envelopes[0].rcpt_tos == ["a@example.org", "b@x.org"]
            assert read(box.envelopes[0])["Bcc"] is None

    async def test_a_wrong_password_needs_a_person(self, authority: Authority) -> None:
        with mail_server(authority) as (_, keys):
            assert isinstance(await told(notice(), **keys | {"password": "no"}), Denied)

    async def test_a_certificate_that_nobody_vouches_for_is_not_believed(self, authority: Authority) -> None:
        with mail_server(authority) as (box, keys):
            outcome = await told(notice(), **{name: value for name, value in keys.items() if name != "ca_file"})
            assert isinstance(outcome, Denied)
            assert "ca_file" in outcome.reason
            assert box.envelopes == []

    @pytest.mark.parametrize(("answer", "outcome"), [("451 later", Unreachable), ("554 never", Refused)])
    async def test_a_refusal_is_for_now_or_for_good(
        self, authority: Authority, answer: str, outcome: type[Told]
    ) -> None:
        with mail_server(authority) as (box, keys):
            box.answer = answer
            found = await told(notice(), **keys)
            assert isinstance(found, outcome)
            assert answer[4:] in found.reason  # type: ignore[union-attr]

    async def test_nobody_there_is_tried_again(self) -> None:
        keys = {"type": "email", "port": free_port(), "sender": "a@b", "to": ["c@d"], "tls": "none"}
        assert isinstance(await told(notice(), **keys), Unreachable)


@pytest.mark.parametrize(
    ("language", "title"), [("id", "Bagian dari insiden lain: "), ("en", "Part of another incident: ")]
)
def test_what_was_merged_is_not_called_over(language: Language, title: str) -> None:
    merged = notice(event="closed", state="merged", ended=T0)
    assert words.title(merged, language, {}).startswith(title)
    body = words.body(merged, language, "Asia/Jakarta", {})
    assert "Sampai" not in body
    assert "Until" not in body
    assert words.title(notice(event="closed", state="closed"), language, {}).split(":")[0] in ("Selesai", "Closed")


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_river_is_called_by_its_name_and_not_the_whole_of_an_unnamed_city(language: words.Language) -> None:
    river = notice(kind="flood-warning", city="*", zone="*", cause="Ciliwung")
    assert words.title(river, language, {}).endswith(", Ciliwung")
    assert "*" not in words.body(river, language, "Asia/Jakarta", {})
    unnamed = words.place(notice(city="*", zone="*"), language, {})
    assert unnamed == {"id": "beberapa kota", "en": "several cities"}[language]


@pytest.mark.parametrize(("state", "over"), [("unacknowledged", False), ("returned", True)])
async def test_what_is_back_is_not_resolved_by_a_refresh_that_repeats_what_was_told(state: str, over: bool) -> None:
    """At night, outside the channel's hours, "it is back" has not been told yet."""
    async with posted() as server:
        await told(notice(event="returned", state=state), type="alertmanager", url=server.url)
        ((_, _, body),) = server.requests
    (alert,) = json.loads(body)
    left = datetime.fromisoformat(alert["endsAt"]) - datetime.now(UTC)
    assert (left < timedelta(minutes=1)) is over


async def test_alertmanager_shows_an_incident_while_it_lasts(tmp_path: Path) -> None:
    server = Alertmanager(tmp_path)
    with server:
        keys = {"type": "alertmanager", "url": server.url}
        assert isinstance(await told(notice(), **keys), Written)
        (shown,) = await until(server.alerts, lambda found: len(found) == 1)
        assert shown["labels"] == {
            "alertname": "river-stage",
            "incident": "river-stage-1",
            "city": "3578",
            "domain": "disaster",
            "zone": "Manggarai",
        }
        assert shown["annotations"]["severity"] == "critical"
        assert shown["startsAt"].startswith("2025-11-21T23:59:00")
        assert isinstance(await told(notice(event="closed", state="closed", severity="warning"), **keys), Written)
        assert await until(server.alerts, lambda found: not found) == []


async def until(ask: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(30):
        while not wanted(found := await asyncio.to_thread(ask)):  # noqa: ASYNC110 - another program's state
            await asyncio.sleep(0.05)
    return found
