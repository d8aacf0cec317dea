"""The last minute of each series in one row, for the rules that need no answer within it.

    readings   ● ● ● ● ● ● │ ● ● ●      every 10 s
    row                    ▲            at the first tick of the next minute

The tide, the air, slopes and rain take hours to become dangerous, or minutes at the least; their
formulae cost far more than a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol, runtime_checkable

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.disaster.scene import MINUTE, Scene
from processors.domains.hearing import Ear, Wave
from telemetry.batch import Bool, Float64

ADDITIVE: Final = ("rainfall",)
"""Quantities that tell what has come since the reading before: a minute's is their sum, and never below 0."""


class ByMinute(Protocol):
    def minute(self, wave: Wave, out: Outputs) -> None:
        """A row for each series with readings since the last call: their mean or sum, at the latest one's time."""
        ...


@runtime_checkable
class Additive(Protocol):
    def overtaken(self, wave: Wave, out: Outputs) -> None:
        """Readings of ADDITIVE quantities whose minute has been judged already."""
        ...


class Minutes:
    """State by slot: what has gathered since `judged`, the minute of the last rows."""

    name = "minutes"

    def __init__(self, scene: Scene, listeners: Sequence[ByMinute]) -> None:
        self.roster = scene.roster
        self.listeners = tuple(listeners)
        self.additive: Bool = np.zeros(0, np.bool_)
        self.least: Float64 = np.zeros(0)
        """What a reading counts for at the least."""
        self.columns = Columns(total=(np.float64, 0.0), count=(np.int32, 0), at=(np.int64, 0), before=(np.int64, 0))
        self.judged = np.zeros(1, np.int64)

    def grow(self) -> None:
        kinds = [self.roster.quantities.index(each) for each in ADDITIVE]
        self.additive = np.isin(self.roster.quantity, kinds)
        self.least = np.where(self.additive, 0.0, -np.inf)
        self.columns.grow(len(self.roster))

    def ears(self) -> Iterable[Ear]:
        return [Ear(np.ones(len(self.roster), np.bool_), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, slot = self.columns, wave.slot
        c["total"][slot] += np.maximum(wave.value, self.least.take(slot))
        c["count"][slot] += 1
        c["at"][slot] = wave.time

    def older(self, wave: Wave, out: Outputs) -> None:
        """What was overtaken still fell."""
        c, rows = self.columns, np.flatnonzero(self.additive.take(wave.slot))
        waits = wave.time[rows] > c["before"].take(wave.slot[rows])
        now, past = rows[waits], rows[~waits]
        c["total"][wave.slot[now]] += np.maximum(wave.value[now], 0.0)
        if len(past):
            late = wave.take(past)
            for listener in self.listeners:
                if isinstance(listener, Additive):
                    listener.overtaken(late, out)

    def tick(self, now: int, out: Outputs) -> None:
        if now // MINUTE == self.judged[0]:
            return
        self.judged[0] = now // MINUTE
        c = self.columns
        slot = np.flatnonzero(c["count"])
        if not len(slot):
            return
        time, before = c["at"].take(slot), c["before"].take(slot)
        value = c["total"].take(slot) / np.where(self.additive.take(slot), 1, c["count"].take(slot))
        c["total"][slot], c["count"][slot], c["before"][slot] = 0.0, 0, time
        wave = Wave(slot, self.roster.quantity.take(slot), time, value, np.where(before == 0, 0, time - before))
        for listener in self.listeners:
            listener.minute(wave, out)

    def snapshot(self) -> State:
        return {"judged": self.judged.copy(), **self.columns.snapshot()}

    def restore(self, state: State) -> None:
        self.judged[:] = state["judged"]
        self.columns.restore(state)
