"""The rule "steps": flow that has stepped up, pressure that has stepped down, sensor by sensor.

    value  ────────┐ before                  ┌─────
                   └──────────────────────── ┘
           ├ ref ┤ guard  ├ samples ┤ stepped ┤ over, when it has stepped back

The reference is the median of the last means of BIN, but for the newest that is complete; what
it may be off by is the greatest of the sensor's own noise, a floor, and what the demand of a city
itself changes in the time since. So it works half an hour after the first reading; where the
usual flow of the hour is known (`hours.py`), a step must lie beyond that too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.water.hours import Hours
from processors.domains.water.latch import lively
from processors.domains.water.scene import FLOW, HOUR, PRESSURE, Lane, Scene
from telemetry.batch import Bool, Float64, Index, Int64

BIN: Final = 300_000
"""ms of one mean."""
_BINS: Final = 12
_GUARD: Final = 2
"""Ages of means from which the reference is made; 0 is under way."""
_CHOSEN: Final = 3
_GAUSS: Final = 0.8862
"""Of a normal distribution's deviation, over the mean difference of two readings (sqrt(pi) / 2)."""
_MEMORY: Final = 0.05
_CLIP: Final = 4.0
"""Noise learns from no difference greater than so many times itself."""
_LEAST_FLOW, _LEAST_PRESSURE = 0.02, 2.0
"""L/s, kPa: no deviation is less."""
_BACK: Final = 2
"""Readings in turn that end a step."""


class Steps:
    """Judges nothing; others read its columns by row of `lane`.

    stepped, since, before, size: the step that holds; latest: when it last stepped further, or began, ms.
    value, at: the last reading.
    """

    name = "steps"

    def __init__(self, scene: Scene, hours: Hours) -> None:
        self.scene = scene
        self.hours = hours
        self.lane = Lane(scene.roster, FLOW, PRESSURE)
        self.columns = Columns(
            bins=(np.float32, np.nan, _BINS),
            bin=(np.int64, -1),
            sum=(np.float64, 0.0),
            count=(np.int32, 0),
            ref=(np.float64, np.nan),
            lag=(np.float64, 0.0),
            noise=(np.float64, np.nan),
            value=(np.float64, np.nan),
            at=(np.int64, 0),
            beyond=(np.int32, 0),
            first=(np.int64, 0),
            base=(np.float64, np.nan),
            stepped=(np.bool_, False),
            since=(np.int64, 0),
            latest=(np.int64, 0),
            before=(np.float64, np.nan),
            size=(np.float64, 0.0),
            back=(np.int32, 0),
        )
        self.watched: Bool = np.zeros(0, np.bool_)
        self.sign: Float64 = np.zeros(0)
        self.least: Float64 = np.zeros(0)
        self.z: Float64 = np.zeros(0)
        self.samples: Float64 = np.zeros(0)
        self.floor: Float64 = np.zeros(0)
        self.ramp: Float64 = np.zeros(0)
        self.ends: Float64 = np.zeros(0)
        self.longest: Float64 = np.zeros(0)
        self.lively: Int64 = np.zeros(0, np.int64)

    def grow(self) -> None:
        self.scene.grow()
        self.lane.grow()
        self.columns.grow(len(self.lane))
        scene, slots = self.scene, self.lane.slot
        flow = self.flow = scene.roster.quantity[slots] == FLOW
        self.watched = scene.inlets[slots] | scene.network[slots]
        self.sign = np.where(flow, 1.0, -1.0)
        self.least = np.where(flow, _LEAST_FLOW, _LEAST_PRESSURE)
        self.lively = lively(scene, slots)
        self.z = scene.each(slots, "burst.z")
        self.samples = scene.each(slots, "burst.samples")
        self.ends = scene.each(slots, "burst.ends")
        self.longest = scene.each(slots, "burst.longest")
        floors, ramps = ("burst.flow_floor", "burst.pressure_floor"), ("burst.flow_ramp", "burst.pressure_ramp")
        self.floor = np.where(flow, *(scene.each(slots, each) for each in floors))
        self.ramp = np.where(flow, *(scene.each(slots, each) for each in ramps))

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.watched, self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        slots, time, value = wave.slot, wave.time, wave.value
        rows, columns = self.lane.rows(slots), self.columns
        bins = time // BIN
        turned = np.flatnonzero(bins != columns["bin"][rows])
        if len(turned):
            self._turn(rows[turned], bins[turned])
        self._learn(rows, value, wave.elapsed)
        ref = columns["ref"][rows]
        beyond = self.sign[rows] * (value - ref)
        scale = self._scale(rows, ref)
        self._rise(rows, slots, time, value, beyond > self.z[rows] * scale)
        stepped = np.flatnonzero(columns["stepped"][rows])
        if len(stepped):
            self._fall(rows[stepped], time[stepped], value[stepped], beyond[stepped], scale[stepped])
        columns["sum"][rows] += value
        columns["count"][rows] += 1

    def stepped(self) -> Bool:
        """bool[rows]"""
        stepped: Bool = self.columns.of("stepped")
        return stepped

    def live(self, now: int) -> Bool:
        """bool[rows]: watched, and heard of late."""
        return np.asarray(self.watched & (now - self.columns.of("at") <= self.lively))

    def _scale(self, rows: Index, ref: Float64) -> Float64:
        level = np.abs(ref)
        noise = np.fmax(_GAUSS * self.columns["noise"][rows], self.least[rows])
        share = np.maximum(self.floor[rows], self.ramp[rows] * self.columns["lag"][rows])
        return np.asarray(np.maximum(noise, share * level))

    def _learn(self, rows: Index, value: Float64, elapsed: Int64) -> None:
        """The noise, by the differences of readings in turn."""
        columns = self.columns
        noise = columns["noise"][rows]
        change = np.abs(value - columns["value"][rows])
        known = np.isfinite(change) & (elapsed <= HOUR)
        new = np.isnan(noise)
        # One that has been constant so far must be able to learn again.
        change = np.where(new | (noise == 0), change, np.fmin(change, _CLIP * noise))
        learned = np.where(new, change, noise + _MEMORY * (change - noise))
        columns["noise"][rows] = np.where(known, learned, noise)
        columns["value"][rows] = value

    def _rise(self, rows: Index, slots: Index, time: Int64, value: Float64, beyond: Bool) -> None:
        columns = self.columns
        columns["at"][rows] = time
        count = columns["beyond"][rows]
        if not (beyond.any() or count.any()):
            return
        begins = beyond & (count == 0)
        columns["first"][rows[begins]] = time[begins]
        columns["base"][rows[begins]] = columns["ref"][rows[begins]]
        columns["beyond"][rows] = count = np.where(beyond, np.minimum(count + 1, 1 << 20), 0)
        new = (count == self.samples[rows]) | ((count > self.samples[rows]) & ~columns["stepped"][rows])
        if not new.any():
            return
        new[new] = ~self.flow[rows[new]] | self._unusual(rows[new], slots[new], value[new])
        columns["latest"][rows[new]] = columns["first"][rows[new]]
        new &= ~columns["stepped"][rows]
        chosen = rows[new]
        columns["stepped"][chosen] = True
        columns["since"][chosen] = columns["first"][chosen]
        columns["before"][chosen] = columns["base"][chosen]
        columns["size"][chosen] = 0.0
        columns["back"][chosen] = 0

    def _unusual(self, rows: Index, slots: Index, value: Float64) -> Bool:
        found = np.ones(len(rows), np.bool_)
        flow = self.flow[rows]
        found[flow] = self.hours.unusual(slots[flow], value[flow], self.z[rows[flow]], self.floor[rows[flow]])
        return found

    def _fall(self, rows: Index, time: Int64, value: Float64, beyond: Float64, scale: Float64) -> None:
        """End what has stepped back, or has lasted so long that it is the new normal."""
        columns = self.columns
        above = self.sign[rows] * (value - columns["before"][rows])
        columns["size"][rows] = size = np.maximum(columns["size"][rows], above)
        least = self.ends[rows] * size
        fell = (above < least) | ((beyond < -least) & (beyond < -self.z[rows] * scale))
        columns["back"][rows] = back = np.where(fell, columns["back"][rows] + 1, 0)
        over = (back >= _BACK) | (time - columns["since"][rows] > self.longest[rows])
        columns["stepped"][rows[over]] = False
        columns["beyond"][rows[over]] = 0

    def _turn(self, rows: Index, bins: Int64) -> None:
        """Keep the mean that is over; the reference from those before it."""
        columns = self.columns
        over, means = columns["bin"][rows], columns["bins"]
        known = over >= 0
        means[rows[known], over[known] % _BINS] = columns["sum"][rows[known]] / columns["count"][rows[known]]
        for gap in range(1, _BINS + 1):
            skipped = known & (bins - over > gap)
            if not skipped.any():
                break
            means[rows[skipped], (over[skipped] + gap) % _BINS] = np.nan
        columns["bin"][rows], columns["sum"][rows], columns["count"][rows] = bins, 0.0, 0
        ages = np.arange(_GUARD, _BINS)
        values = means[rows[:, np.newaxis], (bins[:, np.newaxis] - ages) % _BINS].astype(np.float64)
        chosen = np.isfinite(values)
        chosen &= np.cumsum(chosen, axis=1) <= _CHOSEN
        count = chosen.sum(axis=1)
        ordered = np.sort(np.where(chosen, values, np.inf), axis=1)[:, :_CHOSEN]
        ref = np.where(count == _CHOSEN, ordered[:, 1], 0.5 * (ordered[:, 0] + ordered[:, 1]))
        columns["ref"][rows] = np.where(count >= 2, ref, np.nan)
        columns["lag"][rows] = (chosen * ages).sum(axis=1) / np.maximum(count, 1) * BIN / HOUR

    def tick(self, now: int, out: Outputs) -> None:
        """A step of a sensor that fell silent would otherwise hold for ever, and hide what comes after it."""
        columns, stepped = self.columns, self.stepped()
        if stepped.any():
            over = np.flatnonzero(stepped & (now - columns.of("since") > self.longest))
            columns["stepped"][over], columns["beyond"][over] = False, 0

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
