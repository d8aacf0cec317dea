"""Energy counters: whether they count as meters do, and what they have counted in each hour and day.

99 998 ── 99 999 ── 0 ── 1        rollover: the modulus explains it
5 210 ── 0 ── 1                   reset: a small number after a new beginning
5 210 ── 5 100                    backwards: a fault
5 210 ── 9 999                    jump: faster than any load here
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import DAY, ENERGY, HOUR, WARNING, Grid
from processors.domains.hearing import Ear, Wave
from processors.domains.roster import NOT_OURS
from telemetry.batch import Float64, Index, Int32, Int64

KIND: Final = "sensor-fault"
BACKWARDS, JUMP = 1, 2
_PRECISION: Final = 0.02
"""kWh that a counter may step back by rounding."""
_WHOLE: Final = 1.25
"""An hour (a day) is known if its marks lie no further apart than so many hours (days), and no nearer than 0.75."""
_UNKNOWN: Final = 1000.0
"""kW: no meter here counts faster, where nothing is known of it."""


class Listener(Protocol):
    def counted(self, slots: Index, day: Int64, time: Int64, energy: Float64, out: Outputs) -> None:
        """Days that are over, each slot at most once. energy: kWh a day; NaN where not known."""
        ...


class Meters:
    """State by slot of a counter. total: kWh counted since it was first heard, rollovers and resets apart;
    hourly: mean kW of the latest hour that is over, `hour` the one that goes on (since 1970)."""

    name = "meters"

    def __init__(self, grid: Grid, listeners: Sequence[Listener]) -> None:
        self.grid = grid
        self.listeners = listeners
        self.columns = Columns(
            last=(np.float64, np.nan),
            at=(np.int64, 0),
            total=(np.float64, 0.0),
            fault=(np.int8, 0),
            sane=(np.int16, 0),
            hour=(np.int64, -1),
            hour_total=(np.float64, 0.0),
            hour_at=(np.int64, 0),
            hourly=(np.float64, np.nan),
            day=(np.int64, -1),
            day_total=(np.float64, 0.0),
            day_at=(np.int64, 0),
            rollovers=(np.int32, 0),
            resets=(np.int32, 0),
        )
        self.power: Int32 = np.zeros(0, np.int32)
        """Of each slot: the slot of its device's power."""

    def grow(self) -> None:
        self.grid.grow()
        roster = self.grid.roster
        self.columns.grow(len(roster))
        self.power = self.grid.devices["power"][roster.device]

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.grid.roster.of(ENERGY), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, slot, time = self.columns, wave.slot, wave.time
        step = wave.value - c["last"][slot]
        known = np.isfinite(step)
        most = self._most(slot) * wave.elapsed / HOUR + _PRECISION
        odd = np.flatnonzero(known & ((step < 0) | (step > most)))
        step = np.where(known, step, 0.0)
        fault = np.zeros(len(slot), np.int8)
        if len(odd):
            step[odd], fault[odd] = self._explain(slot[odd], wave.value[odd], step[odd], most[odd])
        self._judge(slot, time, wave.value, fault, out)
        c["total"][slot] += step
        c["last"][slot], c["at"][slot] = wave.value, time
        turned = time // HOUR != c["hour"][slot]
        if turned.any():
            self._turn(slot[turned], time[turned], out)

    def _most(self, slot: Index) -> Float64:
        """kW that a meter may count: by its power's limits in the catalogue."""
        power = self.power[slot]
        has = power != NOT_OURS
        high = np.fmax(self.grid.slots["high"][power], -np.inf)
        most = np.where(np.isfinite(high), high, self.grid.slots["most"][power])
        most = np.where(has & np.isfinite(most), most, _UNKNOWN)
        return np.asarray(most * self.grid.each(slot, "meter.spare"))

    def _explain(self, slot: Index, value: Float64, step: Float64, most: Float64) -> tuple[Float64, Any]:
        """What was counted in an odd step, and which fault it is, if any."""
        c = self.columns
        modulus = self.grid.slots["modulus"][slot]
        around = step + modulus
        rolled = (step < 0) & (around >= 0) & (around <= most)
        rounding = (step < 0) & (step >= -_PRECISION)
        reset = (step < 0) & ~rolled & ~rounding & (value <= most)
        np.add.at(c["rollovers"], slot[rolled], 1)
        np.add.at(c["resets"], slot[reset], 1)
        counted = np.where(rolled, around, np.where(reset, value, 0.0))
        explained = rolled | rounding | reset
        return counted, np.where(explained, 0, np.where(step < 0, BACKWARDS, JUMP)).astype(np.int8)

    def _judge(self, slot: Index, time: Int64, value: Float64, fault: Any, out: Outputs) -> None:
        c = self.columns
        before = c["fault"][slot]
        rows = np.flatnonzero((fault > 0) | (before > 0))
        if not len(rows):
            return
        slot, fault, before = slot[rows], fault[rows], before[rows]
        sane = np.where(fault > 0, 0, c["sane"][slot] + 1)
        believed = sane >= self.grid.each(slot, "meter.agree")
        now = np.where(fault > 0, fault, np.where(believed, 0, before))
        c["sane"][slot], c["fault"][slot] = np.where(now > 0, sane, 0), now
        for at in np.flatnonzero(now != before).tolist():
            here, row = int(slot[at]), rows[at]
            self._tell(here, int(time[row]), float(value[row]), int(now[at]), out)

    def _tell(self, slot: int, time: int, value: float, fault: int, out: Outputs) -> None:
        grid = self.grid
        name = grid.identity(slot).device
        words = {"device": name, "value": grid.measured(value, "energy", 1)}
        if fault:
            words["before"] = grid.measured(float(self.columns["last"][slot]), "energy", 1)
        reason = grid.say(("meters.sane", "meters.backwards", "meters.jump")[fault], **words)
        signal = grid.signal(KIND, slot, time, fault > 0, WARNING, value, 0.8, reason)
        out.signals.append(signal._replace(cause=name))

    def _turn(self, slot: Index, time: Int64, out: Outputs) -> None:
        """The first reading of an hour: what lies between it and the one of the hour before."""
        c = self.columns
        first = c["hour"][slot] < 0
        hours = (time - c["hour_at"][slot]) / HOUR
        rate = (c["total"][slot] - c["hour_total"][slot]) / np.maximum(hours, 1e-9)
        whole = ~first & (np.abs(hours - 1.0) <= _WHOLE - 1.0)
        c["hourly"][slot] = np.where(whole, rate, np.nan)
        c["hour"][slot], c["hour_total"][slot], c["hour_at"][slot] = time // HOUR, c["total"][slot], time
        day = (time + self.grid.local.offsets(time)) // DAY
        turned = day != c["day"][slot]
        if turned.any():
            self._day(slot[turned], time[turned], day[turned], out)

    def _day(self, slot: Index, time: Int64, day: Int64, out: Outputs) -> None:
        c = self.columns
        days = (time - c["day_at"][slot]) / DAY
        energy = (c["total"][slot] - c["day_total"][slot]) / np.maximum(days, 1e-9)
        whole = (c["day"][slot] >= 0) & (np.abs(days - 1.0) <= _WHOLE - 1.0)
        for listener in self.listeners:
            listener.counted(slot, day - 1, time, np.where(whole, energy, np.nan), out)
        c["day"][slot], c["day_total"][slot], c["day_at"][slot] = day, c["total"][slot], time

    def tick(self, now: int, out: Outputs) -> None:
        """Each meter is judged by itself."""

    def indicators(self) -> list[dict[str, Any]]:
        """Rollovers and resets of each counter that had any."""
        c = self.columns
        return [
            self.grid.indicator(slot, int(c["at"][slot]), f"meter_{name}", int(c[name][slot]), "1")
            for name in ("rollovers", "resets")
            for slot in np.flatnonzero(c[name][: c.size]).tolist()
        ]

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
