"""SenML packs (RFC 8428) with the secondary units of RFC 8798, which RFC 9100 has announced.

The names of a pack share a base name; times are absolute, in seconds. A pack can't say that quality control has
rejected a reading, so such a reading is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import orjson

from sinks.standards.units import Word

WITH_SECONDARY_UNITS: Final = 26
"""`bver`: version 10 and feature 4 (RFC 9100, section 6.1)."""
TYPE: Final = "application/senml+json"


class Measurement(NamedTuple):
    """time: ms; value: in nadi's unit, of which `word` tells."""

    name: str
    word: Word | None
    time: int
    value: float


class Label(NamedTuple):
    """A record whose value is a text. time: ms."""

    name: str
    time: int
    text: str


Record = Measurement | Label


def base_of(names: Iterable[str]) -> str:
    """What all names begin with, up to a slash: a reader divides names there."""
    ordered = sorted(names)
    first, last = (ordered[0], ordered[-1]) if ordered else ("", "")
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    shared = first[:same]
    return shared[: shared.rfind("/") + 1]


def version_of(words: Iterable[Word | None]) -> int | None:
    return WITH_SECONDARY_UNITS if any(word is not None and word.secondary for word in words) else None


def pieces(records: Iterable[Record], base: str, version: int | None, size: int = 1_000) -> Iterator[bytes]:
    """The pack in pieces of about `size` records; nothing at all where there are no records."""
    head: dict[str, Any] = {} if version is None else {"bver": version}
    head |= {"bn": base} if base else {}
    gathered: list[dict[str, Any]] = []
    opening = b"["
    for record in records:
        gathered.append(head | _written(record, len(base)))
        head = {}
        if len(gathered) == size:
            yield opening + orjson.dumps(gathered)[1:-1]
            opening, gathered = b",", []
    if gathered:
        yield opening + orjson.dumps(gathered)[1:]
    elif opening == b",":
        yield b"]"


def pack(records: Sequence[Record]) -> bytes:
    """One pack. Raises ValueError where there are no records: a pack has one at least."""
    if not records:
        raise ValueError("a SenML pack has one record at least")
    words = [record.word for record in records if isinstance(record, Measurement)]
    return b"".join(pieces(records, base_of({record.name for record in records}), version_of(words)))


def _written(record: Record, base: int) -> dict[str, Any]:
    name = {"n": record.name[base:]}
    if isinstance(record, Label):
        return name | {"vs": record.text, "t": record.time / 1000}
    word = record.word
    if word is None:
        return name | {"v": record.value, "t": record.time / 1000}
    return name | {"u": word.senml, "v": record.value * word.times / word.over, "t": record.time / 1000}
