"""What leaks cost a night, by SANFLOW and FAVAD; and CUSUM, that finds the leak which grows.

dev = (night - median of earlier nights) / max(1.4826 MAD, floor x median)
sum = max(0, sum + min(dev, most) - slack)          a leak from `alarm` on
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from config.thresholds.water import NightThresholds
from processors.domains.columns import Columns
from processors.domains.water.hours import MAD
from telemetry.batch import Float64, Index

_KEPT: Final = 14
_STANDARD: Final = 490.3
"""kPa: 50 m of head, for which SANFLOW gives background leakage."""


def legitimate(rules: NightThresholds) -> float:
    """L/s that people and small businesses use at night (SANFLOW)."""
    people = rules.active * rules.population * rules.per_person
    return (people + rules.nondomestic * rules.per_nondomestic) / 3600


def background(rules: NightThresholds, pressure: float) -> float:
    """L/s that sound mains lose at `pressure` kPa; at 50 m of head where it is not known (SANFLOW)."""
    ratio = pressure / _STANDARD if np.isfinite(pressure) else 1.0
    return float(rules.mains_km * rules.per_km / 3600 * max(ratio, 0.0) ** rules.background)


def day_factor(pressures: Float64, night: float, exponent: float) -> float:
    """Hours by which leakage at night is multiplied to that of a day: the sum of (P / P of the night) ^ N1.

    pressures: float64[24] kPa, NaN where not known: then as the others on average. 24 where nothing is known.
    """
    known = np.isfinite(pressures) & (pressures >= 0)
    if not known.any() or not night > 0:
        return 24.0
    return float(24 * np.mean((pressures[known] / night) ** exponent))


class Cusum:
    """Nights (L/s) of many inlets or zones. nights: the last `count` learned, anything in the other places (0, so that
    they take no memory). sum: deviations gathered; dev: of the last night; NaN in warm-up."""

    def __init__(self, each: Callable[[str], Float64]) -> None:
        """each: one threshold ("leak.alarm") of every row."""
        self.each = each
        self.columns = Columns(
            nights=(np.float64, 0.0, _KEPT),
            count=(np.int64, 0),
            sum=(np.float64, 0.0),
            dev=(np.float64, np.nan),
            usual=(np.float64, np.nan),
        )

    def take(self, rows: Index, night: Float64) -> None:
        """One night of each row."""
        if not len(rows):
            return
        columns, count = self.columns, self.columns["count"][rows]
        floor, most, slack, alarm = (self.each(f"leak.{name}")[rows] for name in ("floor", "most", "slack", "alarm"))
        known = count >= self.each("leak.nights")[rows]
        dev, usual, total = (np.full(len(rows), fill) for fill in (np.nan, np.nan, 0.0))
        if known.any():
            nights = np.where(np.arange(_KEPT) < count[known, np.newaxis], columns["nights"][rows[known]], np.nan)
            usual[known] = median = np.nanmedian(nights, axis=1)
            mad = np.nanmedian(np.abs(nights - median[:, np.newaxis]), axis=1)
            scale = np.maximum(np.maximum(MAD * mad, floor[known] * np.abs(median)), 1e-3)
            dev[known] = (night[known] - median) / scale
            grown = columns["sum"][rows[known]] + np.minimum(dev[known], most[known]) - slack[known]
            # No more than twice the alarm: what is over must be seen to be over.
            total[known] = np.clip(grown, 0.0, 2 * alarm[known])
        columns["dev"][rows], columns["usual"][rows], columns["sum"][rows] = dev, usual, total
        # A night that may be of a leak must not become usual; nor may only low ones be learned.
        learned = total < alarm / 2
        columns["nights"][rows[learned], count[learned] % _KEPT] = night[learned]
        columns["count"][rows[learned]] += 1

    def forgive(self, rows: Index) -> None:
        """What was gathered is over."""
        self.columns["sum"][rows] = 0.0
