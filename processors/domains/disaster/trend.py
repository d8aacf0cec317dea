"""A straight line through the recent past of each row, older readings counting exponentially less.

    level
      │            ●  now: level, rate
      │       ● ╱
      │   ●╱          weight e^(-age / memory)
      └──────────────▶ time

Fixed state, no window to keep: a few sums with the latest reading's time as their origin.
"""

from __future__ import annotations

import numpy as np

from processors.domains.columns import Columns
from processors.domains.disaster.scene import HOUR
from telemetry.batch import Float64, Index, Int64

_LOST = 4.0
"""Memories without a reading after which a line begins anew."""


class Trends:
    """memory: ms. A rate is known once the line is at least one memory long."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.columns = Columns(
            weight=(np.float64, 0.0),
            sx=(np.float64, 0.0),
            sxx=(np.float64, 0.0),
            sy=(np.float64, 0.0),
            sxy=(np.float64, 0.0),
            syy=(np.float64, 0.0),
            squares=(np.float64, 0.0),
            origin=(np.float64, 0.0),
            began=(np.int64, 0),
            at=(np.int64, 0),
        )

    def forget(self, rows: Index) -> None:
        """Let lines begin anew."""
        self.columns["weight"][rows] = 0.0

    def learn(self, rows: Index, time: Int64, value: Float64) -> None:
        """A reading for each of `rows` (distinct), newer than those before."""
        c = self.columns
        gap = time - c["at"][rows]
        first = (c["weight"][rows] == 0) | (gap > _LOST * self.memory)
        c["origin"][rows] = np.where(first, value, c["origin"][rows])
        c["began"][rows] = np.where(first, time, c["began"][rows])
        keep = np.where(first, 0.0, np.exp(-np.where(first, 0, gap) / self.memory))
        step = np.where(first, 0.0, gap / HOUR)
        y = value - c["origin"][rows]
        weight, sx, sxx, sy, sxy = (c[name][rows] for name in ("weight", "sx", "sxx", "sy", "sxy"))
        c["sxx"][rows] = keep * (sxx - 2.0 * step * sx + step * step * weight)
        c["sxy"][rows] = keep * (sxy - step * sy)
        c["sx"][rows] = keep * (sx - step * weight)
        c["weight"][rows] = keep * weight + 1.0
        c["sy"][rows] = keep * sy + y
        c["syy"][rows] = keep * c["syy"][rows] + y * y
        c["squares"][rows] = keep * keep * c["squares"][rows] + 1.0
        c["at"][rows] = time

    def rate(self, rows: Index) -> Float64:
        """Units an hour; NaN where not known yet."""
        return self.line(rows)[0]

    def line(self, rows: Index) -> tuple[Float64, Float64]:
        """Rate and its standard error, units an hour; NaN where not known yet."""
        c = self.columns
        weight, sx, sxx, sy, sxy, syy = (c[name][rows] for name in ("weight", "sx", "sxx", "sy", "sxy", "syy"))
        spread = weight * sxx - sx * sx
        known = (c["at"][rows] - c["began"][rows] >= self.memory) & (spread > 1e-12)
        spread, weight = np.where(known, spread, 1.0), np.where(known, weight, 1.0)
        slope = (weight * sxy - sx * sy) / spread
        scatter = np.maximum(syy - sy * sy / weight - slope * slope * spread / weight, 0.0) / weight
        # Exponential weights w: the effective number of readings is (sum w)^2 / sum w^2.
        readings = np.maximum(weight * weight / np.maximum(c["squares"][rows], 1e-12), 2.0)
        error = np.sqrt(scatter * weight * weight / spread / readings)
        return np.where(known, slope, np.nan), np.where(known, error, np.nan)
