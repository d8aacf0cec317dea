"""JSON as devices write it, for the decoders whose standards are JSON: read once, numbers taken by their path.

`msgspec` reads what is right. What it refuses is read again by the standard library, which lets a
number that is no number (NaN, 1e999) through: it is refused alone, and its neighbours are kept.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import msgspec

from ingest.decoders.base import MAX_DEPTH, MAX_READINGS, Decoded, Refused
from telemetry.time import iso8601_ms

LONGEST_PATH: Final = 512
"""Characters of a dotted name; longer ones can't become a series, and could grow without end."""
_SHOWN: Final = 60

_decode = msgspec.json.Decoder().decode


def read(payload: bytes, decoded: Decoded) -> Any:
    """The document, or None once it is refused."""
    try:
        document = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_again(payload, decoded)
    if document is None:
        decoded.refuse("schema", "null holds no readings")
    return document


def _read_again(payload: bytes, decoded: Decoded) -> Any:
    try:
        document = _CAREFUL.decode(payload.decode())
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except UnicodeDecodeError as error:
        decoded.refuse("json", f"not UTF-8 at byte {error.start}")
    except UnicodeEncodeError:
        decoded.refuse("json", "half a surrogate pair in a text")
    except RecursionError:
        decoded.refuse("schema", f"nested too deeply; at most {MAX_DEPTH} levels are followed")
    except ValueError as error:
        decoded.refuse("json", str(error))
    else:
        return document
    return None


def _integer(digits: str) -> float:
    return int(digits) if len(digits) < 310 else float(digits)


_CAREFUL: Final = json.JSONDecoder(parse_int=_integer)


def take(
    decoded: Decoded, sensor: str, quantity: str, value: Any, unit: str | None, time: int | None, depth: int = 0
) -> None:
    """Every number in `value` becomes a reading, nested keys and indices joined to `quantity` by dots.

    Texts, booleans and null are not numbers: nothing comes of them.
    """
    sort = type(value)
    if sort is float or sort is int:
        number = _double(value)
        if math.isfinite(number):
            decoded.readings.append((sensor, quantity, number, unit, time))
        else:
            decoded.refuse("not_finite", f"{shown(quantity)}: {shown(str(value))} is not a finite number")
    elif sort is dict or sort is list:
        if depth >= MAX_DEPTH or len(quantity) > LONGEST_PATH:
            decoded.refuse("schema", f"{shown(quantity)}: nested deeper than {MAX_DEPTH} levels, or named too long")
            return
        for key, inner in value.items() if sort is dict else enumerate(value):
            take(decoded, sensor, f"{quantity}.{key}" if quantity else str(key), inner, unit, time, depth + 1)


def records(document: Any, decoded: Decoded) -> list[Any]:
    """The records of a document that is one or an array of them; none, once there are too many."""
    if type(document) is not list:
        return [document]
    if len(document) <= MAX_READINGS:
        return document
    decoded.refuse("too_large", f"{len(document)} records; at most {MAX_READINGS} in a message")
    return []


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def label(decoded: Decoded, name: str, text: object) -> None:
    """A label of the message; blank once its records differ in it."""
    if type(text) is str and text:
        decoded.labels[name] = text if decoded.labels.get(name, text) == text else ""


def bounded(decoded: Decoded) -> Decoded:
    """The result, or that it is too large to be one."""
    number = max(len(decoded.readings), len(decoded.refused))
    if number <= MAX_READINGS:
        return decoded
    why = f"{number} readings; at most {MAX_READINGS} in a message"
    return Decoded(refused=[Refused("too_large", why)], effort=MAX_READINGS)


def instant(text: object) -> int:
    """ms UTC of an ISO 8601 instant, or of the end of an interval: only then is what was observed known.

    An interval that is open, or ends with a duration, counts from its start. Raises ValueError.
    """
    if type(text) is not str:
        raise ValueError(f"expected an ISO 8601 time, like 2026-11-21T16:00:00Z, got {kind(text)}")
    if "/" in text:
        start, _, end = text.partition("/")
        text = end if end and end[0] not in "P." else start
    return iso8601_ms(text)


def shown(text: str) -> str:
    """A name or value of a device, as long as a message about it can bear; what can't be printed is escaped."""
    if text.isprintable():
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    escaped = text[: _SHOWN + 1].encode("unicode_escape").decode()
    return escaped if len(escaped) <= _SHOWN else escaped[:_SHOWN] + "…"


def kind(thing: object) -> str:
    """A value's JSON type, for a message."""
    if thing is None:
        return "null"
    if isinstance(thing, bool):
        return "true" if thing else "false"
    if isinstance(thing, dict | list):
        return "an object" if isinstance(thing, dict) else "an array"
    return f"the {'text' if isinstance(thing, str) else 'number'} {shown(str(thing))!r}"
