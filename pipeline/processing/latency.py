"""Arrival-to-written latencies, binned a whole batch at a time."""

from __future__ import annotations

import numpy as np

from telemetry.batch import Int64

BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Latencies:
    """A histogram with fixed bounds (seconds), the last bin open, and the sum."""

    def __init__(self) -> None:
        self.bins = np.zeros(len(BOUNDS_S) + 1, np.int64)
        self.total_s = 0.0
        self._edges = np.array(BOUNDS_S) * 1000

    def observe(self, arrival: Int64, written: int) -> None:
        """arrival: ms, one a reading; written: ms, when all of them were in the store."""
        waited = written - arrival
        self.bins += np.bincount(np.searchsorted(self._edges, waited), minlength=len(self.bins))
        self.total_s += float(waited.sum()) / 1000

    def cumulative(self) -> list[tuple[str, float]]:
        """(upper bound, readings at or below it) as Prometheus wants them."""
        bounds = [*map(str, BOUNDS_S), "+Inf"]
        return list(zip(bounds, np.cumsum(self.bins).astype(float).tolist(), strict=True))

    def quantile(self, q: float) -> float:
        """Upper bound (s) of the bin where quantile `q` lies; infinite in the open one; NaN if empty."""
        total = self.bins.sum()
        if not total:
            return float("nan")
        place = int(np.searchsorted(np.cumsum(self.bins), q * total))
        return BOUNDS_S[place] if place < len(BOUNDS_S) else float("inf")
