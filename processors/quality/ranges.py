"""Gross range and climatology: what one reading says by itself (QARTOD tests 4 and 5)."""

from __future__ import annotations

import numpy as np

from processors.anomaly.localtime import LocalDay
from processors.anomaly.rules import SLOTS
from telemetry import flags
from telemetry.batch import Float64, Int64, Readings, UInt32
from telemetry.sensors import SensorTable


def gross_range(readings: Readings, sensors: SensorTable) -> UInt32 | None:
    """Fails what the sensor can't have measured: below `min` or above `max` of the catalogue."""
    value = readings.value
    outside = value < sensors.min.take(readings.series)
    outside |= value > sensors.max.take(readings.series)
    if not outside.any():
        return None
    return outside * np.uint32(flags.FAIL | flags.GROSS_RANGE)


class Climatology:
    """Suspects what is unusual at its hour of the local day, where the catalogue says what is usual."""

    def __init__(self, sensors: SensorTable, zone: str) -> None:
        self.sensors = sensors
        self.day = LocalDay(zone)
        self.size = 0
        self.which: Int64 = np.zeros(0, np.int64)
        """The row of `usual` of each series; 0 for none."""
        self.usual: Float64 = np.full((1, 24, 2), np.nan)

    def sync(self) -> None:
        """Follow the growth of the sensor table, which is synced before."""
        known = {row.tobytes(): number for number, row in enumerate(self.usual)}
        which = np.zeros(self.sensors.size - self.size, np.int64)
        for number in range(self.size, self.sensors.size):
            identity = self.sensors.table.identities[number]
            sensor = self.sensors.sensors.get(identity) if identity is not None else None
            if sensor is not None and sensor.climatology:
                hours = np.array(sensor.climatology, np.float64)
                row = known.setdefault(hours.tobytes(), len(self.usual))
                which[number - self.size] = row
                if row == len(self.usual):
                    self.usual = np.concatenate((self.usual, hours[None]))
        self.which = np.concatenate((self.which, which))
        self.size = self.sensors.size

    def test(self, readings: Readings) -> UInt32 | None:
        """Flags to raise, a row each; None where every reading passed."""
        if len(self.usual) == 1 or not len(readings):
            return None
        which = self.which.take(readings.series)
        hour = self.day.slots(readings.time) // (SLOTS // 24)
        low, high = self.usual[which, hour].T
        outside = (readings.value < low) | (readings.value > high)
        if not outside.any():
            return None
        raised: UInt32 = outside * np.uint32(flags.SUSPECT | flags.CLIMATOLOGY)
        return raised
