"""Writes Sparkplug B payloads for tests by the field numbers of `sparkplug_b.proto`; shares nothing with the reader."""

from __future__ import annotations

import struct
from typing import Final

TYPES: Final = {
    "Int8": 1,
    "Int16": 2,
    "Int32": 3,
    "Int64": 4,
    "UInt8": 5,
    "UInt16": 6,
    "UInt32": 7,
    "UInt64": 8,
    "Float": 9,
    "Double": 10,
    "Boolean": 11,
    "String": 12,
    "DateTime": 13,
    "Text": 14,
    "DataSet": 16,
    "Bytes": 17,
    "Template": 19,
    "Int32Array": 24,
}
_LONG = ("Int64", "UInt64", "DateTime")


def varint(number: int) -> bytes:
    """Negative numbers as protobuf's int64: ten bytes."""
    number &= (1 << 64) - 1
    out = b""
    while number >= 0x80:
        out += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return out + bytes((number,))


def tagged(field: int, content: int | bytes | float | str) -> bytes:
    """One field: whole numbers as varints, bytes and text by length, floats as doubles."""
    if isinstance(content, float):
        return varint(field << 3 | 1) + struct.pack("<d", content)
    if isinstance(content, int):
        return varint(field << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def value_field(kind: str, value: object) -> bytes:
    """The alternative of `value` that the specification has for a type. Integers go as they are given."""
    match value:
        case bool():
            return tagged(14, int(value))
        case int():
            return tagged(11 if kind in _LONG else 10, value)
        case float() if kind == "Float":
            return varint(12 << 3 | 5) + struct.pack("<f", value)
        case float():
            return tagged(13, value)
        case str():
            return tagged(15, value)
        case bytes():
            return tagged({"DataSet": 17, "Template": 18}.get(kind, 16), value)
    raise TypeError(f"no field for {value!r}")


def metric(
    name: str | None = None,
    kind: str = "Double",
    value: object = None,
    *,
    alias: int | None = None,
    at: int | None = None,
    typed: int | None = 1,
    properties: dict[str, str | int] | None = None,
    historical: int = 0,
    transient: int = 0,
    null: int = 0,
) -> bytes:
    """A Metric. typed: None leaves the datatype out. at: ms."""
    out = b""
    if name is not None:
        out += tagged(1, name)
    if alias is not None:
        out += tagged(2, alias)
    if at is not None:
        out += tagged(3, at)
    if typed is not None:
        out += tagged(4, TYPES[kind])
    for field, flag in ((5, historical), (6, transient), (7, null)):
        if flag:
            out += tagged(field, flag)
    if properties is not None:
        out += tagged(9, property_set(properties))
    return out if value is None else out + value_field(kind, value)


def property_set(properties: dict[str, str | int]) -> bytes:
    keys = b"".join(tagged(1, key) for key in properties)
    return keys + b"".join(
        tagged(2, tagged(1, 12) + tagged(8, value) if isinstance(value, str) else tagged(1, 3) + tagged(3, value))
        for value in properties.values()
    )


def template(*members: bytes, definition: bool = False, of: str | None = None) -> bytes:
    out = b"".join(tagged(2, member) for member in members)
    if of is not None:
        out += tagged(4, of)
    return out + tagged(5, int(definition))


def payload(*metrics: bytes, at: int | None = None, seq: int | None = None) -> bytes:
    out = b"" if at is None else tagged(1, at)
    out += b"".join(tagged(2, one) for one in metrics)
    return out if seq is None else out + tagged(3, seq)
