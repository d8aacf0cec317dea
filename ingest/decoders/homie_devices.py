"""What Homie devices said of their properties: datatypes and units, which come in other messages than the values.

Kept in the decoder's memory as homie/{base}/{device}, for retained messages are not sent again to a session that
goes on after a restart.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ingest.decoders.base import Memory
from ingest.decoders.recent import Recent
from ingest.decoders.shelf import Shelf

MAX_DEVICES: Final = 10_000
MAX_PROPERTIES: Final = 2_000
"""Of one device."""
MAX_CACHED: Final = 64_000_000
"""Bytes, roughly, of what is held ready to use, of all devices."""
LONGEST: Final = 128
"""Characters of a node's and a property's name together, and of a unit; no store takes more."""
_DEVICE, _PROPERTY = 2_000, 400
"""What each counts beside its name, in bytes."""


class Property(msgspec.Struct, array_like=True, frozen=True):
    datatype: str | None = None
    unit: str | None = None


class Device(msgspec.Struct, array_like=True):
    properties: dict[str, Property] = {}
    """By `node.property`."""
    root: str | None = None
    """Homie 5: the device that holds the connection for this one."""


class Devices:
    """By base topic and device ID (base/device)."""

    def __init__(self, memory: Memory) -> None:
        self._shelf = Shelf(memory, "homie", MAX_DEVICES)
        self._recent: Recent[Device] = Recent(MAX_CACHED)

    def device(self, name: str) -> Device:
        device = self._recent.get(name)
        if device is None:
            record = self._shelf.get(name)
            device = msgspec.msgpack.decode(record, type=Device) if record else Device()
            self._keep(name, device)
        return device

    def describe(self, name: str, device: Device) -> None:
        """Take a whole description. Raises ValueError when it is too large."""
        if len(device.properties) > MAX_PROPERTIES:
            raise ValueError(f"{len(device.properties)} properties of one device, allowed are {MAX_PROPERTIES}")
        if device != self.device(name):
            self._save(name, device)

    def attribute(self, name: str, prop: str, attribute: str, text: str | None) -> None:
        """Take one attribute, `datatype` or `unit`, of a property. Raises ValueError when it is too large."""
        device = self.device(name)
        before = device.properties.get(prop, Property())
        after = msgspec.structs.replace(before, **{attribute: text})
        if after == before:
            return
        if prop not in device.properties and len(device.properties) >= MAX_PROPERTIES:
            raise ValueError(f"more than {MAX_PROPERTIES} properties of one device")
        device.properties[prop] = after
        self._save(name, device)

    def forget(self, name: str) -> None:
        self._recent.pop(name)
        self._shelf.drop(name)

    def _save(self, name: str, device: Device) -> None:
        self._shelf.put(name, msgspec.msgpack.encode(device))
        self._keep(name, device)

    def _keep(self, name: str, device: Device) -> None:
        names = sum(map(len, device.properties))
        self._recent.put(name, device, _DEVICE + 4 * (len(name) + names) + _PROPERTY * len(device.properties))
