"""Every constant of the anomaly engine, in one table, each with its reason.

None is per sensor or in a sensor's unit: the engine is scale-free. "Readings" are readings of one
series. They are starting values from reasoning, checked on synthetic series (`bench/anomaly`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

DAY: Final = 86_400_000
SLOTS: Final = 48
"""Of the daily profile: half an hour follows a morning's rise, and still gets a few readings of
a sensor that reports every ten minutes."""
SLOT: Final = DAY // SLOTS

CHANNELS: Final = ("profile", "point", "shift", "volatility")
PROFILE, POINT, SHIFT, VOLATILITY = range(4)

BINS: Final = 32
"""Of one side of one channel: with two bytes each just one line of the processor's cache."""
PER_OCTAVE: Final = 3
"""Bins a doubling: neighbours differ by a quarter, which no operator would call another size."""
UNIT_BIN: Final = 8
"""Where a deviation of usual size falls: 2.7 octaves below it and 8 above are told apart."""

WEIGHT: Final = 4
"""Of a reading when counts have just been halved; it grows to twice that until the next halving.
With a half-life of 5,000 readings counts stay below 2 x 5,000 x 4 / ln 2 = 57,700 < 65,536."""
GENERATION: Final = 1 << 20
"""Age units between two halvings: whole numbers, so that sums don't depend on how they are cut."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be varied in an experiment; the settings change none of it."""

    warm_up: int = 60
    """Readings of a channel that set its scale, and as many more before it has a verdict: the mean
    size of 60 deviations is known to about a tenth."""
    half_life: int = 5_000
    """Readings after which a count is halved: a tail of 1 in 7,000 can be told, and what was new
    half a year of hours or a day of ten-second readings ago is usual now."""
    season: int = 90 * DAY
    """ms after which a count is halved even if few readings came: another season, other habits."""
    fast: float = 1 / 8
    """Weight of a reading in the fast mean: a few readings, enough to smooth one outlier."""
    slow: float = 1 / 128
    """In the slow mean: far enough from the fast one for a lasting shift to stand out."""
    short: float = 1 / 16
    """In the short volatility."""
    long: float = 1 / 256
    """In the long volatility."""
    pace: float = 1 / 32
    """In the usual interval between readings."""
    gap: float = 16.0
    """Intervals of silence after which the recent past is no longer recent."""
    level: int = 6 * 3_600_000
    """ms in which the daily profile's level follows the readings: a cooler day is corrected for
    by noon, and a peak that is missing is not."""
    level_readings: int = 12
    """The level follows no faster than this many readings."""
    days: float = 5.0
    """Days that the daily profile averages over: a working week."""
    law: float = 3.0
    """Exponent of the power law beyond the record: twice the record is eight times as rare. Three
    is the heaviest tail that still has a standard deviation that can itself be estimated."""
    pseudo: float = 1.0
    """Pseudo-readings beyond the record. After n readings in any order the next is the greatest
    with probability 1 / (n + 1): so, one."""
    threshold: float = 4.0
    """Evidence, as -log10 of rarity, from which a reading is unusual: its score is 0.5. Normal noise
    passes it once in about 1,000 readings, hold-off included."""
    warning: float = 6.0
    """Of an anomaly worth an operator's look: in two million readings of normal and autocorrelated
    noise there was none."""
    critical: float = 8.0
    """A hundred times as rare again."""
    worse: float = 1.0
    """Within the hold-off only what is ten times rarer than what was told is told."""
    holdoff: int = 75
    """Readings after an alarm in which the same series stays silent."""
    calm: int = 5
    """Readings in a row, at half of the threshold or less, after which the condition has ended."""

    def __post_init__(self) -> None:
        most = int(65_535 / (2 * WEIGHT / math.log(2)))
        if not 1 <= self.half_life <= most:
            raise ValueError(f"half_life {self.half_life}: counts of two bytes hold 1 to {most}")


DEFAULT_RULES: Final = Rules()
