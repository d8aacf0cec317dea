"""What a message costs beyond its bytes: bounded for each message, each scan, and each sender."""

from __future__ import annotations

import sys
import zlib
from typing import Any

import pytest

from config.settings import DecoderSettings
from ingest.decoders.native import MAX_READINGS
from ingest.effort import BUDGET, HEAVY, MAX_SENDERS, Efforts
from ingest.scanner import Scanned, Scanner
from tests.ingest.decoders.sparkplug_encoder import tagged
from tests.ingest.kit import NOW, TOPIC, feed, publish, refusals, rows, scanner, take
from tests.ingest.messages import reading

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNTIMED = {"values": {"flow": 1}}
BOMB = zstd.compress(b"[" + b'{"values":{"flow":1}},' * (MAX_READINGS - 1) + b'{"values":{"flow":1}}]')


def times(number: int) -> list[dict[str, Any]]:
    return [{"ts": NOW - n, "values": {"flow": n}} for n in range(number)]


def scans(one: Scanner, *payloads: Any, topic: str = TOPIC, now: int = NOW) -> list[Scanned]:
    """Until all is consumed."""
    data, done = b"".join(publish(payload, topic, at + 1) for at, payload in enumerate(payloads)), []
    while data:
        done.append(one.scan(data, now))
        data = data[done[-1].consumed :]
    return done


@pytest.mark.parametrize(
    "learnt", [[], [times(2)], [times(2), [UNTIMED, reading()]]], ids=["new", "packed", "flexible"]
)
@pytest.mark.parametrize(
    "document",
    [
        times(MAX_READINGS + 1),
        [{}] * (MAX_READINGS + 1),
        [[]] * (MAX_READINGS + 1),
        [UNTIMED] * (MAX_READINGS + 1),
        [{"values": dict.fromkeys(map(str, range(MAX_READINGS)), 1)}, UNTIMED],
        {"ts": NOW, "values": dict.fromkeys(map(str, range(MAX_READINGS + 1)), 1)},
    ],
    ids=["good", "objects", "arrays", "untimed", "wide", "one"],
)
def test_a_message_of_too_many_readings_is_refused_whole(document: Any, learnt: list[Any]) -> None:
    one = scanner(max_series=2 * MAX_READINGS)
    scans(one, *learnt)
    assert take(one, document) == ([], {"too_large": 1})


@pytest.mark.parametrize("learnt", [[], [times(2)]])
def test_as_many_readings_as_are_allowed_are_taken(learnt: list[Any]) -> None:
    one = scanner()
    scans(one, *learnt)
    assert len(take(one, times(MAX_READINGS))[0]) == MAX_READINGS


def test_a_scan_stops_when_it_has_taken_much_and_goes_on_where_it_was() -> None:
    one = scanner()
    done = scans(one, *[BOMB] * 5, reading())
    assert [len(scan.packet_ids) for scan in done] == [1] * 6
    assert all(scan.wanted == 1 for scan in done[:-1])
    assert [number for scan in done for number in scan.packet_ids.tolist()] == list(range(1, 7))
    assert sum(scan.messages for scan in done) == 6
    assert refusals(done) == [("time", MAX_READINGS - 1, BOMB)] * 5
    assert len(rows(one, done)) == 6


def test_usual_messages_are_scanned_in_one_go() -> None:
    one = scanner()
    scans(one, reading())
    assert len(scans(one, *(reading(n) for n in range(2 * BUDGET)))) == 1


def test_whoever_sends_bombs_is_refused_unread_and_no_other() -> None:
    one = scanner(gateway_rate=5_000)
    done = scans(one, *[BOMB] * 10)
    assert [reason for reason, number, _ in refusals(done) if number > 1] == ["time"]
    assert sum(number for reason, number, _ in refusals(done) if reason == "rate") == 9
    assert [len(scan.packet_ids) for scan in done] == [1, 9]
    assert len(rows(one, scans(one, reading()))) == 1, "plain messages go on"
    assert len(rows(one, scans(one, zstd.compress(b'{"values":{"flow":1}}'), topic=TOPIC + "x"))) == 1
    second = MAX_READINGS // 5_000 * 1000
    assert refusals(scans(one, BOMB, now=NOW + second)) == [("time", MAX_READINGS - 1, BOMB)]


def test_what_unpacks_to_nothing_good_is_charged_too() -> None:
    one = scanner(gateway_rate=1_000)
    found = refusals(scans(one, *[zstd.compress(b"[" * 1_000_000)] * 5))
    assert sorted(reason for reason, _, _ in found) == ["json"] + ["rate"] * 4
    found = refusals(scans(one, *[zstd.compress(b"[" * 1_000_001)] * 5, topic=TOPIC + "x"))
    assert sorted(reason for reason, _, _ in found) == ["rate"] * 4 + ["too_large"]


def test_a_backlog_of_packed_messages_is_no_flood() -> None:
    one = scanner(gateway_rate=1_000)
    one.gatekeeper.grant(100_000)
    packed = [zstd.compress(str(times(100)).replace("'", '"').encode())] * 900
    assert not refusals(scans(one, *packed))
    one.gatekeeper.expire_grant()
    assert not refusals(scans(one, packed[0]))
    assert refusals(scans(one, *packed[:20]))


@pytest.mark.parametrize("document", ["flow\tx", [reading(n) for n in range(HEAVY - 1)]])
def test_light_messages_are_never_charged(document: Any) -> None:
    one = scanner(gateway_rate=10)
    assert not {reason for reason, _, _ in refusals(scans(one, *[b"{" + str(document).encode()] * 100))} - {"json"}


def test_the_senders_that_are_remembered_are_bounded() -> None:
    efforts = Efforts(1_000)
    for number in range(3 * MAX_SENDERS):
        efforts.charge(b"%d" % number, 2_000, NOW)
    assert len(efforts._buckets) == MAX_SENDERS
    assert efforts.over(b"%d" % (3 * MAX_SENDERS - 1), NOW)


def test_levels_outlive_a_reload() -> None:
    former, later = Efforts(1_000), Efforts(500)
    former.charge(b"a", 2_000, NOW)
    later.inherit(former)
    assert later.over(b"a", NOW + 2_000)
    assert not later.over(b"a", NOW + 3_000)


def test_pieces_of_a_stream_come_out_alike() -> None:
    one, data = scanner(), b"".join(publish(BOMB, packet_id=n + 1) for n in range(3)) + publish(reading(), packet_id=4)
    done = feed(one, data, [10, len(data) // 2])
    assert [number for scan in done for number in scan.packet_ids.tolist()] == [1, 2, 3, 4]


def test_what_a_format_packs_in_a_way_of_its_own_is_bounded_and_charged_too() -> None:
    """Sparkplug's compressed bodies, of metrics that say nothing and take as long to look at as others."""
    rule = DecoderSettings(format="sparkplug", city="3578", domain="water")
    one = scanner(decoders=[rule], max_payload=100_000, gateway_rate=5_000)
    topic = "spBv1.0/g/NDEATH/n"

    def bomb(body: bytes) -> bytes:
        return tagged(4, "SPBV1.0_COMPRESSED") + tagged(5, zlib.compress(body, 9))

    assert [reason for reason, _, _ in refusals(scans(one, bomb(b"\0" * 100_001), topic=topic))] == ["too_large"]
    done = scans(one, *[bomb(b"\x12\x00" * 50_000)] * 30, topic=topic)
    found = [reason for reason, _, _ in refusals(done)]
    assert set(found) == {"rate"}
    assert 10 < len(found) < 25, "a second's worth was read"
    assert len(done) > 1, "and not in one go"
    assert not refusals(scans(one, bomb(b""), topic=topic.replace("/n", "/other")))


@pytest.mark.parametrize(
    ("payload", "reason"), [(b"x\n" * 20_000, "schema"), (b"x\n" * 200_000, "too_large")], ids=["wrong", "large"]
)
def test_whoever_sends_much_that_is_wrong_in_another_format_is_refused_unread(payload: bytes, reason: str) -> None:
    rule = DecoderSettings(format="influx", city="3578", domain="water", topics=["x/#"])
    one = scanner(decoders=[rule], gateway_rate=1_000)
    done = scans(one, *[payload] * 5, topic="x/a")
    assert sorted(found for found, _, _ in refusals(done)) == ["rate"] * 4 + [reason]
    assert len(done) > 1, "and all else has its turn after the first"
    assert len(rows(one, scans(one, b"m,t=a flow=1", topic="x/b"))) == 1
