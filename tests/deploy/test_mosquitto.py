"""The shipped broker configuration, in the real Mosquitto."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings, parse_duration
from tests.certificates import Authority
from tests.deploy.mqtt_client import SECONDS, Peer
from tests.deploy.shipped import DEPLOY, ShippedMosquitto
from tests.servers import free_port

GATEWAYS = ["gw-a,3578/water/mulyosari/+", "gw-a,3578/energy/mulyosari/+", "gw-b,3578/water/keputih/+"]
OK = "Success"
UNHEARD = "No matching subscribers"
REFUSED = "Not authorized"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShippedMosquitto]:
    with ShippedMosquitto(tmp_path_factory.mktemp("shipped"), GATEWAYS) as started:
        yield started


def peer(broker: ShippedMosquitto, user: str, session: str = "") -> Peer:
    return Peer(broker.port, user, broker.password(user), session=session)


def options() -> dict[str, str]:
    """mosquitto.conf: what is set, and to what."""
    lines = (DEPLOY / "mosquitto/mosquitto.conf").read_text().splitlines()
    return {line.split()[0]: line.split()[1] for line in lines if line and not line.startswith("#")}


def option(name: str) -> int:
    return int(options()[name])


@pytest.mark.parametrize(("user", "password"), [("gw-a", "wrong"), ("gw-c", "any"), (None, None)])
def test_strangers_are_refused(broker: ShippedMosquitto, user: str | None, password: str | None) -> None:
    with Peer(broker.port, user, password) as stranger:
        assert stranger.reason == REFUSED


def test_a_gateway_publishes_its_devices_and_its_state(broker: ShippedMosquitto) -> None:
    with peer(broker, "nadi") as nadi, peer(broker, "gw-a") as gateway:
        assert nadi.subscribe("nadi/v1/+/+/+/+") == "Granted QoS 1"
        for topic in ("3578/water/mulyosari/m-1", "3578/energy/mulyosari/e-1", "3578/gateway/gw-a/status"):
            assert gateway.publish(f"nadi/v1/{topic}") == OK
            assert nadi.receive(1)[0].topic == f"nadi/v1/{topic}"


@pytest.mark.parametrize(
    "topic",
    [
        "nadi/v1/3578/water/keputih/m-1",  # a device of gw-b
        "nadi/v1/3578/waste/mulyosari/b-1",  # its zone, another domain
        "nadi/v1/3573/water/mulyosari/m-1",  # another city
        "nadi/v1/3578/gateway/gw-b/status",  # another gateway's state
        "nadi/v1/3573/gateway/gw-a/status",  # its own state, in another city
        "nadi-out/v1/3578/ack/gw-a",  # what only nadi says
        "elsewhere",
    ],
)
def test_a_gateway_can_not_publish_as_another(broker: ShippedMosquitto, topic: str) -> None:
    with peer(broker, "gw-a") as gateway:
        assert gateway.publish(topic) == REFUSED


def test_a_gateway_reads_its_receipts_and_refusals_only(broker: ShippedMosquitto) -> None:
    with peer(broker, "nadi") as nadi, peer(broker, "gw-a") as own, peer(broker, "gw-b") as other:
        # Mosquitto grants any subscription and withholds the messages.
        own.subscribe("nadi-out/v1/3578/ack/+")
        own.subscribe("nadi-out/v1/3578/rejects/#")
        other.subscribe("nadi-out/v1/3578/#")
        other.subscribe("nadi/v1/#")
        own.publish("nadi/v1/3578/water/mulyosari/m-1")
        nadi.publish("nadi-out/v1/3578/ack/gw-a", b'{"seq": 7}')
        nadi.publish("nadi-out/v1/3578/rejects/water/mulyosari/m-1")
        nadi.publish("nadi-out/v1/3578/ack/gw-b", b'{"seq": 1}')
        assert [message.topic.split("/", 3)[3] for message in own.receive(2)] == [
            "ack/gw-a",
            "rejects/water/mulyosari/m-1",
        ]
        assert [message.topic for message in other.receive(1)] == ["nadi-out/v1/3578/ack/gw-b"]
        assert own.messages.empty()


def test_nadi_never_publishes_as_a_gateway(broker: ShippedMosquitto) -> None:
    with peer(broker, "nadi") as nadi:
        assert nadi.publish("nadi/v1/3578/water/mulyosari/m-1") == REFUSED


def test_a_sigkill_of_the_broker_loses_nothing_that_it_had_acknowledged(tmp_path: Path) -> None:
    payloads = [str(number).encode() for number in range(500)]
    with ShippedMosquitto(tmp_path, GATEWAYS) as broker:
        with peer(broker, "nadi", session="nadi-state") as nadi:
            nadi.subscribe("nadi/v1/+/+/+/+")
        with peer(broker, "gw-a") as gateway:
            assert set(gateway.publish_all("nadi/v1/3578/water/mulyosari/m-1", payloads)) == {OK}
            # The broker saves after each turn of its loop: an answer to a later message says that it did.
            gateway.publish("nadi/v1/3578/water/mulyosari/m-2")
            broker.kill()
        broker.start()
        with peer(broker, "nadi", session="nadi-state") as nadi:
            assert [message.payload for message in nadi.receive(500)] == payloads


def test_what_nadi_would_refuse_as_too_large_still_reaches_it(broker: ShippedMosquitto) -> None:
    too_large = b"x" * (Settings().limits.max_payload + 1)
    with peer(broker, "nadi") as nadi, peer(broker, "gw-b") as gateway:
        nadi.subscribe("nadi/v1/+/+/+/+")
        assert gateway.publish("nadi/v1/3578/water/keputih/m-1", too_large) == OK
        assert nadi.receive(1)[0].payload == too_large


def test_beyond_the_brokers_own_limit_the_sender_can_not_overlook_it(broker: ShippedMosquitto) -> None:
    with peer(broker, "gw-b") as gateway:
        assert gateway.max_packet_size == option("max_packet_size")
        gateway.client.publish("nadi/v1/3578/water/keputih/m-1", b"x" * option("max_packet_size"), qos=1)
        gateway.closed.get(timeout=SECONDS)


def test_limits_agree_with_nadis_settings() -> None:
    settings = Settings()
    assert option("max_inflight_messages") == settings.mqtt.receive_maximum
    assert option("max_packet_size") > settings.limits.max_payload
    assert parse_duration(options()["persistent_client_expiration"]) > settings.mqtt.session_expiry
    # It would acknowledge what it throws away.
    assert "message_size_limit" not in options()


def test_the_tls_listener_serves(tmp_path: Path, authority: Authority) -> None:
    broker = ShippedMosquitto(tmp_path, GATEWAYS, tls=authority.server())
    broker.tls_port = free_port()
    with broker, Peer(broker.tls_port, "gw-a", broker.password("gw-a"), ca_file=authority.ca_file) as gateway:
        assert gateway.reason == OK
        assert gateway.publish("nadi/v1/3578/water/mulyosari/m-1") in {OK, UNHEARD}
