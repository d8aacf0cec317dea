"""Sessions, subscriptions and refusals: what the subscriber remembers and what it says."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from ingest import wire
from ingest.reasons import TakenOver
from ingest.state import SubscriberState
from telemetry.errors import SettingsError
from tests.ingest.broker import fake_broker
from tests.ingest.conftest import Bench, until
from tests.ingest.kit import NAMES, NOW, VERSIONS


@VERSIONS
async def test_the_connect_packet_asks_for_a_kept_session(bench: Bench, version: int) -> None:
    async with fake_broker(version) as broker:
        subscriber = bench.start(broker.url, NAMES[version], keep_alive=7000, receive_maximum=4321, session_expiry=5000)
        connect = await (await broker.accept()).welcome()
        assert connect == wire.connect(
            version, subscriber.state.client_id, keep_alive=7, session_expiry=5, receive_maximum=4321
        )


async def test_a_lost_session_is_shown_and_subscribed_anew(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        await until(lambda: subscriber.status.connected)
        assert not subscriber.status.session_lost
        peer.close()
        peer = await broker.accept()
        await peer.welcome(present=True)
        await until(lambda: subscriber.status.connected)
        assert (subscriber.status.session_present, subscriber.status.session_lost) == (True, False)
        peer.close()
        await (await broker.accept()).welcome(present=False)
        await until(lambda: subscriber.status.connected)
        assert (subscriber.status.session_lost, subscriber.status.session_lost_at) == (True, NOW)
        assert subscriber.status.reconnects == 2


@VERSIONS
async def test_changed_topics_are_brought_in_line_with_the_session(bench: Bench, version: int) -> None:
    """With MQTT 5 what the session should have is asked for too: a broker that was killed has what it had saved."""
    async with fake_broker(version) as broker:
        first = bench.start(broker.url, NAMES[version], topics=("a/#", "b/#"))
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.connack()
        peer.suback(await peer.expect(0x82), 1, 1)
        await until(lambda: first.status.connected)
        await asyncio.gather(first.stop(), peer.expect(0xE0))

        second = bench.start(broker.url, NAMES[version], topics=("b/#", "c/#"))
        assert second.state.client_id == first.state.client_id
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.connack(present=True)
        request = await peer.expect(0x82)
        asked = ["b/#", "c/#"] if version == wire.V5 else ["c/#"]
        assert request == wire.subscribe(version, 1, asked, 1, 1)
        assert await peer.expect(0xA2) == wire.unsubscribe(version, 2, ["a/#"])
        peer.suback(request, *[1] * len(asked))
        peer.send(b"\xb0\x04\x00\x02\x00\x00" if version == wire.V5 else b"\xb0\x02\x00\x02")
        await until(lambda: second.status.connected)
        assert SubscriberState.load(bench.folder, None, str(second.endpoint)).filters == {"b/#": 1, "c/#": 1}


@VERSIONS
@pytest.mark.parametrize("answered", [False, True])
async def test_what_an_unfinished_connection_left_behind_is_not_relied_upon(
    bench: Bench, version: int, answered: bool
) -> None:
    """The broker forgot our session and made another at CONNECT, in which nothing is subscribed yet."""
    async with fake_broker(version) as broker:
        subscriber = bench.start(broker.url, NAMES[version])
        peer = await broker.accept()
        await peer.welcome()
        await until(lambda: subscriber.status.connected)
        peer.close()
        peer = await broker.accept()
        await peer.expect(0x10)
        if answered:
            peer.connack(present=False)
            await peer.expect(0x82)
        peer.close()
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.connack(present=True)
        request = await peer.expect(0x82)
        assert b"nadi/v1/+/+/+/+" in request
        assert not subscriber.status.connected
        peer.suback(request, 1)
        await until(lambda: subscriber.status.connected)
        peer.close()
        await (await broker.accept()).welcome(present=True)
        await until(lambda: subscriber.status.connected)


async def test_so_it_is_after_a_kill_in_between(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        first = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        await until(lambda: first.status.connected)
        peer.close()
        await (await broker.accept()).expect(0x10)
        bench.tasks[0].cancel()
        await asyncio.gather(*bench.tasks, return_exceptions=True)

        second = bench.start(broker.url)
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.connack(present=True)
        peer.suback(await peer.expect(0x82), 1)
        await until(lambda: second.status.connected)


async def test_less_than_the_qos_that_was_asked_is_said_and_asked_for_again(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url, topics=("a/#",))
        for present, granted in ((False, 0), (True, 0), (True, 1)):
            peer = await broker.accept()
            await peer.expect(0x10)
            peer.connack(present=present)
            request = await peer.expect(0x82)
            assert request == wire.subscribe(wire.V5, 1, ["a/#"], 1, 1)
            peer.suback(request, granted)
            await until(lambda: subscriber.status.connected)
            assert ("a/#: QoS 0" in subscriber.status.reason) == (granted == 0)
            peer.close()
            await until(lambda: not subscriber.status.connected)
        await (await broker.accept()).welcome(present=True)
        await until(lambda: subscriber.status.connected)


async def test_a_refused_subscription_is_said_clearly(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url, topics=("a/#", "b/#"))
        for codes, connected in (((0x87, 0x87), False), ((0x01, 0x87), True)):
            peer = await broker.accept()
            await peer.expect(0x10)
            peer.connack()
            peer.suback(await peer.expect(0x82), *codes)
            await until(lambda: "b/#: not authorised" in subscriber.status.reason)
            await until(lambda: subscriber.status.connected is connected)  # noqa: B023
            assert "mqtt.topics" in subscriber.status.reason
        assert subscriber.state.filters == {"a/#": 1}


@VERSIONS
async def test_wrong_credentials_are_said_once_and_retried_slowly(
    bench: Bench, version: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with fake_broker(version) as broker:
        subscriber = bench.start(broker.url, NAMES[version], username="u", password="p")
        for _ in range(3):
            peer = await broker.accept()
            assert b"\x00\x01u\x00\x01p" in await peer.expect(0x10)
            peer.connack(code=0x86 if version == wire.V5 else 4)
            peer.close()
        await (await broker.accept()).welcome()
        errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert errors == ["the broker refuses the connection: wrong user name or password; trying again"]
        await until(lambda: subscriber.status.connected)
        assert subscriber.status.reason == ""


async def test_a_takeover_that_repeats_ends_with_a_clear_message(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        for _ in range(4):
            peer = await broker.accept()
            await peer.welcome(present=bool(subscriber.state.filters))
            peer.send(b"\xe0\x02\x8e\x00")
        with pytest.raises(TakenOver, match="another client uses the client id 'nadi-"):
            await bench.tasks[0]
        assert not subscriber.status.connected


async def test_a_311_broker_that_closes_each_fresh_connection_means_the_same(bench: Bench) -> None:
    async with fake_broker(wire.V311) as broker:
        bench.start(broker.url, "3.1.1")
        for _ in range(8):
            peer = await broker.accept()
            await peer.expect(0x10)
            peer.connack()
            peer.suback(await peer.expect(0x82), 1)
            peer.writer.write_eof()
        with pytest.raises(TakenOver, match=r"another client uses the client id .* or another state_dir"):
            await bench.tasks[0]


async def test_the_state_survives_and_belongs_to_its_broker_and_client_id(bench: Bench) -> None:
    state = SubscriberState.load(bench.folder, None, "a:1")
    assert state.client_id.startswith("nadi-")
    state.filters = {"x": 1}
    state.save()
    assert SubscriberState.load(bench.folder, None, "a:1") == state
    assert SubscriberState.load(bench.folder, state.client_id, "a:1").filters == {"x": 1}
    assert SubscriberState.load(bench.folder, None, "b:1").filters == {}
    assert SubscriberState.load(bench.folder, None, "b:1").client_id == state.client_id
    assert SubscriberState.load(bench.folder, "other", "a:1").filters == {}
    for broken in ("", "[]", json.dumps({"client_id": "x"})):
        state.path.write_text(broken)
        with pytest.raises(SettingsError, match=r"mqtt\.json"):
            SubscriberState.load(bench.folder, None, "a:1")


async def test_a_disk_that_takes_no_state_keeps_nobody_from_being_subscribed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        path = subscriber.state.path

        def full(_: SubscriberState) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(SubscriberState, "save", full)
        peer = await broker.accept()
        await peer.welcome()
        await until(lambda: subscriber.status.connected)
        assert "No space left" in caplog.text
        assert json.loads(path.read_text())["filters"] == {}
        monkeypatch.undo()
        peer.close()
        await (await broker.accept()).welcome(present=True)
        await until(lambda: json.loads(path.read_text())["filters"] == subscriber.state.filters != {})
        assert subscriber.status.reconnects == 1
