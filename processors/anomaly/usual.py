"""What the engine expects of one series at present: the range that a person is shown beside its readings."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from processors.anomaly.channels import BORN, LAST, LEVEL, SCALES
from processors.anomaly.engine import RankTails
from processors.anomaly.rules import DAY, POINT, PROFILE, WEIGHT
from processors.anomaly.tails import usual_reach
from telemetry.batch import Float64

NOT_KNOWN: Final = (float("nan"), float("nan"))


class Usual(NamedTuple):
    """Ranges that all but one in two hundred deviations on each side stay within, as (below, above); NaN while
    that is being learnt.

    daily: what is expected in each half-hour of the local day, NaN where not known yet; around_daily: of
    deviations from it. around_recent: of a reading from the mean of the few before it; `weight` is that of the
    newest in this mean.
    """

    daily: Float64
    around_daily: tuple[float, float]
    around_recent: tuple[float, float]
    weight: float


def usual_of(engine: RankTails, series: int) -> Usual:
    head = engine.head[series]
    daily = np.full(engine.profile.shape[1], np.nan)
    if head[LAST] - head[BORN] >= DAY:
        daily = head[LEVEL] + engine.profile[series].astype(np.float64)
    return Usual(daily, _reach(engine, series, PROFILE), _reach(engine, series, POINT), engine.rules.fast)


def _reach(engine: RankTails, series: int, channel: int) -> tuple[float, float]:
    lists = engine.counts[series, channel].astype(np.float64)[None]
    scale = engine.head[series, SCALES + channel : SCALES + channel + 1]
    if np.isnan(scale[0]) or lists[0, :, 0].sum() < engine.rules.warm_up * WEIGHT:
        return NOT_KNOWN
    below, above = usual_reach(lists, scale)
    return float(below[0]), float(above[0])
