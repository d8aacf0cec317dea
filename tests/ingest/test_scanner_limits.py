"""What the scanner bounds: series, gateways, rates, sizes, forms that it remembers."""

from __future__ import annotations

import gzip
import json
from typing import Any

import mqtt5
import pytest

from ingest import wire
from ingest.shapes import MAX_SHAPES, Form
from telemetry.series import OF_ONE_DEVICE
from tests.ingest.kit import NOW, TOPIC, feed, publish, rows, scanner, take
from tests.ingest.messages import FLOW, PRESSURE, reading


def test_the_series_limit_refuses_only_new_series() -> None:
    one = scanner(max_series=2)
    found, reasons = take(one, {"ts": NOW, "values": {"flow": 1, "pressure": 2, "level": 3}})
    assert [row[0] for row in found] == [FLOW, PRESSURE]
    assert reasons == {"series_limit": 1}
    assert take(one, reading(), topic=TOPIC + "x") == ([], {"series_limit": 1})
    assert take(one, {"ts": NOW, "values": {"flow": 1, "pressure": 2}})[1] == {}


def test_gateways_are_limited_too() -> None:
    """A name too many costs no reading: the device stays with the gateway that it had."""
    one = scanner(max_series=3)
    data = b"".join(publish(reading(n) | {"gw": f"gw-{n}", "seq": 7}, packet_id=n + 1) for n in range(5))
    scanned = one.scan(data, NOW)
    assert len(rows(one, [scanned])) == 5
    assert not scanned.refusals
    assert scanned.readings.gateway.tolist() == [0, 1, 2, 2, 2]
    assert scanned.sequences.gateway.tolist() == [0, 1, 2], "the others' counters are nobody's"
    assert len(one.devices.table.gateways) == 3
    assert one.devices.table.gateways_untaken == 2


def test_one_device_can_not_take_all_gateways() -> None:
    one = scanner()
    for n in range(3 * OF_ONE_DEVICE):
        take(one, reading(n) | {"gw": f"gw-{n}"})
    table = one.devices.table
    assert len(table.gateways) == OF_ONE_DEVICE
    take(one, reading() | {"gw": "honest"}, topic=TOPIC + "x")
    assert table.gateways[-1] == "3578/honest"


def test_one_zone_can_not_take_all_gateways() -> None:
    one = scanner(max_series=100)
    for n in range(50):
        take(one, reading(n) | {"gw": f"gw-{n}"}, topic=f"{TOPIC}-{n}")
    table = one.devices.table
    assert len(table.gateways) == table.of_one_source == 25
    assert table.gateways_untaken == 25
    found, reasons = take(one, reading() | {"gw": "honest"}, topic=TOPIC.replace("zone-1", "zone-2"))
    assert (len(found), reasons) == (1, {})
    assert table.gateways[-1] == "3578/honest"


def test_a_device_beyond_the_gateways_is_taken_without_one() -> None:
    one = scanner(max_series=3)
    take(one, *(reading(n) | {"gw": f"gw-{n}"} for n in range(3)))
    scanned = one.scan(publish(reading() | {"gw": "late", "seq": 1}, TOPIC + "x"), NOW)
    assert scanned.readings.gateway.tolist() == [-1]
    assert not len(scanned.sequences)


def test_a_flood_is_refused_and_harms_no_other_gateway() -> None:
    one = scanner(gateway_rate=10)
    loud = [publish(reading(n) | {"gw": "loud", "seq": n}, packet_id=n + 1) for n in range(30)]
    quiet = publish(reading() | {"gw": "quiet", "seq": 0}, TOPIC + "x", 99)
    scanned = one.scan(b"".join([*loud, quiet]), NOW)
    assert {refusal.reason for refusal in scanned.refusals} == {"rate"}
    assert len(scanned.refusals) == 20
    assert [row[2] for row in rows(one, [scanned])] == [*map(float, range(10)), 1.5]
    assert len(one.scan(b"".join(loud), NOW + 500).readings) == 5
    assert len(one.scan(quiet, NOW + 500).readings) == 1


def test_devices_without_a_gateway_have_a_rate_each() -> None:
    one = scanner(gateway_rate=10)
    both = [publish(reading(n), TOPIC + str(n % 2), n + 1) for n in range(40)]
    assert len(one.scan(b"".join(both), NOW).readings) == 20


def test_a_backlog_is_no_flood() -> None:
    one = scanner(gateway_rate=10)
    data = b"".join(publish(reading(n), packet_id=n + 1) for n in range(120))
    one.gatekeeper.grant(10_000)
    assert len(one.scan(data, NOW).readings) == 110
    one.gatekeeper.grant(10_000)
    one.gatekeeper.expire_grant()
    assert len(one.scan(data, NOW + 1000).readings) == 10


@pytest.mark.parametrize("version", [wire.V311, wire.V5])
@pytest.mark.parametrize("limit", [10, 1000])
def test_a_payload_above_the_limit_is_skipped_as_it_comes(version: int, limit: int) -> None:
    big = publish(b"[" + b"1" * 100_000, packet_id=2, version=version)
    data = publish([], version=version) + big + publish([], packet_id=3, version=version)
    one = scanner(version, max_payload=limit)
    fed, peak = b"", 0
    results = []
    for at in range(0, len(data), 500):
        fed += data[at : at + 500]
        results.append(one.scan(fed, NOW))
        fed = fed[results[-1].consumed :]
        peak = max(peak, len(fed))
    assert fed == b""
    assert peak < 500
    assert [number for one in results for number in one.packet_ids.tolist()] == [1, 2, 3]
    (refusal,) = [item for one in results for item in one.refusals if item.reason == "too_large"]
    assert "100001 bytes" in refusal.detail
    assert refusal.payload == b"[" + b"1" * (len(refusal.payload) - 1)
    assert len(refusal.payload) <= 1024


def test_a_payload_at_the_limit_is_taken() -> None:
    payload = json.dumps(reading()).encode()
    assert take(scanner(max_payload=len(payload)), payload)[1] == {}
    assert take(scanner(max_payload=len(payload) - 1), payload)[1] == {"too_large": 1}


def test_enormous_properties_are_not_buffered_either() -> None:
    raw = mqtt5.PublishPacket(
        TOPIC, b"{}", qos=mqtt5.QoS(1), packet_id=3, user_properties=[("k", "v" * 60_000)] * 4
    ).write()
    one = scanner()
    results = feed(one, raw + publish(reading(), packet_id=4), range(0, len(raw), 1000))
    assert [item.reason for scanned in results for item in scanned.refusals] == ["too_large"]
    assert [number for scanned in results for number in scanned.packet_ids.tolist()] == [3, 4]


def test_properties_of_any_length_are_skipped() -> None:
    one = scanner()
    take(one, reading())
    for size in (1, 50, 119, 120, 121, 200, 20_000):
        raw = mqtt5.PublishPacket(
            TOPIC, publish(reading(size), version=wire.V311)[37 + 2 :], qos=mqtt5.QoS(1), packet_id=3,
            user_properties=[("k", "v" * size)],
        ).write()  # fmt: skip
        scanned = one.scan(raw, NOW)
        assert [row[2] for row in rows(one, [scanned])] == [float(size)]


def test_a_large_array_is_read_whole() -> None:
    one = scanner()
    many = [reading(n, NOW - n) for n in range(20_000)]
    for _ in range(2):
        found, reasons = take(one, many)
        assert reasons == {}
        assert [row[2] for row in found] == list(map(float, range(20_000)))


def test_a_device_that_changes_its_form_for_ever_costs_no_more_types() -> None:
    one = scanner(max_series=10_000)
    for number in range(200):
        take(one, {"ts": NOW, "values": {f"q{number}": 1, f"q{number + 1}": 2}})
    assert one.devices.entries[TOPIC.encode()][1] is Form.FLEXIBLE
    assert len(one.devices.shapes._made) <= 8


def test_shapes_are_limited_over_all_devices() -> None:
    one = scanner(max_series=10_000)
    one.devices.shapes.limit = 20
    for number in range(50):
        found, _ = take(one, *([{"ts": NOW, "values": {f"q{number}": 1}}] * 2), topic=f"{TOPIC}-{number}")
        assert len(found) == 2
    assert len(one.devices.shapes._made) == 20
    assert MAX_SHAPES >= 1000


def test_frames_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.scanner.MAX_FRAMES", 5)
    one = scanner()
    take(one, *({"ts": NOW, "values": {"flow": 1}, "x": "y" * size} for size in range(50)))
    assert len(one._frames) <= 5


def test_nothing_is_remembered_of_who_was_never_admitted() -> None:
    one = scanner(max_series=5)
    for number in range(50):
        take(one, reading("bad"), topic=f"nadi/v1/c{number}/water/z/d")
        take(one, reading() | {"gw": 7}, topic=f"nadi/v1/c{number}/water/z/d")
    assert len(one.devices.entries) == 0
    assert len(one.devices.table) == 0
    assert len(one.devices.table.devices) == 0
    take(one, *({"ts": NOW, "quantity": "flow", "value": 1, "unit": "m3/h" + " " * n} for n in range(2000)))
    (entry,) = one.devices.entries.values()
    assert len(entry[3].records) <= 1030


def test_a_packed_payload_may_be_no_larger_than_a_plain_one() -> None:
    """What unpacks to ten times the limit is refused before it is decoded."""
    body = b"[" + b'{"values":{"flow":1}},' * 1000 + b'{"values":{"flow":1}}]'
    _, reasons = take(scanner(max_payload=len(body) - 1), gzip.compress(body))
    assert reasons == {"too_large": 1}
    _, reasons = take(scanner(max_payload=len(body)), gzip.compress(body))
    assert reasons == {"time": 1000}


@pytest.mark.parametrize("usual", [reading(), [reading()] * 2, reading() | {"gw": "gw-1", "seq": 1}])
def test_nothing_is_kept_twice_of_a_device_that_is_read_as_usual(usual: Any) -> None:
    """Its records stand joined in its entry, its place's names in the table."""
    one = scanner()
    for _ in range(2):
        take(one, usual)
    (entry,) = one.devices.entries.values()
    assert entry[1] in (Form.ONE, Form.PACKED, Form.SIGNED)
    assert not entry[3].records
    assert entry[3].place is one.devices.table.devices[0]


def test_what_is_not_as_usual_is_read_beside_it() -> None:
    one = scanner()
    usual = {"ts": NOW, "values": {"flow": 1, "pressure": 2}}
    both = [(FLOW, NOW, 1.0, 0), (PRESSURE, NOW, 2.0, 0)]
    for _ in range(2):
        assert take(one, usual) == (both, {})
    for unit, value in (("m3/h", 1 / 3.6), ("L/s", 1.0)):
        found, reasons = take(one, {"ts": NOW, "quantity": "flow", "value": 1, "unit": unit})
        assert (found[0][0], round(found[0][2], 9), reasons) == (FLOW, round(value, 9), {})
        assert take(one, {"ts": NOW, "values": {}})[0] == []
        assert take(one, usual) == (both, {})
    assert len(one.devices.table) == 2
