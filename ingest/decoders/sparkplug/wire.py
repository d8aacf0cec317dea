"""Sparkplug B payloads, read off the protobuf wire.

Field numbers are those of `sparkplug_b.proto` (Sparkplug 3.0, section 6.4.1); the wire is protobuf's
(https://protobuf.dev/programming-guides/encoding/). Only what a reading needs is read; all else is
stepped over by its length. Nothing is sliced but what is kept, so time is linear in the size.

    payload:  timestamp · metric · metric · … · seq
    metric:   name · alias · timestamp · datatype · flags · properties · value

A broken metric harms only itself, as the payload says where the next one begins.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, NamedTuple

from ingest.decoders.base import MAX_READINGS

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_double = struct.Struct("<d").unpack_from
_float = struct.Struct("<f").unpack_from

Span = tuple[int, int]
"""Where a message within a message begins and ends."""


class Malformed(ValueError):
    """Bytes that are no protobuf message of this shape."""


class Oversized(ValueError):
    """More than is read of one message."""


class Held(IntEnum):
    """Which alternative of a metric's `value` is set."""

    NOTHING = 0
    INT = 1
    """int_value or long_value, as a number without sign."""
    REAL = 2
    BOOL = 3
    TEMPLATE = 4
    """Its value is a Span."""
    OTHER = 5
    """Text, bytes, a data set, an extension."""


NOTHING, INT, REAL, BOOL, TEMPLATE, OTHER = Held


class Payload(NamedTuple):
    timestamp: int | None
    metrics: list[Span]
    seq: int | None
    uuid: Span | None
    body: Span | None
    moments: dict[bytes, int]
    """Times that were met, by their six bytes: most metrics of a payload share one."""


Metric = tuple[bytes | None, int | None, int | None, int, bool, Held, Any, Span | None]
"""name, alias, timestamp, datatype (0: not given), whether it is null or transient and so no reading, what its
value is, the value, where its properties are. A plain tuple: one is made per reading."""


def read_payload(p: bytes) -> Payload:
    """The outer message. Raises Malformed, and Oversized for more than MAX_READINGS metrics."""
    timestamp = seq = uuid = body = None
    metrics: list[Span] = []
    moments: dict[bytes, int] = {}
    i, end = 0, len(p)
    try:
        while i < end:
            tag = p[i]
            if tag == 0x12:  # 2: metrics
                size = p[i + 1]
                i += 2
                if size > 0x7F:
                    size, i = varint(p, i - 1)
                metrics.append((i, i + size))
                if len(metrics) > MAX_READINGS:
                    raise Oversized(f"more than {MAX_READINGS} metrics in one message")
                i += size
            elif tag == 0x08:  # 1: timestamp
                timestamp, i = _moment(p, i + 1, moments)
            elif tag == 0x18:  # 3: seq
                seq, i = varint(p, i + 1)
            elif tag in (0x22, 0x2A):  # 4: uuid, 5: body
                size, i = varint(p, i + 1)
                if tag == 0x22:
                    uuid = (i, i + size)
                else:
                    body = (i, i + size)
                i += size
            else:
                i = _step_over(p, i)
    except IndexError:
        raise Malformed("the payload ends in the middle of a field") from None
    if i > end:
        raise Malformed("a field is longer than the payload")
    return Payload(timestamp, metrics, seq, uuid, body, moments)


def read_metric(p: bytes, i: int, end: int, moments: dict[bytes, int]) -> Metric:
    """The metric from `i` to `end`, and its time into `moments`. Raises Malformed."""
    name = alias = timestamp = properties = None
    datatype = 0
    silent = False
    held = NOTHING
    value: Any = None
    try:
        while i < end:
            tag = p[i]
            i += 1
            if tag == 0x0A:  # 1: name
                size, i = (p[i], i + 1) if p[i] < 0x80 else varint(p, i)
                name = p[i : i + size]
                i += size
            elif tag == 0x10:  # 2: alias
                alias, i = (p[i], i + 1) if p[i] < 0x80 else varint(p, i)
            elif tag == 0x18:  # 3: timestamp
                six = p[i : i + 6]
                timestamp = moments.get(six)
                if timestamp is None:
                    timestamp, i = _moment(p, i, moments)
                else:
                    i += 6
            elif tag == 0x20:  # 4: datatype
                datatype, i = (p[i], i + 1) if p[i] < 0x80 else varint(p, i)
            elif tag == 0x65:  # 12: float_value
                (value,) = _float(p, i)
                held = REAL
                i += 4
            elif tag == 0x69:  # 13: double_value
                (value,) = _double(p, i)
                held = REAL
                i += 8
            elif tag in (0x50, 0x58):  # 10: int_value, 11: long_value
                value, i = varint(p, i)
                held = INT
            elif tag == 0x4A:  # 9: properties
                size, i = varint(p, i)
                properties = (i, i + size)
                i += size
            elif tag in (0x30, 0x38):  # 6: is_transient, 7: is_null
                flag, i = varint(p, i)
                silent = silent or flag != 0
            else:
                kind, seldom, i = _seldom(p, i - 1)
                if kind is not None:
                    held, value = kind, seldom
    except (IndexError, struct.error):
        raise Malformed("it ends in the middle of a field") from None
    if i != end:
        raise Malformed("a field is longer than the metric")
    return name, alias, timestamp, datatype, silent, held, value, properties


def _seldom(p: bytes, i: int) -> tuple[Held | None, Any, int]:
    """What the field at `i` sets `value` to, if that is what it is, and where it ends. Raises Malformed, IndexError."""
    tag, begin = varint(p, i)
    end = _step_over(p, i)
    match tag:
        case 0x70:  # 14: boolean_value
            return BOOL, varint(p, begin)[0], end
        case 0x92:  # 18: template_value
            return TEMPLATE, (varint(p, begin)[1], end), end
        case 0x7A | 0x82 | 0x8A | 0x9A:  # 15 to 17 and 19: text, bytes, a data set, an extension
            return OTHER, None, end
    return None, None, end


def varint(p: bytes, i: int) -> tuple[int, int]:
    """A number of up to ten bytes at `i`, and where it ends. Raises Malformed, IndexError."""
    value = p[i]
    if value < 0x80:
        return value, i + 1
    value &= 0x7F
    shift = 7
    for at in range(i + 1, i + _LONGEST_VARINT):
        byte = p[at]
        if byte < 0x80:
            return (value | byte << shift) & 0xFFFF_FFFF_FFFF_FFFF, at + 1
        value |= (byte & 0x7F) << shift
        shift += 7
    raise Malformed(f"a number of more than {_LONGEST_VARINT} bytes")


def _moment(p: bytes, i: int, moments: dict[bytes, int]) -> tuple[int, int]:
    """A varint that has six bytes if it is a time between 1971 and 2109, in ms: those are read at once, and noted."""
    bits = int.from_bytes(p[i : i + 6], "little")
    if bits & 0x8080_8080_8080 != 0x0080_8080_8080:
        return varint(p, i)
    low = bits & 0x7F | bits >> 1 & 0x3F80 | bits >> 2 & 0x1F_C000
    moment = low | bits >> 3 & 0xFE0_0000 | bits >> 4 & 0x7_F000_0000 | bits >> 5 & 0x3F8_0000_0000
    moments[p[i : i + 6]] = moment
    return moment, i + 6


def _step_over(p: bytes, i: int) -> int:
    """Past the field at `i`, whatever it is. Raises Malformed, IndexError."""
    tag, i = varint(p, i)
    kind = tag & 7
    if tag < 8:
        raise Malformed("a field with the number 0")
    if kind == _VARINT:
        return varint(p, i)[1]
    if kind == _BYTES:
        size, i = varint(p, i)
        return i + size
    if kind == _FIXED64:
        return i + 8
    if kind == _FIXED32:
        return i + 4
    raise Malformed(f"wire type {kind}, allowed are 0, 1, 2 and 5")


def fields(p: bytes, i: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message that is read seldom: tag, where its content begins and ends, the number of a varint.

    Raises Malformed.
    """
    try:
        while i < end:
            tag, begin = varint(p, i)
            i = _step_over(p, i)
            number = 0
            if tag & 7 == _VARINT:
                number, _ = varint(p, begin)
            elif tag & 7 == _BYTES:
                _, begin = varint(p, begin)
            if i > end:
                break
            yield tag, begin, i, number
    except IndexError:
        raise Malformed("it ends in the middle of a field") from None
    if i != end:
        raise Malformed("a field is longer than what holds it")
