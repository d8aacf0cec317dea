"""CBOR as SenML writes it (RFC 8428, section 6), through cbor2.

Numbers of any kind are made here, bounded. What cbor2 would make of other tags is not: dates are no
SenML, and references to earlier values multiply.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from typing import Any, Final

import cbor2

from ingest.decoders.base import MAX_DEPTH, Decoded
from ingest.decoders.documents import shown

_PAIR: Final = b"\x82"
_SECRET: Final = secrets.token_bytes(16)
_END: Final = b"\x50" + _SECRET
_SELF_DESCRIBED: Final = b"\xd9\xd9\xf7"
_BYTES_OF_A_DOUBLE: Final = 128
_FOREIGN_TAGS: Final = (0, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000)
"""Those that cbor2 would make something of."""


def read_cbor(payload: bytes, decoded: Decoded) -> Any:
    """The pack, or None once it is refused.

    It is read as the first of two items, the second of which nobody can guess: only where the payload is
    exactly one item does that one follow it. A decoder that says how far it read takes twice the time.
    """
    try:
        pack, end = cbor2.loads(
            _PAIR + payload.removeprefix(_SELF_DESCRIBED) + _END,
            max_depth=MAX_DEPTH + 1,
            allow_duplicate_keys=False,
            semantic_decoders=_TAGS,
        )
    except (cbor2.CBORError, ValueError, OverflowError, RecursionError) as error:
        decoded.refuse("schema", f"not CBOR: {shown(str(error))}")
        return None
    if end != _SECRET:
        decoded.refuse("schema", "bytes after the pack; a message is one pack")
    return pack


def _decimal_fraction(value: Any, immutable: bool) -> Any:
    """Tag 4: [exponent, mantissa], to ten. Text is rounded once, and takes any exponent."""
    match value:
        case [int(exponent), int(mantissa)]:
            return float(f"{mantissa}e{exponent}")
    return cbor2.CBORTag(4, None)


def _bigfloat(value: Any, immutable: bool) -> Any:
    """Tag 5: [exponent, mantissa], to two."""
    match value:
        case [int(exponent), int(mantissa)]:
            try:
                return math.ldexp(mantissa, exponent)
            except OverflowError:
                return math.inf
    return cbor2.CBORTag(5, None)


def _bignum(value: Any, immutable: bool) -> Any:
    """Tag 2. More than a double holds is no number of SenML."""
    if not isinstance(value, bytes):
        return cbor2.CBORTag(2, None)
    return int.from_bytes(value) if len(value) <= _BYTES_OF_A_DOUBLE else math.inf


def _negative_bignum(value: Any, immutable: bool) -> Any:
    return -1 - _bignum(value, immutable) if isinstance(value, bytes) else cbor2.CBORTag(3, None)


def _epoch(value: Any, immutable: bool) -> Any:
    """Tag 1: seconds, as SenML's own times are. Around anything else it is no time."""
    return value if isinstance(value, int | float) else cbor2.CBORTag(1, None)


def _inert(tag: int) -> Callable[[Any, bool], Any]:
    return lambda value, immutable: cbor2.CBORTag(tag, None)


_TAGS: Final[dict[int, Callable[[Any, bool], Any]]] = {tag: _inert(tag) for tag in _FOREIGN_TAGS} | {
    1: _epoch,
    2: _bignum,
    3: _negative_bignum,
    4: _decimal_fraction,
    5: _bigfloat,
    55799: _inert(55799),  # self-described CBOR; at the beginning of a payload it is taken off
}
