"""Homie, versions 3 to 5 (https://homieiot.github.io/specification/): one topic per property, its value as text.

    homie/{device}/{node}/{property}        and attributes beside it: …/$datatype, …/$unit     3 and 4
    homie/5/{device}/{node}/{property}      and one document: homie/5/{device}/$description    5

What a reading is called:

    sensor    the device ID
    quantity  node.property; `$stats.signal` and others of the convention's statistics (3, and 4's extension)
    unit      the property's `unit`; what the convention says for a statistic
    time      none: values are retained and carry no time
    gateway   the device; in Homie 5 the root of its tree, which holds the connection for its children

Integers, floats and percents are readings; booleans are 1 or 0, and no physical quantity whatever their name. Strings,
enumerations, colours, dates, durations and JSON are no readings. A value whose datatype was not said (yet) is a reading
if it is a number or a boolean. An integer that comes as 21.0 is taken: what it is, is plain.

The base topic may be another than `homie`: it ends with the first level of that name, else it is the first level.
`$state` says whether the device is there: not when `lost` or `disconnected`, nor when it was removed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

import msgspec

from ingest.decoders.base import MAX_TOPIC, Decoded, Memory, Message, Presence, too_long
from ingest.decoders.homie_devices import LONGEST, Device, Devices, Property
from ingest.decoders.recent import Remembered

TOPICS: Final = ("homie/#",)
_BASE: Final = "homie"
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NUMERIC: Final = frozenset(("integer", "float", "percent"))
_BOOLEANS: Final = {"true": 1.0, "false": 0.0}
_NOT_FINITE: Final = frozenset(("nan", "inf", "infinity"))
_LONGEST_NUMBER: Final = 400
"""Characters; a double written out in full has fewer."""
_ONLINE: Final = {
    **dict.fromkeys(("init", "ready", "alert", "sleeping"), True),
    **dict.fromkeys(("lost", "disconnected"), False),
}
_STATISTICS: Final = {
    "uptime": "s",
    "signal": "%",
    "cputemp": "°C",
    "cpuload": "%",
    "battery": "%",
    "freeheap": "B",
    "supply": "V",
}
"""Units of the legacy stats extension, section Device Statistics; `$stats/interval` is a setting."""
_UNKNOWN: Final = Property()


class _PropertyText(msgspec.Struct):
    datatype: str | None = None
    unit: str | None = None
    id: str | None = None


class _NodeText(msgspec.Struct):
    properties: dict[str, _PropertyText] | list[_PropertyText] = {}
    id: str | None = None


T = TypeVar("T", _PropertyText, _NodeText)


class _Description(msgspec.Struct):
    """Homie 5's `$description`; drafts had lists of things with an `id`."""

    nodes: dict[str, _NodeText] | list[_NodeText] = {}
    root: str | None = None
    parent: str | None = None


class Place(NamedTuple):
    """What a topic says."""

    name: str
    """base/device, under which it is remembered."""
    device: str
    what: str
    """value, statistic, state, online, description, datatype, unit, or nothing."""
    prop: str
    """node.property"""


def place_of(topic: str) -> Place | None:
    """None: not a topic of Homie."""
    if len(topic) > MAX_TOPIC:
        return None
    levels = topic.split("/")
    start = levels.index(_BASE) if _BASE in levels else 0
    fifth = levels[start + 1 : start + 2] == ["5"]
    rest = levels[start + 2 if fifth else start + 1 :]
    if len(rest) < 2 or not rest[0]:
        return None
    device, name = rest[0], "/".join(levels[: len(levels) - len(rest) + 1])
    match rest[1:]:
        case ["$state" | "$online" | "$description" as attribute]:
            return Place(name, device, attribute[1:], "")
        case ["$stats", statistic] if statistic in _STATISTICS:
            return Place(name, device, "statistic", f"$stats.{statistic}")
        case [node, prop] if node and prop and not node.startswith("$") and not prop.startswith("$"):
            return Place(name, device, "nothing" if device == "$broadcast" else "value", f"{node}.{prop}")
        case [node, prop, "$datatype" | "$unit" as attribute] if node and prop:
            return Place(name, device, attribute[1:], f"{node}.{prop}")
        case [_, _, "set"]:
            return Place(name, device, "nothing", "")
    return Place(name, device, "nothing", "") if any(level.startswith("$") for level in rest) else None


def looks_like(message: Message) -> bool:
    """The usual base, or another with what only Homie has."""
    levels = message.topic.split("/")
    if levels[0] == _BASE:
        return len(levels) > 2
    return levels[-1] == "$homie" or (levels[1:2] == ["5"] and levels[-1] in ("$state", "$description"))


class Homie:
    def __init__(self, memory: Memory) -> None:
        self._devices = Devices(memory)
        self._places = Remembered(place_of)

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        place = self._places[message.topic]
        if place is None:
            expected = "homie/{device}/{node}/{property} or homie/5/{device}/{node}/{property}"
            detail = f"expected {expected}, got {message.topic[:80]!r}"
            decoded.refuse("topic", too_long(message.topic) or detail)
            return decoded
        try:
            text = message.payload.decode()
        except UnicodeDecodeError as error:
            decoded.refuse("schema", f"{message.topic[:80]!r}: not UTF-8 at byte {error.start}")
            return decoded
        device = self._devices.device(place.name)
        decoded.gateway = device.root or place.device
        if place.what == "value":
            self._value(place, device, text, decoded)
        elif place.what == "statistic":
            _add(place, Property("float", _STATISTICS[place.prop.removeprefix("$stats.")]), text, decoded)
        elif place.what != "nothing":
            try:
                self._attribute(place, device, text, decoded)
            except ValueError as error:
                decoded.refuse("too_large", f"{message.topic[:80]!r}: {error}")
        return decoded

    def _value(self, place: Place, device: Device, text: str, decoded: Decoded) -> None:
        known = device.properties.get(place.prop)
        if known is None:
            node, _, prop = place.prop.partition(".")
            of_array, _, index = node.rpartition("_")  # Homie 3: lights_0 is of the array `lights`
            known = device.properties.get(f"{of_array}.{prop}", _UNKNOWN) if index.isdigit() else _UNKNOWN
        _add(place, known, text, decoded)

    def _attribute(self, place: Place, device: Device, text: str, decoded: Decoded) -> None:
        """Raises ValueError when there is more to remember than allowed."""
        match place.what:
            case "state":
                self._state(place, device, text, decoded)
            case "online":  # Homie 2
                decoded.presence.append(Presence(place.device, text == "true"))
            case "description":
                self._description(place, text, decoded)
            case attribute:
                if len(place.prop) > LONGEST or len(text) > LONGEST:
                    raise ValueError(f"a name or an attribute of more than {LONGEST} characters")
                self._devices.attribute(place.name, place.prop, attribute, text or None)

    def _state(self, place: Place, device: Device, text: str, decoded: Decoded) -> None:
        online = _ONLINE.get(text, False)
        if text and text not in _ONLINE:
            decoded.refuse("schema", f"$state: expected one of {', '.join(_ONLINE)}, got {text[:40]!r}")
            return
        if device.root:
            decoded.presence.append(Presence(device.root, online, place.device))
        else:
            decoded.presence.append(Presence(place.device, online))
        if not text:  # removed for good
            self._devices.forget(place.name)

    def _description(self, place: Place, text: str, decoded: Decoded) -> None:
        if not text:
            self._devices.forget(place.name)
            return
        try:
            described = msgspec.json.decode(text, type=_Description)
        except msgspec.ValidationError as error:
            decoded.refuse("schema", f"$description: {error}"[:200])
        except msgspec.DecodeError as error:
            decoded.refuse("json", f"$description: {error}"[:200])
        except RecursionError:
            decoded.refuse("json", "$description: nested too deeply")
        else:
            root = described.root or described.parent
            if len(root or "") > LONGEST:
                raise ValueError(f"$description: a root of more than {LONGEST} characters")
            self._devices.describe(place.name, Device(_properties(described), root))
            decoded.gateway = root or place.device


def _properties(described: _Description) -> dict[str, Property]:
    """Of a description, by `node.property`. Those with names that no store takes are left out."""
    found = {}
    for node_id, node in _by_id(described.nodes):
        for prop_id, prop in _by_id(node.properties):
            name, unit = f"{node_id}.{prop_id}", prop.unit or ""
            if len(name) <= LONGEST and len(unit) <= LONGEST:
                found[name] = Property(prop.datatype and prop.datatype[:LONGEST], unit or None)
    return found


def _by_id(things: dict[str, T] | list[T]) -> Iterable[tuple[str, T]]:
    if isinstance(things, dict):
        return things.items()
    return [(thing.id, thing) for thing in things if thing.id]


def _add(place: Place, known: Property, text: str, decoded: Decoded) -> None:
    """The value `text` of a property, as far as it is a number."""
    if not text:  # taken off the broker
        return
    datatype, unit = known.datatype, known.unit
    number = None
    if datatype is None or datatype in _NUMERIC:
        number = _number(text)
        if number is None and datatype is not None:
            decoded.refuse("schema", f"{place.prop[:80]!r}: expected a number, got {text[:40]!r}")
        elif datatype == "percent":
            unit = unit or "%"
    if number is None and datatype in (None, "boolean"):
        number = _BOOLEANS.get(text)
        if number is None and datatype is not None:
            decoded.refuse("schema", f"{place.prop[:80]!r}: expected true or false, got {text[:40]!r}")
    if number is None:
        return
    if math.isfinite(number):
        if text in _BOOLEANS:
            decoded.booleans.append(len(decoded.readings))
        decoded.readings.append((place.device, place.prop, number, unit, None))
    else:
        decoded.refuse("not_finite", f"{place.prop[:80]!r}: {text[:40]!r} is not a finite number")


def _number(text: str) -> float | None:
    text = text.strip()
    if len(text) <= _LONGEST_NUMBER and (_NUMBER.fullmatch(text) or text.lower().lstrip("+-") in _NOT_FINITE):
        return float(text)
    return None
