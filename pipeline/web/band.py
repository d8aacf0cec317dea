"""The range in which a series' windows were to be expected, for the chart of a device.

`daily`   the anomaly engine's daily profile, and how far readings usually stray from it
`recent`  while that is being learnt: the mean of the windows before, and how far these strayed from theirs;
          of each window only what came before it counts, so that an event does not widen the range it stands out of
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from processors.anomaly.localtime import LocalDay
from processors.anomaly.usual import Usual
from telemetry.batch import Float64, Int64

FEW: Final = 8
"""Windows that must lie before one of which a range is told."""
SPREADS: Final = 6.0
"""Mean deviations to either side, so that of mere noise hardly a window in a hundred lies outside. Our own choice."""
MOST: Final = 1.5
"""Times the usual deviation that one window counts for at most."""
FLOOR: Final = 1e-3
"""Of the level: no range is narrower than this to either side."""
WEIGHT: Final = 1 / 8
"""Of the newest window in the mean, as in the engine's fast mean."""


def band(usual: Usual | None, start: Int64, mean: Float64, day: LocalDay) -> dict[str, Any] | None:
    """low and high for each window (NaN where unknown), and their source. start: ms, ascending."""
    if len(start) <= FEW:
        return None
    if usual is not None:
        expected = usual.expected[day.slots(start)]
        return {"source": "daily", "low": expected - usual.below, "high": expected + usual.above}
    before, spread = _recent(mean)
    reach = np.maximum(SPREADS * spread, FLOOR * np.abs(before))
    return {"source": "recent", "low": before - reach, "high": before + reach}


def _recent(mean: Float64) -> tuple[Float64, Float64]:
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
            # What stands out widens the range that it stands out of only a little.
            counted = min(deviation, MOST * strayed) if at > FEW and strayed > 0 else deviation
            strayed += (counted - strayed) * WEIGHT
            level += (value - level) * WEIGHT
    return before, spread
