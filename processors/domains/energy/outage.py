"""Outages: devices of a zone without voltage, or whose power goes to zero beside them.

    voltage   ●───●                    ●──     pu
    0.1       ────┼──●──●──●──●──●─────┼───
                  since ├ sure        ends     two devices are believed at once, a lone one when it
                                               says so twice; at a second or faster it must last 3 s

Judged at ticks, for a device's voltages and its power come as series of their own. Panels give
nothing at night and a feeder passes zero at noon: without a voltage, only power that is not used to
be zero is evidence, and never alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors import texts
from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import CRITICAL, POWER, VOLTAGES, WARNING, Grid
from processors.domains.energy.reliability import Reliability
from processors.domains.hearing import Ear, Wave
from processors.domains.roster import NOT_OURS
from telemetry.batch import Float64, Index, Int32, Int64

KIND: Final = "outage"
_PERHAPS, _SURE = 0.6, 0.95
_WARM_UP: Final = 60
"""Readings of a power before its zero is evidence."""
_RARE: Final = 0.01
"""Share of readings at zero, above which a zero is nature."""
_MEMORY: Final = 1000.0
"""Readings in which that share is forgotten."""


class Outages:
    """State by slot: whether it is dead, since when, for how many readings. By device: told (0, 1 perhaps,
    2 sure), since when, and when it was last dark; `restored` by zone: when supply last came back."""

    name = "outage"

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.reliability = Reliability(grid)
        self.slots = Columns(
            dead=(np.bool_, False),
            since=(np.int64, 0),
            turn=(np.int16, 0),
            at=(np.int64, 0),
            fast=(np.bool_, False),
            peak=(np.float64, 0.0),
            zeros=(np.float64, 0.0),
            heard=(np.int32, 0),
        )
        self.devices = Columns(told=(np.int8, 0), since=(np.int64, 0), dark=(np.int64, 0))
        self.zones = Columns(restored=(np.int64, 0))
        self.voltages: Int32 = np.zeros((0, len(VOLTAGES)), np.int32)
        self.power: Int32 = np.zeros(0, np.int32)

    def grow(self) -> None:
        self.grid.grow()
        roster = self.grid.roster
        self.slots.grow(len(roster))
        self.devices.grow(len(roster.devices))
        self.zones.grow(len(roster.zones))
        self.reliability.grow()
        self.voltages = self.grid.devices.of("volts")
        self.power = self.grid.devices.of("power")

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.grid.roster.of(*VOLTAGES, POWER), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, each, slot = self.slots, self.grid.each, wave.slot
        power = wave.quantity == POWER
        size = np.abs(wave.value)
        c["peak"][slot] = np.maximum(c["peak"][slot], size)
        level = np.where(c["dead"][slot], each(slot, "outage.returns"), each(slot, "outage.voltage"))
        level = level * self.grid.slots["nominal"][slot]
        dead = np.where(power, size <= each(slot, "outage.power") * c["peak"][slot], size < level)
        c["zeros"][slot] += (dead - c["zeros"][slot]) / np.minimum(c["heard"][slot] + 1.0, _MEMORY)
        c["heard"][slot] = np.minimum(c["heard"][slot] + 1, 1 << 30)
        c["at"][slot] = wave.time
        turned = dead != c["dead"][slot]
        rows = np.flatnonzero(dead | turned)
        if not len(rows):
            return
        slot, dead, turned, elapsed = slot[rows], dead[rows], turned[rows], wave.elapsed[rows]
        c["since"][slot[turned]] = wave.time[rows[turned]]
        c["turn"][slot] = np.where(dead, np.minimum(np.where(turned, 0, c["turn"][slot]) + 1, 1000), 0)
        c["fast"][slot] = (elapsed > 0) & (elapsed <= each(slot, "sags.interval"))
        c["dead"][slot] = dead

    def tick(self, now: int, out: Outputs) -> None:
        self.reliability.over = []
        concerned = self._concerned()
        if len(concerned):
            level, since = self._judge(concerned)
            told = self.devices["told"][concerned]
            self.devices["dark"][concerned[level > 0]] = now
            for at in np.flatnonzero(level != told).tolist():
                self._turn(int(concerned[at]), int(level[at]), int(since[at]), out)
        self.reliability.roll(now)

    def _concerned(self) -> Index:
        """Devices with a dead slot, and those that are told of."""
        dead = np.flatnonzero(self.slots["dead"][: self.slots.size])
        told = np.flatnonzero(self.devices["told"][: self.devices.size])
        if not len(dead) and not len(told):
            return dead
        return np.union1d(self.grid.roster.device[dead], told).astype(np.intp)

    def _judge(self, devices: Index) -> tuple[Any, Any]:
        """What is known of each device (0, 1, 2), and when its latest word on that began, ms."""
        c, momentary = self.slots, self.grid.variants.each(devices, "outage.momentary")
        volts, power = self.voltages[devices], self.power[devices]
        has = volts != NOT_OURS
        dark = np.where(has, c["dead"][volts], True).all(1) & has.any(1)
        since = np.where(has, c["since"][volts], 0).max(1)
        turn = np.where(has, c["turn"][volts], 1000).min(1)
        at = np.where(has, c["at"][volts], 0).max(1)
        fast = np.where(has, c["fast"][volts], False).any(1)
        # Power that flows after the voltage went says that the sensor is broken.
        known = power != NOT_OURS
        flows = known & ~c["dead"][power] & (c["at"][power] >= since)
        since = np.where(flows, np.maximum(since, c["since"][power]), since)
        by_voltage = np.where(dark & ~flows, np.where(turn >= 2, 2, 1), 0)
        by_voltage = np.where(fast & (at - since < momentary), 0, by_voltage)
        rare = (c["heard"][power] >= _WARM_UP) & (c["zeros"][power] <= _RARE + c["turn"][power] / _MEMORY)
        by_power = known & c["dead"][power] & (c["turn"][power] >= 2) & rare
        alone = ~has.any(1)
        level = np.where(alone, by_power.astype(np.int64), by_voltage)
        told = self.devices["told"][devices]
        level = np.where((level > 0) & (told > level), told, level)
        return level.astype(np.int8), np.where(alone, c["since"][power], since)

    def _turn(self, device: int, level: int, since: int, out: Outputs) -> None:
        c, grid = self.devices, self.grid
        told = int(c["told"][device])
        if not told:
            c["since"][device] = since
        c["told"][device] = level
        began = int(c["since"][device])
        zone = int(grid.roster.device_zone[device])
        if told and not level:
            self.zones["restored"][zone] = max(int(self.zones["restored"][zone]), since)
            self.reliability.ended(device, began, since)
        volts = [int(slot) for slot in self.voltages[device] if slot != NOT_OURS]
        slot = volts[0] if volts else int(self.power[device])
        severity = CRITICAL if grid.devices["equipment"][device] else WARNING
        name = grid.identity(slot).device
        if level:
            time, reason = began, grid.say("outage.dark", device=name)
        else:
            time = since
            reason = grid.say("outage.ended", device=name, lasting=texts.lasting(since - began, grid.language))
        score = _SURE if level == 2 else _PERHAPS
        out.signals.append(grid.signal(KIND, slot, time, level > 0, severity, 0.0, score, reason))

    def indicators(self) -> list[dict[str, Any]]:
        """SAIDI, SAIFI and CAIDI of the month so far."""
        return self.reliability.indicators(*self._told())

    def going_on(self) -> tuple[Float64, Float64]:
        """float64[zones] each: customer-minutes and customers of sustained outages that have not ended."""
        return self.reliability.lasting(*self._told())

    def _told(self) -> tuple[Index, Int64, Int64]:
        """Devices without supply, and of every device since when, and when it was heard last."""
        heard = np.zeros(self.devices.size, np.int64)
        np.maximum.at(heard, self.grid.roster.device[: self.slots.size], self.slots.of("at"))
        return np.flatnonzero(self.devices.of("told")), self.devices["since"], heard

    def snapshot(self) -> State:
        parts = {"slot": self.slots, "device": self.devices, "zone": self.zones, "served": self.reliability.columns}
        return {
            f"{part}.{name}": array for part, columns in parts.items() for name, array in columns.snapshot().items()
        }

    def restore(self, state: State) -> None:
        parts = {"slot": self.slots, "device": self.devices, "zone": self.zones, "served": self.reliability.columns}
        for part, columns in parts.items():
            columns.restore({name: state[f"{part}.{name}"] for name in columns})
