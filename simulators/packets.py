"""The few MQTT packets that a publishing client needs, as bytes.

Written for volume: PUBLISH packets are templates that are patched in place, and PUBACKs
are counted in a buffer without making an object of each. MQTT 3.1.1 and 5 (OASIS standards;
section numbers below are those of version 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from telemetry.errors import BrokerError

Protocol = Literal["3.1.1", "5"]
QoS = Literal[0, 1]

CONNACK: Final = 0x20
PUBACK: Final = 0x40
DISCONNECT: Final = 0xE0
FAILED: Final = 0x80
"""Reason codes from here on are refusals (2.4)."""

_REFUSALS = {
    1: "it does not speak this protocol version",
    2: "it does not accept the client id",
    3: "it is unavailable",
    4: "bad user name or password",
    5: "not authorised",
    0x84: "it does not speak this protocol version",
    0x85: "it does not accept the client id",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x88: "it is unavailable",
    0x89: "it is busy",
    0x8A: "this client is banned",
    0x97: "its quota is exceeded",
}
_FIXED = {0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1}
"""Sizes of CONNACK's properties that have a fixed one (2.2.2.2); 0x26 is a pair, the others one string."""


def varint(number: int) -> bytes:
    """A variable byte integer (1.5.5)."""
    out = bytearray()
    while True:
        number, byte = number >> 7, number & 0x7F
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The variable byte integer at `at`, and the offset behind it."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            return number, at


def text(value: str) -> bytes:
    encoded = value.encode()
    return len(encoded).to_bytes(2, "big") + encoded


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says, retained and at QoS 1, when the client goes without a word."""

    topic: str
    payload: str


def connect(
    client_id: str,
    protocol: Protocol,
    username: str | None = None,
    password: str | None = None,
    *,
    keep_alive: int = 0,
    will: Will | None = None,
) -> bytes:
    """CONNECT with a clean start (3.1). keep_alive: s, 0: none."""
    flags = 0x02 | (0x80 if username else 0) | (0x40 if password else 0) | (0x2C if will else 0)
    none = b"\0" if protocol == "5" else b""  # properties
    body = text("MQTT") + bytes([5 if protocol == "5" else 4, flags]) + keep_alive.to_bytes(2, "big")
    body += none + text(client_id)
    body += none + text(will.topic) + text(will.payload) if will else b""
    body += text(username) if username else b""
    body += text(password) if password else b""
    return b"\x10" + varint(len(body)) + body


def publish(topic: str, payload: bytes, qos: QoS, protocol: Protocol) -> tuple[bytes, int]:
    """PUBLISH with packet id 0 (3.3), and the offset of that id (-1 for QoS 0)."""
    head = text(topic)
    body = head + (b"\0\0" if qos else b"") + (b"\0" if protocol == "5" else b"") + payload
    fixed = bytes([0x30 | qos << 1]) + varint(len(body))
    return fixed + body, len(fixed) + len(head) if qos else -1


@dataclass(frozen=True, slots=True)
class Connack:
    """What the broker allows this connection."""

    receive_maximum: int = 65_535


def read_connack(packet: bytes, protocol: Protocol) -> Connack:
    """Of a whole CONNACK (3.2). Raises BrokerError if the broker refuses, or this is none."""
    if len(packet) < 4 or packet[0] != CONNACK:
        raise BrokerError(f"answered CONNECT with {packet[:8].hex(' ')}, which is no CONNACK")
    _, at = read_varint(packet, 1)
    code = packet[at + 1]
    if code:
        raise BrokerError(f"refused the connection: {_REFUSALS.get(code, 'reason')} (code {code})")
    if protocol == "3.1.1":
        return Connack()
    _, at = read_varint(packet, at + 2)
    return Connack(receive_maximum=_properties(packet[at:]).get(0x21, 65_535))


def _properties(data: bytes) -> dict[int, int]:
    """The integers among CONNACK's properties; strings are passed over."""
    found: dict[int, int] = {}
    at = 0
    while at < len(data):
        key = data[at]
        at += 1
        if key in _FIXED:
            found[key] = int.from_bytes(data[at : at + _FIXED[key]], "big")
            at += _FIXED[key]
        else:
            for _ in range(2 if key == 0x26 else 1):
                at += 2 + int.from_bytes(data[at : at + 2], "big")
    return found


@dataclass(slots=True)
class Acks:
    """Totals over what was scanned. `closing`: the reason code of a DISCONNECT from the broker."""

    accepted: int = 0
    refused: int = 0
    closing: int | None = None


def count_acks(data: bytes | bytearray | memoryview, acks: Acks) -> int:
    """Add the PUBACKs in `data` to `acks`; returns how many bytes were whole packets.

    A run of PUBACKs of one length is counted by looking at columns of bytes; anything else
    is stepped over packet by packet.
    """
    buffer = np.frombuffer(data, np.uint8)
    at = 0
    while len(buffer) - at >= 2:
        size = int(buffer[at + 1]) + 2
        if size > 0x81:
            raise BrokerError(f"sent an unexpected packet of type {int(buffer[at]) >> 4}")
        whole = (len(buffer) - at) // size
        if not whole:
            break
        if buffer[at] == PUBACK:
            rows = buffer[at : at + whole * size].reshape(whole, size)
            alike = (rows[:, 0] == PUBACK) & (rows[:, 1] == size - 2)
            run = whole if alike.all() else int(np.argmin(alike))
            refused = int((rows[:run, 4] >= FAILED).sum()) if size > 4 else 0
            acks.accepted += run - refused
            acks.refused += refused
            at += run * size
        else:
            if buffer[at] == DISCONNECT:
                acks.closing = int(buffer[at + 2]) if size > 2 else 0
            at += size
    return at
