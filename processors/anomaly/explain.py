"""What the channel that explains an anomaly best had expected."""

from __future__ import annotations

import math
from typing import TypedDict

from processors.anomaly.channels import Deviations
from processors.anomaly.rules import CHANNELS, POINT, VOLATILITY
from processors.anomaly.tails import Ranked


class Explained(TypedDict):
    """A part of a finding."""

    sentence: str
    limit: float
    baseline: float
    low: float
    high: float
    recent: float


def explained(ranked: Ranked, deviations: Deviations, row: int) -> Explained:
    """Sentence and expected range; of a reading that is as usual, by the recent past."""
    channel = int(ranked.channel[row]) if ranked.channel[row] >= 0 else POINT
    size = float(deviations.size[channel, row])
    baseline = float(deviations.baseline[channel, row])
    low, high = baseline - float(ranked.below[row]), baseline + float(ranked.above[row])
    recent = baseline + size
    if channel == VOLATILITY:
        low = high = math.nan
        recent = baseline * (1.0 + size) if size >= 0 else baseline / (1.0 - size)
    return {
        "sentence": f"{CHANNELS[channel]}.{'above' if size >= 0 else 'below'}",
        "limit": high if size >= 0 else low,
        "baseline": baseline,
        "low": low,
        "high": high,
        "recent": recent,
    }
