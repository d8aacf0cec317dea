"""The codec against two others: paho-mqtt encodes and `mqtt5` encodes and decodes the same packets."""

from __future__ import annotations

import contextlib
import io
from typing import Any, cast

import mqtt5
import numpy as np
import paho.mqtt.client as paho
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest import wire
from ingest.properties import RECEIVE_MAXIMUM, SESSION_EXPIRY, read_properties, varint
from telemetry.errors import WireError

VERSIONS = pytest.mark.parametrize("version", [wire.V311, wire.V5])


class Paho(paho.Client):
    """A client that hands over the bytes it would send."""

    def __init__(self, version: int, client_id: str = "nadi") -> None:
        protocol = paho.MQTTv5 if version == wire.V5 else paho.MQTTv311
        clean = None if version == wire.V5 else False
        super().__init__(CallbackAPIVersion.VERSION2, client_id, clean_session=clean, protocol=protocol)
        self.sent: list[bytes] = []
        self._sock = cast(Any, io.BytesIO())

    def _packet_queue(self, command: int, packet: bytes, mid: int, qos: int, info: Any = None) -> Any:  # type: ignore[override]
        self.sent.append(bytes(packet))
        return paho.MQTT_ERR_SUCCESS


@VERSIONS
def test_connect_equals_pahos(version: int) -> None:
    client = Paho(version)
    client.username_pw_set("user", "s3cret")
    properties = None
    if version == wire.V5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 604_800
        properties.ReceiveMaximum = 10_000
        client._connect_properties = properties
        client._clean_start = False
    client._send_connect(30)
    ours = wire.connect(
        version,
        "nadi",
        keep_alive=30,
        session_expiry=604_800,
        receive_maximum=10_000,
        username="user",
        password="s3cret",
    )
    assert ours == client.sent[0]


def test_connect_is_read_by_mqtt5_and_announces_no_maximum_packet_size_and_no_topic_alias() -> None:
    raw = wire.connect(wire.V5, "n", keep_alive=60, session_expiry=10**12, receive_maximum=65_535)
    packet, size = mqtt5.read(memoryview(raw))
    assert isinstance(packet, mqtt5.ConnectPacket)
    assert size == len(raw)
    assert (packet.client_id, packet.clean_start, packet.keep_alive) == ("n", False, 60)
    assert (packet.session_expiry_interval, packet.receive_max) == (0xFFFF_FFFF, 65_535)
    assert packet.max_packet_size is None
    assert packet.topic_alias_max == 0


@VERSIONS
def test_subscribe_and_unsubscribe_equal_pahos(version: int) -> None:
    client = Paho(version)
    filters = ["nadi/v1/+/+/+/+", "$share/a/b/#"]
    if version == wire.V5:
        options = SubscribeOptions(qos=1, retainHandling=1)
        none = [Properties(kind) for kind in (PacketTypes.SUBSCRIBE, PacketTypes.UNSUBSCRIBE)]  # type: ignore[no-untyped-call]
        client._send_subscribe(False, [(name.encode(), options) for name in filters], none[0])
        client._send_unsubscribe(False, [name.encode() for name in filters], none[1])
    else:
        client._send_subscribe(False, [(name.encode(), 1) for name in filters])
        client._send_unsubscribe(False, [name.encode() for name in filters])
    assert wire.subscribe(version, 1, filters, 1, 1) == client.sent[0]
    assert wire.unsubscribe(version, 2, filters) == client.sent[1]


@VERSIONS
@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("size", [0, 1, 100, 200, 16_400, 2_100_000])
def test_publish_equals_pahos_and_reads_back(version: int, qos: int, size: int) -> None:
    client = Paho(version)
    client._send_publish(7, b"a/b", b"x" * size, qos)
    raw = wire.publish(version, "a/b", b"x" * size, qos=qos, packet_id=7 if qos else 0)
    assert raw == client.sent[0]
    packet = wire.frame(raw, 0)
    assert packet is not None
    assert wire.publish_of(version, raw, packet) == wire.Publish(
        b"a/b", b"x" * size, qos, False, False, 7 if qos else 0
    )


@VERSIONS
def test_small_packets_equal_pahos(version: int) -> None:
    client = Paho(version)
    client._send_puback(513)
    client._send_pingreq()
    client._send_disconnect()
    assert client.sent == [wire.pubacks(np.array([513], np.uint16)), wire.PINGREQ, wire.disconnect(version)]


@given(st.lists(st.integers(1, 65_535)))
def test_many_pubacks_at_once_equal_each_alone(packet_ids: list[int]) -> None:
    together = wire.pubacks(np.array(packet_ids, np.uint16))
    assert together == b"".join(mqtt5.PubAckPacket(number).write() for number in packet_ids)


def encoded_by_mqtt5() -> list[tuple[Any, Any]]:
    codes = [mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE, mqtt5.SubAckReasonCode.NOT_AUTHORIZED]
    return [
        (mqtt5.PubAckPacket(9), wire.PubAck(9, 0)),
        (mqtt5.PubAckPacket(9, reason_code=mqtt5.PubAckReasonCode.QUOTA_EXCEEDED), wire.PubAck(9, 0x97)),
        (mqtt5.SubAckPacket(3, codes, reason_str="no"), wire.SubAck(3, b"\x01\x87")),
        (mqtt5.UnsubAckPacket(4, [mqtt5.UnsubAckReasonCode.SUCCESS]), wire.UnsubAck(4, b"\x00")),
        (mqtt5.PingRespPacket(), wire.PingResp()),
        (
            mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER, reason_str="other"),
            wire.Disconnect(0x8E, {0x1F: "other"}),
        ),
        (mqtt5.ConnAckPacket(session_present=True), wire.ConnAck(True, 0, {})),
    ]


@pytest.mark.parametrize(("theirs", "ours"), encoded_by_mqtt5())
def test_what_mqtt5_encodes_is_read(theirs: Any, ours: Any) -> None:
    raw = theirs.write()
    packet = wire.frame(raw, 0)
    assert packet is not None
    assert packet.end == len(raw)
    decoded = wire.decode(wire.V5, raw, packet)
    assert decoded[:2] == ours[:2]
    assert type(decoded) is type(ours)
    if isinstance(ours, wire.Disconnect):
        assert decoded == ours


def test_properties_of_connack_are_read() -> None:
    raw = mqtt5.ConnAckPacket(
        session_expiry_interval=9, receive_max=20, max_qos=mqtt5.QoS.AT_MOST_ONCE, user_properties=[("a", "b")]
    ).write()
    packet = wire.frame(raw, 0)
    assert packet is not None
    answer = wire.decode(wire.V5, raw, packet)
    assert isinstance(answer, wire.ConnAck)
    assert answer.properties[SESSION_EXPIRY] == 9
    assert answer.properties[RECEIVE_MAXIMUM] == 20


@given(
    topic=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=40),
    payload=st.binary(max_size=300),
    qos=st.sampled_from([0, 1]),
    retain=st.booleans(),
    properties=st.lists(st.tuples(st.text("ab", max_size=90), st.text("cd", max_size=90)), max_size=3),
)
def test_publish_of_mqtt5_with_properties_is_read(
    topic: str, payload: bytes, qos: int, retain: bool, properties: list[tuple[str, str]]
) -> None:
    raw = mqtt5.PublishPacket(
        topic,
        payload,
        qos=mqtt5.QoS(qos),
        retain=retain,
        packet_id=77 if qos else None,
        user_properties=properties,
        content_type="application/json",
    ).write()
    packet = wire.frame(raw, 0)
    assert packet is not None
    ours = wire.publish_of(wire.V5, raw, packet)
    assert ours == wire.Publish(topic.encode(), payload, qos, retain, False, 77 if qos else 0)
    for cut in range(len(raw)):
        early = wire.frame(raw[:cut], 0)
        assert early is None or early == packet
        if early is not None:
            head = wire.publish_head(wire.V5, raw[:cut], early)
            assert head is None or raw[head.payload :] == payload


@pytest.mark.parametrize(
    ("raw", "about"),
    [
        ("3403000161", "QoS 2"),
        ("3603000161", "QoS 3"),
        ("30ffffffff01", "remaining length"),
        ("3002000561", "shorter than its topic"),
        ("320400026162", "shorter than its topic"),
        ("3001ff", "without a topic"),
        ("6202000a", "unexpected PUBREL"),
        ("5002000a", "unexpected PUBREC"),
        ("7002000a", "unexpected PUBCOMP"),
        ("1000", "unexpected CONNECT"),
        ("f000", "unexpected AUTH"),
        ("0000", "unexpected reserved"),
        ("4102000a", "reserved flags"),
        ("400100", "without a packet id"),
        ("d00100", "PINGRESP with a body"),
        ("200102", "malformed CONNACK"),
        ("20020200", "malformed CONNACK"),
        ("9003000105", "shorter than its properties"),
        ("e003000301", "properties longer or shorter"),
        ("e0048e02ff00", "unknown property"),
        ("4080808001", "PUBACK of"),
    ],
)
def test_what_is_refused(raw: str, about: str) -> None:
    data = bytes.fromhex(raw)
    with pytest.raises(WireError, match=about):
        read_one(wire.V5, data)


def test_a_broker_of_311_sends_no_disconnect() -> None:
    with pytest.raises(WireError, match=r"3\.1\.1 does not send DISCONNECT"):
        read_one(wire.V311, b"\xe0\x00")


def test_a_topic_alias_was_not_offered() -> None:
    raw = mqtt5.PublishPacket("", b"{}", topic_alias=1).write()
    with pytest.raises(WireError, match="topic alias"):
        read_one(wire.V5, raw)


def read_one(version: int, data: bytes) -> object:
    packet = wire.frame(data, 0)
    if packet is None:
        return None
    if packet.head >> 4 == wire.PUBLISH:
        return wire.publish_head(version, data, packet)
    wire.check_control(packet)
    return wire.decode(version, data, packet)


@VERSIONS
@settings(max_examples=300)
@given(data=st.binary(max_size=60))
def test_whatever_the_bytes_are_only_wire_errors_are_raised(version: int, data: bytes) -> None:
    with contextlib.suppress(WireError):
        read_one(version, data)


@given(st.binary(max_size=40))
def test_properties_survive_any_bytes(data: bytes) -> None:
    try:
        properties = read_properties(data, 0)
    except WireError:
        return
    found = varint(data, 0, len(data))
    assert found is not None
    assert bool(properties) <= bool(found[0])


def test_strings_and_packets_have_limits() -> None:
    with pytest.raises(WireError, match="65,535"):
        wire.publish(wire.V5, "t" * 65_536, b"")
