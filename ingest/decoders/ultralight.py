"""Ultralight 2.0, the text protocol of constrained devices, as FIWARE's IoT Agent takes it over MQTT.

Source: FIWARE IoT Agent for Ultralight 2.0, User & Programmers Manual (github.com/telefonicaid/iotagent-ul).

| topic, with or without the first slash and `ul/` | payload |
|---|---|
| `/ul/APIKEY/DEVICE/attrs` | groups of measures: `t|25.5|h|60`, parted by `#`: `t|25.5#h|60` |
| `/ul/APIKEY/DEVICE/attrs/NAME` | one value |
| `…/cmd`, `…/cmdexe`, `…/configuration` | commands, their results, settings: legal, nothing to read |

In a reading

- sensor is DEVICE (`device` for a payload that came without a topic), and quantity the measure's name.
- unit is none: the format has none.
- time is the group's, where it begins with one (`2016-06-13T00:35:30Z|lle|100`) or has a measure `TimeInstant`:
  ISO 8601, UTC where it has no offset.

The key of the service is the label `group`. Values have no type: what is written as a number is one, all else is
a text and skipped (`gps|1.2/3.4`). A group of which names and values don't pair is refused; the others are kept.
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from ingest.decoders.base import Decoded, Message
from ingest.decoders.documents import bounded, instant, records, shown
from ingest.decoders.recent import Remembered

TOPICS: Final = ("/ul/+/+/attrs/#", "ul/+/+/attrs/#", "/+/+/attrs/#", "+/+/attrs/#")

_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_NOT_FINITE = re.compile(r"\s*[+-]?(?:nan|inf|infinity)\s*", re.ASCII | re.IGNORECASE)
_TIME: Final = "TimeInstant"
"""The IoT Agents' own measure for the time of a group."""
_SILENT: Final = frozenset(("cmd", "cmdexe", "configuration"))


class _Address(NamedTuple):
    group: str
    device: str
    name: str | None
    """Of the measure, where the topic says; then the payload is its value."""
    silent: bool = False


def _address(topic: str) -> _Address | None:
    if not topic:
        return _Address("", "device", None)
    levels = topic.removeprefix("/").split("/")
    if levels[0] == "ul" and len(levels) > 3:
        del levels[0]
    if len(levels) < 3:
        return None
    if levels[2] in _SILENT:
        return _Address(levels[0], levels[1], None, silent=True)
    if levels[2] != "attrs" or len(levels) > 4:
        return None
    return _Address(levels[0], levels[1], levels[3] if len(levels) == 4 else None)


_addresses: Final = Remembered(_address)


class Ultralight:
    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        address = _addresses[message.topic]
        if address is None:
            decoded.refuse("topic", f"{shown(message.topic)!r}: expected /ul/APIKEY/DEVICE/attrs or …/attrs/NAME")
            return decoded
        if address.group:
            decoded.labels["group"] = address.group
        if address.silent:
            return decoded
        try:
            text = message.payload.decode()
        except UnicodeDecodeError as error:
            decoded.refuse("schema", f"not UTF-8 at byte {error.start}")
            return decoded
        if address.name is not None:
            _measure(decoded, address.device, address.name, text, None)
        else:
            for index, group in enumerate(records(text.split("#"), decoded)):
                _group(decoded, address.device, group, index)
        return bounded(decoded)


def _group(decoded: Decoded, device: str, group: str, index: int) -> None:
    fields = group.strip().split("|")
    if not fields[0]:
        del fields[0]  # the IoT Agent takes a group that begins with a bar
    written = fields.pop(0) if len(fields) % 2 else None
    if not fields:
        decoded.refuse("schema", f"group {index}: holds no measure; expected name|value")
        return
    names, values = fields[::2], fields[1::2]
    if written is None and _TIME in names:
        written = values[names.index(_TIME)]
    try:
        moment = instant(written.strip()) if written is not None else None
    except ValueError:
        expected = "name|value|name|value, with or without a time before it"
        decoded.refuse("schema", f"group {index}: expected {expected}, got {shown(group)!r}")
        return
    for name, value in zip(names, values, strict=True):
        _measure(decoded, device, name, value, moment)


def _measure(decoded: Decoded, device: str, name: str, text: str, moment: int | None) -> None:
    if _NUMBER.fullmatch(text):
        value = float(text)
        if math.isfinite(value):
            decoded.readings.append((device, name, value, None, moment))
            return
    elif not _NOT_FINITE.fullmatch(text):
        return
    decoded.refuse("not_finite", f"{shown(name)}: {shown(text)} is not a finite number")


def looks_like(message: Message) -> bool:
    address = _addresses[message.topic] if message.topic else None
    return address is not None and not message.payload.lstrip().startswith((b"{", b"["))
