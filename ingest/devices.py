"""What ingest knows of each device: its series, its conversions, its gateway, its usual message."""

from __future__ import annotations

import sys
from typing import Any, Final

from ingest.columns import Conversions, record
from ingest.decoders.native import Decoded
from ingest.shapes import Decode, Form, Shapes
from telemetry.errors import SeriesLimit
from telemetry.flags import UNKNOWN
from telemetry.sensors import SensorTable
from telemetry.series import Device as Place
from telemetry.series import Identity, gateway_key
from telemetry.units import UnitError, canonical_unit, conversion

MAX_LESSONS: Final = 4
"""A device whose form changes more often than this is read by the flexible decoder for good."""
MAX_RECORDS: Final = 1024
"""Of one device, beyond those of its series: spellings of units are the sender's to invent."""


class Refused(ValueError):
    """One reading can't be taken; `reason` is the contract's word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


NO_RECORDS: Final[dict[str | tuple[str, str], bytes]] = {}
"""Never written to."""
_JOINED: Final = frozenset({Form.ONE, Form.MANY, Form.SIGNED, Form.PACKED})
"""Forms whose messages are read without a look at a single record."""


class Device:
    """A sender of readings: one topic."""

    __slots__ = ("catalogued", "gateway", "gateway_name", "lessons", "place", "records", "topic")

    def __init__(self, topic: bytes, place: Place) -> None:
        self.topic = topic
        self.place = place
        self.gateway = -1
        self.gateway_name: str | None = None
        self.catalogued = False
        """The catalogue names its gateway: what a message says of it is not believed."""
        self.records = NO_RECORDS
        """By quantity, or by (quantity, unit) where a message names the unit. None where the entry has them joined."""
        self.lessons = 0
        """How often its usual form was learnt."""


Entry = tuple[Decode, Form, bytes, Any]
"""What the scanner finds under a topic: how to decode, what the result looks like, the records of the
usual message's quantities, and whose it is: a Device, or for Form.FOREIGN a Sender. A plain tuple: a named
one takes 0.05 us more to unpack."""


class Devices:
    """Admits devices and their series, and remembers by topic how their messages are read.

    Bounded: only devices with an accepted series are remembered, so by `limits.max_series`;
    a device has one record per series and known unit.
    """

    def __init__(self, sensors: SensorTable, shapes: Shapes | None = None) -> None:
        self.sensors = sensors
        self.table = sensors.table
        self.shapes = shapes or Shapes()
        self.conversions = Conversions()
        self.entries: dict[bytes, Entry] = {}
        self.max_entries = self.table.max_series
        self._gateways = {
            sensor.identity[:4]: sensor.gateway for sensor in sensors.sensors.values() if sensor.gateway is not None
        }

    def device(self, topic: bytes, place: Place) -> Device:
        """The device under `topic`: the one remembered, or a new one with the catalogue's gateway."""
        entry = self.entries.get(topic)
        if entry is not None:
            known: Device = entry[3]
            return known
        device = Device(topic, place)
        gateway = self._gateways.get(place)
        if gateway is not None:
            self._join(device, gateway, self.table.intern_gateway(gateway_key(place.city, gateway)))
            device.catalogued = True
        return device

    def assign(self, device: Device, gateway: str) -> bool:
        """`device` belongs to `gateway` from here on; False where the catalogue says another, or the name is one
        too many: then it stays where it is."""
        if gateway == device.gateway_name:
            return True
        if device.catalogued:
            return False
        place = device.place
        number = self.table.admit_gateway(gateway_key(place.city, gateway), place[:3], place)
        if number < 0:
            return False
        self._join(device, gateway, number)
        return True

    def _join(self, device: Device, gateway: str, number: int) -> None:
        device.gateway, device.gateway_name = number, gateway
        device.records = NO_RECORDS
        self.entries.pop(device.topic, None)

    def record(self, device: Device, quantity: str, unit: str | None) -> bytes:
        """The record of one reading. Raises Refused (`unit`, `series_limit`)."""
        key = quantity if unit is None else (quantity, unit)
        known = device.records.get(key)
        if known is not None:
            return known
        # JSON brings a new string each time; kept by every device they are 10 MB at 100,000.
        quantity = sys.intern(quantity)
        key = quantity if unit is None else (quantity, unit)
        identity = Identity(*device.place, quantity)
        sensor = self.sensors.sensors.get(identity)
        scale, offset = self._conversion(identity, unit or (sensor.unit if sensor else None) or None)
        try:
            series = self.table.intern(identity)
        except SeriesLimit as error:
            raise Refused("series_limit", str(error)) from error
        if device.gateway >= 0:
            self.table.assign_gateway(int(self.table.device_of[series]), device.gateway)
        flags = UNKNOWN if self.sensors.sensors and sensor is None else 0
        made = record(series, device.gateway, flags, self.conversions.number(scale, offset))
        if unit is None or len(device.records) < MAX_RECORDS:
            device.records = device.records or {}
            device.records[key] = made
        # One object a device is enough: copies of 100,000 are 9 MB.
        device.place = self.table.devices[int(self.table.device_of[series])] or device.place
        return made

    def _conversion(self, identity: Identity, sent: str | None) -> tuple[float, float]:
        """scale, offset to the canonical unit. Quantities that nadi does not know stay as they are."""
        canonical = canonical_unit(identity.domain, identity.quantity)
        if canonical is None or sent is None:
            return 1.0, 0.0
        try:
            return conversion(sent, canonical)
        except UnitError as error:
            raise Refused("unit", f"{identity.quantity}: {error}") from error

    def learn(self, device: Device, decoded: Decoded) -> None:
        """Remember how to read the next message of a device from this one, read carefully."""
        known = device.records or device.topic in self.entries
        if not known or decoded.faults or len(self.entries) >= self.max_entries:
            return
        device.lessons += 1
        usual = decoded.usual if device.lessons <= MAX_LESSONS else None
        form, decode = self.shapes.choose(usual, decoded.array)
        quantities = usual.quantities if usual and form is not Form.FLEXIBLE else ()
        joined = b"".join(self.record(device, quantity, None) for quantity in quantities)
        self.entries[device.topic] = (decode, form, joined, device)
        if form in _JOINED:
            device.records = NO_RECORDS  # made again where another message asks for one: 25 MB at 100,000 devices
