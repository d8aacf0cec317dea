"""What is remembered of each series: 99 bytes, learned in blocks of readings at ticks.

Between two ticks only sums grow, one reading after the other; what is usual changes at ticks. So
how the log is cut into batches changes nothing, and a batch is judged all at once.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from processors.base import State
from processors.domains.columns import Columns
from processors.quality.rules import (
    BLOCK,
    DULL,
    FORGET,
    LEAP,
    LEARN,
    LEAST_SAME,
    LIVELY,
    LONGER,
    MOST_FAILS,
    SETTLED,
    SLOW_LEARN,
    WARM_UP,
)
from processors.runs import UNSEEN
from telemetry.batch import Bool, Index, Int64

KINDS: Final[dict[str, tuple[Any, ...]]] = {
    "newest": (np.int64, UNSEEN),
    "last": (np.float64, np.nan),
    "before": (np.float64, np.nan),
    # sums since the series was last folded
    "moved": (np.float64, 0.0),
    "swung": (np.float32, 0.0),
    "changes": (np.int32, 0),
    "count": (np.int32, 0),
    # learned
    "seen": (np.int32, 0),
    "folded": (np.int64, UNSEEN),
    "scale": (np.float32, np.nan),
    "leap": (np.float32, np.inf),
    "pace": (np.float32, np.nan),
    "same": (np.int32, 0),
    "longest": (np.float32, 0.0),
    "ended": (np.uint8, 0),
    "offset": (np.float32, np.nan),
    "spread": (np.float32, np.nan),
    "looks": (np.int16, 0),
    # evidence of faults
    "spikes": (np.float32, 0.0),
    "fails": (np.float32, 0.0),
    "noisy": (np.int8, 0),
    "dull": (np.int8, 0),
    "off": (np.int8, 0),
    "told": (np.uint8, 0),
}


class Memory(Columns):
    """Columns by series. scale: mean size of a change, unchanged readings apart; leap: the change from which a
    reading is suspect; same: readings in turn that were equal; longest: the most of these that is usual;
    ended: the most of these that ended since the series was last looked at, as `coded`."""

    def __init__(self) -> None:
        super().__init__(**KINDS)

    def fold(self, rows: Index) -> Index:
        """Learn from those of `rows` that have a block of changes; which these are."""
        self._learn_rows(rows[self["ended"][rows] > 0])
        due = rows[self["changes"][rows] >= BLOCK]
        if len(due):
            self["seen"][due] += self["count"][due]
            mean = (self["moved"][due] / self["changes"][due]).astype(np.float32)
            self._judge_liveliness(due, mean)
            self._learn_scale(due, mean)
            self._learn_pace(due)
            # A series that hardly ever changes has long blocks: count readings, not changes.
            forget = np.float32(1.0) - np.minimum(np.float32(FORGET) * self["count"][due] / BLOCK, np.float32(0.5))
            self["longest"][due] *= np.float32(1.0) - (np.float32(1.0) - forget) / 16
            self["spikes"][due] *= forget
            self["fails"][due] *= np.float32(0.5)
            for name in ("moved", "swung", "changes", "count"):
                self[name][due] = 0
        self["fails"][rows] = np.minimum(self["fails"][rows], MOST_FAILS)
        return due

    def _learn_rows(self, rows: Index) -> None:
        """A bin told in whole percent stands still each night, and every minute says so: rows of equal readings may
        become usual however long they are. But what was suspect teaches no more than what is just not suspect, so
        that a sensor that was stuck for a week does not teach that a week is usual."""
        usual, ended = self["longest"][rows], np.exp2(self["ended"][rows] / np.float32(8))
        lesson = np.minimum(ended, np.maximum(np.float32(LEAST_SAME), np.float32(LONGER) * usual))
        self["longest"][rows] = np.maximum(usual, lesson)
        self["ended"][rows] = 0

    def _judge_liveliness(self, rows: Index, mean: np.ndarray[Any, Any]) -> None:
        """Count blocks in turn that are far livelier, or far duller, than is usual."""
        scale = self["scale"][rows]
        warm = self["seen"][rows] >= WARM_UP
        held = [np.where(self[name][rows] >= SETTLED, 0.5, 1.0).astype(np.float32) for name in ("noisy", "dull")]
        # A trend moves, but does not swing.
        swings = self["swung"][rows] > 0.5 * self["moved"][rows]
        self._count("noisy", rows, warm & swings & (mean > held[0] * LIVELY * scale))
        self._count("dull", rows, warm & (mean * held[1] * DULL < scale))

    def _count(self, name: str, rows: Index, odd: Bool) -> None:
        count = self[name][rows]
        fewer = np.where(count >= SETTLED, 0, np.maximum(count - 1, 0))
        self[name][rows] = np.where(odd, np.minimum(count + 1, SETTLED), fewer)

    def _learn_scale(self, rows: Index, mean: np.ndarray[Any, Any]) -> None:
        scale = self["scale"][rows]
        odd = (self["noisy"][rows] > 0) | (self["dull"][rows] > 0)
        rate = np.where(odd, SLOW_LEARN, LEARN).astype(np.float32)
        rate = np.maximum(rate, np.where(self["seen"][rows] < WARM_UP, np.float32(0.5), np.float32(0.0)))
        learned = scale + rate * (np.minimum(mean, 4 * scale) - scale)
        scale = np.where(np.isnan(scale), mean, learned)
        self["scale"][rows] = scale
        leap = np.float32(LEAP) * np.maximum(scale, np.where(odd, scale, np.minimum(mean, 2 * scale)))
        self["leap"][rows] = np.where(self["seen"][rows] >= WARM_UP, leap, np.inf)

    def _learn_pace(self, rows: Index) -> None:
        pace, since, newest = self["pace"][rows], self["folded"][rows], self["newest"][rows]
        heard = np.where(since == UNSEEN, np.nan, (newest - since) / self["count"][rows]).astype(np.float32)
        learned = pace + np.float32(LEARN) * (np.fmin(heard, 4 * pace) - pace)
        self["pace"][rows] = np.where(np.isnan(pace), heard, np.where(np.isnan(heard), pace, learned))
        self["folded"][rows] = newest

    def restore(self, state: State) -> None:
        """As `Columns.restore`; snapshots of earlier versions have no rows that wait to be learned."""
        super().restore({"ended": np.zeros(0, np.uint8), **state})


def coded(count: Int64) -> NDArray[np.uint8]:
    """Numbers of readings from 1 on in a byte, each up to an eighth of a power of two too large."""
    byte: NDArray[np.uint8] = np.minimum(np.ceil(8 * np.log2(count)), 255).astype(np.uint8)
    return byte


def add(column: np.ndarray[Any, Any], rows: Index, amount: Any, single: bool) -> None:
    """One after the other. single: no row stands in `rows` twice."""
    if single:
        column[rows] += amount
    else:
        np.add.at(column, rows, amount)
