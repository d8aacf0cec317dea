"""The metrics of a payload, as readings.

What a metric is called depends on the message: a birth announces names, aliases and types, and the messages
after it refer to them. `Announced` and `Referred` are the two ways; the rest is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final, Protocol

from ingest.decoders.base import MAX_DEPTH, MAX_READINGS, Decoded
from ingest.decoders.sparkplug.births import Birth, Known, Node
from ingest.decoders.sparkplug.properties import read_properties
from ingest.decoders.sparkplug.session import worry
from ingest.decoders.sparkplug.values import BOOLEAN, PLAIN, number
from ingest.decoders.sparkplug.wire import BOOL, INT, NOTHING, OTHER, REAL, TEMPLATE, Held, Span, fields, read_metric

MAX_NAME: Final = 512
"""Bytes of a metric's name."""
BDSEQ: Final = b"bdSeq"
_CONTROL: Final = (b"Node Control/", b"Device Control/")
_NO_READING: Final = -1
"""In place of a datatype: of what steers the session."""
_LATEST: Final = 2**63 - 1


class Naming(Protocol):
    @property
    def index(self) -> Mapping[bytes | int | None, Known]:
        """What is known by name or alias alone, without asking `resolve`."""
        ...

    def resolve(self, name: bytes | None, alias: int | None, datatype: int, unit: str | None) -> Known:
        """What is known of a metric. Raises ValueError."""
        ...


class Announced:
    """In a birth: all is said, and kept in `birth`."""

    __slots__ = ("_birth", "index")

    def __init__(self, birth: Birth) -> None:
        self._birth = birth
        self.index: dict[bytes | int | None, Known] = {}
        """Nothing is known before it is said."""

    def resolve(self, name: bytes | None, alias: int | None, datatype: int, unit: str | None) -> Known:
        if not name:
            raise ValueError("a birth names its metrics, and this one has no name")
        return self._birth.learn(name, alias, _kind(name, datatype), unit)


class Referred:
    """In any later message: by alias or name, usually without a type."""

    __slots__ = ("_birth", "_node", "index")

    def __init__(self, birth: Birth, node: Node) -> None:
        self._birth = birth
        self._node = node
        self.index = birth.index

    def resolve(self, name: bytes | None, alias: int | None, datatype: int, unit: str | None) -> Known:
        known = self.index.get(name) if name else None
        if known is None:
            known = self.index.get(alias)
        if known is None:
            return self._stranger(name, alias, datatype, unit)
        if unit is not None and unit != known[3]:
            self._birth.changed = True
            known = self._birth.learn(known[1].encode(), None, known[2], unit)
        return known

    def _stranger(self, name: bytes | None, alias: int | None, datatype: int, unit: str | None) -> Known:
        """No birth announced it: with a name it can be used all the same."""
        if name:
            text = name.decode()
            worry(self._node, f"{text[:60]!r} is in no birth")
            return (self._birth.sensor, text, _kind(name, datatype), unit)
        if alias is None:
            raise ValueError("it has neither name nor alias")
        worry(self._node, f"alias {alias} is in no birth")
        raise ValueError(
            f"alias {alias} is not in the last birth of {self._birth.sensor[:100]!r}: it was asked for one"
        )


def _kind(name: bytes, datatype: int) -> int:
    if name == BDSEQ or (datatype == BOOLEAN and name.startswith(_CONTROL)):
        return _NO_READING
    return datatype


class Readings:
    """Those of the payload whose bytes are `p`, put into `decoded`.

    moments: of the payload.
    """

    __slots__ = ("_decoded", "_moments", "_naming", "_p")

    def __init__(self, p: bytes, moments: dict[bytes, int], decoded: Decoded, naming: Naming) -> None:
        self._p = p
        self._decoded = decoded
        self._naming = naming
        self._moments = moments

    def read(self, spans: list[Span], timestamp: int | None, folder: bytes = b"", depth: int = 0) -> None:
        """Those of the metrics at `spans`.

        timestamp: of the metrics without their own (ms). folder: what the names of a template's members begin with.
        """
        decoded, p, moments, index = self._decoded, self._p, self._moments, self._naming.index
        add = decoded.readings.append
        if len(decoded.readings) + len(decoded.refused) + len(spans) > MAX_READINGS:
            decoded.refuse("too_large", f"more than {MAX_READINGS} metrics in one message")
            return
        for at, (begin, end) in enumerate(spans):
            try:
                name, alias, time, datatype, silent, held, value, where = read_metric(p, begin, end, moments)
                known = None if folder or where else index.get(name or alias)
                if known is None:
                    known, doubtful = self._known(name, alias, datatype, where, folder)
                    silent = silent or doubtful
                sensor, quantity, born, unit = known
                if silent or born < 0:
                    continue
                if time is None:
                    time = timestamp
                if held is INT and value < PLAIN.get(datatype or born, 0):
                    value = float(value)
                elif held is TEMPLATE:
                    self._template(value, time, quantity.encode() + b".", depth + 1)
                    continue
                elif held is not REAL:
                    value = _rarer(held, value, datatype or born)
                    if value is None:
                        continue
                if isfinite(value) and (time is None or time <= _LATEST):
                    if held is BOOL or (held is INT and (datatype or born) == BOOLEAN):
                        decoded.booleans.append(len(decoded.readings))
                    add((sensor, quantity, value, unit, time))
                else:
                    self._refuse_reading(quantity, value, time)
            except ValueError as error:
                place = f" in {folder[:60].decode(errors='replace')!r}" if folder else ""
                decoded.refuse("schema", f"metrics[{at}]{place}: {error}")

    def _known(
        self, name: bytes | None, alias: int | None, datatype: int, properties: Span | None, folder: bytes
    ) -> tuple[Known, bool]:
        """What a metric is, and whether its value is in doubt. Raises ValueError."""
        if name:
            name = folder + name
            if len(name) > MAX_NAME:
                raise ValueError(f"a name of {len(name)} bytes, allowed are {MAX_NAME}")
        unit, doubtful = (None, False) if properties is None else read_properties(self._p, properties)
        return self._naming.resolve(name, alias, datatype, unit), doubtful

    def _template(self, span: Span, timestamp: int | None, folder: bytes, depth: int) -> None:
        """The members of an instance; a definition has no values of its own. Raises ValueError."""
        if depth >= MAX_DEPTH:
            raise ValueError(f"templates within templates, allowed are {MAX_DEPTH} levels")
        members: list[Span] = []
        for tag, begin, end, value in fields(self._p, *span):
            if tag == 0x12:  # 2: metrics
                members.append((begin, end))
            elif tag == 0x28 and value:  # 5: is_definition
                return
        self.read(members, timestamp, folder, depth)

    def _refuse_reading(self, quantity: str, value: float, time: int | None) -> None:
        if isfinite(value):
            self._decoded.refuse("time", f"{quantity[:60]!r}: {time} ms is beyond any calendar")
        else:
            self._decoded.refuse("not_finite", f"{quantity[:60]!r}: {value} is not a finite number")


def _rarer(held: Held, value: float, datatype: int) -> float | None:
    """The number in a value that is neither a real nor a small whole number. Raises ValueError."""
    if held is NOTHING or held is OTHER:
        return None
    return number(held, value, datatype)
