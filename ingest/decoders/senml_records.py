"""One SenML pack, record by record, the careful way: base fields, versions, and what is wrong in words."""

from __future__ import annotations

import math
from typing import Any, Final, NoReturn

from ingest.decoders.base import Decoded, Message
from ingest.decoders.documents import kind, shown
from ingest.decoders.senml_names import Names
from ingest.decoders.senml_units import integral, measured

VERSIONS: Final = frozenset((*range(1, 11), 26))
DEFAULT_VERSION: Final = 10
NOW_BELOW: Final = 2**28
"""Seconds: smaller times count from now (RFC 8428, section 4.5.3)."""
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999
"""ms: the years 1 to 9999."""
_FAR: Final = 1e15
"""Seconds that no time can have."""

_JSON_LABELS = ("n", "u", "v", "vs", "vb", "s", "t", "ut", "vd")
_BASE_LABELS = ("bver", "bn", "bt", "bu", "bv", "bs")
_CBOR_LABELS: Final = dict(enumerate(_JSON_LABELS)) | {-1 - at: label for at, label in enumerate(_BASE_LABELS)}
"""RFC 8428, table 4."""
_BASE_NUMBERS = ("bt", "bv", "bs")
_VALUES = ("v", "vs", "vb", "vd")
_BASE: Final = frozenset(_BASE_LABELS)
_LABELS: Final = frozenset(_CBOR_LABELS.values())


class Stop(Exception):
    """The rest of the pack is not read; why is in the result."""


class Pack:
    """The base fields as they stand, and what came of the records so far."""

    __slots__ = ("_arrival", "_known", "_topic", "_version", "bn", "bs", "bt", "bu", "bv", "decoded", "names")

    def __init__(self, known: Names, message: Message, decoded: Decoded) -> None:
        self.decoded = decoded
        self._known = known
        self._topic = message.topic
        self._arrival = message.arrival
        self._version = DEFAULT_VERSION
        self.bn = ""
        self.bu: str | None = None
        self.bt: float = 0.0
        self.bv = 0.0
        self.bs: float | None = None
        self.names = known.under(self._topic, "")

    def take(self, index: int, record: Any) -> None:
        """One record of any kind. Raises Stop when those after it can't be read."""
        if type(record) is not dict:
            self.decoded.refuse("schema", f"record {index}: expected an object, got {kind(record)}")
            return
        fields = {_CBOR_LABELS.get(label, label) if type(label) is int else label: record[label] for label in record}
        if len(fields) < len(record):
            self.decoded.refuse("schema", f"record {index}: a label that comes twice, as a number and as a text")
            return
        if not fields.keys() <= _LABELS:
            self._check_unknown(index, fields)
        self._check_version(index, fields)
        if not fields.keys().isdisjoint(_BASE):
            self._take_base(index, fields)
        try:
            self._take_regular(fields)
        except _Refused as refused:
            self.decoded.refuse(refused.reason, f"record {index}: {refused}")

    def rebase(self, record: dict[Any, Any], *labels: str | int) -> None:
        """The base name, time and unit of a record, where it has them. Raises TypeError, and has changed nothing,
        when one is not what it should be."""
        bn, bt, bu = record.get(labels[0], self.bn), record.get(labels[1], self.bt), record.get(labels[2], self.bu)
        if (
            type(bn) is not str
            or (type(bt) is not float and type(bt) is not int)
            or not (bu is None or type(bu) is str)
        ):
            raise TypeError
        if not -_FAR < bt < _FAR:
            raise TypeError
        self.bn, self.bt, self.bu = bn, bt, bu
        self.names = self._known.under(self._topic, bn)

    def moment(self, seconds: float) -> int | None:
        """ms UTC of a resolved time; None for "now". Raises ValueError."""
        if seconds == 0:
            return None
        if not math.isfinite(seconds) or abs(seconds) > _FAR:
            raise ValueError(f"{shown(str(seconds))} s is not a time")
        millis = round(seconds * 1e6) // 1000
        if seconds < NOW_BELOW:
            millis += self._arrival
        if not _FIRST <= millis <= _LAST:
            raise ValueError(f"{shown(str(seconds))} s is outside the years 1 to 9999; times are in seconds")
        return millis

    def _refuse_pack(self, reason: str, detail: str) -> NoReturn:
        self.decoded.readings.clear()
        self.decoded.booleans.clear()
        self.decoded.refused.clear()
        self.decoded.refuse(reason, detail)
        raise Stop

    def _check_unknown(self, index: int, fields: dict[Any, Any]) -> None:
        for label in fields:
            if type(label) is str and label.endswith("_") and label not in _LABELS:
                self._refuse_pack(
                    "schema", f"record {index}: the label {shown(label)!r} must be understood, and is not known"
                )

    def _check_version(self, index: int, fields: dict[Any, Any]) -> None:
        version = fields.get("bver", self._version)
        if type(version) is float and version.is_integer():
            version = int(version)
        if type(version) is not int or version not in VERSIONS:
            said = shown(str(version)) if type(version) is int else kind(version)
            self._refuse_pack("schema", f"record {index}: bver: {said}; understood are 1 to 10, and 26")
        if index == 0:
            self._version = version
        elif version != self._version:
            self._refuse_pack("schema", f"record {index}: bver: {version} in a pack of version {self._version}")

    def _take_base(self, index: int, fields: dict[Any, Any]) -> None:
        try:
            for label in _BASE_NUMBERS:
                if label in fields:
                    setattr(self, label, _number(label, fields[label]))
            self.bn = _text("bn", fields.get("bn", self.bn))
            self.bu = _unit("bu", fields.get("bu", self.bu))
        except _Refused as refused:
            self.decoded.refuse(refused.reason, f"record {index}, and all after it: {refused}")
            raise Stop from None
        self.names = self._known.under(self._topic, self.bn)

    def _take_regular(self, fields: dict[Any, Any]) -> None:
        given = [label for label in _VALUES if label in fields]
        if len(given) > 1:
            raise _Refused("schema", f"{' and '.join(given)}: a record has one value")
        if not given and fields.keys() <= _BASE:
            return  # it only sets the base of those after it
        value, total = self._value(fields, given), self._sum(fields)
        if not given and total is None:
            raise _Refused("schema", "neither a value (v, vb, vs, vd) nor a sum (s)")
        unit = _unit("u", fields["u"]) if "u" in fields else self.bu
        try:
            sensor, quantity = self._known.split(self._topic, self.bn, _text("n", fields.get("n", "")))
        except ValueError as error:
            raise _Refused("schema", str(error)) from None
        self.names = self._known.under(self._topic, self.bn)
        try:
            moment = self.moment(self.bt + _number("t", fields.get("t", 0)))
        except ValueError as error:
            raise _Refused("time", f"t: {error}") from None
        quantity = quantity or measured(unit)
        if value is not None:
            if given == ["vb"]:
                self.decoded.booleans.append(len(self.decoded.readings))
            self.decoded.readings.append((sensor, quantity, value, unit, moment))
        if total is not None:
            self.decoded.readings.append((sensor, f"{quantity}.sum", total, integral(unit), moment))

    def _value(self, fields: dict[Any, Any], given: list[str]) -> float | None:
        match given:
            case ["v"]:
                return _finite("v", _number("v", fields["v"]) + self.bv)
            case ["vb"]:
                if type(fields["vb"]) is not bool:
                    raise _Refused("schema", f"vb: expected true or false, got {kind(fields['vb'])}")
                return float(fields["vb"])
        return None

    def _sum(self, fields: dict[Any, Any]) -> float | None:
        if "s" not in fields and self.bs is None:
            return None
        return _finite("s", _number("s", fields.get("s", 0)) + (self.bs or 0.0))


class _Refused(Exception):
    """One record, or the base that it sets, can't be taken."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def _text(label: str, value: Any) -> str:
    if type(value) is not str:
        raise _Refused("schema", f"{label}: expected a text, got {kind(value)}")
    return value


def _unit(label: str, value: Any) -> str | None:
    """Leniently, null is no unit."""
    if value is not None and type(value) is not str:
        raise _Refused("unit", f"{label}: expected a text, got {kind(value)}")
    return value


def _number(label: str, value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise _Refused("schema", f"{label}: expected a number, got {kind(value)}")
    try:
        return _finite(label, float(value))
    except OverflowError:
        return _finite(label, math.inf)


def _finite(label: str, number: float) -> float:
    if not math.isfinite(number):
        raise _Refused("not_finite", f"{label}: {number} is not a finite number")
    return number
