"""The scanner: every form, every reason, and that neither cuts nor what was learnt change the result."""

from __future__ import annotations

import json
from typing import Any

import mqtt5
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import wire
from ingest.shapes import MAX_SHAPES, Form
from telemetry.flags import NO_TIME, RETAINED, UNKNOWN
from telemetry.sensors import Sensor
from telemetry.series import Identity
from tests.ingest.kit import NOW, TOPIC, feed, publish, refusals, rows, scanner, take

FLOW, PRESSURE = "water/zone-1/meter-1/flow", "water/zone-1/meter-1/pressure"
S = NOW // 1000


def reading(value: Any = 1.5, ts: Any = NOW) -> dict[str, Any]:
    return {"ts": ts, "values": {"flow": value}}


# Forms. Each message is sent three times: learnt from, read by the learnt form, and once more.
FORMS: list[tuple[str, Any, list[tuple[str, int, float]]]] = [
    ("one value", reading(), [(FLOW, NOW, 1.5)]),
    ("a whole number as value", reading(12), [(FLOW, NOW, 12.0)]),
    ("an enormous whole number", reading(10**300), [(FLOW, NOW, 1e300)]),
    ("several values", {"ts": NOW, "values": {"flow": 1, "pressure": 2}}, [(FLOW, NOW, 1.0), (PRESSURE, NOW, 2.0)]),
    ("quantity and value", {"ts": NOW, "quantity": "flow", "value": 3}, [(FLOW, NOW, 3.0)]),
    ("with unit", {"ts": NOW, "quantity": "flow", "value": 36, "unit": "m3/h"}, [(FLOW, NOW, 10.0)]),
    ("with units", {"ts": NOW, "values": {"flow": 36}, "units": {"flow": "m3/h", "x": "V"}}, [(FLOW, NOW, 10.0)]),
    ("some with units", {"ts": NOW, "values": {"flow": 36, "pressure": 1}, "units": {"pressure": "bar"}},
     [(FLOW, NOW, 36.0), (PRESSURE, NOW, 100.0)]),
    ("an array", [reading(1, NOW), reading(2, NOW + 1)], [(FLOW, NOW, 1.0), (FLOW, NOW + 1, 2.0)]),
    ("an array of several", [{"ts": NOW, "values": {"flow": 1, "pressure": 2}}] * 2,
     [(FLOW, NOW, 1.0), (PRESSURE, NOW, 2.0)] * 2),
    ("an array of mixed forms", [reading(1), {"ts": S, "quantity": "pressure", "value": 2}],
     [(FLOW, NOW, 1.0), (PRESSURE, NOW, 2.0)]),
    ("seconds", reading(1, S), [(FLOW, NOW, 1.0)]),
    ("seconds with a fraction", reading(1, S + 0.123), [(FLOW, NOW + 123, 1.0)]),
    ("microseconds", reading(1, NOW * 1000 + 999), [(FLOW, NOW, 1.0)]),
    ("nanoseconds", reading(1, NOW * 1_000_000 + 1), [(FLOW, NOW, 1.0)]),
    ("RFC 3339", reading(1, "2026-11-21T23:00:00.5+07:00"), [(FLOW, NOW + 500, 1.0)]),
    ("unknown keys", reading() | {"rssi": -71, "x": {"y": [1, None]}}, [(FLOW, NOW, 1.5)]),
    ("gw and seq", reading() | {"gw": "gw-1", "seq": 7}, [(FLOW, NOW, 1.5)]),
    ("gw alone", reading() | {"gw": "gw-1"}, [(FLOW, NOW, 1.5)]),
    ("seq alone", reading() | {"seq": 7}, [(FLOW, NOW, 1.5)]),
    ("an array with gw and seq", [reading() | {"gw": "gw-1", "seq": 7}], [(FLOW, NOW, 1.5)]),
    ("an unknown quantity", {"ts": NOW, "values": {"sap flow": 4}}, [("water/zone-1/meter-1/sap flow", NOW, 4.0)]),
    ("an unknown quantity's unit", {"ts": NOW, "quantity": "sap", "value": 4, "unit": "furlong"},
     [("water/zone-1/meter-1/sap", NOW, 4.0)]),
    ("quotes in a name", {"ts": NOW, "values": {'a"b\\c': 4}}, [('water/zone-1/meter-1/a"b\\c', NOW, 4.0)]),
    ("a name that is not ASCII", {"ts": NOW, "values": {"débit": 4}}, [("water/zone-1/meter-1/débit", NOW, 4.0)]),
    ("escapes in a name", b'{"ts":%d,"values":{"fl\\u006fw":4}}' % NOW, [(FLOW, NOW, 4.0)]),
    ("white space", b' {\n"ts" : %d ,\t"values":{ "flow":4 } }\r\n' % NOW, [(FLOW, NOW, 4.0)]),
    ("a key twice: the last", b'{"ts":1,"ts":%d,"values":{"flow":1,"flow":4}}' % NOW, [(FLOW, NOW, 4.0)]),
    ("minus nought", reading(-0.0), [(FLOW, NOW, 0.0)]),
]  # fmt: skip


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


# Reasons. Good readings beside the refused ones of the same message are stored.
NESTED = b'{"ts":%d,"values":{"flow":1},"x":%s}' % (NOW, b"[" * 5_000)
REASONS: list[tuple[str, Any, dict[str, int], int]] = [
    ("no JSON", b"hello", {"json": 1}, 0),
    ("nothing", b"", {"json": 1}, 0),
    ("cut off", b'{"ts":1,"values":{"flow":1}', {"json": 1}, 0),
    ("something after", b'{"ts":1,"values":{"flow":1}}x', {"json": 1}, 0),
    ("not UTF-8", b'{"ts":%d,"values":{"fl\xffow":1}}' % NOW, {"json": 1}, 0),
    ("not UTF-8 in what is ignored", b'{"ts":%d,"values":{"flow":1},"x":"\xff"}' % NOW, {"json": 1}, 0),
    ("a byte order mark", b"\xef\xbb\xbf" + json.dumps(reading()).encode(), {"json": 1}, 0),
    ("nested too deeply", NESTED, {"json": 1}, 0),
    ("only brackets", b"[" * 20_000, {"json": 1}, 0),
    ("a number", 5, {"schema": 1}, 0),
    ("an empty array", [], {"schema": 1}, 0),
    ("an array of numbers", [1, 2, 3], {"schema": 3}, 0),
    ("one object of an array", [reading(), 2, None], {"schema": 2}, 1),
    ("no values", {"ts": NOW}, {"schema": 1}, 0),
    ("empty values", {"ts": NOW, "values": {}}, {"schema": 1}, 0),
    ("values that are no object", {"ts": NOW, "values": [1]}, {"schema": 1}, 0),
    ("both forms", reading() | {"quantity": "flow", "value": 1}, {"schema": 1}, 0),
    ("unit beside values", reading() | {"unit": "m3/h"}, {"schema": 1}, 0),
    ("units beside value", {"ts": NOW, "quantity": "flow", "value": 1, "units": {}}, {"schema": 1}, 0),
    ("quantity without value", {"ts": NOW, "quantity": "flow"}, {"schema": 1}, 0),
    ("units that are no object", reading() | {"units": "m3/h"}, {"schema": 1}, 0),
    ("true", {"ts": NOW, "values": {"flow": True, "pressure": 2}}, {"schema": 1}, 1),
    ("a string", {"ts": NOW, "values": {"flow": "1", "pressure": 2}}, {"schema": 1}, 1),
    ("null", {"ts": NOW, "values": {"flow": None, "pressure": 2}}, {"schema": 1}, 1),
    ("a string as value", {"ts": NOW, "quantity": "flow", "value": "1"}, {"schema": 1}, 0),
    ("a blank quantity", {"ts": NOW, "values": {" ": 1, "flow": 2}}, {"schema": 1}, 1),
    ("a quantity of 129 bytes", {"ts": NOW, "values": {"é" * 64 + "x": 1}}, {"schema": 1}, 0),
    ("a quantity with a newline", {"ts": NOW, "values": {"a\nb": 1}}, {"schema": 1}, 0),
    ("a quantity that ends with a backslash", {"ts": NOW, "values": {"a\\": 1}}, {"schema": 1}, 0),
    ("a quantity that is not NFC", {"ts": NOW, "values": {"de\u0301bit": 1}}, {"schema": 1}, 0),
    ("a lone surrogate", b'{"ts":%d,"values":{"\\ud800":1}}' % NOW, {"schema": 1}, 0),
    ("a quantity that is no string", {"ts": NOW, "quantity": 5, "value": 1}, {"schema": 1}, 0),
    ("gw that is no string", reading() | {"gw": 5}, {"schema": 1}, 0),
    ("gw that is blank", reading() | {"gw": ""}, {"schema": 1}, 0),
    ("a negative seq", reading() | {"gw": "g", "seq": -1}, {"schema": 1}, 0),
    ("a fractional seq", reading() | {"gw": "g", "seq": 1.5}, {"schema": 1}, 0),
    ("an enormous seq", reading() | {"gw": "g", "seq": 2**63}, {"schema": 1}, 0),
    ("seq true", reading() | {"gw": "g", "seq": True}, {"schema": 1}, 0),
    ("NaN", {"ts": NOW, "values": {"flow": float("nan"), "pressure": 2}}, {"not_finite": 1}, 1),
    ("-Infinity", {"ts": NOW, "quantity": "flow", "value": float("-inf")}, {"not_finite": 1}, 0),
    ("1e999", b'{"ts":%d,"values":{"flow":1e999,"pressure":2}}' % NOW, {"not_finite": 1}, 1),
    ("5,000 digits", b'{"ts":%d,"values":{"flow":%s,"pressure":2}}' % (NOW, b"9" * 5000), {"not_finite": 1}, 1),
    ("309 digits", b'{"ts":%d,"values":{"flow":%s}}' % (NOW, b"9" * 309), {"not_finite": 1}, 0),
    ("infinite when converted", {"ts": NOW, "quantity": "pressure", "value": 1e308, "unit": "bar"},
     {"not_finite": 1}, 0),
    ("a unit that does not convert", {"ts": NOW, "quantity": "flow", "value": 1, "unit": "kPa"}, {"unit": 1}, 0),
    ("one of the units", {"ts": NOW, "values": {"flow": 1, "pressure": 2}, "units": {"flow": "no"}}, {"unit": 1}, 1),
    ("a unit that is no string", {"ts": NOW, "quantity": "flow", "value": 1, "unit": 5}, {"unit": 1}, 0),
    ("ts null", {"ts": None, "values": {"flow": 1, "pressure": 2}}, {"time": 2}, 0),
    ("ts true", reading(ts=True), {"time": 1}, 0),
    ("ts a date", reading(ts="2026-11-21"), {"time": 1}, 0),
    ("ts a number in a string", reading(ts=str(NOW)), {"time": 1}, 0),
    ("ts before 2000", reading(ts=946_684_799_999), {"time": 1}, 0),
    ("ts before 2000 in seconds", reading(ts=946_684_799.9), {"time": 1}, 0),
    ("ts negative", reading(ts=-NOW), {"time": 1}, 0),
    ("ts nought", reading(ts=0), {"time": 1}, 0),
    ("ts NaN", reading(ts=float("nan")), {"time": 1}, 0),
    ("ts too far ahead", reading(ts=NOW + 120_001), {"future": 1}, 0),
    ("ts text too far ahead", reading(ts="2026-11-21T16:02:00.001Z"), {"future": 1}, 0),
    ("ts enormous", reading(ts=10**40), {"future": 1}, 0),
    ("ts an enormous float", reading(ts=1e300), {"future": 1}, 0),
    ("ts of 400 digits", reading(ts=10**400), {"future": 1}, 0),
    ("ts below all numbers", reading(ts=-(10**400)), {"time": 1}, 0),
    ("ts ahead in an array", [reading(1), reading(2, NOW + 120_001), reading(3)], {"future": 1}, 2),
]  # fmt: skip


@pytest.mark.parametrize("learnt", [None, *(form[1] for form in FORMS[:12])])
@pytest.mark.parametrize(("payload", "expected", "stored"), [r[1:] for r in REASONS], ids=[r[0] for r in REASONS])
def test_every_reason_whatever_was_learnt(learnt: Any, payload: Any, expected: dict[str, int], stored: int) -> None:
    one = scanner()
    if learnt is not None:
        take(one, learnt)
    for _ in range(2):
        found, reasons = take(one, payload)
        assert reasons == expected
        assert len(found) == stored


def test_a_good_form_with_a_bad_content_is_refused_too() -> None:
    """Each reason again, with the form itself learnt before."""
    one = scanner()
    take(one, [reading(), reading()], reading())
    found, reasons = take(one, [reading(), reading(2, 5), reading(3, NOW + 10**6), reading(4, 6)], reading(5))
    assert [row[2] for row in found] == [1.5, 5.0]
    assert reasons == {"time": 2, "future": 1}


def test_a_refusal_keeps_the_message_raw_and_names_its_gateway() -> None:
    one = scanner()
    good, bad = reading() | {"gw": "gw-1", "seq": 1}, reading(ts=5) | {"gw": "gw-1", "seq": 2}
    take(one, good)
    scanned = one.scan(publish(good, packet_id=4) + publish(bad, packet_id=5) + publish(good, packet_id=6), NOW)
    (refusal,) = scanned.refusals
    assert (refusal.arrival, refusal.topic, refusal.reason) == (NOW, TOPIC, "time")
    assert json.loads(refusal.payload) == bad
    assert one.devices.table.gateways[refusal.gateway] == "3578/gw-1"
    assert scanned.sequences.seq.tolist() == [1, 2, 1]
    assert scanned.packet_ids.tolist() == [4, 5, 6]


@pytest.mark.parametrize(
    "topic",
    [
        "nadi/v1/3578/water/zone-1",
        "nadi/v1/3578/water/zone-1/meter-1/more",
        "nadi/v2/3578/water/zone-1/meter-1",
        "nadi/v1/3578/gas/zone-1/meter-1",
        "nadi/v1/3578/gateway/gw/state",
        "nadi/v1/3578/water//meter-1",
        "nadi/v1/ /water/zone-1/meter-1",
        "nadi/v1/3578/water/zone-1/" + "x" * 129,
        "nadi/v1/3578/water/zone-1/de\u0301bit",
        "nadi/v1/3578/water/zone-1/a\\",
        "nadi/v1/3578/water/zone-1/a\u0007",
        "x" * 65_535,
        "",
    ],
)
def test_bad_topics(topic: str) -> None:
    one = scanner()
    for _ in range(2):
        assert take(one, reading(), topic=topic) == ([], {"topic": 1})
    assert not one.devices.entries


def test_a_topic_that_is_not_utf8() -> None:
    one = scanner()
    data = publish(reading()).replace(b"zone-1", b"zone-\xff")
    (refusal,) = one.scan(data, NOW).refusals
    assert refusal.reason == "topic"


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


def test_the_series_limit_refuses_only_new_series() -> None:
    one = scanner(max_series=2)
    found, reasons = take(one, {"ts": NOW, "values": {"flow": 1, "pressure": 2, "level": 3}})
    assert [row[0] for row in found] == [FLOW, PRESSURE]
    assert reasons == {"series_limit": 1}
    assert take(one, reading(), topic=TOPIC + "x") == ([], {"series_limit": 1})
    assert take(one, {"ts": NOW, "values": {"flow": 1, "pressure": 2}})[1] == {}


def test_gateways_are_limited_too() -> None:
    one = scanner(max_series=3)
    found, reasons = take(one, *(reading(n) | {"gw": f"gw-{n}"} for n in range(5)))
    assert len(found) == 3
    assert reasons == {"series_limit": 2}
    assert len(one.devices.table.gateways) == 3


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


# Properties.
messages = st.one_of(
    st.sampled_from([form[1] for form in FORMS] + [reason[1] for reason in REASONS if len(str(reason[1])) < 400]),
    st.builds(reading, st.floats(), st.integers(NOW - 10**6, NOW + 10**6)),
    st.binary(max_size=30),
)
topics = st.sampled_from([TOPIC, TOPIC + "2", "nadi/v1/3578/energy/a/b", "nadi/v1/3578/gateway/g/status", "bad"])
heads = st.sampled_from([0x32, 0x32, 0x32, 0x30, 0x33, 0x3A])
streams = st.lists(st.tuples(messages, topics, heads), max_size=12)


def packets(stream: list[tuple[Any, str, int]], version: int) -> bytes:
    return b"".join(
        publish(payload, topic, number + 1, version, head) for number, (payload, topic, head) in enumerate(stream)
    )


def summary(one: Any, results: list[Any]) -> tuple[Any, ...]:
    return (
        rows(one, results),
        refusals(results),
        [number for scanned in results for number in scanned.packet_ids.tolist()],
        [number for scanned in results for number in scanned.sequences.seq.tolist()],
        [state for scanned in results for state in scanned.gateways],
        sum(scanned.messages for scanned in results),
        sum(scanned.consumed for scanned in results) if results[-1].error is None else None,
    )


@settings(max_examples=60, deadline=None)
@given(streams, st.lists(st.integers(0, 3000), max_size=8), st.sampled_from([wire.V311, wire.V5]))
def test_the_result_does_not_depend_on_how_the_bytes_are_cut(
    stream: list[tuple[Any, str, int]], cuts: list[int], version: int
) -> None:
    data = packets(stream, version)
    whole, cut = scanner(version), scanner(version)
    expected = summary(whole, feed(whole, data, []))
    assert summary(cut, feed(cut, data, [at for at in cuts if at < len(data)])) == expected


@settings(max_examples=40, deadline=None)
@given(streams)
def test_the_result_does_not_depend_on_what_was_learnt(stream: list[tuple[Any, str, int]]) -> None:
    data = packets(stream, wire.V5)
    learnt, careful = scanner(), scanner()
    feed(learnt, data, [])
    careful.devices.learn = lambda *_: None  # type: ignore[method-assign]
    feed(careful, data, [])
    assert summary(learnt, feed(learnt, data, [])) == summary(careful, feed(careful, data, []))


@settings(max_examples=150, deadline=None)
@given(streams, st.data())
def test_mutated_bytes_raise_nothing_but_wire_errors(stream: list[tuple[Any, str, int]], draw: st.DataObject) -> None:
    data = bytearray(packets(stream, wire.V5))
    for _ in range(draw.draw(st.integers(1, 5))):
        if data:
            data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cuts = draw.draw(st.lists(st.integers(0, max(1, len(data))), max_size=4))
    whole, cut = scanner(), scanner()
    expected = feed(whole, bytes(data), [])
    found = feed(cut, bytes(data), [at for at in cuts if at < len(data)])
    assert str(found[-1].error) == str(expected[-1].error)
    assert rows(whole, expected) == rows(cut, found)


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing(data: bytes) -> None:
    feed(scanner(), data, [len(data) // 2])


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(NOW - 10**6, NOW)), min_size=1))
def test_values_keep_every_bit(readings: list[tuple[float, int]]) -> None:
    one = scanner()
    take(one, reading())
    found, _ = take(one, *(reading(value, ts) for value, ts in readings))
    assert np.array_equal([row[2] for row in found], [value for value, _ in readings])
    assert [row[1] for row in found] == [ts for _, ts in readings]


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
