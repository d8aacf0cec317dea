"""The subscriber against a scripted broker: what is acknowledged, when, where, and what it says."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from ingest import session, wire
from ingest.reasons import TakenOver
from ingest.state import SubscriberState
from telemetry.errors import Full, SettingsError, TooLarge, Unavailable
from tests.ingest.broker import Peer, fake_broker
from tests.ingest.conftest import Bench, until
from tests.ingest.kit import NOW, TOPIC, publish

VERSIONS = pytest.mark.parametrize("version", [wire.V311, wire.V5])
NAMES = {wire.V311: "3.1.1", wire.V5: "5"}


def message(value: float, packet_id: int, version: int = wire.V5, head: int = 0x32) -> bytes:
    return publish({"ts": NOW, "values": {"flow": value}}, packet_id=packet_id, version=version, head=head)


@VERSIONS
async def test_messages_are_committed_and_then_acknowledged_in_order(bench: Bench, version: int) -> None:
    async with fake_broker(version) as broker:
        subscriber = bench.start(broker.url, NAMES[version])
        peer = await broker.accept()
        await peer.welcome()
        bench.commits.gate.clear()
        peer.send(
            message(1, 7, version) + message(2, 3, version) + message(0, 0, version, 0x30) + message(3, 5, version)
        )
        await bench.commits.until(lambda: bench.commits.attempts == 1)
        peer.send(message(4, 4, version))
        await peer.quiet()
        bench.commits.gate.set()
        assert await peer.acks(4) == [7, 3, 5, 4]
        assert bench.commits.values == [1, 2, 0, 3, 4]
        assert [len(entry.declared) for entry in bench.commits.entries] == [1, 0]
        assert sum(entry.messages for entry in bench.commits.entries) == 5
        status = subscriber.status
        assert (status.connected, status.connected_since, status.messages, status.readings) == (True, NOW, 5, 5)


@VERSIONS
async def test_the_connect_packet_asks_for_a_kept_session(bench: Bench, version: int) -> None:
    async with fake_broker(version) as broker:
        subscriber = bench.start(broker.url, NAMES[version], keep_alive=7000, receive_maximum=4321, session_expiry=5000)
        connect = await (await broker.accept()).welcome()
        assert connect == wire.connect(
            version, subscriber.state.client_id, keep_alive=7, session_expiry=5, receive_maximum=4321
        )


async def test_messages_that_come_with_the_connack_are_not_lost(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        bench.start(broker.url)
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.send(b"\x20\x03\x00\x00\x00" + message(1, 9)[:20])
        request = await peer.expect(0x82)
        peer.send(message(1, 9)[20:])
        assert await peer.acks(1) == [9]
        peer.suback(request, 1)


@pytest.mark.parametrize("problem", [Full("the disk is full"), Unavailable("the clock is behind")])
async def test_while_the_journal_takes_nothing_acknowledging_is_held(
    bench: Bench, problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        bench.commits.problems = [problem, problem]
        peer.send(message(1, 1))
        await until(lambda: subscriber.status.held)
        assert subscriber.status.held == str(problem)
        peer.send(message(2, 2))
        assert await peer.acks(2) == [1, 2]
        assert bench.commits.values == [1, 2]
        assert subscriber.status.held == ""
        assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1


async def test_a_batch_that_is_too_large_is_split_and_nothing_is_lost(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        bench.commits.problems = [TooLarge("of 3 bytes")] * 3
        peer.send(b"".join([*(message(n, n) for n in range(1, 6)), publish(b"nonsense", packet_id=6)]))
        assert await peer.acks(6) == [1, 2, 3, 4, 5, 6]
        assert bench.commits.values == [1, 2, 3, 4, 5]
        assert [item.reason for entry in bench.commits.entries for item in entry.refusals] == ["json"]
        assert sum(entry.messages for entry in bench.commits.entries) == 6
        assert sum(len(entry.declared) for entry in bench.commits.entries) == 1


async def test_an_acknowledgement_never_goes_to_another_connection(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        bench.commits.gate.clear()
        peer.send(message(1, 1))
        await bench.commits.until(lambda: bench.commits.attempts == 1)
        peer.close()
        await until(lambda: subscriber._link is None or subscriber._link.closed)
        bench.commits.gate.set()
        again = await broker.accept()
        await again.welcome(present=True)
        await again.quiet()
        again.send(message(1, 1, head=0x3A))
        assert await again.acks(1) == [1]
        assert bench.commits.values == [1, 1]


async def test_bytes_in_flight_are_bounded(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url, limits={"inflight": 200_000})
        peer = await broker.accept()
        await peer.welcome()
        bench.commits.gate.clear()
        load = b"".join(message(n, n + 1) for n in range(20_000))
        peer.send(load)
        await bench.commits.until(lambda: bench.commits.attempts == 1)
        link = subscriber._link
        assert link is not None
        await until(lambda: link.paused)
        # Past the time after which a stalled commit lets the next batch gather, it must stop by itself.
        await until(lambda: not link.held)
        await until(lambda: link.paused)
        assert link.gathered < 200_000 + 65_536
        assert link.received < len(load) - 262_144
        bench.commits.gate.set()
        assert await peer.acks(20_000) == [n + 1 for n in range(20_000)]
        assert bench.commits.values == list(range(20_000))


async def test_under_load_the_socket_is_left_to_fill_during_a_commit(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        bench.commits.gate.clear()
        peer.send(b"".join(message(n, n + 1) for n in range(1000)))
        await bench.commits.until(lambda: bench.commits.attempts == 1)
        link = subscriber._link
        assert link is not None
        assert link.paused
        await until(lambda: not link.paused)  # a stalled commit does not keep the broker waiting
        bench.commits.gate.set()
        await peer.acks(1000)
        assert not link.paused


async def test_pings_go_out_while_reading_is_paused_and_their_answers_are_not_missed(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url, keep_alive=1000, limits={"inflight": 1000})
        peer = await broker.accept()
        await peer.welcome()
        subscriber.keep_alive.interval = 0.02
        subscriber.keep_alive._beat()
        bench.commits.gate.clear()
        peer.send(b"".join(message(n, n + 1) for n in range(2000)))
        link = subscriber._link
        assert link is not None
        await until(lambda: link.paused and not link.held)
        for _ in range(10):
            assert await asyncio.wait_for(peer.receive(), 5) == wire.PINGREQ
        assert not link.closed
        bench.commits.gate.set()
        await peer.acks(2000)


async def test_a_silent_broker_is_given_up(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        await until(lambda: subscriber.status.connected)
        subscriber.keep_alive.interval = 0.02
        subscriber.keep_alive._beat()
        await broker.accept()
        assert "has not answered" in subscriber.status.reason


async def test_a_server_that_answers_nothing_is_doubted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "TIMEOUT", 0.05)
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        await broker.accept()
        await until(lambda: "is mqtt.url the address of a broker?" in subscriber.status.reason)


async def test_the_brokers_keep_alive_overrules_ours(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.send(b"\x20\x06\x00\x00\x03\x13\x00\x09")
        await peer.expect(0x82)
        assert subscriber.keep_alive.interval == 9


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


async def test_changed_topics_are_brought_in_line_with_the_session(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        first = bench.start(broker.url, topics=("a/#", "b/#"))
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.connack()
        peer.suback(await peer.expect(0x82), 1, 1)
        await until(lambda: first.status.connected)
        await asyncio.gather(first.stop(), peer.expect(0xE0))

        second = bench.start(broker.url, topics=("b/#", "c/#"))
        assert second.state.client_id == first.state.client_id
        peer = await broker.accept()
        await peer.expect(0x10)
        peer.connack(present=True)
        request = await peer.expect(0x82)
        assert request == wire.subscribe(wire.V5, 1, ["c/#"], 1, 1)
        assert await peer.expect(0xA2) == wire.unsubscribe(wire.V5, 2, ["a/#"])
        peer.suback(request, 1)
        peer.send(b"\xb0\x04\x00\x02\x00\x00")
        await until(lambda: second.status.connected)
        assert SubscriberState.load(bench.folder, None, str(second.endpoint)).filters == {"b/#": 1, "c/#": 1}


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


async def test_bytes_that_are_not_mqtt_end_the_connection_but_not_what_came_before(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        peer.send(message(1, 1) + b"\x34\x05\x00\x01a\x00\x01")
        assert await peer.acks(1) == [1]
        await broker.accept()
        assert "QoS 2" in subscriber.status.reason
        assert bench.commits.values == [1]


async def test_a_message_too_large_is_refused_while_it_streams(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url, limits={"max_payload": 1000})
        peer = await broker.accept()
        await peer.welcome()
        big = publish(b"x" * 3_000_000, packet_id=1)
        for at in range(0, len(big), 100_000):
            peer.send(big[at : at + 100_000])
            await peer.writer.drain()
        peer.send(message(1, 2))
        assert await peer.acks(2) == [1, 2]
        assert subscriber.status.rejects == {"too_large": 1}
        link = subscriber._link
        assert link is not None
        assert len(link._buffer) <= 1_048_576


async def test_a_large_message_is_gathered_whole(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        bench.start(broker.url, limits={"inflight": 10_000})
        peer = await broker.accept()
        await peer.welcome()
        peer.send(publish([{"ts": NOW - n, "values": {"flow": n}} for n in range(20_000)], packet_id=1))
        assert await peer.acks(1) == [1]
        assert bench.commits.values == list(range(20_000))


async def test_stopping_commits_acknowledges_and_says_goodbye(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        bench.commits.gate.clear()
        peer.send(message(1, 1))
        await bench.commits.until(lambda: bench.commits.attempts == 1)
        peer.send(message(2, 2))
        link = subscriber._link
        assert link is not None
        await until(lambda: link.gathered > 0)
        stopping = asyncio.create_task(subscriber.stop())
        await asyncio.sleep(0)
        bench.commits.gate.set()
        assert await peer.acks(2) == [1, 2]
        assert await peer.expect(0xE0) == b"\xe0\x00"
        assert await peer.receive() == b""
        await stopping
        await bench.tasks[0]
        assert (subscriber.status.connected, subscriber.status.connected_since) == (False, 0)


async def test_stopping_while_the_journal_is_full_does_not_wait_for_it(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        bench.commits.problems = [Full("full")] * 1000
        peer.send(message(1, 1))
        await until(lambda: subscriber.status.held)
        await asyncio.wait_for(subscriber.stop(), 1)
        assert "not acknowledged: full" in subscriber.status.reason


@pytest.mark.parametrize("answer", ["nobody listens", "no answer to CONNECT"])
async def test_stopping_before_a_connection_is_made(bench: Bench, answer: str) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url if answer == "no answer to CONNECT" else "mqtt://127.0.0.1:1")
        if answer == "no answer to CONNECT":
            await broker.accept()
        else:
            await until(lambda: "Connect call failed" in subscriber.status.reason)
        await asyncio.wait_for(subscriber.stop(), 1)
        await bench.tasks[0]


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


async def test_gateways_tell_their_state(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer: Peer = await broker.accept()
        await peer.welcome()
        peer.send(publish(b"online", "nadi/v1/3578/gateway/gw-1/status", head=0x31))
        peer.send(publish(b"offline", "nadi/v1/3578/gateway/gw-2/status", packet_id=1))
        await peer.acks(1)
        assert subscriber.status.gateways == {("3578", "gw-1"): True, ("3578", "gw-2"): False}
        assert TOPIC.encode() not in subscriber.scanner.devices.entries
