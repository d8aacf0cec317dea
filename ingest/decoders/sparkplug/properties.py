"""The properties of a metric that matter to a reading: its unit, and whether its value is to be believed.

Sparkplug 3.0 names one property, Quality (section 6.4.9.1: 0 bad, 192 good, 500 stale). The unit's name
is a custom of its hosts: Ignition writes `engUnit`, others spell it out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ingest.decoders.sparkplug.wire import Malformed, Span, fields

UNIT_KEYS: Final = frozenset((b"engunit", b"engunits", b"engineering units", b"engineering unit", b"unit", b"units"))
"""In lower case."""
QUALITY_KEY: Final = b"quality"
_BAD, _STALE = 0, 500
LONGEST_UNIT: Final = 64
"""Bytes; longer text is no unit."""


class Properties(NamedTuple):
    unit: str | None = None
    doubtful: bool = False
    """Quality is bad or stale."""


NONE: Final = Properties()


def read_properties(p: bytes, span: Span) -> Properties:
    """Of a PropertySet. Raises Malformed."""
    keys: list[bytes] = []
    values: list[Span] = []
    for tag, begin, end, _ in fields(p, *span):
        if tag == 0x0A:  # 1: keys
            keys.append(p[begin:end])
        elif tag == 0x12:  # 2: values
            values.append((begin, end))
    if len(keys) != len(values):
        raise Malformed(f"properties: {len(keys)} keys and {len(values)} values")
    unit, doubtful = None, False
    for key, value in zip(keys, values, strict=True):
        known = key.lower()
        if known in UNIT_KEYS:
            unit = _text(p, value) or unit
        elif known == QUALITY_KEY:
            doubtful = _whole(p, value) in (_BAD, _STALE)
    return Properties(unit, doubtful)


def _text(p: bytes, span: Span) -> str | None:
    """A property's string_value, if it may be a unit."""
    text = None
    for tag, begin, end, _ in fields(p, *span):
        if tag == 0x42 and end - begin <= LONGEST_UNIT:  # 8: string_value
            text = p[begin:end].decode(errors="replace")
    return text


def _whole(p: bytes, span: Span) -> int | None:
    """A property's int_value or long_value."""
    number = None
    for tag, _, _, value in fields(p, *span):
        if tag in (0x18, 0x20):  # 3: int_value, 4: long_value
            number = value
    return number
