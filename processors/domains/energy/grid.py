"""What all energy rules share: who is who, by which thresholds, and in which words."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from config.thresholds import Thresholds
from config.thresholds.energy import EnergyThresholds
from processors import texts
from processors.anomaly.localtime import LocalDay
from processors.domains.columns import Columns
from processors.domains.roster import NOT_OURS, Roster
from processors.domains.variants import Variants
from processors.signals import Signal
from telemetry.batch import Bool, Float64, Index, Int32
from telemetry.sensors import SensorTable
from telemetry.series import Identity

QUANTITIES: Final = (
    *("voltage", "voltage_a", "voltage_b", "voltage_c"),
    *("current", "current_a", "current_b", "current_c"),
    *("power", "energy", "frequency"),
)
VOLTAGES: Final = (0, 1, 2, 3)
CURRENTS: Final = (4, 5, 6, 7)
POWER, ENERGY, FREQUENCY = 8, 9, 10
INFO, WARNING, CRITICAL = 0, 1, 2
MINUTE: Final = 60_000
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR


class Grid:
    """Facts by slot (`slots`) and by device (`devices`); not state, for they follow from the catalogue.

    slots: nominal V, the catalogue's `high`, `modulus`, `max` and `interval` (ms, 0 where unknown).
    devices: whether it measures voltage; whether it is equipment of the grid, which measures current;
    whether it is a home's meter, which counts energy and measures voltage, but not current; the slots
    of its voltages and of its power, NOT_OURS where it has none.
    """

    def __init__(
        self, roster: Roster, sensors: SensorTable, thresholds: Thresholds, language: texts.Language, zone: str
    ) -> None:
        self.roster = roster
        self.sensors = sensors
        self.thresholds = thresholds
        self.energy = thresholds.energy
        """As it holds for the whole city."""
        self.language = language
        self.local = LocalDay(zone)
        nan = np.nan
        self.slots = Columns(
            nominal=(np.float64, nan),
            high=(np.float64, nan),
            modulus=(np.float64, nan),
            most=(np.float64, nan),
            interval=(np.int64, 0),
        )
        self.devices = Columns(
            voltage=(np.bool_, False),
            equipment=(np.bool_, False),
            home=(np.bool_, False),
            volts=(np.int32, NOT_OURS, len(VOLTAGES)),
            power=(np.int32, NOT_OURS),
        )
        self.variants = Variants(thresholds, lambda site: site.energy)

    def grow(self) -> None:
        """Take in what is new in the roster; every rule may call it."""
        size, before = len(self.roster), self.slots.size
        if size == before:
            return
        self.slots.grow(size)
        self.devices.grow(len(self.roster.devices))
        self.variants.grow(self.roster.devices)
        self.sensors.sync()
        new = np.arange(before, size)
        series = self.roster.series[new]
        for name, column in (
            ("high", self.sensors.high),
            ("modulus", self.sensors.modulus),
            ("most", self.sensors.max),
            ("interval", self.sensors.interval),
        ):
            self.slots[name][new] = column[series]
        self.slots["nominal"][new] = self.each(new, "voltage.nominal")
        quantity, device = self.roster.quantity[new], self.roster.device[new]
        for number in VOLTAGES:
            self.devices["volts"][device[quantity == number], number] = new[quantity == number]
        self.devices["power"][device[quantity == POWER]] = new[quantity == POWER]
        self.devices["voltage"][device[np.isin(quantity, VOLTAGES)]] = True
        self.devices["equipment"][device[np.isin(quantity, CURRENTS)]] = True
        self.devices["home"][device[quantity == ENERGY]] = True
        self.devices["home"] &= self.devices["voltage"] & ~self.devices["equipment"]

    def identity(self, slot: int) -> Identity:
        identity = self.roster.table.identities[int(self.roster.series[slot])]
        assert identity is not None
        return identity

    def at(self, slot: int) -> EnergyThresholds:
        """What holds for the device of a slot."""
        return self.variants.at(int(self.roster.device[slot]))

    def each(self, slots: Index | Int32, key: str) -> Float64:
        """One threshold of each slot's device: float64[slots], or [1] where the same holds for all."""
        return self.variants.each(self.roster.device[slots], key)

    def of(self, slots: Index, *quantities: int) -> Bool:
        """Which slots are of some quantities."""
        wanted = np.zeros(len(self.roster.quantities), np.bool_)
        wanted[list(quantities)] = True
        return np.asarray(wanted[self.roster.quantity[slots]])

    def measured(self, value: float, quantity: str, decimals: int) -> str:
        """A value with its unit, as people say it: without digits that mean nothing."""
        return texts.measured(round(value, decimals), "energy", quantity.split("_")[0], self.language)

    def outward(self, value: float, limit: float, decimals: int) -> float:
        """A value rounded, but never to the very limit that it is beyond: "231 V, above 231 V" helps nobody."""
        shown = round(value, decimals)
        if value == limit or shown != round(limit, decimals):
            return shown
        return round(shown + math.copysign(10.0**-decimals, value - limit), decimals)

    def number(self, value: float, decimals: int = 0) -> str:
        return texts.number(round(value, decimals), self.language)

    def say(self, sentence: str, **words: str) -> str:
        return texts.say(sentence, self.language, **words)

    def signal(
        self, kind: str, slot: int, time: int, active: bool, severity: int, value: float, score: float, reason: str
    ) -> Signal:
        """An edge of a slot's condition, at its zone."""
        identity = self.identity(slot)
        member = int(self.roster.series[slot])
        return Signal(kind, identity[:3], "", member, time, active, severity, value, score, reason)

    def indicator(self, slot: int, time: int, name: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
        """One of a device, ready for JSON."""
        identity = self.identity(slot)
        place = {"city": identity.city, "zone": identity.zone, "device": identity.device, "time": time}
        return {**place, "indicator": name, "value": value, "unit": unit, **more}
