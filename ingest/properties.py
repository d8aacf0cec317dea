"""Properties of MQTT 5 packets (section 2.2.2 of the standard): only read, never trusted."""

from __future__ import annotations

from telemetry.errors import WireError

CONTENT_TYPE = 0x03
SESSION_EXPIRY, SERVER_KEEP_ALIVE, REASON_STRING, RECEIVE_MAXIMUM = 0x11, 0x13, 0x1F, 0x21
MAXIMUM_QOS, MAXIMUM_PACKET_SIZE = 0x24, 0x27
USER_PROPERTY = 0x26

_INTEGERS = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
}
_STRINGS = frozenset((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F))
_BINARY = frozenset((0x09, 0x16))


def varint(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """A variable byte integer as (value, where it ends); None if `end` cuts it off."""
    value = 0
    for index in range(4):
        if at + index >= end:
            return None
        byte = data[at + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    raise WireError("a variable byte integer of more than four bytes")


def read_properties(body: bytes, at: int) -> dict[int, object]:
    """The properties that begin at `at` and fill the rest of `body`, by identifier.

    User properties are skipped. Raises WireError for anything malformed.
    """
    found = varint(body, at, len(body))
    if found is None or sum(found) != len(body):
        raise WireError("properties longer or shorter than their packet")
    at, properties = found[1], dict[int, object]()
    while at < len(body):
        name = body[at]
        at += 1
        if name in _INTEGERS:
            raw, at = _take(body, at, _INTEGERS[name])
            properties[name] = int.from_bytes(raw, "big")
        elif name in _STRINGS or name in _BINARY:
            raw, at = _prefixed(body, at)
            properties[name] = raw if name in _BINARY else raw.decode("utf-8", "replace")
        elif name == USER_PROPERTY:
            _, at = _prefixed(body, at)
            _, at = _prefixed(body, at)
        else:
            raise WireError(f"unknown property 0x{name:02x}")
    return properties


def _take(body: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(body):
        raise WireError("a property cut off")
    return body[at : at + size], at + size


def _prefixed(body: bytes, at: int) -> tuple[bytes, int]:
    length, at = _take(body, at, 2)
    return _take(body, at, int.from_bytes(length, "big"))
