"""MQTT 3.1.1 and 5 as bytes, seen from a subscribing client: no sockets, no clock, no state.

    frame(data, at)      -> Frame or None while the fixed header is incomplete
    publish_head(...)    -> PublishHead or None while the part before the payload is incomplete
    decode(...)          -> one of the control packets a broker may send
    connect(...), ...    -> bytes to send

Whatever the bytes are, nothing but WireError is raised. Sources: OASIS MQTT 3.1.1 and MQTT 5.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.properties import RECEIVE_MAXIMUM, SESSION_EXPIRY, read_properties, varint
from telemetry.errors import WireError

V311, V5 = 4, 5
"""Protocol levels as CONNECT carries them."""
MAX_CONTROL = 65_536
"""Bytes of a packet other than PUBLISH above which the broker is not believed."""

CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT = 2, 3, 4, 9, 11, 13, 14
_NAMES = (
    *("reserved", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP"),
    *("SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"),
)


class Frame(NamedTuple):
    """One packet's place: `head` is the first byte, the body is data[start:end] (`end` may lie beyond the data)."""

    head: int
    start: int
    end: int


class PublishHead(NamedTuple):
    """What precedes a PUBLISH's payload. topic and payload are offsets; packet_id is 0 at QoS 0."""

    topic: int
    topic_end: int
    packet_id: int
    payload: int


class ConnAck(NamedTuple):
    session_present: bool
    code: int
    properties: dict[int, object]


class Publish(NamedTuple):
    topic: bytes
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    packet_id: int


class PubAck(NamedTuple):
    packet_id: int
    code: int


class SubAck(NamedTuple):
    packet_id: int
    codes: bytes


class UnsubAck(NamedTuple):
    packet_id: int
    codes: bytes


class PingResp(NamedTuple):
    pass


class Disconnect(NamedTuple):
    code: int
    properties: dict[int, object]


Control = ConnAck | PubAck | SubAck | UnsubAck | PingResp | Disconnect


def frame(data: bytes, at: int) -> Frame | None:
    """The packet that begins at `at`; None if its fixed header isn't all there yet."""
    size = len(data)
    if at >= size:
        return None
    length = 0
    for index in range(4):
        if at + 1 + index >= size:
            return None
        byte = data[at + 1 + index]
        length |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            start = at + 2 + index
            return Frame(data[at], start, start + length)
    raise WireError("remaining length of more than four bytes")


def publish_head(version: int, data: bytes, packet: Frame) -> PublishHead | None:
    """Parse a PUBLISH up to its payload; None if more of the packet is needed for that."""
    head, start, end = packet
    qos = head >> 1 & 3
    if qos > 1:
        raise WireError(f"a PUBLISH at QoS {qos}: nadi subscribes with at most 1, since identity removes repeats")
    have = min(end, len(data))
    if have < start + 2:
        if have == end:
            raise WireError("a PUBLISH without a topic")
        return None
    topic = start + 2
    topic_end = topic + (data[start] << 8 | data[start + 1])
    payload = topic_end + 2 * qos
    if payload > end:
        raise WireError("a PUBLISH shorter than its topic")
    if have < payload:
        return None
    packet_id = data[topic_end] << 8 | data[topic_end + 1] if qos else 0
    if version == V5:
        found = varint(data, payload, have)
        if found is None:
            if have == end:
                raise WireError("a PUBLISH shorter than its properties")
            return None
        length, payload = found
        if length and topic == topic_end:
            raise WireError("a PUBLISH with an empty topic: topic aliases were not offered")
        payload += length
        if payload > end:
            raise WireError("a PUBLISH shorter than its properties")
    return PublishHead(topic, topic_end, packet_id, payload)


def publish_of(version: int, data: bytes, packet: Frame) -> Publish:
    """A whole PUBLISH, when all of it is in `data`."""
    parts = publish_head(version, data, packet)
    if parts is None:
        raise WireError("a PUBLISH cut off")
    head = packet.head
    return Publish(
        data[parts.topic : parts.topic_end],
        data[parts.payload : packet.end],
        head >> 1 & 3,
        bool(head & 1),
        bool(head & 8),
        parts.packet_id,
    )


def check_control(packet: Frame) -> None:
    """Refuse by its header alone what a broker must not send to us, or not at that size."""
    kind = packet.head >> 4
    if kind not in (CONNACK, PUBACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT):
        raise WireError(f"unexpected {_NAMES[kind]} packet (first byte 0x{packet.head:02x})")
    if packet.head & 0x0F:
        raise WireError(f"{_NAMES[kind]} with reserved flags (first byte 0x{packet.head:02x})")
    if packet.end - packet.start > MAX_CONTROL:
        raise WireError(f"{_NAMES[kind]} of {packet.end - packet.start} bytes")


def decode(version: int, data: bytes, packet: Frame) -> Control:
    """The control packet in `data`, all of which is there."""
    check_control(packet)
    kind, body = packet.head >> 4, data[packet.start : packet.end]
    if kind == PINGRESP:
        if body:
            raise WireError("PINGRESP with a body")
        return PingResp()
    if kind == CONNACK:
        return _connack(version, body)
    if kind == DISCONNECT:
        if version != V5:
            raise WireError("a broker of MQTT 3.1.1 does not send DISCONNECT")
        return Disconnect(body[0] if body else 0, read_properties(body, 1) if len(body) > 1 else {})
    if len(body) < 2:
        raise WireError(f"{_NAMES[kind]} without a packet id")
    packet_id = body[0] << 8 | body[1]
    if kind == PUBACK:
        return PubAck(packet_id, body[2] if len(body) > 2 else 0)
    codes = body[2:]
    if version == V5:
        found = varint(body, 2, len(body))
        if found is None or sum(found) > len(body):
            raise WireError(f"{_NAMES[kind]} shorter than its properties")
        codes = body[sum(found) :]
    return SubAck(packet_id, codes) if kind == SUBACK else UnsubAck(packet_id, codes)


def _connack(version: int, body: bytes) -> ConnAck:
    if len(body) < 2 or body[0] > 1 or (version != V5 and len(body) != 2):
        raise WireError(f"a malformed CONNACK: {body[:16].hex()}")
    return ConnAck(bool(body[0]), body[1], read_properties(body, 2) if version == V5 and len(body) > 2 else {})


def _string(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > 0xFFFF:
        raise WireError(f"a string of {len(raw)} bytes; MQTT allows 65,535")
    return len(raw).to_bytes(2, "big") + raw


def _packet(head: int, body: bytes) -> bytes:
    length, size = b"", len(body)
    if size > 268_435_455:
        raise WireError(f"a packet of {size} bytes; MQTT allows 268,435,455")
    while size > 0x7F:
        length += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return bytes((head,)) + length + bytes((size,)) + body


def connect(
    version: int,
    client_id: str,
    *,
    keep_alive: int,
    session_expiry: int,
    receive_maximum: int,
    username: str | None = None,
    password: str | None = None,
) -> bytes:
    """CONNECT that keeps its session. keep_alive and session_expiry in seconds (the latter MQTT 5 only).

    Neither a Maximum Packet Size (brokers then drop silently) nor a Topic Alias Maximum is announced.
    """
    flags = (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    body = _string("MQTT") + bytes((version, flags)) + keep_alive.to_bytes(2, "big")
    if version == V5:
        expiry = min(session_expiry, 0xFFFF_FFFF).to_bytes(4, "big")
        properties = bytes((SESSION_EXPIRY,)) + expiry + bytes((RECEIVE_MAXIMUM,)) + receive_maximum.to_bytes(2, "big")
        body += bytes((len(properties),)) + properties
    body += _string(client_id)
    if username is not None:
        body += _string(username)
    if password is not None:
        body += _string(password)
    return _packet(0x10, body)


def subscribe(
    version: int, packet_id: int, filters: Sequence[str], qos: int, retain_handling: int = 0, retain_as: int = 0
) -> bytes:
    """SUBSCRIBE. retain_handling (MQTT 5): 0 send retained messages, 1 for new subscriptions only, 2 never.
    retain_as (MQTT 5): 1 leaves the retain flag as it was published, 0 keeps it to what was stored before."""
    options = qos | (retain_handling << 4 | retain_as << 3 if version == V5 else 0)
    body = packet_id.to_bytes(2, "big") + (b"\0" if version == V5 else b"")
    return _packet(0x82, body + b"".join(_string(topic) + bytes((options,)) for topic in filters))


def unsubscribe(version: int, packet_id: int, filters: Sequence[str]) -> bytes:
    body = packet_id.to_bytes(2, "big") + (b"\0" if version == V5 else b"")
    return _packet(0xA2, body + b"".join(map(_string, filters)))


def publish(
    version: int, topic: str, payload: bytes, *, qos: int = 0, packet_id: int = 0, retain: bool = False
) -> bytes:
    """PUBLISH at QoS 0, or at QoS 1 with a packet id above 0."""
    body = _string(topic) + (packet_id.to_bytes(2, "big") if qos else b"")
    return _packet(0x30 | qos << 1 | retain, body + (b"\0" if version == V5 else b"") + payload)


def pubacks(packet_ids: NDArray[np.uint16]) -> bytes:
    """One PUBACK (success, the short form that 3.1.1 and 5 share) per id, in order."""
    packets = np.empty((len(packet_ids), 4), np.uint8)
    packets[:, 0] = 0x40
    packets[:, 1] = 2
    packets[:, 2] = packet_ids >> 8
    packets[:, 3] = packet_ids & 0xFF
    return packets.tobytes()


PINGREQ = b"\xc0\x00"


def disconnect(version: int, code: int = 0) -> bytes:
    """DISCONNECT; the reason code is MQTT 5's. The session stays as CONNECT asked."""
    return _packet(0xE0, bytes((code,)) if version == V5 and code else b"")
