"""What nadi itself publishes on the subscriber's connection."""

from __future__ import annotations

import asyncio

import pytest

from ingest import wire
from ingest.reasons import TakenOver
from tests.ingest.broker import fake_broker
from tests.ingest.conftest import QUICK, Bench, until


async def test_publishing_uses_the_same_connection_and_drops_when_it_must(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        assert not await subscriber.publish("nadi-out/v1/a", b"early")
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.send(b"\x20\x0b\x00\x00\x08\x21\x00\x02\x27\x00\x00\x00\x40")  # receive maximum 2, packets of 64
        peer.suback(await peer.expect(0x82), 1)
        assert await subscriber.publish("nadi-out/v1/a", b"nought")
        assert await subscriber.publish("nadi-out/v1/a", b"one", 1)
        assert await subscriber.publish("nadi-out/v1/a", b"two", 1)
        assert not await subscriber.publish("nadi-out/v1/a", b"three", 1)
        assert not await subscriber.publish("nadi-out/v1/a", b"x" * 64)
        assert await peer.expect(0x30) == wire.publish(wire.V5, "nadi-out/v1/a", b"nought")
        sent = await peer.expect(0x32)
        await peer.expect(0x32)
        packet = wire.frame(sent, 0)
        assert packet is not None
        peer.send(b"\x40\x02" + wire.publish_of(wire.V5, sent, packet).packet_id.to_bytes(2, "big"))
        await until(lambda: len(subscriber.outbox._outstanding) == 1)
        assert await subscriber.publish("nadi-out/v1/a", b"three", 1)
        assert (subscriber.status.published, subscriber.status.publish_dropped) == (4, 3)


async def test_what_is_to_be_delivered_waits_for_the_brokers_word(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        assert "not connected" in await subscriber.deliver("nadi-out/v1/a", b"early")
        peer = await broker.accept()
        await peer.welcome()

        async def delivering(payload: bytes) -> tuple[asyncio.Task[str], bytes]:
            task = asyncio.create_task(subscriber.deliver("nadi-out/v1/a", payload, retain=True))
            sent = await peer.expect(0x33)
            packet = wire.frame(sent, 0)
            assert packet is not None
            assert not task.done()
            return task, wire.publish_of(wire.V5, sent, packet).packet_id.to_bytes(2, "big")

        taken, packet_id = await delivering(b"taken")
        peer.send(b"\x40\x02" + packet_id)
        assert await taken == ""
        denied, packet_id = await delivering(b"denied")
        peer.send(b"\x40\x03" + packet_id + b"\x87")
        assert await denied == "not authorised"
        lost, _ = await delivering(b"lost")
        peer.close()
        assert await lost == "the connection was lost before the broker answered"


async def test_a_broker_that_never_answers_is_not_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.outbox.ANSWER_SECONDS", 0.01)
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        assert await subscriber.deliver("nadi-out/v1/a", b"x") == "the broker has not acknowledged it within 0.01 s"


async def test_what_brokers_close_the_connection_over_is_dropped(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        for topic in ("nadi-out/v1/g\ufdd0", "nadi-out/+", "x" * 65_536, ""):
            assert not await subscriber.publish(topic, b"")
            assert "no topic" in await subscriber.deliver(topic, b"")
        assert subscriber.status.publish_dropped == 8
        assert await subscriber.publish("nadi-out/v1/a", b"")
        assert await peer.expect(0x30) == wire.publish(wire.V5, "nadi-out/v1/a", b"")


async def test_a_broker_that_closes_over_what_we_publish_is_no_takeover_and_is_spared(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.outbox.SUSPECT_SECONDS", 3600.0)
    async with fake_broker(wire.V311) as broker:
        subscriber = bench.start(broker.url, "3.1.1")
        for _ in range(QUICK.suspicious):
            peer = await broker.accept()
            await peer.welcome()
            assert await subscriber.publish("nadi-out/v1/a", b"bad")
            await peer.expect(0x30)
            peer.close()
        for _ in range(QUICK.max_closes):
            assert not bench.tasks[0].done()
            peer = await broker.accept()
            await peer.welcome()
            await until(lambda: subscriber.status.connected)
            assert "closes connections" in await subscriber.deliver("nadi-out/v1/a", b"bad")
            peer.close()
            await until(lambda: not subscriber.status.connected)
        with pytest.raises(TakenOver):  # though nothing was published
            await bench.tasks[0]
