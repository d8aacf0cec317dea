"""The pressure of each zone by the hour of the local day, as it was in the last 24 hours."""

from __future__ import annotations

import numpy as np

from processors.base import Outputs
from processors.domains.columns import Columns
from processors.domains.hearing import Wave
from processors.domains.water.scene import HOUR, PRESSURE, Lane, Scene
from telemetry.batch import Float64


class HourlyPressure:
    """Hourly means of each sensor of the network, kPa; an hour without readings keeps its mean of the day before."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.lane = Lane(scene.roster, PRESSURE)
        self.columns = Columns(
            means=(np.float64, np.nan, 24), hour=(np.int64, -1), sum=(np.float64, 0.0), count=(np.int64, 0)
        )

    def grow(self) -> None:
        self.lane.grow()
        self.columns.grow(len(self.lane))

    def heard(self, wave: Wave, out: Outputs) -> None:
        rows = self.lane.rows(wave.slot)
        hour = self.scene.clocks(wave) // HOUR
        columns = self.columns
        over = columns["hour"][rows]
        turned = hour != over
        if turned.any():
            known = turned & (columns["count"][rows] > 0)
            done = rows[known]
            columns["means"][done, over[known] % 24] = columns["sum"][done] / columns["count"][done]
            columns["hour"][rows] = hour
            columns["sum"][rows[turned]], columns["count"][rows[turned]] = 0.0, 0
        columns["sum"][rows] += wave.value
        columns["count"][rows] += 1

    def of_zone(self, zone: int) -> Float64:
        """float64[24]: the mean over the zone's sensors; NaN where none is known."""
        means = self.columns.of("means")[self.lane.zone == zone]
        known = np.isfinite(means)
        count = known.sum(axis=0)
        total = np.where(known, means, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def between(self, begins: float, ends: float) -> Float64:
        """float64[zones]: the mean over hours of the day; NaN where none is known."""
        hours = np.unique(np.arange(begins, ends, 0.5).astype(np.intp) % 24)
        found = np.full(len(self.scene.roster.zones), np.nan)
        for zone in range(len(found)):
            means = self.of_zone(zone)[hours]
            if np.isfinite(means).any():
                found[zone] = np.nanmean(means)
        return found
