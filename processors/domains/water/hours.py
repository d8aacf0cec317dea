"""The rule "hours": what each inlet's flow usually is at this hour, by median and MAD.

Hourly means of two weeks are kept. The usual flow of an hour is the median over the same hour of
days of the same kind (working day or rest day), as soon as there are `burst.days` of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.water.scene import FLOW, HOUR, Lane, Scene
from processors.runs import extended
from telemetry.batch import Bool, Float64, Index, Int64

_DAYS: Final = 14
_HOURS: Final = _DAYS * 24
MAD: Final = 1.4826
"""Of a normal distribution's deviation, over its MAD."""
_MONDAY: Final = 3
"""1970-01-01 was a Thursday."""
_NONE: Final = -1


class Hours:
    """hour: the local hour under way, counted from 1970. median, mad: of that hour; NaN while not known.

    book: the row of `means` that holds an inlet's two weeks, 1.3 kB: one is opened only with its first hour.
    """

    name = "hours"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.lane = Lane(scene.roster, FLOW)
        self.columns = Columns(
            book=(np.int32, _NONE),
            hour=(np.int64, -1),
            sum=(np.float64, 0.0),
            count=(np.int32, 0),
            median=(np.float64, np.nan),
            mad=(np.float64, np.nan),
        )
        self.means = np.zeros((0, _HOURS), np.float32)
        self.books = 0
        self.rest = np.isin(np.arange(7), scene.thresholds.water.burst.rest_days)
        self.least: Float64 = np.zeros(0)

    def grow(self) -> None:
        self.scene.grow()
        self.lane.grow()
        self.columns.grow(len(self.lane))
        self.least = self.scene.each(self.lane.slot, "burst.days")

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.inlets, self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        rows = self.lane.rows(wave.slot)
        hour = self.scene.clocks(wave) // HOUR
        columns = self.columns
        turned = np.flatnonzero(hour != columns["hour"][rows])
        if len(turned):
            self._turn(rows[turned], hour[turned])
        columns["sum"][rows] += wave.value
        columns["count"][rows] += 1

    def unusual(self, slots: Index, value: Float64, z: Float64, floor: Float64) -> Bool:
        """bool[slots]: far above what is usual at the hour; True where that is not known yet."""
        rows = self.lane.row[slots]
        median = self.columns["median"][rows]
        scale = np.maximum(MAD * self.columns["mad"][rows], floor * median)
        return np.asarray(~(value - median <= z * scale))

    def _turn(self, rows: Index, hour: Int64) -> None:
        """Keep the hour that is over, and look up the new one."""
        columns = self.columns
        over, count = columns["hour"][rows], columns["count"][rows]
        self._open(rows[count > 0])
        books, means = columns["book"][rows], self.means
        for gap in range(1, _HOURS + 1):
            skipped = (hour - over >= gap) & (books != _NONE)
            if not skipped.any():
                break
            means[books[skipped], (over[skipped] + gap) % _HOURS] = np.nan
        kept = count > 0
        still = kept & (hour - over < _HOURS)
        means[books[still], over[still] % _HOURS] = columns["sum"][rows[still]] / count[still]
        columns["hour"][rows], columns["sum"][rows], columns["count"][rows] = hour, 0.0, 0
        columns["median"][rows], columns["mad"][rows] = self._usual(rows, hour)

    def _open(self, rows: Index) -> None:
        """A book for each of the rows that has none."""
        rows = rows[self.columns["book"][rows] == _NONE]
        if len(rows):
            end = self.books + len(rows)
            self.means = extended(self.means, end)
            self.means[self.books : end] = np.nan
            self.columns["book"][rows] = np.arange(self.books, end)
            self.books = end

    def _usual(self, rows: Index, hour: Int64) -> tuple[Float64, Float64]:
        back = 24 * np.arange(1, _DAYS + 1)
        hours = hour[:, np.newaxis] - back
        means = np.full(hours.shape, np.nan)
        books = self.columns["book"][rows]
        kept = books != _NONE
        means[kept] = self.means[books[kept, np.newaxis], hours[kept] % _HOURS]
        rest = self.rest[(hours // 24 + _MONDAY) % 7]
        today = self.rest[(hour // 24 + _MONDAY) % 7]
        known = np.isfinite(means) & (rest == today[:, np.newaxis])
        enough = known.sum(axis=1) >= self.least[rows]
        median, mad = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        if enough.any():
            chosen = np.where(known, means, np.nan)[enough]
            median[enough] = np.nanmedian(chosen, axis=1)
            mad[enough] = np.nanmedian(np.abs(chosen - median[enough][:, np.newaxis]), axis=1)
        return median, mad

    def tick(self, now: int, out: Outputs) -> None:
        """Nothing is judged here."""

    def snapshot(self) -> State:
        return self.columns.snapshot() | {"means": self.means[: self.books]}

    def restore(self, state: State) -> None:
        self.columns.restore(state)
        self.means = state["means"].copy()
        self.books = len(self.means)
