"""The flood wave on its way down a river: the gauges below hear of it hours before it comes.

    Katulampa  ──███████──────────────────────  at Siaga 3 or above
    Depok      ─────────┆───├ due ┤···┤───────  the same 3 h later; margin: it may be late
    incident     ████████████████████████       until it has passed the last gauge; a second wave behind it
                                                is told to who took on the first

Judged at ticks, for it joins gauges.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.disaster.gauges import River
from processors.domains.disaster.rivers import Rivers
from processors.domains.disaster.scene import CRITICAL, HOUR, WARNING
from processors.signals import NOBODY, Signal

KIND: Final = "flood-warning"
CRITICAL_STAGE: Final = 2
_ANEW: Final = HOUR
"""ms for which a gauge was not high, after which it tells of another wave: a level that swings does not. Our own."""


class Due(NamedTuple):
    """A gauge that the wave has not reached yet, or not passed. times: ms."""

    row: int
    source: int
    """Row of the gauge from which it is known, the nearest above."""
    arrives: int
    passed: int


class Waves:
    """State by river: how grave a wave operators know of, 0 none. In a snapshot rivers go by their names, for the
    settings may name others after it. By gauge: since when the wave is high there that was told of (0: none was), and
    until when it was at the last tick."""

    name = "waves"

    def __init__(self, rivers: Rivers) -> None:
        self.gauges = rivers
        self.scene = rivers.scene
        self.margin = rivers.rules.margin
        self.names = list(rivers.rules.rivers)
        self.told = np.zeros(len(self.names), np.int8)
        self.fronts = Columns(high=(np.int64, 0), until=(np.int64, 0))
        travels = [max(river.reaches.values()) for river in rivers.rivers.values()]
        self._gone: list[str] = []
        """Rivers that the settings name no more, while a wave on them is still told."""
        self.longest = round(max(travels, default=0) * (1.0 + self.margin))
        """ms after which no wave is on its way any more."""

    def grow(self) -> None:
        self.fronts.grow(len(self.gauges.lane))

    def tick(self, now: int, out: Outputs) -> None:
        for name in self._gone:
            out.signals.append(self._signal(name, [], 0, now))
        self._gone = []
        latest = int(self.gauges.columns["high_until"].max(initial=0))
        if not latest or (not self.told.any() and now - latest > self.longest):
            return
        for number, name in enumerate(self.names):
            due = self.due(name, now)
            grave = max((int(self._grade(each)) for each in due), default=0)
            further, anew = self._fronts(name, due)
            if anew and grave == self.told[number]:
                # Who took on the first wave is to hear of the second: it is over, and holds anew.
                out.signals.append(self._signal(name, due, grave, now)._replace(active=False))
            if anew or further or grave != self.told[number]:
                self.told[number] = grave
                out.signals.append(self._signal(name, due, grave, now))

    def _fronts(self, name: str, due: list[Due]) -> tuple[bool, bool]:
        """Whether a wave has come to a further gauge; whether one is another than was told of."""
        c, columns, further, anew = self.fronts, self.gauges.columns, False, False
        for row in {each.source for each in due}:
            high, before = int(columns["high"][row]), int(c["high"][row])
            further |= not before
            anew |= before != 0 and high - int(c["until"][row]) > _ANEW
            c["high"][row], c["until"][row] = high, int(columns["high_until"][row])
        if not due:
            c["high"][self._of(name)] = 0
        return further, anew

    def _of(self, name: str) -> list[int]:
        """The gauges of a river."""
        return [row for row, river in enumerate(self.gauges.river) if river is not None and river.name == name]

    def _grade(self, due: Due) -> int:
        return CRITICAL if self.gauges.columns["stage"][due.source] >= CRITICAL_STAGE else WARNING

    def due(self, name: str, now: int) -> list[Due]:
        """The gauges of a river that a wave is on its way to, from the springs down."""
        rows, found = self._of(name), list[Due]()
        for row in rows:
            river = self.gauges.river[row]
            assert river is not None
            coming = [due for source in rows if (due := self._from(river, source, row)) is not None]
            coming = [due for due in coming if due.passed > now]
            if coming:
                found.append(max(coming, key=lambda due: self._travelled(river, due.source)))
        return sorted(found, key=lambda due: due.arrives)

    def _from(self, river: River, source: int, row: int) -> Due | None:
        """What a gauge tells of one below it."""
        columns = self.gauges.columns
        travel = self._travelled(river, row) - self._travelled(river, source)
        high, until = int(columns["high"][source]), int(columns["high_until"][source])
        if travel <= 0 or not until or np.isnan(columns["level"][row]):
            return None
        return Due(row, source, high + travel, until + round(travel * (1.0 + self.margin)))

    def _travelled(self, river: River, row: int) -> int:
        return river.reaches[self._device(row).lower()]

    def _device(self, row: int) -> str:
        return self.scene.identity(int(self.gauges.lane.slot[row])).device

    def _signal(self, name: str, due: list[Due], grave: int, now: int) -> Signal:
        domain = self.scene.roster.domain
        if due:
            source = self._device(max(due, key=lambda each: -each.arrives).source)
            waiting = [each for each in due if not self.gauges.columns["stage"][each.row]] or due
            waiting = [each for each in waiting if each.arrives > now] or waiting
            arrivals = ", ".join(f"{self._device(each.row)} {self.scene.clock(each.arrives)}" for each in waiting)
            reason = self.scene.say("river.wave", river=name, gauge=source, arrivals=arrivals)
        else:
            reason = self.scene.say("river.passed", river=name)
        value = float(self.gauges.columns["level"][due[0].source]) if due else 0.0
        return Signal(KIND, ("*", domain, "*"), name, NOBODY, now, bool(due), max(grave, 1), value, 0.8, reason)

    def snapshot(self) -> State:
        told = np.append(self.told, np.full(len(self._gone), WARNING, np.int8))
        fronts = {f"front.{name}": column for name, column in self.fronts.snapshot().items()}
        return {"told": told, "names": np.array([*self.names, *self._gone], np.str_), **fronts}

    def restore(self, state: State) -> None:
        """Of a state without names, the settings are those with which it was saved."""
        names = state["names"].tolist() if "names" in state else self.names
        told = dict(zip(names, state["told"].tolist(), strict=False))
        self.told[:] = [told.pop(name, 0) for name in self.names]
        self._gone = [name for name, grave in told.items() if grave]
        if "front.high" in state:
            self.fronts.restore({name: state[f"front.{name}"] for name in self.fronts})
