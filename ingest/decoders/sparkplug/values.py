"""The numbers of Sparkplug B: what a datatype says of the bits that came.

Sparkplug sends integers of all widths as protobuf uint32 or uint64, that is as two's complement. Devices differ
in how many bits of it they send: those of the datatype (Int8 -1 as 255), sign-extended to 32 (4294967295, as a
Java or C int goes) or to 64. All three are told apart by the bits above the datatype's own.
"""

from __future__ import annotations

from typing import Final

from ingest.decoders.sparkplug.wire import BOOL, INT, Held

BOOLEAN: Final = 11
_UNKNOWN, _DATETIME = 0, 13

_NAMES: Final = (
    *("Unknown", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"),
    *("Float", "Double", "Boolean", "String", "DateTime"),
)
"""By their numbers (section 6.4.16); those after are no numbers."""

_BITS = {1: 8, 2: 16, 3: 32, 4: 64, 5: 8, 6: 16, 7: 32, 8: 64}
_SIGNED = frozenset((1, 2, 3, 4))
_REST = frozenset((9, 10, _DATETIME))
PLAIN: Final = (
    {kind: 1 << bits - (kind in _SIGNED) for kind, bits in _BITS.items()} | dict.fromkeys(_REST, 1 << 63) | {BOOLEAN: 2}
)
"""By datatype: whole numbers below this are what they look like."""


def number(held: Held, value: float, datatype: int) -> float | None:
    """A value as its datatype means it; None where the datatype is not of numbers.

    A real or a boolean is itself, whatever type of numbers was announced. Raises ValueError for a whole number that
    its datatype can't hold.
    """
    if held == INT:
        return float(value) if value < PLAIN.get(datatype, 0) else _unusual(int(value), datatype)
    if datatype != _UNKNOWN and datatype not in PLAIN:
        return None
    return float(value != 0) if held == BOOL else value


def _unusual(raw: int, datatype: int) -> float | None:
    bits = _BITS.get(datatype)
    if bits is None:
        if datatype == _UNKNOWN:
            return _untyped(raw)
        if datatype == BOOLEAN or datatype in _REST:
            raise ValueError(f"{_NAMES[datatype]} can't be {raw}")
        return None
    top = 1 << bits - 1
    extended = raw | (top - 1)
    if raw >> bits and extended not in (0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF):
        raise ValueError(f"{_NAMES[datatype]} can't be {raw}")
    low = raw & ((1 << bits) - 1)
    return float(low - (1 << bits) if datatype in _SIGNED and low & top else low)


def _untyped(raw: int) -> float:
    """Of a metric whose birth was not heard: as it stands, unless it may as well be a negative number."""
    if raw < 1 << 31 or 1 << 32 <= raw < 1 << 63:
        return float(raw)
    raise ValueError(f"{raw} may be a negative number, and its datatype is not known")
