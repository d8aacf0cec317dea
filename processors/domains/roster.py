"""The series that a domain's analytics look at, in dense slots with their zones and devices.

    roster = Roster(table, "water", ("flow", "pressure"))
    roster.sync()
    slot = roster.slot.take(readings.series)     # -1: not ours

State of an analysis is then arrays indexed by slot, zone or device, all counted from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors.signals import Place
from telemetry.batch import Bool, Int32
from telemetry.growth import extended
from telemetry.series import Device, Identity, SeriesTable

Int8 = NDArray[np.int8]
NOT_OURS: Final = -1


class Roster:
    """Follows a SeriesTable. Ids of slots, zones and devices depend on the order of series ids only,
    so they are the same after a restart."""

    def __init__(self, table: SeriesTable, domain: str, quantities: Sequence[str]) -> None:
        self.table = table
        self.domain = domain
        self.quantities = tuple(quantities)
        self.zones: list[Place] = []
        self.devices: list[Device] = []
        self.seen = 0
        """Series of the table looked at so far."""
        self.slot: Int32 = np.full(0, NOT_OURS, np.int32)
        """int32[series]: the slot of each series."""
        self.series: Int32 = np.zeros(0, np.int32)
        """int32[slots]: the series of each slot."""
        self.quantity: Int8 = np.zeros(0, np.int8)
        """int8[slots]: index into `quantities`."""
        self.zone: Int32 = np.zeros(0, np.int32)
        """int32[slots]: index into `zones`."""
        self.device: Int32 = np.zeros(0, np.int32)
        """int32[slots]: index into `devices`."""
        self.device_zone: Int32 = np.zeros(0, np.int32)
        """int32[devices]: index into `zones`."""
        self._zones: dict[Place, int] = {}
        # Arrays, for dictionaries of 100,000 devices and slots are 19 MB.
        self._number: Int32 = np.zeros(0, np.int32)
        """int32[the table's devices]: index into `devices`."""
        self._slots: Int32 = np.zeros((0, len(self.quantities)), np.int32)
        """int32[devices, quantities]"""

    def __len__(self) -> int:
        return len(self.series)

    def sync(self) -> bool:
        """Take in the series interned since the last call; whether there were any of ours."""
        size = len(self.table)
        if size == self.seen:
            return False
        new: list[tuple[int, int, int, int]] = []
        slots = np.full(size - self.seen, NOT_OURS, np.int32)
        self._number = extended(self._number, len(self.table.devices), NOT_OURS)
        for number in range(self.seen, size):
            identity = self.table.identities[number]
            if identity is None or identity.domain != self.domain or identity.quantity not in self.quantities:
                continue
            slots[number - self.seen] = len(self.series) + len(new)
            device, zone = self._place(number, identity)
            new.append((number, self.quantities.index(identity.quantity), zone, device))
        self.slot = np.concatenate((self.slot, slots))
        self.seen = size
        if not new:
            return False
        series, quantities, zones, devices = np.array(new).T
        self._slots = extended(self._slots, len(self.devices), NOT_OURS)
        self._slots[devices, quantities] = np.arange(len(self), len(self) + len(new))
        self.series = np.concatenate((self.series, series.astype(np.int32)))
        self.quantity = np.concatenate((self.quantity, quantities.astype(np.int8)))
        self.zone = np.concatenate((self.zone, zones.astype(np.int32)))
        self.device = np.concatenate((self.device, devices.astype(np.int32)))
        more = [self._zones[each[:3]] for each in self.devices[len(self.device_zone) :]]
        self.device_zone = np.append(self.device_zone, np.array(more, np.int32))
        return True

    def _place(self, series: int, identity: Identity) -> tuple[int, int]:
        """Device and zone of a series."""
        zone = self._zones.setdefault(identity[:3], len(self.zones))
        if zone == len(self.zones):
            self.zones.append(identity[:3])
        device = int(self.table.device_of[series])
        if self._number[device] == NOT_OURS:
            self._number[device] = len(self.devices)
            # The table's own name of it: one object a device is enough.
            self.devices.append(self.table.devices[device] or Device(*identity[:4]))
        return int(self._number[device]), zone

    def of(self, *quantities: int) -> Bool:
        """bool[slots]: which are of some quantities."""
        return np.isin(self.quantity, quantities)

    def slot_of(self, device: int, quantity: str) -> int:
        """The slot of a device's quantity; NOT_OURS where it has none."""
        return int(self._slots[device, self.quantities.index(quantity)])
