"""The subscriber against a real Mosquitto: sessions, TLS, credentials, load."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.reasons import TakenOver
from ingest.subscriber import Subscriber
from tests.certificates import Authority
from tests.ingest.conftest import Bench, until
from tests.ingest.kit import NOW
from tests.servers import Mosquitto

PROTOCOLS = pytest.mark.parametrize("protocol", ["5", "3.1.1"])
Make = Callable[..., Mosquitto]
Retain = Callable[[float], Awaitable[str]]


async def send(broker: Mosquitto, zone: str, values: Sequence[float], **client: Any) -> None:
    """Publish one reading a message, at QoS 1, as a gateway would."""
    async with aiomqtt.Client("localhost", broker.port, timeout=60, max_inflight_messages=1000, **client) as gateway:
        topic = f"nadi/v1/3578/water/{zone}/meter"
        payloads = [json.dumps({"ts": NOW - 1000 + n, "values": {"flow": value}}) for n, value in enumerate(values)]
        await asyncio.gather(*(gateway.publish(topic, payload, qos=1, timeout=60) for payload in payloads))


@pytest.fixture
def zone() -> str:
    """Of this test alone, for the broker is shared."""
    return f"zone-{uuid.uuid4().hex[:8]}"


@pytest.fixture
async def retain(mosquitto: Mosquitto, zone: str) -> AsyncIterator[Retain]:
    """Has a reading of this value retained; returns its topic. It goes with the test, for others hear every zone."""
    topic = f"nadi/v1/3578/water/{zone}/meter"

    async def publish(payload: str) -> None:
        async with aiomqtt.Client("localhost", mosquitto.port, timeout=60) as gateway:
            await gateway.publish(topic, payload, qos=1, retain=True)

    async def retained(value: float) -> str:
        await publish(json.dumps({"ts": NOW, "values": {"flow": value}}))
        return topic

    yield retained
    await publish("")


@PROTOCOLS
async def test_every_message_comes_once_and_in_order(
    bench: Bench, mosquitto: Mosquitto, protocol: str, zone: str
) -> None:
    subscriber = bench.start(mosquitto.url, protocol, topics=(f"nadi/v1/3578/water/{zone}/+",))
    await until(lambda: subscriber.status.connected)
    await send(mosquitto, zone, range(900))
    await bench.commits.until(lambda: len(bench.commits.values) >= 900)
    assert bench.commits.values == list(range(900))
    await subscriber.stop()


@PROTOCOLS
async def test_what_comes_while_we_are_away_waits_in_the_session(
    bench: Bench, mosquitto: Mosquitto, protocol: str, zone: str
) -> None:
    options: dict[str, Any] = {"topics": (f"nadi/v1/3578/water/{zone}/+",)}
    first = bench.start(mosquitto.url, protocol, **options)
    await until(lambda: first.status.connected)
    await send(mosquitto, zone, [1, 2])
    await bench.commits.until(lambda: len(bench.commits.values) == 2)
    await first.stop()
    await send(mosquitto, zone, [3, 4, 5])
    second = bench.start(mosquitto.url, protocol, **options)
    await bench.commits.until(lambda: len(bench.commits.values) >= 5)
    assert bench.commits.values == [1, 2, 3, 4, 5]
    assert second.status.session_present
    await second.stop()


@PROTOCOLS
async def test_what_was_not_acknowledged_comes_again(
    bench: Bench, mosquitto: Mosquitto, protocol: str, zone: str
) -> None:
    options: dict[str, Any] = {"topics": (f"nadi/v1/3578/water/{zone}/+",)}
    first = bench.start(mosquitto.url, protocol, **options)
    await until(lambda: first.status.connected)
    bench.commits.gate.clear()
    await send(mosquitto, zone, [1])
    await bench.commits.until(lambda: bench.commits.attempts == 1)
    bench.tasks[0].cancel()
    await asyncio.gather(*bench.tasks, return_exceptions=True)
    assert bench.commits.values == []
    bench.commits.gate.set()
    second = bench.start(mosquitto.url, protocol, **options)
    await bench.commits.until(lambda: bench.commits.values == [1])
    await second.stop()


async def test_a_topic_taken_out_of_the_settings_is_no_longer_delivered(
    bench: Bench, mosquitto: Mosquitto, zone: str
) -> None:
    first = bench.start(mosquitto.url, topics=(f"nadi/v1/3578/water/{zone}/+", f"nadi/v1/3578/water/{zone}-b/+"))
    await until(lambda: first.status.connected)
    await first.stop()
    second = bench.start(mosquitto.url, topics=(f"nadi/v1/3578/water/{zone}-b/+",))
    await until(lambda: second.status.connected)
    assert second.status.session_present
    await send(mosquitto, zone, [1])
    await send(mosquitto, f"{zone}-b", [2])
    await bench.commits.until(lambda: 2 in bench.commits.values)
    assert bench.commits.values == [2]
    await second.stop()


async def test_a_topic_that_the_session_has_lost_is_delivered_again(
    bench: Bench, mosquitto: Mosquitto, zone: str
) -> None:
    """As in the session that a broker which was killed had saved earlier."""
    first = bench.start(mosquitto.url, topics=(f"nadi/v1/3578/water/{zone}/+",))
    await until(lambda: first.status.connected)
    await first.stop()
    session: dict[str, Any] = {
        "identifier": first.state.client_id,
        "protocol": aiomqtt.ProtocolVersion.V5,
        "clean_start": False,
        "properties": Properties(PacketTypes.CONNECT),  # type: ignore[no-untyped-call]
    }
    session["properties"].SessionExpiryInterval = 3600
    async with aiomqtt.Client("localhost", mosquitto.port, timeout=60, **session) as thief:
        await thief.unsubscribe(f"nadi/v1/3578/water/{zone}/+")
    second = bench.start(mosquitto.url, topics=(f"nadi/v1/3578/water/{zone}/+",))
    await until(lambda: second.status.connected)
    assert second.status.session_present
    await send(mosquitto, zone, [1])
    await bench.commits.until(lambda: bench.commits.values == [1])
    await second.stop()


@PROTOCOLS
async def test_what_is_retained_comes_once_however_often_we_connect(
    bench: Bench, mosquitto: Mosquitto, protocol: str, zone: str, retain: Retain
) -> None:
    options: dict[str, Any] = {"topics": (f"nadi/v1/3578/water/{zone}/+",)}
    await retain(7)
    for _ in range(3):
        subscriber = bench.start(mosquitto.url, protocol, **options)
        await until(lambda: subscriber.status.connected)  # noqa: B023
        await bench.commits.until(lambda: bench.commits.values[:1] == [7])
        await subscriber.stop()
    last = bench.start(mosquitto.url, protocol, **options)
    await until(lambda: last.status.connected)
    await send(mosquitto, zone, [1])
    await bench.commits.until(lambda: 1 in bench.commits.values)
    assert bench.commits.values == [7, 1]
    await last.stop()


@PROTOCOLS
async def test_a_broker_that_dies_is_found_again(bench: Bench, make_mosquitto: Make, protocol: str) -> None:
    broker = make_mosquitto()
    await asyncio.to_thread(broker.start)
    subscriber = bench.start(broker.url, protocol)
    await until(lambda: subscriber.status.connected)
    await asyncio.to_thread(broker.kill)
    await until(lambda: not subscriber.status.connected)
    assert subscriber.status.reason
    await asyncio.to_thread(broker.start)
    await until(lambda: subscriber.status.connected)
    assert subscriber.status.session_lost  # without persistence the broker forgets
    await send(broker, "z", [1])
    await bench.commits.until(lambda: bench.commits.values == [1])
    await subscriber.stop()


@PROTOCOLS
async def test_user_and_password(bench: Bench, make_mosquitto: Make, protocol: str) -> None:
    broker = make_mosquitto(users={"nadi": "right"})
    await asyncio.to_thread(broker.start)
    wrong = bench.start(broker.url, protocol, username="nadi", password="wrong")
    await until(lambda: wrong.status.reason)
    assert "user name or password" in wrong.status.reason or "not authorised" in wrong.status.reason
    await wrong.stop()
    right = bench.start(broker.url, protocol, username="nadi", password="right")
    await until(lambda: right.status.connected)
    await right.stop()


async def test_tls_with_our_own_authority(bench: Bench, make_mosquitto: Make, authority: Authority) -> None:
    broker = make_mosquitto(tls=authority.server())
    await asyncio.to_thread(broker.start)
    stranger = bench.start(broker.url)
    await until(lambda: "certificate verify failed" in stranger.status.reason)
    await stranger.stop()
    subscriber = bench.start(broker.url, ca_file=authority.ca_file)
    await until(lambda: subscriber.status.connected)
    tls = aiomqtt.TLSParameters(ca_certs=str(authority.ca_file))
    await send(broker, "z", range(900), tls_params=tls)
    await bench.commits.until(lambda: len(bench.commits.values) >= 900)
    assert bench.commits.values == list(range(900))
    await subscriber.stop()


async def test_mutual_tls(bench: Bench, make_mosquitto: Make, authority: Authority) -> None:
    broker = make_mosquitto(tls=authority.server(), client_ca=authority.ca_file)
    await asyncio.to_thread(broker.start)
    anonymous = bench.start(broker.url, ca_file=authority.ca_file)
    await until(lambda: anonymous.status.reason)
    assert not anonymous.status.connected
    await anonymous.stop()
    ours = authority.client()
    subscriber = bench.start(broker.url, ca_file=authority.ca_file, cert_file=ours.cert_file, key_file=ours.key_file)
    await until(lambda: subscriber.status.connected)
    await subscriber.stop()


@PROTOCOLS
async def test_two_clients_with_one_id_do_not_fight_for_ever(
    bench: Bench, mosquitto: Mosquitto, protocol: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both: list[Subscriber] = []

    async def until_the_other_is_in(stopping: asyncio.Event, _: float) -> None:
        """Or the other would be thrown out before it is in, which happens to whoever tries in vain, and no more."""
        await until(lambda: any(each.status.connected for each in both if each._stopping is not stopping))

    monkeypatch.setattr("ingest.subscriber.pause", until_the_other_is_in)
    for _ in range(2):
        both.append(bench.start(mosquitto.url, protocol, client_id=zone, topics=(f"nadi/v1/3578/water/{zone}/+",)))
        await until(lambda: both[-1].status.connected)
    done, _ = await asyncio.wait(bench.tasks, timeout=60, return_when=asyncio.FIRST_EXCEPTION)
    with pytest.raises(TakenOver, match=f"another client uses the client id '{zone}'"):
        done.pop().result()


@PROTOCOLS
async def test_retained_readings_by_policy(
    bench: Bench, mosquitto: Mosquitto, protocol: str, zone: str, retain: Retain
) -> None:
    topic = await retain(1)
    taking = bench.start(mosquitto.url, protocol, topics=(topic,), client_id=zone + "a")
    await bench.commits.until(lambda: bench.commits.values == [1])
    await taking.stop()
    ignoring = bench.start(mosquitto.url, protocol, topics=(topic,), client_id=zone + "b", retained="ignore")
    await until(lambda: ignoring.status.connected)
    await send(mosquitto, zone, [2])
    await bench.commits.until(lambda: bench.commits.values == [1, 2])
    await ignoring.stop()
