"""The native payload, version 1, read the slow and careful way: one reason per refused reading.

The scanner (`ingest/scanner.py`) reads what devices usually send by typed decoders. Whatever
those refuse comes here, so this module alone decides what is right, what is wrong, and why.
It accepts at least what the fast decoders accept, with the same result.

`json` is the standard library's because it reads NaN and 1e999 too: such a reading is refused
as `not_finite`, and its neighbours in the same message are kept.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ingest.admission import name_fault
from telemetry.time import epoch_ms, rfc3339_ms

MAX_SEQ = 2**63 - 1
MAX_READINGS: Final = 20_000
"""Of one message; more are refused as `too_large`. By default a gateway may send a quarter of that in a second."""
_ENORMOUS = 1e300
_KNOWN = frozenset(("ts", "values", "quantity", "value", "unit", "units", "gw", "seq"))


class Reading(NamedTuple):
    quantity: str
    value: float
    unit: str | None


@dataclass(slots=True)
class Item:
    """One object of a message: its time (ms; None where it has no `ts`) and its good readings."""

    time: int | None
    readings: list[Reading]
    gateway: str | None = None
    seq: int | None = None


@dataclass(slots=True)
class Faults:
    """What was refused of one message: reason -> (first detail, number of readings)."""

    by_reason: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, reason: str, detail: str, readings: int = 1) -> None:
        first, number = self.by_reason.get(reason, (detail, 0))
        self.by_reason[reason] = (first, number + readings)

    def __bool__(self) -> bool:
        return bool(self.by_reason)


@dataclass(slots=True)
class Decoded:
    """A message read carefully. `usual` is set when a typed decoder could have read all of it:
    the keys of its objects, which all have them in this order."""

    items: list[Item]
    faults: Faults
    array: bool = False
    usual: Usual | None = None
    size: int = 0
    """Readings, good or bad, that were looked at."""


class Usual(NamedTuple):
    """What the objects of a message have in common."""

    keys: tuple[str, ...]
    quantities: tuple[str, ...]
    """Of `values`; empty for the form with `quantity`."""
    whole: bool
    """`ts` is a whole number."""


def decode(payload: bytes) -> Decoded:
    """Read a payload. Never raises: what can't be read is in the faults."""
    decoded = Decoded([], Faults())
    try:
        document = _DECODER.decode(payload.decode())
    except UnicodeDecodeError as error:
        decoded.faults.add("json", f"not UTF-8 at byte {error.start}")
    except RecursionError:
        decoded.faults.add("json", "nested too deeply")
    except ValueError as error:
        decoded.faults.add("json", str(error))
    else:
        _decode_document(document, decoded)
    return decoded


def _integer(digits: str) -> float:
    """Integers of any length; those that no time, counter or double can hold become infinite."""
    return int(digits) if len(digits) < 310 else float(digits)


_DECODER = json.JSONDecoder(parse_int=_integer)
"""One for all messages: json.loads would make a new one each time, in a cycle that only the collector frees."""


def _decode_document(document: Any, decoded: Decoded) -> None:
    decoded.array = isinstance(document, list)
    objects = document if decoded.array else [document]
    if not objects:
        decoded.faults.add("schema", "an empty array")
    decoded.size = _size(objects)
    if decoded.size > MAX_READINGS:
        decoded.size = MAX_READINGS
        decoded.faults.add("too_large", f"more than {MAX_READINGS} readings in one message; send several")
        return
    for thing in objects:
        if isinstance(thing, dict):
            _decode_object(thing, decoded)
        else:
            decoded.faults.add("schema", f"expected an object or an array of objects, got {_kind(thing)}")
    if objects and not decoded.faults:
        usual = _usual(objects[0])
        if all(_usual(thing) == usual for thing in objects):
            decoded.usual = usual


def _size(objects: list[Any]) -> int:
    """How many readings these may be."""
    if len(objects) > MAX_READINGS:
        return len(objects)
    values = [thing.get("values") if isinstance(thing, dict) else None for thing in objects]
    return sum(len(each) if isinstance(each, dict) and each else 1 for each in values)


def _usual(thing: dict[str, Any]) -> Usual:
    return Usual(tuple(thing), tuple(thing.get("values", ())), type(thing.get("ts")) is int)


def _decode_object(thing: dict[str, Any], decoded: Decoded) -> None:
    faults = decoded.faults
    values = thing.get("values")
    number = max(1, len(values)) if isinstance(values, dict) else 1
    problem = _shape_fault(thing)
    if problem is not None:
        faults.add("schema", problem, number)
        return
    item = Item(None, [], thing.get("gw"), thing.get("seq"))
    decoded.items.append(item)
    if "ts" in thing:
        try:
            item.time = _time(thing["ts"])
        except ValueError as error:
            faults.add("time", f"ts: {error}", number)
            return
    if isinstance(values, dict):
        units = thing.get("units", {})
        for quantity, value in values.items():
            _decode_reading(item, faults, quantity, value, units.get(quantity))
    else:
        _decode_reading(item, faults, thing["quantity"], thing["value"], thing.get("unit"))


def _shape_fault(thing: dict[str, Any]) -> str | None:
    """Why the whole object can't be read, or None."""
    if "values" in thing:
        if "quantity" in thing or "value" in thing or "unit" in thing:
            return "`values` goes with `units`; `quantity`, `value` and `unit` are the other form"
        if not isinstance(thing["values"], dict) or not thing["values"]:
            return f"values: expected an object with at least one quantity, got {_kind(thing['values'])}"
        if not isinstance(thing.get("units", {}), dict):
            return f"units: expected an object, got {_kind(thing['units'])}"
    elif "quantity" not in thing or "value" not in thing:
        return "expected `values`, or `quantity` and `value`"
    elif "units" in thing:
        return "`units` goes with `values`; with `quantity` write `unit`"
    if "gw" in thing and (problem := name_fault(thing["gw"])):
        return f"gw: {problem}"
    seq = thing.get("seq", 0)
    if type(seq) is not int or not 0 <= seq <= MAX_SEQ:
        return f"seq: expected a whole number from 0 to {MAX_SEQ}, got {_kind(seq)}"
    return None


def _time(ts: Any) -> int:
    if isinstance(ts, str):
        return rfc3339_ms(ts)
    if isinstance(ts, bool) or not isinstance(ts, int | float):
        raise ValueError(f"expected an epoch number or RFC 3339, got {_kind(ts)}")
    if isinstance(ts, float) and math.isinf(ts):
        ts = math.copysign(_ENORMOUS, ts)  # too many digits for a double: out of range like any such number
    return epoch_ms(ts)


def _decode_reading(item: Item, faults: Faults, quantity: Any, value: Any, unit: Any) -> None:
    problem = name_fault(quantity)
    if problem:
        faults.add("schema", f"quantity: {problem}")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        faults.add("schema", f"{quantity}: expected a number, got {_kind(value)}")
    elif not (unit is None or isinstance(unit, str)):
        faults.add("unit", f"{quantity}: expected a unit's name, got {_kind(unit)}")
    elif not math.isfinite(number := _double(value)):
        faults.add("not_finite", f"{quantity}: {value} is not a finite number")
    else:
        item.readings.append(Reading(quantity, number, unit))


def _double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _kind(thing: Any) -> str:
    """A value's JSON type and beginning, for a message."""
    if thing is None:
        return "null"
    if isinstance(thing, dict | list):
        return f"{'an empty' if not thing else 'an'} {'object' if isinstance(thing, dict) else 'array'}"
    if isinstance(thing, bool):
        return "true" if thing else "false"
    return f"{'a string' if isinstance(thing, str) else 'the number'} {str(thing)[:40]!r}"
