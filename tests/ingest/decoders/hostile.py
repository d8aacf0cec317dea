"""Payloads that are meant to hurt: deep, long, enormous, endless."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Final

MEGABYTE: Final = 1_000_000


def _fill(piece: bytes) -> bytes:
    return piece * (MEGABYTE // len(piece))


BOMBS: Final[dict[str, bytes]] = {
    "arrays": _fill(b"["),
    "closed arrays": b"[" * (MEGABYTE // 2) + b"]" * (MEGABYTE // 2),
    "objects": _fill(b'{"a":'),
    "arrays of objects": _fill(b'[{"v":'),
    "a deep value": b'[{"n":"a","v":' + b"[" * (MEGABYTE // 2) + b"]" * (MEGABYTE // 2) + b"}]",
    "an unknown deep key": b'{"a":' + b'{"a":' * 150_000 + b"1" + b"}" * 150_001,
    "CBOR arrays": _fill(b"\x81"),
    "endless CBOR arrays": _fill(b"\x9f"),
    "CBOR maps": _fill(b"\xa1\x00"),
    "CBOR tags": _fill(b"\xc1"),
    "an enormous CBOR array": b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "an enormous CBOR text": b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "an enormous CBOR exponent": b"\x81\xa2\x00\x61a\x02\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
    "an enormous CBOR bigfloat": b"\x81\xa2\x00\x61a\x02\xc5\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
    "endless varints": _fill(b"\xff"),
    "digits": _fill(b"9"),
    "digits in a record": b'[{"n":"a","v":' + _fill(b"9") + b"}]",
    "fraction digits": b'{"a":0.' + _fill(b"1") + b"}",
    "escapes": b'"' + _fill(b"\\\\") + b'"',
    "backslashes": _fill(b"\\"),
    "quotes": _fill(b'"'),
    "commas": _fill(b","),
    "equals": _fill(b"="),
    "spaces": _fill(b" "),
    "lines": _fill(b"\n"),
    "bars": _fill(b"|"),
    "zeros": _fill(b"\0"),
    "a long name": b'{"' + _fill(b"a") + b'":1}',
    "many keys": b"{" + b",".join(b'"k%d":%d' % (at, at) for at in range(80_000)) + b"}",
    "many empty objects": b"[" + b",".join([b"{}"] * 300_000) + b"]",
    "many numbers": b"[" + b",".join([b"1"] * 450_000) + b"]",
    "bad lines": _fill(b"a b\n"),
}
"""By name; nearly all of a megabyte."""

NUMBERS: Final = (
    *(b"1e308", b"-1e308", b"1e309", b"1e999", b"-1e999", b"1e-999", b"1e999999999", b"NaN", b"Infinity", b"-Infinity"),
    *(b"9" * 400, b"-0", b"18446744073709551616", b"9223372036854775808", b"0." + b"0" * 400 + b"1"),
    *(b"null", b"true", b'"12"', b"[]", b"{}", b'"\\ud800"', b"1" + b"0" * 308, b"1" + b"0" * 5000, b"1e308e", b"--1"),
)
"""What may stand where a number was."""

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PIECES = (
    *(
        b"[",
        b"]",
        b"{",
        b"}",
        b'"',
        b"\\",
        b",",
        b":",
        b"=",
        b" ",
        b"\n",
        b"\r",
        b"\0",
        b"/",
        b"#",
        b"|",
        b"\xc3",
        b"t",
    ),
    *(
        b'"t":1,',
        b'"bver":11,',
        b'"x_":1,',
        b"\xff",
        b"\x9f",
        b"\xa1",
        b"\xc4\x82",
        b"\xfb\x7f\xf8\0\0\0\0\0\0",
        b"\x08",
    ),
    *NUMBERS,
)


def numbers_replaced(payload: bytes, by: bytes) -> list[bytes]:
    """The payload with each of its numbers (the first forty) in turn written as `by`."""
    places = list(_NUMBER.finditer(payload))[:40]
    return [payload[: place.start()] + by + payload[place.end() :] for place in places]


def mutated(payloads: Sequence[bytes], seed: int, steps: int) -> bytes:
    """One of the payloads, changed a few times: cut, doubled, crossed with another, bytes and numbers replaced."""
    draw = random.Random(seed)
    data = draw.choice(payloads)
    for _ in range(steps):
        first, last = sorted((draw.randint(0, len(data)), draw.randint(0, len(data))))
        match draw.randrange(6):
            case 0:
                data = data[:first] + data[last:]
            case 1:
                data = data[:last] + data[first:]
            case 2:
                other = draw.choice(payloads)
                data = data[:first] + other[draw.randint(0, len(other)) :]
            case 3:
                data = data[:first] + draw.choice(_PIECES) + data[first:]
            case 4:
                data = data[:first] + bytes([draw.randrange(256)]) + data[first + 1 :]
            case _:
                places = numbers_replaced(data, draw.choice(NUMBERS))
                data = draw.choice(places) if places else data
    return data[:100_000]
