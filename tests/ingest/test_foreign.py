"""Messages of other formats among nadi's own: rules, places, records, refusals; with a format of the test's own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import DecoderSettings
from ingest.decoders import table
from ingest.decoders.base import MAX_NAME, MAX_TOPIC, Decoded, Message, Presence, Request
from ingest.rules import fits
from ingest.scanner import Scanned, Scanner
from journal.entries import GatewayState
from telemetry.errors import Unavailable
from telemetry.flags import NO_TIME, RETAINED, UNKNOWN
from telemetry.sensors import Sensor
from telemetry.series import Identity
from tests.ingest.kit import NOW, publish, rows, scanner

TOPIC = "plain/north/box-1"


class Plain:
    """JSON: {"r": [[sensor, quantity, value, unit, time]...], and the other fields of Decoded}."""

    def decode(self, message: Message) -> Decoded:
        told = json.loads(message.payload)
        if told == "bug":
            raise RuntimeError("a bug")
        decoded = Decoded([tuple(each) for each in told.get("r", ())], gateway=told.get("gw"))
        decoded.labels = told.get("labels", {})
        decoded.booleans = told.get("booleans", [])
        decoded.presence = [Presence(*each) for each in told.get("presence", ())]
        decoded.requests = [Request(topic, b"x") for topic in told.get("ask", ())]
        for reason, detail in told.get("refused", ()):
            decoded.refuse(reason, detail)
        return decoded


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    form = table.Format(lambda _: Plain(), ("plain/#",), lambda message: True)
    for name in ("homie", "senml-json"):
        monkeypatch.setitem(table.FORMATS, name, form)


def rule(**more: Any) -> DecoderSettings:
    return DecoderSettings(**{"format": "homie", "topics": ["plain/#"], "city": "3578", "domain": "water", **more})


def made(*rules: DecoderSettings, sensors: Sequence[Sensor] = (), **options: Any) -> Scanner:
    return scanner(sensors=sensors, decoders=rules or (rule(),), **options)


def send(one: Scanner, *messages: Any, topic: str = TOPIC, **options: Any) -> Scanned:
    data = b"".join(publish(message, topic, number + 1, **options) for number, message in enumerate(messages))
    scanned = one.scan(data, NOW)
    assert scanned.consumed == len(data)
    assert scanned.packet_ids.tolist() == list(range(1, len(messages) + 1))
    return scanned


def reasons(scanned: Scanned) -> list[tuple[str, int]]:
    return [(each.reason, each.readings) for each in scanned.refusals]


def test_what_decoders_remember_and_cannot_be_read_is_no_fault_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(_self: Plain, _message: Message) -> Decoded:
        raise Unavailable("the disk")

    one = made()
    monkeypatch.setattr(Plain, "decode", decode)
    with pytest.raises(Unavailable, match="the disk"):
        one.scan(publish({"r": []}, TOPIC), NOW)


def test_readings_land_where_the_rule_says_in_nadis_units() -> None:
    one = made(rule(zone="{2}"))
    scanned = send(one, {"r": [["box-1", "temp", 68.0, "degF", NOW - 5], ["box-1", "TDS", 1.5, "ppt", NOW - 4]]})
    assert rows(one, [scanned]) == [
        ("water/north/box-1/temperature", NOW - 5, 20.0, 0),
        ("water/north/box-1/TDS", NOW - 4, 1.5, 0),
    ]
    assert scanned.messages == 1
    assert one.slow.rules.messages == {"homie": 1}


def test_the_second_message_of_a_topic_and_its_neighbours_of_nadis_own() -> None:
    one = made()
    native = publish({"ts": NOW, "values": {"flow": 1.0}}, packet_id=9)
    foreign = publish({"r": [["m", "flow", 2.0, None, NOW]]}, TOPIC, 8)
    for _ in range(3):
        scanned = one.scan(native + foreign + native, NOW)
        assert [value for _, _, value, _ in rows(one, [scanned])] == [1.0, 2.0, 1.0]
    assert scanned.packet_ids.tolist() == [9, 8, 9]


def test_what_has_no_time_is_of_now_once_a_series() -> None:
    one = made()
    scanned = send(
        one, {"r": [["m", "flow", 1.0, None, None], ["m", "flow", 2.0, None, None], ["m", "ph", 7, None, NOW]]}
    )
    assert rows(one, [scanned]) == [
        ("water/homie/m/flow", NOW, 1.0, NO_TIME),
        ("water/homie/m/ph", NOW, 7.0, 0),
    ]
    assert reasons(scanned) == [("time", 1)]


def test_what_is_refused_keeps_its_neighbours() -> None:
    one = made(max_future=60_000)
    good = ["m", "flow", 1.0, None, NOW]
    bad = [
        ["m", "flow", 1.0, None, NOW + 60_001],
        ["m", "flow", 1.0, None, 5_000_000],
        ["m", "flow", 1.0, "kg", NOW],
        ["m", "flow", float("inf"), None, NOW],
        ["m", "flow", 10**400, None, NOW],
        [" ", "flow", 1.0, None, NOW],
    ]
    scanned = send(one, {"r": [good, *bad, good], "refused": [["json", "x"]]})
    assert len(rows(one, [scanned])) == 2
    assert sorted(reasons(scanned)) == [
        ("future", 1), ("json", 1), ("not_finite", 2), ("schema", 1), ("time", 1), ("unit", 1)
    ]  # fmt: skip
    assert {each.topic for each in scanned.refusals} == {TOPIC}


def test_a_decoder_that_fails_costs_one_message() -> None:
    one = made()
    scanned = send(one, b'"bug"', {"r": [["m", "flow", 1.0, None, NOW]]})
    assert reasons(scanned) == [("schema", 1)]
    assert len(rows(one, [scanned])) == 1


def test_series_limit() -> None:
    one = made(max_series=2)
    scanned = send(one, {"r": [["m", name, 1.0, None, NOW] for name in "abc"]})
    assert len(rows(one, [scanned])) == 2
    assert reasons(scanned) == [("series_limit", 1)]


def test_gateways_beyond_the_limit_cost_no_reading() -> None:
    one = made(max_series=3)
    scanned = [send(one, {"r": [["m", "flow", 1.0, None, NOW]], "gw": f"gw-{n}"}) for n in range(5)]
    assert len(rows(one, scanned)) == 5
    assert [each.readings.gateway.item() for each in scanned] == [0, 1, 2, -1, -1]
    assert one.devices.table.gateways_untaken == 2


def test_a_gateway_and_what_comes_and_goes() -> None:
    one = made()
    table_ = one.devices.table
    for gateway in ("gw/1", "gw-2", "gw/1"):
        scanned = send(one, {"r": [["m", "flow", 1.0, None, NOW]], "gw": gateway, "presence": [[gateway, True]]})
        name = gateway.replace("/", "|")
        assert [table_.gateways[number] for number in scanned.readings.gateway.tolist()] == [f"3578/{name}"]
        assert table_.gateways[table_.gateway_of[0]] == f"3578/{name}"
        assert scanned.gateways == (GatewayState("3578", name, True),)


def test_a_device_that_goes() -> None:
    scanned = send(made(), {"presence": [["gw", False, "gw/dev-1"], ["gw", True, None]]})
    assert scanned.gateways == (GatewayState("3578", "gw|dev-1", False), GatewayState("3578", "gw", True))
    assert reasons(send(made(), {"presence": [[" ", True]]})) == [("schema", 1)]


def test_the_catalogues_gateway_is_believed_before_the_messages() -> None:
    identity = Identity("3578", "water", "homie", "m", "flow")
    one = made(sensors=[Sensor(identity, gateway="gw-9")])
    scanned = send(one, {"r": [["m", "flow", 1.0, None, NOW], ["n", "flow", 1.0, None, NOW]], "gw": "gw-1"})
    names = [one.devices.table.gateways[number] for number in scanned.readings.gateway.tolist()]
    assert names == ["3578/gw-9", "3578/gw-1"]
    assert scanned.readings.flags.tolist() == [0, UNKNOWN]


def test_places_by_device_and_label() -> None:
    one = made(
        rule(
            zone="{application}",
            places=[{"device": "kwh-*", "domain": "energy"}, {"device": "?in-*", "domain": "waste", "zone": "{1}-{9}"}],
        )
    )
    scanned = send(
        one,
        {
            "labels": {"application": "depot/7"},
            "r": [["kwh-1", "power", 1500, "W", NOW], ["bin-1", "level", 50, "%", NOW], ["m", "flow", 1, None, NOW]],
        },
        {"r": [["m", "flow", 2, None, NOW]]},
    )
    assert [name for name, *_ in rows(one, [scanned])] == [
        "energy/depot|7/kwh-1/power",
        "waste/plain-unknown/bin-1/fill",
        "water/depot|7/m/flow",
        "water/unknown/m/flow",
    ]
    assert rows(one, [scanned])[0][2] == 1.5


def test_the_catalogue_says_what_a_key_is() -> None:
    pulses = Identity("3578", "water", "gubeng", "meter-17", "volume")
    one = made(
        sensors=[
            Sensor(pulses, source="a81758", key="ext.pulse", scale=0.01, unit="m3"),
            Sensor(Identity("3578", "energy", "kenjeran", "trafo-3", "power"), source="b2", unit="W"),
        ]
    )
    scanned = send(
        one,
        {
            "r": [
                ["a81758", "ext.pulse", 250, "count", NOW],
                ["a81758", "temp", 20, None, NOW],
                ["b2", "active_power", 750, None, NOW],
            ]
        },
    )
    assert rows(one, [scanned]) == [
        ("water/gubeng/meter-17/volume", NOW, 2.5, 0),
        ("water/gubeng/meter-17/temperature", NOW, 20.0, UNKNOWN),
        ("energy/kenjeran/trafo-3/power", NOW, 0.75, 0),
    ]


def test_the_first_rule_that_fits_has_the_message() -> None:
    one = made(rule(topics=["plain/+/box-1"], zone="first"), rule(zone="second"))
    reading = {"r": [["m", "flow", 1.0, None, NOW]]}
    found = [rows(one, [send(one, reading, topic=topic)])[0][0] for topic in (TOPIC, "plain/x", "plain")]
    assert found == ["water/first/m/flow", "water/second/m/flow", "water/second/m/flow"]
    assert reasons(send(one, reading, topic="other/x")) == [("topic", 1)]


def test_a_topic_is_bounded() -> None:
    class Never(Plain):
        def decode(self, message: Message) -> Decoded:
            raise AssertionError("it was decoded")

    reading = {"r": [["m", "flow", 1.0, None, NOW]]}
    longest = "plain/" + "x" * (MAX_TOPIC - len("plain/"))
    assert reasons(send(made(), reading, topic=longest)) == []
    table.FORMATS["homie"] = table.Format(lambda _: Never(), (), lambda message: True)
    assert reasons(send(made(), reading, topic=longest + "x")) == [("topic", 1)]


def test_names_are_bounded_and_their_neighbours_kept() -> None:
    one = made()
    long = "x" * (MAX_NAME + 1)
    bad = [[long, "flow", 1.0, None, NOW], ["m", long, 1.0, None, NOW], ["m", "tds", 1.0, long, NOW]]
    scanned = send(one, {"r": [*bad, ["m", "flow", 1.0, None, NOW]]}, {"gw": long, "presence": [[long, True]]})
    assert [name for name, *_ in rows(one, [scanned])] == ["water/homie/m/flow"]
    assert sorted(reasons(scanned)) == [("schema", 1), ("schema", 2), ("unit", 1)]


def test_what_is_true_or_false_is_no_physical_quantity() -> None:
    one = made(rule(domain="energy"))
    told = {"r": [["m", "light.power", 1.0, None, NOW], ["m", "power", 0.0, None, NOW], ["m", "door", 1.0, None, NOW]]}
    for _ in range(2):
        scanned = send(one, {**told, "booleans": [0, 1, 2]}, {"r": [["m", "light.power", 5.0, "kW", NOW + 1]]})
        assert [(name, value) for name, _, value, _ in rows(one, [scanned])] == [
            ("energy/homie/m/light.power", 1.0),
            ("energy/homie/m/power.state", 0.0),
            ("energy/homie/m/door", 1.0),
            ("energy/homie/m/power", 5.0),
        ]


def test_retained_and_qos_0() -> None:
    one = made()
    body = {"r": [["m", "flow", 1.0, None, NOW], ["m", "ph", 1.0, None, NOW]]}
    for _ in range(2):
        scanned = send(one, body, head=0x33)
        assert [flags for *_, flags in rows(one, [scanned])] == [RETAINED, RETAINED]
    assert not len(one.scan(publish(body, TOPIC, head=0x30), NOW).packet_ids)


def test_the_content_type_chooses() -> None:
    class Other(Plain):
        def decode(self, message: Message) -> Decoded:
            return Decoded([("by", message.content_type or "", 1.0, None, NOW)])

    table.FORMATS["senml-json"] = table.Format(lambda _: Other(), (), lambda message: True)
    one = made()
    for content in (b"application/senml+json", b"Application/SenML+json; charset=utf-8"):
        properties = b"\x01\x01\x03" + len(content).to_bytes(2, "big") + content
        body = b'{"r": [["m", "flow", 1.0, null, null]]}'
        for _ in range(2):
            packet = _with_properties(TOPIC, properties, body)
            assert [name for name, *_ in rows(one, [one.scan(packet, NOW)])] == [f"water/homie/by/{content.decode()}"]
    assert one.slow.rules.messages == {"senml-json": 4}
    packet = _with_properties(TOPIC, b"\x03\x00\x10application/json", body)
    assert rows(one, [one.scan(packet, NOW)])[0][0] == "water/homie/m/flow"


def _with_properties(topic: str, properties: bytes, body: bytes) -> bytes:
    rest = len(topic).to_bytes(2, "big") + topic.encode() + b"\x00\x07" + bytes((len(properties),)) + properties + body
    assert len(rest) < 0x4000
    length = bytes((len(rest),)) if len(rest) < 128 else bytes((len(rest) & 0x7F | 0x80, len(rest) >> 7))
    return b"\x32" + length + rest


def test_packed_payloads() -> None:
    one = made()
    body = json.dumps({"r": [["m", "flow", 1.0, None, NOW]]}).encode()
    assert len(rows(one, [send(one, gzip.compress(body), body)])) == 2
    bomb = gzip.compress(b" " * 20_000_000)
    scanned = send(one, bomb)
    assert reasons(scanned) == [("too_large", 1)]
    assert scanned.refusals[0].payload == bomb


def test_what_is_asked_for_comes_out() -> None:
    scanned = send(made(), {"ask": ["a/b"]})
    assert scanned.requests == (Request("a/b", b"x"),)
    assert (scanned.messages, len(scanned.readings), scanned.refusals) == (1, 0, ())


def test_remembered_topics_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.rules.MAX_TOPICS", 10)
    one = made()
    for number in range(25):
        send(one, {"r": []}, topic=f"plain/{number}")
    assert len(one.devices.entries) <= 10


def filters() -> Iterator[tuple[str, str, bool]]:
    """MQTT 5, section 4.7.1: the standard's own examples."""
    for topic in ("sport/tennis/player1", "sport/tennis/player1/ranking", "sport/tennis/player1/score/wimbledon"):
        yield "sport/tennis/player1/#", topic, True
    yield "sport/#", "sport", True
    yield "sport/tennis/+", "sport/tennis/player1", True
    yield "sport/tennis/+", "sport/tennis/player1/ranking", False
    yield "sport/+", "sport", False
    yield "sport/+", "sport/", True
    yield "+/+", "/finance", True
    yield "/+", "/finance", True
    yield "+", "/finance", False


@pytest.mark.parametrize(("wanted", "topic", "expected"), list(filters()))
def test_filters(wanted: str, topic: str, expected: bool) -> None:
    assert fits(wanted.split("/"), topic.split("/")) is expected


def test_nadis_own_payload_may_be_packed_too() -> None:
    one = scanner(max_payload=100)
    body = b'{"ts": %d, "values": {"flow": 2.0}}' % NOW
    data = b"".join(publish(each, packet_id=1) for each in (gzip.compress(body), body, gzip.compress(body)))
    assert [value for *_, value, _ in rows(one, [one.scan(data, NOW)])] == [2.0, 2.0, 2.0]
    scanned = one.scan(publish(gzip.compress(b" " * 1001)), NOW)
    assert reasons(scanned) == [("too_large", 1)]


readings = st.lists(
    st.tuples(
        st.sampled_from(["m", "n", " "]),
        st.sampled_from(["flow", "ph", "temp", "x"]),
        st.sampled_from([1.0, 2, float("inf"), 10**400]),
        st.sampled_from([None, "degC", "m3/h"]),
        st.sampled_from([None, NOW, NOW - 1, NOW + 10**9, 0]),
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(readings, min_size=1, max_size=5))
def test_the_quick_way_and_the_careful_one_agree(messages: list[list[tuple[Any, ...]]]) -> None:
    found = []
    for careful in (False, True):
        one = made()
        (one_rule,) = one.slow.rules.rules
        if careful:
            one_rule._all = lambda *_: False  # type: ignore[method-assign]
        scanned = [send(one, {"r": message}) for message in [*messages, *messages]]
        found.append((rows(one, scanned), [reasons(each) for each in scanned]))
        for message, each in zip([*messages, *messages], scanned, strict=True):
            assert len(each.readings) + sum(number for _, number in reasons(each)) == len(message)
    assert found[0] == found[1]


def test_sensors_that_find_no_room_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of sensors are the sender's to invent, also beyond limits.max_series."""
    monkeypatch.setattr("ingest.records.MAX_RECORDS", 100)
    one = made(max_series=1)
    for number in range(20):
        sensors = [{"r": [[f"s-{number}-{each}", "flow", 1.0, None, NOW]], "gw": "gw-1"} for each in range(50)]
        assert all(reason == "series_limit" for reason, _ in reasons(send(one, *sensors)))
        assert len(one.slow.rules.rules[0].records.behind) <= 102


def test_long_names_of_gateways_count_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.records.MAX_RECORDS", 100)
    one = made()
    for number in range(100):
        send(one, {"r": [["s-1", "flow", 1.0, None, NOW]], "gw": f"{number}-{'g' * 2_000}"})
        assert len(one.slow.rules.rules[0].records.known) <= 12


def test_what_finds_no_place_is_not_looked_at_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look for the place of a reading takes as long as 50 that are known, and what finds none is not remembered."""
    monkeypatch.setattr("ingest.foreign.MAX_UNPLACED", 30)
    one = made(max_series=1, gateway_rate=100)

    def message(number: int) -> dict[str, Any]:
        names = [f"s-{number}-{each}" for each in range(40)]
        return {"r": [["known", "flow", 1.0, None, NOW + number], *([name, "flow", 1.0, None, NOW] for name in names)]}

    found = [send(one, message(number)) for number in range(6)]
    assert [len(each.readings) for each in found] == [1] * 6, "what is known is always taken"
    assert [dict(reasons(each)) for each in found[:4]] == [{"series_limit": 30, "rate": 10}] * 4
    assert [dict(reasons(each)) for each in found[4:]] == [{"rate": 40}] * 2
    assert [dict(reasons(send(one, message(6), topic="plain/other")))] == [{"series_limit": 30, "rate": 10}]
    later = one.scan(publish(message(7), TOPIC), NOW + 1_000)
    assert dict(reasons(later)) == {"series_limit": 30, "rate": 10}
