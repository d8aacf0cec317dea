"""The figures that stand for a domain, and the last hour of each: what the cards of the page draw.

Kept in memory only: after a restart the lines begin anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from pipeline.processing.board import Board
from telemetry.batch import Float64, Index
from telemetry.series import SeriesTable
from telemetry.units import CANONICAL

EVERY_MS: Final = 5_000
POINTS: Final = 720
"""An hour."""
FRESH_MS: Final = 900_000
"""A value that is older than this is not counted any more."""
SETTLES_MS: Final = 120_000
MOST_OF: Final = 0.9
"""After a start a sum would climb as one series after the other is heard: for so long a figure waits for
this share of its series."""

Statistic = Callable[[Float64], Any]

FIGURES: Final[dict[tuple[str, str], tuple[str, Statistic]]] = {
    ("water", "flow"): ("sum", np.sum),
    ("water", "pressure"): ("median", np.median),
    ("energy", "power"): ("sum", np.sum),
    ("energy", "voltage"): ("median", np.median),
    ("waste", "fill"): ("mean", np.mean),
    ("waste", "temperature"): ("max", np.max),
    ("disaster", "river_level"): ("max", np.max),
    ("disaster", "rainfall"): ("max", np.max),
    ("disaster", "pm25"): ("mean", np.mean),
}
"""(domain, quantity) and how the newest values of all its series become one figure."""


class Trends:
    def __init__(self, board: Board, table: SeriesTable) -> None:
        self.board = board
        self.table = table
        self.points: deque[tuple[int, list[float | None]]] = deque(maxlen=POINTS)
        self._members: dict[tuple[str, str], list[int]] = {}
        self._series: dict[tuple[str, str], Index] = {key: np.zeros(0, np.intp) for key in FIGURES}
        self._scanned, self._generation = 0, -1

    def sample(self, now: int) -> bool:
        """Take the figures at `now` (ms) when it is time to; whether it was."""
        if self.points and now - self.points[-1][0] < EVERY_MS:
            return False
        self._sync()
        self.points.append((now, [self._figure(key, make, now) for key, (_, make) in FIGURES.items()]))
        return True

    def told(self) -> dict[str, Any]:
        """What the figures are, and their past: a column for each."""
        return {
            "every_ms": EVERY_MS,
            "figures": [
                {"domain": domain, "quantity": quantity, "statistic": name, "unit": CANONICAL[domain, quantity]}
                for (domain, quantity), (name, _) in FIGURES.items()
            ],
            "time": [time for time, _ in self.points],
            "values": [[values[row] for _, values in self.points] for row in range(len(FIGURES))],
        }

    def newest(self) -> dict[str, Any]:
        """The last point alone."""
        time, values = self.points[-1]
        return {"time": time, "values": values}

    def _figure(self, key: tuple[str, str], make: Statistic, now: int) -> float | None:
        value, time = self.board.last(self._series[key])
        fresh = value[(time > now - FRESH_MS) & np.isfinite(value)]
        began = self.points[0][0] if self.points else now
        if not len(fresh) or (now - began < SETTLES_MS and len(fresh) < MOST_OF * len(value)):
            return None
        return float(f"{float(make(fresh)):.6g}")

    def _sync(self) -> None:
        """Which series count for which figure; only new ones are looked at, unless an id was given away."""
        size, generation = len(self.table), self.table.generation
        if generation != self._generation:
            self._members = {key: [] for key in FIGURES}
            self._scanned, self._generation = 0, generation
        if size == self._scanned:
            return
        for number in range(self._scanned, size):
            identity = self.table.identities[number]
            if identity is not None and (found := self._members.get((identity.domain, identity.quantity))) is not None:
                found.append(number)
        self._series = {key: np.array(numbers, np.intp) for key, numbers in self._members.items()}
        self._scanned = size
