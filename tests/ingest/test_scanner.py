"""The scanner: every form, what it marks, what it ignores, control packets between messages."""

from __future__ import annotations

from typing import Any

import mqtt5
import pytest

from ingest import wire
from telemetry.flags import NO_TIME, RETAINED, UNKNOWN
from telemetry.sensors import Sensor
from telemetry.series import Identity
from tests.ingest.kit import NOW, publish, refusals, rows, scanner, take
from tests.ingest.messages import FLOW, FORMS, PRESSURE, reading


@pytest.mark.parametrize("version", [wire.V311, wire.V5])
@pytest.mark.parametrize(("payload", "expected"), [form[1:] for form in FORMS], ids=[form[0] for form in FORMS])
def test_every_form(version: int, payload: Any, expected: list[tuple[str, int, float]]) -> None:
    one = scanner(version)
    for packet_id in (1, 2, 3):
        data = publish(payload, packet_id=packet_id, version=version)
        scanned = one.scan(data, NOW)
        assert refusals([scanned]) == []
        assert [row[:3] for row in rows(one, [scanned])] == expected
        assert scanned.packet_ids.tolist() == [packet_id]
        assert (scanned.consumed, scanned.messages) == (len(data), 1)


@pytest.mark.parametrize("payload", [form[1] for form in FORMS], ids=[form[0] for form in FORMS])
def test_after_one_message_a_form_needs_no_careful_look(payload: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = scanner()
    take(one, payload)
    monkeypatch.setattr(one.slow, "take", lambda *_: pytest.fail("a careful look"))
    take(one, payload)


def test_a_message_without_ts_has_the_time_of_arrival_and_says_so() -> None:
    one = scanner()
    for now in (NOW, NOW + 1, NOW + 2):
        found, reasons = take(one, {"values": {"flow": 1, "pressure": 2}}, now=now)
        assert found == [(FLOW, now, 1.0, NO_TIME), (PRESSURE, now, 2.0, NO_TIME)]
        assert reasons == {}


def test_without_ts_a_series_may_have_only_one_reading_per_message() -> None:
    one = scanner()
    for _ in range(3):
        found, reasons = take(one, [{"values": {"flow": 1}}, {"values": {"flow": 2, "pressure": 3}}, reading(4)])
        assert [row[:3] for row in found] == [(FLOW, NOW, 1.0), (PRESSURE, NOW, 3.0), (FLOW, NOW, 4.0)]
        assert [row[3] for row in found] == [NO_TIME, NO_TIME, 0]
        assert reasons == {"time": 1}


def test_two_cities_may_call_a_gateway_the_same() -> None:
    """Their counters are two: mixed, each would be told that the other's messages are stored."""
    one = scanner()
    for city in ("3578", "3515"):
        one.scan(publish(reading() | {"gw": "gw-1", "seq": 1}, f"nadi/v1/{city}/water/z/d"), NOW)
    assert one.devices.table.gateways == ["3578/gw-1", "3515/gw-1"]


def test_gateways_tell_their_state() -> None:
    one = scanner()
    topic = "nadi/v1/3578/gateway/gw-1/status"
    data = publish(b"online", topic, 1, head=0x33) + publish(b"offline", topic, 2) + publish(b"", topic, 3)
    scanned = one.scan(data, NOW)
    assert scanned.gateways == (("3578", "gw-1", True), ("3578", "gw-1", False))
    assert scanned.refusals == ()
    assert take(one, b"perhaps", topic=topic) == ([], {"schema": 1})


def test_its_own_messages_are_ignored() -> None:
    one = scanner()
    scanned = one.scan(publish(b"{}", "nadi-out/v1/3578/ack/gw-1", 5), NOW)
    assert (scanned.messages, scanned.ignored, scanned.refusals) == (0, 1, ())
    assert scanned.packet_ids.tolist() == [5]


def test_retained_messages_are_marked() -> None:
    one = scanner()
    data = publish(reading(1), packet_id=1) + publish([reading(2), reading(3)], packet_id=2, head=0x33)
    data += publish(reading(4), packet_id=3) + publish({"values": {"flow": 5}}, packet_id=4, head=0x31)
    found = rows(one, [one.scan(data, NOW)])
    assert [row[3] for row in found] == [0, RETAINED, RETAINED, 0, RETAINED | NO_TIME]


def test_retained_messages_may_be_ignored() -> None:
    one = scanner(ignore_retained=True)
    scanned = one.scan(publish(reading(), head=0x33) + publish(reading(), packet_id=2), NOW)
    assert (scanned.messages, scanned.ignored, len(scanned.readings)) == (1, 1, 1)
    assert scanned.packet_ids.tolist() == [1, 2]


def test_quality_of_service_0_is_not_acknowledged() -> None:
    one = scanner()
    for _ in range(2):
        scanned = one.scan(
            publish(reading(1), head=0x30) + publish(reading(2), packet_id=9) + publish(b"x", head=0x30), NOW
        )
        assert scanned.packet_ids.tolist() == [9]
        assert [row[2] for row in rows(one, [scanned])] == [1.0, 2.0]
        assert scanned.messages == 3


def test_the_catalogue_gives_units_and_gateways_and_tells_the_unknown() -> None:
    known = Identity("3578", "water", "zone-1", "meter-1", "flow")
    one = scanner(sensors=[Sensor(known, unit="m3/h", gateway="gw-9")])
    for _ in range(3):
        scanned = one.scan(publish({"ts": NOW, "values": {"flow": 36, "pressure": 5}}), NOW)
        assert rows(one, [scanned]) == [(FLOW, NOW, 10.0, 0), (PRESSURE, NOW, 5.0, UNKNOWN)]
        assert [one.devices.table.gateways[number] for number in scanned.readings.gateway] == ["3578/gw-9", "3578/gw-9"]
    assert one.devices.table.gateway_of[0] == 0
    assert take(one, {"ts": NOW, "quantity": "flow", "value": 5, "unit": "L/s"})[0] == [(FLOW, NOW, 5.0, 0)]


def test_each_message_names_its_own_gateway() -> None:
    one = scanner()
    data = b"".join(publish(reading(n) | {"gw": f"gw-{n % 2}", "seq": n}, packet_id=n) for n in (1, 2, 3, 4))
    scanned = one.scan(data, NOW)
    names = [one.devices.table.gateways[number] for number in scanned.readings.gateway]
    assert names == ["3578/gw-1", "3578/gw-0", "3578/gw-1", "3578/gw-0"]
    assert [one.devices.table.gateways[number] for number in scanned.sequences.gateway] == names
    assert scanned.sequences.seq.tolist() == [1, 2, 3, 4]
    assert one.devices.table.gateway_of[0] == scanned.readings.gateway[-1]


def test_control_packets_are_found_between_messages() -> None:
    ack = mqtt5.SubAckPacket(1, [mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE]).write()
    one = scanner()
    scanned = one.scan(publish(reading()) + ack + b"\xd0\x00" + publish(reading(), packet_id=2) + b"\x40", NOW)
    assert scanned.control == (wire.SubAck(1, b"\x01"), wire.PingResp())
    assert len(scanned.readings) == 2


def test_what_came_before_bad_bytes_is_kept() -> None:
    one = scanner()
    scanned = one.scan(publish(reading()) + b"\xf0\x00" + publish(reading(), packet_id=2), NOW)
    assert scanned.error is not None
    assert "AUTH" in str(scanned.error)
    assert len(scanned.readings) == 1
    assert scanned.packet_ids.tolist() == [1]


def test_a_publish_with_packet_id_0_is_an_error() -> None:
    one = scanner()
    assert str(one.scan(publish(reading(), packet_id=0), NOW).error) == "a PUBLISH with packet id 0"


GATEWAY_FORMS = {
    "signed": lambda n, gw: reading(n) | {"gw": gw, "seq": n},
    "flexible": lambda n, gw: {"ts": NOW, "quantity": "flow", "value": n, "unit": "L/s", "gw": gw, "seq": n},
    "packed": lambda n, gw: [reading(n) | {"gw": gw, "seq": n}, reading(n) | {"ts": NOW + 1, "gw": gw, "seq": n}],
}


@pytest.mark.parametrize("form", GATEWAY_FORMS)
def test_no_gateway_speaks_for_a_device_that_the_catalogue_gives_to_another(form: str) -> None:
    made: Any = GATEWAY_FORMS[form]
    known = Identity("3578", "water", "zone-1", "meter-1", "flow")
    one = scanner(sensors=[Sensor(known, gateway="gw-9")])
    for number, gateway in enumerate(["gw-9", "gw-9", "gw-1", "gw-9", "gw-1"], 1):
        scanned = one.scan(publish(made(number, gateway)), NOW)
        names = {one.devices.table.gateways[each] for each in scanned.readings.gateway}
        assert names == {"3578/gw-9"}, "stored under its own"
        told = set(zip(scanned.sequences.gateway.tolist(), scanned.sequences.seq.tolist(), strict=True))
        own = one.devices.table.find_gateway("3578/gw-9")
        assert told == ({(own, number)} if gateway == "gw-9" else set())
    assert one.devices.table.find_gateway("3578/gw-1") is None
