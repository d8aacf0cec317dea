"""The range in which a series' windows were to be expected, for the chart of a device.

`daily`     the anomaly engine's daily profile and how far readings usually stray from it
`recent`    the mean of the windows before, and how far a window usually strays from it, as the engine has learnt
`learning`  the same, of the shown windows themselves, while the engine has no verdict yet
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from processors.anomaly.localtime import LocalDay
from processors.anomaly.usual import Usual
from telemetry.batch import Float64, Int64

FEW: Final = 8
"""Windows that must lie before one of which a range is told."""
SPREADS: Final = 4.0
"""Mean deviations to either side while learning: of normal noise one window in 700 lies outside."""
_WEIGHT: Final = 1 / 8


def band(usual: Usual | None, start: Int64, mean: Float64, day: LocalDay) -> dict[str, Any] | None:
    """low and high for each window (NaN where unknown), and their source. start: ms, ascending."""
    if len(start) <= FEW:
        return None
    if usual is not None and np.isfinite(usual.daily).all() and np.isfinite(usual.around_daily).all():
        expected = usual.daily[day.slots(start)]
        below, above = usual.around_daily
        return {"source": "daily", "low": expected - below, "high": expected + above}
    before, spread = _recent(mean, usual.weight if usual is not None else _WEIGHT)
    if usual is not None and np.isfinite(usual.around_recent).all():
        below, above = usual.around_recent
        return {"source": "recent", "low": before - below, "high": before + above}
    return {"source": "learning", "low": before - SPREADS * spread, "high": before + SPREADS * spread}


def _recent(mean: Float64, weight: float) -> tuple[Float64, Float64]:
    """Of each window the moving mean of those before it, and of their deviations from it."""
    before, spread = np.full((2, len(mean)), np.nan)
    level = strayed = np.nan
    for at, value in enumerate(mean.tolist()):
        if at >= FEW:
            before[at], spread[at] = level, strayed
        if np.isfinite(value):
            if np.isnan(level):
                level, strayed = value, 0.0
            deviation = abs(value - level)
            # What stands out widens the range it is judged by only a little.
            counted = min(deviation, SPREADS * strayed) if at > FEW and strayed > 0 else deviation
            strayed += (counted - strayed) * weight
            level += (value - level) * weight
    return before, spread
