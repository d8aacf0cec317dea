"""Tilt: a bin that lies on its side, for `samples` readings in turn.

deg   45 ───────────●────●────●──────────────
         ●    ●          ▲             ●    ●
                         down               up again
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.waste.scene import TILT, WARNING, Scene
from processors.kinds import KINDS
from telemetry.batch import Bool

KIND: Final = "bin-tilt"
_SILENT: Final = round(1000 * KINDS[KIND].silent)
"""ms after which nobody knows whether a bin still lies there; as long as its incident waits for a word."""


class Tilt:
    """State by bin: whether it is down, how many readings in turn say otherwise, and when it was heard."""

    name = "tilt"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.columns = Columns(down=(np.bool_, False), against=(np.uint8, 0), at=(np.int64, 0))
        self.angle = np.zeros(0)
        self.samples = np.zeros(0, np.uint8)

    def grow(self) -> None:
        size = len(self.scene)
        rules = [self.scene.at(device).tilt for device in range(len(self.angle), size)]
        self.angle = np.append(self.angle, [each.angle for each in rules])
        self.samples = np.append(self.samples, np.array([each.samples for each in rules], np.uint8))
        self.columns.grow(size)

    def lying(self, now: int) -> Bool:
        """bool[devices]: which are down, as far as anyone has heard of late."""
        c, size = self.columns, len(self.scene)
        return np.asarray(c["down"][:size] & (now - c["at"][:size] <= _SILENT))

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.roster.of(TILT), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, rows = self.columns, self.scene.devices(wave)
        c["at"][rows] = wave.time
        down = c["down"][rows]
        otherwise = (wave.value > self.angle[rows]) != down
        against = c["against"][rows]
        if not otherwise.any() and not against.any():
            return
        against = np.where(otherwise, against + 1, 0).astype(np.uint8)
        turned = against >= self.samples[rows]
        c["against"][rows] = np.where(turned, 0, against)
        c["down"][rows] = down ^ turned
        for at in np.flatnonzero(turned).tolist():
            self._tell(int(rows[at]), int(wave.time[at]), float(wave.value[at]), out)

    def _tell(self, device: int, time: int, value: float, out: Outputs) -> None:
        active = bool(self.columns["down"][device])
        words = {"value": self.scene.measured(value, "tilt")} if active else {}
        reason = self.scene.say("tilt.down" if active else "tilt.up", device, **words)
        said = (time, active, WARNING, value, 0.9)
        out.signals.append(self.scene.signal(KIND, device, "tilt", said, reason, self.scene.name(device).device))

    def tick(self, now: int, out: Outputs) -> None:
        """Each bin is judged by itself."""

    def indicators(self) -> list[dict[str, Any]]:
        """None: a fall is an incident."""
        return []

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
