"""The demo's embedded broker: what the pipeline relies on when it subscribes to it."""

import asyncio
import socket

import aiomqtt
import pytest

from pipeline.demo.broker import DemoBroker


def client(broker: DemoBroker, identifier: str, username: str | None = None) -> aiomqtt.Client:
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=username or broker.username,
        identifier=identifier,
        clean_session=False,
        protocol=aiomqtt.ProtocolVersion.V311,
    )


async def test_a_persistent_session_gets_what_came_while_it_was_away() -> None:
    async with DemoBroker() as broker, client(broker, "publisher") as publisher:
        async with client(broker, "nadi") as subscriber:
            await subscriber.subscribe("nadi/v1/+/+/+/+", qos=1)
            await publisher.publish("nadi/v1/c/water/z/d", b"1", qos=1)
            message = await asyncio.wait_for(anext(subscriber.messages), 60)
            assert (message.payload, message.qos) == (b"1", 1)
        await asyncio.sleep(1.2)  # amqtt forgets anonymous sessions once a second
        await publisher.publish("nadi/v1/c/water/z/d", b"2", qos=1)
        async with client(broker, "nadi") as subscriber:
            assert (await asyncio.wait_for(anext(subscriber.messages), 60)).payload == b"2"


async def test_it_is_closed_to_others_and_gone_afterwards() -> None:
    broker = DemoBroker()
    await broker.start()
    assert broker.port
    port = broker.port
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client(broker.host, port, protocol=aiomqtt.ProtocolVersion.V311, timeout=5):
            pass
    await broker.stop()
    await broker.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


async def test_two_brokers_have_ports_of_their_own() -> None:
    async with DemoBroker() as one, DemoBroker() as other:
        assert one.port != other.port
        assert one.url == f"mqtt://{one.username}@127.0.0.1:{one.port}"
