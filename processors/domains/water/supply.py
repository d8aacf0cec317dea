"""The rule "supply": water that does not come, and for how many households how long.

A zone is interrupted when its pressure is gone at two sensors, or at one while the flow of an
inlet elsewhere has stopped, or at the only one that the zone has. One dry sensor among others
is a sensor, not a zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.water.latch import SILENT, Latch, prefixed, under
from processors.domains.water.scene import (
    CRITICAL,
    CUSTOMER,
    HOUR,
    Scene,
    Told,
    several,
)
from processors.domains.water.steps import Steps
from telemetry.batch import Bool, Float64, Index

KIND: Final = "supply-interrupted"
_RETURNS: Final = 2.0
"""Pressure must come back to so many times what is dry."""
_MEMORY: Final = 0.005
"""Of an inlet's usual flow, a reading."""
_WARM_UP: Final = 30
"""Readings until an inlet's usual flow is known."""
_LONGEST_STEP: Final = 600_000
"""ms between two ticks; what lies beyond was not watched, so it is not counted."""


class Supply:
    """Per sensor whether it is dry (pressure) or still (flow); per zone the interruption and its household hours."""

    name = "supply"

    def __init__(self, scene: Scene, steps: Steps) -> None:
        self.scene, self.steps, self.lane = scene, steps, steps.lane
        self.told = Told(scene, KIND, self.lane)
        self.dry = Latch()
        self.flows = Columns(usual=(np.float64, np.nan), seen=(np.int64, 0))
        self.zones = Columns(
            active=(np.bool_, False),
            began=(np.int64, 0),
            ended=(np.int64, 0),
            times=(np.int64, 0),
            hours=(np.float64, 0.0),
            household_hours=(np.float64, 0.0),
            households=(np.float64, 0.0),
        )
        self.ticked = 0
        self.limit: Float64 = np.zeros(0)
        self.share: Float64 = np.zeros(0)
        self.refill: Float64 = np.zeros(0)
        self.samples: Float64 = np.zeros(0)

    def grow(self) -> None:
        size, slots = len(self.lane), self.lane.slot
        self.told.grow()
        self.flows.grow(size)
        self.dry.grow(size)
        self.zones.grow(len(self.scene.roster.zones))
        self.limit = self.scene.each(slots, "supply.dry")
        self.share = self.scene.each(slots, "supply.still")
        self.samples = self.scene.each(slots, "supply.samples")
        self.refill = self.scene.of_zones("burst.refill")

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.inlets, self._flow), Ear(self.scene.network, self._pressure)]

    def _flow(self, wave: Wave, out: Outputs) -> None:
        rows = self.lane.rows(wave.slot)
        self._judge(rows, wave, self._usual(rows, wave.value))

    def _pressure(self, wave: Wave, out: Outputs) -> None:
        rows = self.lane.rows(wave.slot)
        self._judge(rows, wave, self.limit[rows])

    def _judge(self, rows: Index, wave: Wave, limit: Float64) -> None:
        self.dry.take(rows, wave.time, wave.value < limit, wave.value > _RETURNS * limit, self.samples[rows])

    def _usual(self, rows: Index, value: Float64) -> Float64:
        """Below what an inlet is still, from what is usual so far; -inf in warm-up."""
        usual, seen = self.flows["usual"][rows], self.flows["seen"][rows]
        limit = np.where(seen >= _WARM_UP, self.share[rows] * usual, -np.inf)
        learning = ~(value < limit) & np.isfinite(value)
        rate = np.maximum(_MEMORY, 1.0 / (seen + 1))
        learned = np.where(np.isnan(usual), value, usual + rate * (value - usual))
        self.flows["usual"][rows] = np.where(learning, learned, usual)
        self.flows["seen"][rows] = np.minimum(seen + learning, _WARM_UP * 100)
        return limit

    def tick(self, now: int, out: Outputs) -> None:
        elapsed, self.ticked = now - self.ticked, now
        dry, told = self.dry.on, self.told.columns.of("told")
        if not (dry.any() or told.any()):
            return
        gone = told & (now - self.steps.columns.of("at") > SILENT)
        dry = dry & (self.steps.live(now) | told) & ~gone
        interrupted = self._interrupted(dry, now)
        self._count(interrupted, min(elapsed, _LONGEST_STEP), now)
        for row in self.told.edges(gone | (dry & interrupted[self.lane.zone])).tolist():
            self._speak(row, now, out)

    def recently(self, zone: int, time: int) -> bool:
        """Whether a zone was interrupted at `time`, or was filling up after it."""
        began, ended = int(self.zones["began"][zone]), int(self.zones["ended"][zone])
        if self.zones["active"][zone]:
            return time >= began
        return began > 0 and began <= time <= ended + self.refill[zone]

    def _interrupted(self, dry: Bool, now: int) -> Bool:
        """bool[zones]"""
        zone, device, count = self.lane.zone, self.lane.device, self.zones.size
        flow, live = self.steps.flow, self.steps.live(now) | dry
        gone = dry & ~flow
        alone = several(device[live & ~flow], zone[live & ~flow], count) <= 1
        taps = several(device[gone], zone[gone], count)
        agree = several(device[dry], zone[dry], count) >= 2
        without = several(device[live & ~flow], zone[live & ~flow], count) == 0
        running = np.bincount(zone[live & flow & ~dry], minlength=count)
        still = np.bincount(zone[dry & flow], minlength=count)
        bursting = np.bincount(zone[self.steps.stepped() & flow], minlength=count) > 0
        found = ((taps >= 1) & (agree | alone)) | (without & (still >= 2) & (running == 0))
        return np.asarray(found & ~bursting)

    def _count(self, interrupted: Bool, elapsed: int, now: int) -> None:
        zones = self.zones
        before = zones.of("active")
        begins, ends = interrupted & ~before, before & ~interrupted
        zones.of("began")[begins] = now
        zones.of("times")[begins] += 1
        zones.of("ended")[ends] = now
        if begins.any():
            zones.of("households")[begins] = self.households()[begins]
        zones.of("active")[:] = interrupted
        hours = interrupted * (elapsed / HOUR)
        zones.of("hours")[:] += hours
        zones.of("household_hours")[:] += hours * zones.of("households")

    def households(self) -> Float64:
        """float64[zones]: those that the settings name, or a customer's meter each, or a sensor of pressure each."""
        roster, count = self.scene.roster, len(self.scene.roster.zones)
        named = self.scene.of_zones("supply.households")
        customers = np.bincount(roster.device_zone[self.scene.role == CUSTOMER], minlength=count)
        sensors = np.bincount(roster.zone[self.scene.network], minlength=count)
        return np.where(named > 0, named, np.where(customers > 0, customers, sensors))

    def _speak(self, row: int, now: int, out: Outputs) -> None:
        slot = int(self.lane.slot[row])
        identity = self.scene.identity(slot)
        value = float(self.steps.columns["value"][row])
        active = bool(self.told.columns["told"][row])
        words = {"zone": identity.zone, "device": identity.device}
        reason = self.scene.say(
            "supply.gone" if active else "supply.back", **words, value=self.scene.measured(value, identity.quantity)
        )
        # A zone may be interrupted later than its first dry sensor: not what that alone had seen.
        since = int(self.dry.since[row]) if self.dry.on[row] == active else now
        out.signals.append(self.told.signal(row, since, CRITICAL, value, 0.9, reason))

    def indicators(self) -> list[dict[str, Any]]:
        """Per zone that was interrupted: hours, and household hours (ISO 37120), since the first reading."""
        found = []
        for zone in np.flatnonzero(self.zones.of("times")).tolist():
            row = {name: self.zones[name][zone].item() for name in ("times", "hours", "household_hours", "households")}
            found.append(
                self.scene.named(zone)
                | {"indicator": "interruption", "unit": "h", "value": row["hours"], "time": self.ticked}
                | {name: row[name] for name in ("times", "household_hours", "households")}
                | {"active": bool(self.zones["active"][zone])}
            )
        return found

    def snapshot(self) -> State:
        return {
            "clock": np.array([self.ticked]),
            **prefixed("dry", self.dry.snapshot()),
            **prefixed("flows", self.flows.snapshot()),
            **prefixed("zones", self.zones.snapshot()),
            **prefixed("told", self.told.columns.snapshot()),
        }

    def restore(self, state: State) -> None:
        self.ticked = int(state["clock"][0])
        self.dry.restore(under("dry", state))
        self.flows.restore(under("flows", state))
        self.zones.restore(under("zones", state))
        self.told.columns.restore(under("told", state))
