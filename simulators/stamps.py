"""Moves the times in native payloads, leaving the rest as it is.

    {"ts":1763769600000,"values":{"flow":12.40}}   ->   {"ts":1763773200000,"values":{"flow":12.40}}

By whole seconds only, so that a time keeps its form: whole seconds stay whole, a fraction keeps
its digits, RFC 3339 its offset.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from telemetry.time import MICROS_BELOW, MILLIS_BELOW, SECONDS_BELOW

READINGS = re.compile(r"nadi/v1(?:/[^/]+){4}")
"""Topics of native readings; a gateway's status has the same form, and a payload without `ts`."""
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ENORMOUS = Decimal(10) ** 20
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)([Tt ])(\d\d:\d\d:\d\d)(.*)", re.ASCII | re.DOTALL)


def shifted(payload: bytes, seconds: int) -> bytes:
    """`payload` with every `ts` moved that can be read; without any it is returned as it is."""
    try:
        if payload.lstrip()[:1] != b"[":
            return _moved(payload, seconds)
        return b"[" + b",".join(_moved(bytes(item), seconds) for item in _ARRAY.decode(payload)) + b"]"
    except msgspec.MsgspecError:
        return payload


def _moved(item: bytes, seconds: int) -> bytes:
    try:
        keys = _OBJECT.decode(item)
        text = bytes(keys["ts"]).decode()
        moved = _text(msgspec.json.decode(text), seconds) if text[:1] == '"' else _number(text, seconds)
    except (msgspec.MsgspecError, KeyError, ValueError, OverflowError):
        return item
    return msgspec.json.encode(keys | {"ts": msgspec.Raw(moved.encode())})


def _number(text: str, seconds: int) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text} is no number") from None
    size = number.copy_abs()
    if size > _ENORMOUS:
        raise ValueError(f"{text} is no time")
    bounds = (SECONDS_BELOW, MILLIS_BELOW, MICROS_BELOW)
    return f"{number + seconds * 1000 ** sum(size >= bound for bound in bounds):f}"


def _text(text: str, seconds: int) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no time")
    moment = datetime.fromisoformat(f"{found[1]}T{found[3]}") + timedelta(seconds=seconds)
    return msgspec.json.encode(f"{moment:%Y-%m-%d}{found[2]}{moment:%H:%M:%S}{found[4]}").decode()
