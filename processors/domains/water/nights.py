"""The rule "nights": minimum night flow of each zone, what of it leaks, and leaks that grow.

    02:00 ├── mean flow of each inlet ──┤ 04:00     judged at _GRACE after the window
                 its counter agrees? else the counter is believed, and the flow sensor told of

A night counts for a zone when every inlet of it has told enough, its pressure was there and nothing
had burst. A leak is told where the zone's night flow and that of two inlets have grown, or of the
only one: a single meter that drifts is a meter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.roster import NOT_OURS
from processors.domains.water.burst import Burst
from processors.domains.water.counters import Counters
from processors.domains.water.latch import prefixed, under
from processors.domains.water.leaks import Cusum, background, day_factor, legitimate
from processors.domains.water.pressures import HourlyPressure
from processors.domains.water.scene import DAY, FLOW, HOUR, WARNING, Lane, Scene, Told, date_of
from processors.domains.water.supply import Supply
from telemetry.batch import Bool, Float64, Index, Int64

LEAK: Final = "slow-leak"
FAULT: Final = "sensor-fault"
_GRACE: Final = HOUR // 3
_LEAST: Final = 3
"""Readings of a night, at least."""
_RECENT: Final = 2
"""Nights after which an inlet that is silent no longer belongs to its zone."""


class Nights:
    """flows, volumes: what each inlet told of the night under way. zones: the last night that was judged."""

    name = "nights"

    def __init__(self, scene: Scene, counters: Counters, supply: Supply, burst: Burst) -> None:
        self.scene, self.counters, self.supply, self.burst = scene, counters, supply, burst
        self.rules = scene.thresholds.water.night
        self.lane = Lane(scene.roster, FLOW)
        self.flows = Columns(
            night=(np.int64, -1), sum=(np.float64, 0.0), count=(np.int64, 0), first=(np.int64, 0), last=(np.int64, 0)
        )
        self.volumes = Columns(
            night=(np.int64, -1),
            start=(np.float64, 0.0),
            end=(np.float64, 0.0),
            first=(np.int64, 0),
            last=(np.int64, 0),
        )
        self.zones = Columns(
            night=(np.int64, -1),
            flow=(np.float64, np.nan),
            pressure=(np.float64, np.nan),
            factor=(np.float64, 24.0),
            inlets=(np.int64, 0),
            leaking=(np.bool_, False),
        )
        self.pressures = HourlyPressure(scene)
        self.by_inlet, self.by_zone = Cusum(self._of_inlets), Cusum(scene.of_zones)
        self.told, self.faults = Told(scene, LEAK, self.lane), Told(scene, FAULT, self.lane)
        self.judged = -1

    def grow(self) -> None:
        self.lane.grow()
        size, zones = len(self.lane), len(self.scene.roster.zones)
        self.flows.grow(size)
        self.volumes.grow(len(self.counters.lane))
        self.by_inlet.columns.grow(size)
        self.zones.grow(zones)
        self.by_zone.columns.grow(zones)
        self.pressures.grow()
        self.told.grow()
        self.faults.grow()

    def _of_inlets(self, key: str) -> Float64:
        """float64[inlets]: one threshold, as it holds for their zones."""
        return np.asarray(self.scene.of_zones(key)[self.lane.zone])

    def ears(self) -> Iterable[Ear]:
        scene = self.scene
        return [
            Ear(scene.network, self.pressures.heard),
            Ear(scene.inlets, self._flow),
            Ear(scene.counting, self._volume),
        ]

    def _dark(self, wave: Wave) -> tuple[Index, Int64]:
        """The readings that came within the window of nights, and the nights."""
        local = self.scene.clocks(wave)
        hour = local % DAY / HOUR
        chosen = np.flatnonzero((hour >= self.rules.begins) & (hour <= self.rules.ends))
        return chosen, local.take(chosen) // DAY

    def _flow(self, wave: Wave, out: Outputs) -> None:
        chosen, night = self._dark(wave)
        if not len(chosen):
            return
        flows, rows = self.flows, self.lane.rows(wave.slot.take(chosen))
        time, value = wave.time.take(chosen), wave.value.take(chosen)
        new = night != flows["night"][rows]
        for name, fill in (("sum", 0.0), ("count", 0)):
            flows[name][rows[new]] = fill
        flows["first"][rows[new]], flows["night"][rows[new]] = time[new], night[new]
        flows["sum"][rows] += value
        flows["count"][rows] += 1
        flows["last"][rows] = time

    def _volume(self, wave: Wave, out: Outputs) -> None:
        chosen, night = self._dark(wave)
        if not len(chosen):
            return
        rows, time = self.counters.lane.rows(wave.slot.take(chosen)), wave.time.take(chosen)
        volumes, total = self.volumes, self.counters.columns["total"][rows]
        new = night != volumes["night"][rows]
        volumes["night"][rows[new]], volumes["first"][rows[new]] = night[new], time[new]
        volumes["start"][rows[new]] = total[new]
        volumes["end"][rows], volumes["last"][rows] = total, time

    def tick(self, now: int, out: Outputs) -> None:
        local = self.scene.clock(now)
        night = local // DAY
        if night == self.judged or local % DAY < self.rules.ends * HOUR + _GRACE:
            return
        self.judged = night
        if len(self.lane):
            self._judge(night, now, out)

    def _judge(self, night: int, now: int, out: Outputs) -> None:
        flow = self._by_flow(night)
        counted = self._by_counter(night)
        tolerance = self._of_inlets("leak.counter")
        # A counter that stands still while water flows is itself broken.
        wrong = np.isfinite(flow) & (counted > 0) & (np.abs(flow - counted) > tolerance * np.maximum(flow, counted))
        for row in self.faults.edges(np.where(np.isfinite(flow) & (counted > 0), wrong, self._faulty())).tolist():
            self._doubt(row, float(flow[row]), float(counted[row]), now, out)
        flow = np.where(wrong, counted, flow)
        calm = self._zones(flow, night)
        rows = np.flatnonzero(np.isfinite(flow) & calm[self.lane.zone])
        self.by_inlet.take(rows, flow[rows])
        zones = np.flatnonzero(calm)
        self.by_zone.take(zones, self.zones["flow"][zones])
        self._leaks(zones)
        wanted = self.zones.of("leaking")[self.lane.zone] & self._grown()
        changed = np.zeros(len(self.lane), np.bool_)
        changed[self.told.edges(wanted)] = True
        # What goes on is told anew each night that counts: it grows.
        for row in np.flatnonzero(changed | (wanted & calm[self.lane.zone])).tolist():
            self._speak(row, now, out)

    def _faulty(self) -> Bool:
        told: Bool = self.faults.columns.of("told")
        return told

    def _by_flow(self, night: int) -> Float64:
        """float64[inlets]: mean L/s; NaN where too little was told."""
        flows = {name: self.flows.of(name) for name in self.flows}
        told = self._long(flows["night"] == night, flows["last"] - flows["first"], self._of_inlets("night.coverage"))
        told &= flows["count"] >= _LEAST
        return np.where(told, flows["sum"] / np.maximum(flows["count"], 1), np.nan)

    def _by_counter(self, night: int) -> Float64:
        """float64[inlets]: L/s by the device's own counter; NaN where it has none, or told too little."""
        roster, rows = self.scene.roster, np.full(len(self.lane), NOT_OURS)
        for row, device in enumerate(self.lane.device.tolist()):
            slot = roster.slot_of(device, "volume")
            if slot != NOT_OURS:
                rows[row] = self.counters.lane.row[slot]
        found = np.full(len(rows), np.nan)
        has = np.flatnonzero(rows != NOT_OURS)
        volumes = {name: self.volumes.of(name)[rows[has]] for name in self.volumes}
        lasted = volumes["last"] - volumes["first"]
        told = self._long(volumes["night"] == night, lasted, self._of_inlets("night.coverage")[has])
        seconds = np.maximum(lasted, 1) / 1000
        found[has] = np.where(told, 1000 * (volumes["end"] - volumes["start"]) / seconds, np.nan)
        return found

    def _long(self, tonight: Bool, lasted: Int64, coverage: Float64) -> Bool:
        """Which have told of enough of the night."""
        whole = (self.rules.ends - self.rules.begins) * HOUR
        return np.asarray(tonight & (lasted >= coverage * whole))

    def _zones(self, flow: Float64, night: int) -> Bool:
        """Sum up each zone's night; bool[zones]: those whose night counts."""
        zone, count = self.lane.zone, self.zones.size
        inlet = self.scene.inlets[self.lane.slot]
        belongs = inlet & (night - self.flows.of("night") < _RECENT)
        told = belongs & np.isfinite(flow)
        due, heard = (np.bincount(zone[each], minlength=count) for each in (belongs, told))
        whole = (due > 0) & (due == heard)
        pressure = self.pressures.between(self.rules.begins, self.rules.ends)
        calm: Bool = whole & ~(pressure <= self.scene.of_zones("supply.dry"))
        begins = night * DAY + round(self.rules.begins * HOUR)
        moment = int(self.scene.local.from_wall(np.array([begins]))[0])
        for each in np.flatnonzero(calm).tolist():
            calm[each] = not (self.supply.recently(each, moment) or self.burst.bursting(each))
        zones = self.zones
        zones.of("night")[calm] = night
        zones.of("flow")[calm] = np.bincount(zone[told], flow[told], count)[calm]
        zones.of("pressure")[calm] = pressure[calm]
        zones.of("inlets")[calm] = heard[calm]
        for each in np.flatnonzero(calm).tolist():
            exponent = self.scene.of_zone(each).night.exponent
            zones["factor"][each] = day_factor(self.pressures.of_zone(each), float(pressure[each]), exponent)
        return calm

    def _grown(self) -> Bool:
        return np.asarray(self.by_inlet.columns.of("sum") >= self._of_inlets("leak.agree"))

    def _leaks(self, zones: Index) -> None:
        """Decide which zones leak, of those whose night counted."""
        alarm, leaking = self.scene.of_zones("leak.alarm"), self.zones.of("leaking")
        inlets = np.bincount(self.lane.zone[self._grown()], minlength=self.zones.size)
        gathered, dev = (self.by_zone.columns.of(name) for name in ("sum", "dev"))
        alone = self.zones.of("inlets") == 1
        found = (gathered >= alarm) & ((inlets >= 2) | (alone & (inlets >= 1)))
        over = leaking & (dev < 1.0)
        leaking[zones] = np.where(over, False, leaking | found)[zones]
        ended = np.intersect1d(np.flatnonzero(over), zones)
        self.by_zone.forgive(ended)
        self.by_inlet.forgive(np.flatnonzero(np.isin(self.lane.zone, ended)))

    def _doubt(self, row: int, flow: float, counted: float, now: int, out: Outputs) -> None:
        identity = self.scene.identity(int(self.lane.slot[row]))
        active = bool(self.faults.columns["told"][row])
        reason = self.scene.say(
            "nights.differ" if active else "nights.agree",
            zone=identity.zone,
            device=identity.device,
            flow=self.scene.measured(flow, "flow"),
            counted=self.scene.measured(counted, "flow"),
        )
        out.signals.append(self.faults.signal(row, now, WARNING, flow, 0.8, reason))

    def _speak(self, row: int, now: int, out: Outputs) -> None:
        identity = self.scene.identity(int(self.lane.slot[row]))
        zone = int(self.lane.zone[row])
        night, usual = float(self.zones["flow"][zone]), float(self.by_zone.columns["usual"][zone])
        reason = self.scene.say(
            "nights.leak" if self.told.columns["told"][row] else "nights.ended",
            zone=identity.zone,
            flow=self.scene.measured(night, "flow"),
            usual=self.scene.measured(usual, "flow"),
        )
        out.signals.append(self.told.signal(row, now, WARNING, night, 0.8, reason))

    def indicators(self) -> list[dict[str, Any]]:
        """Per zone, of the last night that counted: night flow, its lawful part, leakage of the night and the day."""
        found = []
        for zone in np.flatnonzero(self.zones.of("night") >= 0).tolist():
            rules = self.scene.of_zone(zone).night
            flow, pressure, factor = (self.zones[name][zone].item() for name in ("flow", "pressure", "factor"))
            lawful, sound = legitimate(rules), background(rules, pressure)
            leakage = max(flow - lawful, 0.0)
            place = self.scene.named(zone) | {"day": date_of(self.zones["night"][zone].item())}
            found += [
                place | {"indicator": "night-flow", "unit": "L/s", "value": flow, "legitimate": lawful},
                place
                | {"indicator": "night-leakage", "unit": "L/s", "value": leakage, "background": sound}
                | {"excess": max(leakage - sound, 0.0), "pressure": pressure if np.isfinite(pressure) else None},
                place | {"indicator": "daily-leakage", "unit": "m3", "value": leakage * 3.6 * factor, "hours": factor},
            ]
        return found

    def _parts(self) -> dict[str, Columns]:
        return {
            "flows": self.flows,
            "volumes": self.volumes,
            "zones": self.zones,
            "pressures": self.pressures.columns,
            "inlets": self.by_inlet.columns,
            "sums": self.by_zone.columns,
            "told": self.told.columns,
            "faults": self.faults.columns,
        }

    def snapshot(self) -> State:
        state: State = {"judged": np.array([self.judged])}
        for name, part in self._parts().items():
            state |= prefixed(name, part.snapshot())
        return state

    def restore(self, state: State) -> None:
        self.judged = int(state["judged"][0])
        for name, part in self._parts().items():
            part.restore(under(name, state))
