"""Health: bins whose battery is low, or whose sensors quality control holds for faulty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.roster import NOT_OURS
from processors.domains.waste.scene import BATTERY, FILL, TEMPERATURE, Scene
from telemetry.batch import Bool

FAULT: Final = "sensor-fault"


class Health:
    """State by bin: whether its fill sensor and its thermometer are held for faulty, and whether its battery is low."""

    name = "health"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.columns = Columns(faults=(np.bool_, False), thermometer=(np.bool_, False), low=(np.bool_, False))
        self.battery = np.zeros(0)

    def grow(self) -> None:
        size = len(self.scene)
        more = [self.scene.at(device).health.battery for device in range(len(self.battery), size)]
        self.battery = np.append(self.battery, more)
        self.columns.grow(size)

    @property
    def sound(self) -> Bool:
        """bool[devices]: whose fill can be relied upon."""
        size = len(self.scene)
        sound: Bool = ~self.columns["low"][:size] & ~self.columns["faults"][:size]
        return sound

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.roster.of(BATTERY), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        rows = self.scene.devices(wave)
        self.columns["low"][rows] = wave.value <= self.battery[rows]

    def tick(self, now: int, out: Outputs) -> None:
        """Take note of what quality control, which speaks at ticks, has just said."""
        roster, of = self.scene.roster, {FILL: self.columns["faults"], TEMPERATURE: self.columns["thermometer"]}
        for signal in out.signals:
            if signal.kind != FAULT or not 0 <= signal.member < roster.seen:
                continue
            slot = roster.slot[signal.member]
            if slot != NOT_OURS and (faults := of.get(int(roster.quantity[slot]))) is not None:
                # Not counted: who begins anew says twice that a fault began, and once that it is over.
                faults[roster.device[slot]] = signal.active

    def indicators(self) -> list[dict[str, Any]]:
        """None: what it knows is in those of the fill."""
        return []

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
