"""The metrics of a payload, as readings.

What a metric is called depends on the message: a birth announces names, aliases and types, and the messages
after it refer to them. `Announced` and `Referred` are the two ways; the rest is the same.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

from ingest.decoders.base import MAX_DEPTH, MAX_READINGS, Decoded
from ingest.decoders.sparkplug.births import MAX_NAME, Birth, Known, Node
from ingest.decoders.sparkplug.properties import NONE, Properties, read_properties
from ingest.decoders.sparkplug.session import worry
from ingest.decoders.sparkplug.values import number
from ingest.decoders.sparkplug.wire import BOOL, NOTHING, OTHER, TEMPLATE, Payload, Span, fields, read_metric

_LATEST: Final = 2**63 - 1
_CONTROL: Final = ("Node Control/", "Device Control/")
_BDSEQ: Final = "bdSeq"


class Naming(Protocol):
    def resolve(self, name: bytes | None, alias: int | None, datatype: int, properties: Properties) -> Known:
        """What is known of a metric. Raises ValueError."""
        ...


class Announced:
    """In a birth: all is said, and kept in `birth`."""

    def __init__(self, birth: Birth) -> None:
        self._birth = birth

    def resolve(self, name: bytes | None, alias: int | None, datatype: int, properties: Properties) -> Known:
        if not name:
            raise ValueError("a birth names its metrics, and this one has no name")
        return self._birth.learn(name, alias, datatype, properties.unit)


class Referred:
    """In any later message: by alias or name, usually without a type."""

    def __init__(self, birth: Birth, node: Node) -> None:
        self._birth = birth
        self._node = node
        self.changed = False
        """A metric has got another unit than it was born with."""

    def resolve(self, name: bytes | None, alias: int | None, datatype: int, properties: Properties) -> Known:
        known = self._birth.find(name, alias)
        if known is None:
            return self._stranger(name, alias, datatype, properties)
        if properties.unit is not None and properties.unit != known[3]:
            self.changed = True
            known = self._birth.learn(known[1].encode(), alias, datatype or known[2], properties.unit)
        return known

    def _stranger(self, name: bytes | None, alias: int | None, datatype: int, properties: Properties) -> Known:
        """No birth announced it: with a name it can be used all the same."""
        if name:
            text = name.decode()
            worry(self._node, f"{text[:60]!r} is in no birth")
            return (self._birth.sensor, text, datatype, properties.unit)
        if alias is None:
            raise ValueError("it has neither name nor alias")
        worry(self._node, f"alias {alias} is in no birth")
        raise ValueError(
            f"alias {alias} is not in the last birth of {self._birth.sensor[:100]!r}: it was asked for one"
        )


class Metrics:
    """Of one payload, whose bytes are `p`."""

    def __init__(self, p: bytes, decoded: Decoded, naming: Naming) -> None:
        self._p = p
        self._decoded = decoded
        self._resolve = naming.resolve
        self._moments: dict[bytes, int] = {}
        self.bdseq: int | None = None

    def read(self, payload: Payload) -> None:
        self._read(payload.metrics, payload.timestamp, b"", 0)

    def _read(self, spans: list[Span], timestamp: int | None, folder: bytes, depth: int) -> None:
        """folder: what the names of a template's members begin with."""
        decoded, p, moments, resolve = self._decoded, self._p, self._moments, self._resolve
        readings = decoded.readings
        if len(readings) + len(decoded.refused) + len(spans) > MAX_READINGS:
            decoded.refuse("too_large", f"more than {MAX_READINGS} metrics in one message")
            return
        for index, (begin, end) in enumerate(spans):
            try:
                name, alias, at, datatype, silent, held, value, where = read_metric(p, begin, end, moments)
                if folder and name:
                    name = folder + name
                if name and len(name) > MAX_NAME:
                    raise ValueError(f"a name of {len(name)} bytes, allowed are {MAX_NAME}")
                properties = NONE if where is None else read_properties(p, where)
                sensor, quantity, born, unit = resolve(name, alias, datatype, properties)
                if silent or held is NOTHING or held is OTHER or properties.doubtful:
                    continue
                if at is None:
                    at = timestamp
                if held is TEMPLATE:
                    assert isinstance(value, tuple)
                    self._template(value, at, quantity.encode() + b".", depth + 1)
                    continue
                assert not isinstance(value, tuple)
                result = number(held, value, datatype or born)
            except ValueError as error:
                decoded.refuse("schema", f"metrics[{index}]{_in(folder)}: {error}")
                continue
            if result is None or (held is BOOL and quantity.startswith(_CONTROL)):
                continue
            if quantity == _BDSEQ:
                self.bdseq = int(value)
            elif at is not None and at > _LATEST:
                decoded.refuse("time", f"metrics[{index}] {quantity[:60]!r}: {at} ms is beyond any calendar")
            elif not math.isfinite(result):
                decoded.refuse("not_finite", f"metrics[{index}] {quantity[:60]!r}: {result} is not a finite number")
            else:
                readings.append((sensor, quantity, result, unit, at))

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
        self._read(members, timestamp, folder, depth)


def _in(folder: bytes) -> str:
    return f" in {folder[:60].decode(errors='replace')!r}" if folder else ""
