"""The subscriber against a scripted broker: what is acknowledged, when and where."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import nullcontext, suppress

import numpy as np
import pytest

from ingest import session, wire
from ingest.committer import Committer
from ingest.facts import Facts
from ingest.scanner import Scanned
from ingest.status import Status
from journal.entries import ReadingsEntry
from telemetry.batch import Sequences
from telemetry.errors import Full, TooLarge, Unavailable
from tests.ends import readings
from tests.ingest.broker import Peer, fake_broker
from tests.ingest.conftest import Bench, until
from tests.ingest.kit import NAMES, NOW, TOPIC, VERSIONS, publish


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


async def test_counters_of_a_split_batch_are_stored_with_the_last_of_it() -> None:
    stored: list[ReadingsEntry] = []

    async def commit(entry: ReadingsEntry) -> None:
        if len(entry.readings) > 2:
            raise TooLarge("of more than two readings")
        stored.append(entry)

    counters = Sequences(np.array([0], np.int32), np.array([7], np.int64))
    await Committer(commit, Status(), asyncio.Event()).store(ReadingsEntry(readings([1.0] * 7), sequences=counters))
    assert [len(entry.sequences) for entry in stored] == [0] * (len(stored) - 1) + [1]
    assert sum(len(entry.readings) for entry in stored) == 7


async def test_what_was_decoded_without_what_decoders_remember_is_not_acknowledged(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        facts = subscriber.facts = Facts(bench.folder / "decoders.sqlite")
        real, hides = subscriber.scanner.scan, [True, False]

        def scan(data: bytes, now: int) -> Scanned:
            """As a decoder that asks, whose failure is caught or is not."""
            if b"flow" in data and hides:
                with suppress(Unavailable) if hides.pop(0) else nullcontext():
                    facts.get("birth")
            return real(data, now)

        monkeypatch.setattr(subscriber.scanner, "scan", scan)
        file, facts._reads = facts._reads, sqlite3.connect(":memory:")  # without a table
        for attempt in (1, 2):
            peer = await broker.accept()
            await peer.welcome()
            peer.send(message(1, 1))
            await until(lambda: subscriber.status.reconnects == attempt)  # noqa: B023
            assert "what decoders remember can't be read" in subscriber.status.reason
        facts._reads = file
        peer = await broker.accept()
        await peer.welcome()
        peer.send(message(1, 1))
        assert await peer.acks(1) == [1]
        assert bench.commits.values == [1]
        facts.close()


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


async def test_under_load_the_socket_is_left_to_fill_during_a_commit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer = await broker.accept()
        await peer.welcome()
        link = subscriber._link
        assert link is not None
        paused: list[bool] = []

        async def commit(entry: ReadingsEntry) -> None:
            paused.append(link.paused)  # as it begins: soon after, it counts as stalled
            await bench.commits(entry)

        monkeypatch.setattr(subscriber, "_commit_entry", commit)
        bench.commits.gate.clear()
        peer.send(b"".join(message(n, n + 1) for n in range(1000)))
        await bench.commits.until(lambda: bench.commits.attempts == 1)
        assert paused == [True]
        await until(lambda: not link.paused)  # a stalled commit does not keep the broker waiting
        bench.commits.gate.set()
        await peer.acks(1000)
        assert not link.paused


async def test_pings_go_out_while_reading_is_paused_and_their_answers_are_not_missed(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url, keep_alive=3_600_000, limits={"inflight": 1000})
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
            assert await asyncio.wait_for(peer.receive(), 60) == wire.PINGREQ
        assert not link.closed
        # From here on answers are expected, and a machine that stands still for 0.03 s may not give them in time.
        subscriber.keep_alive.interval = 3600
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
        await asyncio.wait_for(subscriber.stop(), 60)
        assert "not acknowledged: full" in subscriber.status.reason


@pytest.mark.parametrize("answer", ["nobody listens", "no answer to CONNECT"])
async def test_stopping_before_a_connection_is_made(bench: Bench, answer: str) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url if answer == "no answer to CONNECT" else "mqtt://127.0.0.1:1")
        if answer == "no answer to CONNECT":
            await broker.accept()
        else:
            await until(lambda: "Connect call failed" in subscriber.status.reason)
        await asyncio.wait_for(subscriber.stop(), 60)
        await bench.tasks[0]


async def test_gateways_tell_their_state(bench: Bench) -> None:
    async with fake_broker(wire.V5) as broker:
        subscriber = bench.start(broker.url)
        peer: Peer = await broker.accept()
        await peer.welcome()
        peer.send(publish(b"online", "nadi/v1/3578/gateway/gw-1/status", head=0x31))
        peer.send(publish(b"offline", "nadi/v1/3578/gateway/gw-2/status", packet_id=1))
        await peer.acks(1)
        states = [state for entry in bench.commits.entries for state in entry.gateways]
        assert states == [("3578", "gw-1", True), ("3578", "gw-2", False)]
        assert TOPIC.encode() not in subscriber.scanner.devices.entries
