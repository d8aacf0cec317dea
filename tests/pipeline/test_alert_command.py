"""`./nadi alert test`: who is named in the settings gets a message that calls itself a test, or one learns why not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
import yaml
from aiosmtpd.controller import Controller
from typer.testing import CliRunner, Result

from pipeline import cli
from sinks.alerts.cap import CAP
from telemetry.errors import NadiError
from tests.deploy.mqtt_client import Peer
from tests.process import free_port
from tests.servers import Mosquitto
from tests.sinks.alerts.servers import Alertmanager, posted

TEXT: Final = {"id": "Ini hanya uji coba; tidak ada kejadian.", "en": "This is only a test; nothing has happened."}


def send(folder: Path, channels: list[dict[str, Any]], *options: str, **more: Any) -> Result:
    """The command with these channels in the settings, which name no broker that is there unless `more` does."""
    path = folder / "nadi.yaml"
    plain = {"mqtt": {"url": f"mqtt://127.0.0.1:{free_port()}"}, "historian": str(folder / "h"), "alerts": channels}
    path.write_text(yaml.safe_dump({**plain, "state_dir": str(folder / "state"), **more}))
    return CliRunner().invoke(cli.app, ["alert", "test", "--config", str(path), *options])


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        self.mails.append(envelope.content)
        return "250 taken"


@pytest.mark.parametrize("language", TEXT)
async def test_each_channel_is_told_that_it_is_a_test(tmp_path: Path, language: str) -> None:
    box = Mailbox()
    mail = Controller(box, hostname="127.0.0.1", port=free_port())
    mail.start()
    try:
        async with posted() as server:
            channels: list[dict[str, Any]] = [
                {"name": "office", "type": "webhook", "url": server.url, "secret": "s3", "cities": ["3578"]},
                {"name": "duty", "type": "telegram", "url": server.url, "token": "12:ab", "chat": "-1"},
                {"name": "head", "type": "email", "host": "127.0.0.1", "port": mail.port, "tls": "none",
                 "sender": "nadi@example.org", "to": ["head@example.org"]},
                {"name": "bpbd", "type": "cap", "folder": str(tmp_path / "cap"), "sender": "bpbd.example",
                 "status": "Actual", "authorised_by": "Siti"},
            ]  # fmt: skip
            done = await asyncio.to_thread(send, tmp_path, channels, language=language)
            hooked, telegram = (json.loads(body) for _, _, body in server.requests)
    finally:
        mail.stop()
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == ["office: told", "duty: told", "head: told", "bpbd: told"]
    assert (hooked["event"], hooked["city"]) == ("test", "3578")
    body = message_from_bytes(box.mails[0], policy=default).get_body()
    assert body is not None
    (path,) = (tmp_path / "cap").glob("*.xml")
    alert = ET.parse(path).getroot()
    assert alert.findtext(f"{{{CAP}}}status") == "Test", "not even where Actual is authorised"
    for said in (hooked["text"], telegram["text"], body.get_content(), path.read_text("utf-8")):
        assert TEXT[language] in said
    assert not (tmp_path / "state").exists(), "nothing is kept"


def test_alertmanager_and_the_broker_are_told(tmp_path: Path, make_mosquitto: Callable[..., Mosquitto]) -> None:
    with make_mosquitto() as broker, Alertmanager(tmp_path / "am") as server, Peer(broker.port, None, None) as peer:
        peer.subscribe("nadi-out/v1/+/incidents/+")
        channels = [{"name": "wall", "type": "mqtt"}, {"name": "oncall", "type": "alertmanager", "url": server.url}]
        for protocol in ("5", "3.1.1"):
            done = send(tmp_path, channels, mqtt={"url": broker.url, "protocol": protocol})
            assert done.output.splitlines() == ["wall: told", "oncall: told"]
            first, end = (peer.messages.get(timeout=10) for _ in range(2))
            assert json.loads(first.payload)["event"] == "test"
            assert (end.topic, end.payload) == (first.topic, b"")
        assert {each["labels"]["alertname"] for each in server.alerts()} == {"test"}


def test_what_the_broker_does_not_allow_is_not_called_told(
    tmp_path: Path, make_mosquitto: Callable[..., Mosquitto]
) -> None:
    (tmp_path / "acl").write_text("topic read #\n")
    with make_mosquitto(lines=[f"acl_file {tmp_path}/acl"]) as broker:
        done = send(tmp_path, [{"name": "wall", "type": "mqtt"}], mqtt={"url": broker.url})
    assert done.exit_code == 1
    assert "Not authorized" in done.output


def test_wrong_credentials_are_told(tmp_path: Path, make_mosquitto: Callable[..., Mosquitto]) -> None:
    with make_mosquitto(users={"nadi": "right"}) as broker:
        keys = {"url": broker.url, "username": "nadi"}
        for password, code in (("right", 0), ("wrong", 1)):
            done = send(tmp_path, [{"name": "wall", "type": "mqtt"}], mqtt={**keys, "password": password})
            assert done.exit_code == code, done.output
    assert "ot authori" in done.output


async def test_one_that_fails_is_named_with_its_reason_and_the_others_are_told(tmp_path: Path) -> None:
    async with posted() as server:
        server.answers.append((500, {}))
        channels = [
            {"name": "down", "type": "webhook", "url": server.url},
            {"name": "wall", "type": "mqtt"},
            {"name": "office", "type": "webhook", "url": server.url},
        ]
        done = await asyncio.to_thread(send, tmp_path, channels)
        only = await asyncio.to_thread(send, tmp_path, channels, "--channel", "office")
        assert len(server.requests) == 3
    down, wall, office = done.output.splitlines()
    assert (done.exit_code, down, office) == (1, "down: 500 so it is", "office: told")
    assert "refused" in wall
    assert (only.exit_code, only.output) == (0, "office: told\n")


def test_a_channel_that_is_none_is_told_with_those_that_are(tmp_path: Path) -> None:
    done = send(tmp_path, [{"name": "wall", "type": "mqtt"}], "--channel", "wal")
    assert isinstance(done.exception, NadiError)
    assert "there are: wall" in str(done.exception)
