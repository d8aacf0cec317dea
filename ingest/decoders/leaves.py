"""What the vendors' JSON formats have in common: a typed envelope, and measurements at the leaves of a tree."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import msgspec

from ingest.decoders.base import MAX_DEPTH, MAX_READINGS, Decoded
from ingest.decoders.documents import kind, read, shown
from ingest.decoders.recent import Remembered
from telemetry.time import YEAR_2000, iso8601_ms

T = TypeVar("T")
LONGEST_PATH: Final = 200
"""Characters of the keys on the way to a leaf: each of its leaves copies them, and no series has so long a name."""
_GREATEST: Final = sys.float_info.max
_LONGEST_NUMBER: Final = 1000
_NUMBER: Final = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE: Final = 2**63
"""Greater whole numbers, which may have thousands of digits, take the careful way."""
_UNITS: Final = 10_000
"""Names of one format whose units are kept; a device with endless names must not fill memory."""


class Units(Remembered[str | None]):
    """The unit of each dotted name, found once by the format's rule."""

    def __init__(self, rule: Callable[[str], str | None], limit: int = _UNITS) -> None:
        super().__init__(lambda name: rule(name) if len(name) <= 2 * LONGEST_PATH else None, limit)


UNITLESS: Final = Units(lambda name: None)
"""Of formats whose measurements are named by the user and have no units."""


def take_leaves(
    decoded: Decoded, sensor: str, tree: object, units: Units, time: int | None, path: str = "", depth: int = 0
) -> None:
    """Every number in an object or array becomes a reading named by its keys and indices, joined by dots.

    Texts, booleans and null are not numbers: nothing comes of them. A name at a leaf may be of any length, for it
    is in the payload once; a long one on the way there would be copied for each of its leaves, and is refused.
    """
    append = decoded.readings.append
    items = tree.items() if type(tree) is dict else _numbered(tree) if type(tree) is list else ()
    for key, value in items:
        sort = type(value)
        if sort is float and -_GREATEST <= value <= _GREATEST:
            name = path + key
            append((sensor, name, value, units[name], time))
        elif sort is int and -_WHOLE <= value <= _WHOLE:
            name = path + key
            append((sensor, name, float(value), units[name], time))
        elif sort is int or sort is float:
            take_number(decoded, sensor, path + key, value, units[path + key], time)
        elif sort is dict or sort is list:
            inner = f"{path}{key}."
            if depth >= MAX_DEPTH or len(inner) > LONGEST_PATH:
                decoded.refuse("schema", f"{shown(inner)}: nested deeper than {MAX_DEPTH} levels, or named too long")
            else:
                take_leaves(decoded, sensor, value, units, time, inner, depth + 1)


def _numbered(array: list[Any]) -> Iterator[tuple[str, Any]]:
    return zip(map(str, range(len(array))), array, strict=True)


def take_number(
    decoded: Decoded, sensor: str, quantity: str, value: object, unit: str | None, time: int | None
) -> None:
    """One number becomes one reading; what is no number is passed over."""
    if type(value) is int or type(value) is float:
        number = _double(value)
        if math.isfinite(number):
            decoded.readings.append((sensor, quantity, number, unit, time))
        else:
            refuse_number(decoded, quantity, value)


def refuse_number(decoded: Decoded, name: str, value: object) -> None:
    if len(decoded.refused) <= MAX_READINGS:  # one more makes the whole message too large
        decoded.refuse("not_finite", f"{shown(name)}: {shown(str(value))} is not a finite number")


def as_number(payload: bytes) -> float | None:
    """A payload that is nothing but a number in decimals, infinite where it is too large; None for other texts."""
    text = payload.strip()
    return float(text) if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) else None


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def read_as(payload: bytes, decoder: msgspec.json.Decoder[T], decoded: Decoded) -> T | None:
    """The payload as the decoder's type, or None once it is refused.

    Where a number is NaN or out of range the payload is written anew without it, and that number refused.
    """
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = read(payload, decoded)
    if document is None:
        return None
    if type(document) is not dict:
        decoded.refuse("schema", f"expected an object, got {kind(document)}")
        return None
    try:
        return decoder.decode(json.dumps(_finite(document, decoded)).encode())
    except (msgspec.DecodeError, RecursionError) as error:
        decoded.refuse("schema", str(error)[:200])
    return None


def _finite(value: Any, decoded: Decoded, path: str = "", depth: int = 0) -> Any:
    """A copy of the document without its numbers that are none."""
    if depth > MAX_DEPTH + 1 or len(path) > LONGEST_PATH:
        return None  # take_leaves would not follow it either
    if type(value) is dict:
        return {key: _finite(inner, decoded, f"{path}.{key}", depth + 1) for key, inner in value.items()}
    if type(value) is list:
        return [_finite(inner, decoded, f"{path}.{index}", depth + 1) for index, inner in enumerate(value)]
    if type(value) in (float, int) and not math.isfinite(_double(value)):
        refuse_number(decoded, path[1:], value)
        return None
    return value


def past(text: object) -> int | None:
    """A time that means something, ms UTC; None for none, for one that can't be read, and for the zero times that
    servers write where they know none: year 1 (Go), 1970 and 1980 (clocks that were never set)."""
    if type(text) is not str or not text:
        return None
    try:
        time = iso8601_ms(text)
    except (ValueError, OverflowError):
        return None
    return time if time >= YEAR_2000 else None


def unreadable(field: str, text: object, decoded: Decoded) -> bool:
    """Whether a time is there that is none, and no zero time either; it is refused then. Asked when `past` found none:
    the time of arrival stands only for a time that is missing."""
    if type(text) is not str or not text:
        return False
    try:
        iso8601_ms(text)
    except (ValueError, OverflowError):
        decoded.refuse("time", f"{field}: {shown(text)!r} is not ISO 8601, like 2026-11-21T16:00:00Z")
        return True
    return False
