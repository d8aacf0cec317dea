"""Devices that said themselves that they are gone, among what gateways say."""

from __future__ import annotations

import numpy as np

from telemetry.batch import Int32
from telemetry.series import SeriesTable, gateway_key


class Departed:
    """Finds devices by the name under which they were said to be offline."""

    def __init__(self, table: SeriesTable) -> None:
        self.table = table
        self._ids: dict[str, list[int]] = {}
        self._known = 0
        self._generation = table.generation

    def of(self, offline: dict[str, int]) -> Int32:
        """int32[n]: the devices among `offline` (by city and name), which are taken from it. What is a gateway's
        name is left, and so is what nobody has heard of."""
        self._sync()
        names = [key for key in offline if key in self._ids and self.table.find_gateway(key) is None]
        for key in names:
            del offline[key]
        return np.array([number for key in names for number in self._ids[key]], np.int32)

    def _sync(self) -> None:
        devices = self.table.devices
        if self.table.generation != self._generation:
            self._ids, self._known, self._generation = {}, 0, self.table.generation
        for number in range(self._known, len(devices)):
            device = devices[number]
            if device is not None:
                self._ids.setdefault(gateway_key(device.city, device.device), []).append(number)
        self._known = len(devices)
