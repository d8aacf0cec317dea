"""Frequency compliance. A grid has one frequency, so what its meters tell is one incident of the whole city.

Hz  ────────────────── 50.5
    ──┐         ┌───── 49.8   told by two meters
      └─┐     ┌─┘───── 49.5   told by two meters, or by one twice in turn
        └─────┘
    ────────────────── 47     at once
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import CRITICAL, FREQUENCY, HOUR, MINUTE, WARNING, Grid
from processors.domains.hearing import Ear, Wave

KIND: Final = "frequency"
_NOMINAL: Final = 50.0
"""Hz."""
_PERHAPS, _SURE = 0.6, 0.95
_LEVELS: Final = ((0, 0.0), (WARNING, _PERHAPS), (WARNING, _SURE), (CRITICAL, _SURE))
"""What is told: severity and score, 0 nothing."""


class Frequency:
    """State by slot: readings in turn beyond the limits, what was told, and seconds beyond and judged so far."""

    name = "frequency"

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.columns = Columns(
            turn=(np.int16, 0),
            told=(np.int8, 0),
            last=(np.int64, 0),
            beyond=(np.float64, 0.0),
            judged=(np.float64, 0.0),
        )

    def grow(self) -> None:
        self.grid.grow()
        self.columns.grow(len(self.grid.roster))

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.grid.roster.of(FREQUENCY), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, rules, slot, hertz = self.columns, self.grid.energy.frequency, wave.slot, wave.value
        told = c["told"][slot]
        inside = np.where(told > 0, rules.deadband, 0.0)
        beyond = (hertz < rules.low + inside) | (hertz > rules.high - inside)
        alert = np.abs(hertz - _NOMINAL) > rules.alert - inside
        seconds = np.minimum(wave.elapsed, 10 * MINUTE) / 1000.0
        c["judged"][slot] += seconds
        c["last"][slot] = wave.time
        concerned = np.flatnonzero(beyond | alert | (told > 0))
        if not len(concerned):
            return
        at, beyond, alert, told = concerned, beyond[concerned], alert[concerned], told[concerned]
        slot, hertz = slot[at], hertz[at]
        c["beyond"][slot] += np.where(beyond, seconds[at], 0.0)
        turn = np.where(beyond, np.minimum(c["turn"][slot] + 1, 1000), 0)
        far = (hertz < rules.always_low) | (hertz > rules.always_high)
        level = np.where(far, 3, np.where(turn >= rules.agree, 2, 1))
        # What was sure or grave stays so until it is over.
        level = np.where(beyond | alert, np.maximum(level, told), 0).astype(np.int8)
        c["turn"][slot], c["told"][slot] = turn, level
        for row in np.flatnonzero(level != told).tolist():
            moment = int(wave.time[at[row]])
            self._tell(int(slot[row]), moment, float(hertz[row]), int(level[row]), out)

    def _tell(self, slot: int, time: int, hertz: float, level: int, out: Outputs) -> None:
        grid, rules = self.grid, self.grid.energy.frequency
        words = {"frequency": grid.measured(hertz, "frequency", 2), "device": grid.identity(slot).device}
        severity, score = _LEVELS[level]
        if level:
            below, inside = hertz < _NOMINAL, rules.low <= hertz <= rules.high
            limit = _NOMINAL + (-rules.alert if below else rules.alert)
            limit = limit if inside else rules.low if below else rules.high
            words["frequency"] = grid.measured(grid.outward(hertz, limit, 2), "frequency", 2)
            sentence = "frequency.low" if below else "frequency.high"
            reason = grid.say(sentence, limit=grid.measured(limit, "frequency", 2), **words)
        else:
            reason = grid.say("frequency.ended", **words)
        signal = grid.signal(KIND, slot, time, level > 0, severity or WARNING, hertz, score, reason)
        out.signals.append(signal._replace(place=(signal.place[0], "energy", "*")))

    def tick(self, now: int, out: Outputs) -> None:
        """Meters are brought together by the incident."""

    def indicators(self) -> list[dict[str, Any]]:
        """Share of the time so far that each meter saw the frequency within +-1 %."""
        c = self.columns
        told = []
        for slot in np.flatnonzero(c["judged"][: c.size] >= HOUR / 1000.0).tolist():
            share = 100.0 * (1.0 - float(c["beyond"][slot] / c["judged"][slot]))
            told.append(self.grid.indicator(slot, int(c["last"][slot]), "frequency_within_band", round(share, 3), "%"))
        return told

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
