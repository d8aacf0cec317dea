"""The rule "burst": flow that stepped up at an inlet, and pressure that stepped down at another sensor.

    inlet   flow      ───────┘‾‾‾‾‾‾‾‾‾      ┐ within `together`: a burst;
    point   pressure  ────────┐_________     ┘ one of them alone: a sensor

Where the zone has no other sensor of pressure, the inlet's own will do. Tanks that fill after an
interruption do both, so what steps then is no burst.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.water.scene import CRITICAL, WARNING, Scene, Told
from processors.domains.water.steps import Steps
from processors.domains.water.supply import Supply
from telemetry.batch import Bool, Index

KIND: Final = "burst"
_GRAVE: Final = 1.0
"""A leak that takes as much again as the inlet gave before is critical at once."""


class Burst:
    """Only what has been told is kept here: the evidence is in the steps."""

    name = "burst"

    def __init__(self, scene: Scene, steps: Steps, supply: Supply) -> None:
        self.scene, self.steps, self.supply, self.lane = scene, steps, supply, steps.lane
        self.told = Told(scene, KIND, self.lane)

    def grow(self) -> None:
        self.told.grow()

    def tick(self, now: int, out: Outputs) -> None:
        stepped, told = self.steps.stepped(), self.told.columns.of("told")
        if not (stepped.any() or told.any()):
            return
        wanted = np.zeros(len(self.lane), np.bool_)
        zones = self.lane.zone
        both = np.intersect1d(zones[stepped & self.steps.flow], zones[stepped & ~self.steps.flow])
        for zone in both.tolist():
            rows = np.flatnonzero(stepped & (zones == zone))
            wanted[self._agreeing(zone, rows, told, now)] = True
        for row in self.told.edges(wanted).tolist():
            self._speak(row, now, out)

    def bursting(self, zone: int) -> bool:
        return bool((self.told.columns.of("told") & (self.lane.zone == zone)).any())

    def _agreeing(self, zone: int, rows: Index, told: Bool, now: int) -> Index:
        """The rows of a zone that show a burst together; none where they do not agree."""
        steps, device = self.steps, self.lane.device
        latest, flow, known = steps.columns["latest"][rows], steps.flow[rows], told[rows]
        together = self.scene.of_zone(zone).burst.together
        if (known & flow).any() and (known & ~flow).any():
            joined = np.abs(latest[:, np.newaxis] - latest[known]).min(axis=1) <= together
            members: Index = rows[known | joined]
            return members
        near = np.abs(latest[flow][:, np.newaxis] - latest[~flow]) <= together
        present = steps.live(now) & ~steps.flow & (self.lane.zone == zone)
        if len(np.unique(device[present])) > 1:
            near &= device[rows[flow]][:, np.newaxis] != device[rows[~flow]]
        filling = np.array([self.supply.recently(zone, int(time)) for time in latest[flow]], np.bool_)
        near &= ~filling[:, np.newaxis]
        chosen = np.zeros(len(rows), np.bool_)
        chosen[flow], chosen[~flow] = near.any(axis=1), near.any(axis=0)
        return rows[chosen]

    def _speak(self, row: int, now: int, out: Outputs) -> None:
        columns, slot = self.steps.columns, int(self.lane.slot[row])
        identity, active = self.scene.identity(slot), bool(self.told.columns["told"][row])
        before, size, value = (float(columns[name][row]) for name in ("before", "size", "value"))
        grave = self.steps.flow[row] and size >= _GRAVE * abs(before)
        sentence = ("burst.flow" if self.steps.flow[row] else "burst.pressure") if active else "burst.ended"
        reason = self.scene.say(
            sentence,
            zone=identity.zone,
            device=identity.device,
            size=self.scene.measured(size, identity.quantity),
            before=self.scene.measured(before, identity.quantity),
            value=self.scene.measured(value, identity.quantity),
        )
        time = int(columns["since"][row]) if active else max(int(columns["at"][row]), int(columns["since"][row]))
        share = size / max(abs(before), size, 1e-9)
        out.signals.append(
            self.told.signal(row, time, CRITICAL if grave else WARNING, value, 0.5 + 0.5 * share, reason)
        )

    def snapshot(self) -> State:
        return self.told.columns.snapshot()

    def restore(self, state: State) -> None:
        self.told.columns.restore(state)
