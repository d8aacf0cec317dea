"""What is found in a document, as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ingest.decoders.base import MAX_DEPTH, Decoded
from ingest.decoders.documents import LONGEST_PATH, kind, shown

_MOST: Final = 1.7976931348623157e308
_SMALLEST: Final = 1e-15
"""Scales below this are not the inverse of a whole number."""
_LONGEST: Final = 400
"""Characters of a number."""
_NUMBER: Final = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


class Refusal(Exception):
    """A record, or one value of it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Line(NamedTuple):
    """value * scale / divisor + offset: a scale of 0.1 is a division by 10, which rounds once."""

    scale: float
    divisor: float
    offset: float

    @classmethod
    def of(cls, scale: float, offset: float) -> Line:
        divisor = float(round(1 / scale)) if 0 < abs(scale) < 1 and abs(scale) > _SMALLEST else 1.0
        return cls(1.0, divisor, offset) if divisor != 1.0 and 1 / divisor == scale else cls(scale, 1.0, offset)


def convert(found: Any, name: str, line: Line, known: Mapping[str, float | None]) -> float | None:
    """The number that a value stands for; None for one that `map` says is no reading."""
    sort = type(found)
    if known and (sort in (str, bool, int, float)) and (text := written(found)) in known:
        mapped = known[text]
        if mapped is None:
            return None
        found, sort = mapped, float
    if sort is bool:
        return float(found)  # a scale is of what is measured
    if sort is float or sort is int:
        pass
    elif sort is str and len(found) < _LONGEST and _NUMBER.fullmatch(found):
        found = float(found)
    else:
        others = f", nor in the map ({', '.join(map(shown, list(known)[:5]))})" if known else ""
        raise Refusal("schema", f"{shown(name)}: {kind(found)} is not a number{others}")
    try:
        number = found * line.scale / line.divisor + line.offset
    except OverflowError:
        number = math.inf
    if not -_MOST <= number <= _MOST:
        raise Refusal("not_finite", f"{shown(name)}: {shown(str(found))} is not a finite number")
    return float(number)


def written(value: Any) -> str:
    """A scalar as JSON writes it, so that `true: 1` and `7: 0.5` can stand in a map."""
    if type(value) is bool:
        return "true" if value else "false"
    return value if type(value) is str else str(value)


def is_true(value: Any) -> bool:
    """As JMESPath has it: zero is true."""
    return not (value is None or value is False or value in ("", [], {}))


def leaves(tree: Any, omit: frozenset[str], decoded: Decoded) -> Iterator[tuple[str, Any]]:
    """Scalars of a tree with their dotted paths, in its order; null is none."""
    open_: list[Iterator[tuple[str, Any]]] = [_inner("", tree, omit)]
    while open_:
        found = next(open_[-1], None)
        if found is None:
            open_.pop()
            continue
        path, value = found
        if type(value) is not dict and type(value) is not list:
            if value is not None:
                yield path, value
        elif len(open_) >= MAX_DEPTH or len(path) > LONGEST_PATH:
            decoded.refuse("schema", f"{shown(path)}: nested deeper than {MAX_DEPTH} levels, or named too long")
        else:
            open_.append(_inner(f"{path}.", value, frozenset()))


def _inner(path: str, tree: Any, omit: frozenset[str]) -> Iterator[tuple[str, Any]]:
    if type(tree) is dict:
        return ((path + key, value) for key, value in tree.items() if key not in omit)
    if type(tree) is list:
        return ((f"{path}{index}", value) for index, value in enumerate(tree))
    return iter([("value", tree)])
