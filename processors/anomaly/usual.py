"""What the engine expects of one series at present: the daily range that a person is shown beside its readings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from processors.anomaly.channels import BORN, LAST, LEVEL, SCALES
from processors.anomaly.engine import RankTails
from processors.anomaly.rules import DAY, PROFILE, WEIGHT
from processors.anomaly.tails import usual_reach
from telemetry.batch import Float64


class Usual(NamedTuple):
    """expected: of each half-hour of the local day. below, above: how far all but one in two hundred readings
    stray from it on each side."""

    expected: Float64
    below: float
    above: float


def usual_of(engine: RankTails, series: int) -> Usual | None:
    """None while it is being learnt: a whole day of each half-hour is needed."""
    head, profile = engine.head[series], engine.profile[series].astype(np.float64)
    lists = engine.counts[series, PROFILE].astype(np.float64)[None]
    scale = head[SCALES + PROFILE : SCALES + PROFILE + 1]
    young = head[LAST] - head[BORN] < DAY or lists[0, :, 0].sum() < engine.rules.warm_up * WEIGHT
    if young or np.isnan(scale[0]) or not np.isfinite(profile).all():
        return None
    below, above = usual_reach(lists, scale)
    return Usual(head[LEVEL] + profile, float(below[0]), float(above[0]))
