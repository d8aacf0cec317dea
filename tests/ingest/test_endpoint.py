"""Addresses and certificates that can't be used are named before any connection is tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config.settings import MqttSettings
from ingest.endpoint import endpoint
from telemetry.errors import SettingsError
from tests.certificates import Authority


def test_addresses_and_their_ports() -> None:
    assert str(endpoint(MqttSettings(url="mqtt://broker"))) == "broker:1883"
    assert str(endpoint(MqttSettings(url="mqtts://broker"))) == "broker:8883"
    plain = endpoint(MqttSettings(url="mqtt://[::1]:5"))
    assert (plain.host, plain.port, plain.tls) == ("::1", 5, None)


@pytest.mark.parametrize(
    ("settings", "about"),
    [
        ({"url": "tcp://broker"}, "mqtt.url"),
        ({"url": "broker:1883"}, "mqtt.url"),
        ({"url": "mqtt://"}, "mqtt.url"),
        ({"url": "mqtt://broker:notaport"}, "mqtt.url"),
        ({"url": "mqtt://u:p@broker"}, "mqtt.username"),
        ({"password": SecretStr("p")}, "mqtt.username"),
        ({"ca_file": Path("ca.pem")}, "mqtts://"),
        ({"url": "mqtts://b", "ca_file": Path("nowhere.pem")}, "mqtt.ca_file: nowhere.pem"),
        ({"url": "mqtts://b", "cert_file": Path("nowhere.pem")}, "mqtt.cert_file"),
        ({"url": "mqtts://b", "key_file": Path("nowhere.pem")}, "mqtt.cert_file"),
    ],
)
def test_what_can_not_be_used(settings: dict[str, Any], about: str) -> None:
    with pytest.raises(SettingsError, match=about):
        endpoint(MqttSettings(**settings))


def test_a_certificate_that_is_no_certificate(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("hello")
    with pytest.raises(SettingsError, match=r"mqtt\.ca_file"):
        endpoint(MqttSettings(url="mqtts://b", ca_file=tmp_path / "ca.pem"))
    ours, other = authority.client("one"), authority.client("two")
    with pytest.raises(SettingsError, match=r"mqtt\.key_file"):
        endpoint(MqttSettings(url="mqtts://b", cert_file=ours.cert_file, key_file=other.key_file))
