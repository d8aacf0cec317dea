"""The astronomical tide at a gauge, learnt as it comes: recursive least squares over a few constituents.

    level = mean + sum of a cos(speed t) + b sin(speed t)

Speeds by Schureman (1940), table 2. The prior says how large constituents may be, so that the fit
knows how sure it is: within two days it tells the next hours well enough, though constituents of
nearly the same speed (K1 and O1) can't be told apart before two weeks.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.domains.columns import Columns
from processors.domains.disaster.scene import HOUR
from telemetry.batch import Float64, Index, Int64

SPEEDS: Final = {"M2": 28.9841042, "S2": 30.0, "N2": 28.4397295, "K1": 15.0410686, "O1": 13.9430356}
"""Degrees an hour."""
_SPEED: Final = np.radians(list(SPEEDS.values()))
TERMS: Final = 1 + 2 * len(SPEEDS)
SAMPLE: Final = 600_000
"""ms between the levels that it learns from."""
NOISE: Final = 15.0
"""cm: the sea's other moods last for hours, so that levels ten minutes apart are not independent. Our own."""
_MEAN: Final = 500.0
"""cm: how far from the gauge's zero the mean may be."""
_FORGETS: Final = 120 * 24 * HOUR
"""ms: e-folding time of what was learnt; gauges are moved, harbours are dredged."""


def basis(time: Int64) -> Float64:
    """float64[rows, TERMS] at times in ms."""
    angle = (time / HOUR)[:, None] * _SPEED
    return np.concatenate((np.ones((len(time), 1)), np.cos(angle), np.sin(angle)), axis=1)


class Harmonics:
    """A fit by row. amplitude: cm that is expected of a constituent, the standard deviation of the prior."""

    def __init__(self, amplitude: float) -> None:
        prior = np.append(_MEAN**2, np.full(TERMS - 1, amplitude**2 / 2.0))
        self._prior = np.diag(prior)
        self.columns = Columns(
            weights=(np.float64, 0.0, TERMS),
            spread=(np.float64, 0.0, TERMS, TERMS),
            learnt=(np.int64, 0),
            count=(np.int32, 0),
        )

    def predict(self, rows: Index, time: Int64) -> tuple[Float64, Float64]:
        """Level that is due and its standard error, cm."""
        x, spread = basis(time), self._spread(rows)
        return (x * self.columns["weights"][rows]).sum(1), np.sqrt(np.einsum("ri,rij,rj->r", x, spread, x))

    def learn(self, rows: Index, time: Int64, level: Float64) -> None:
        c = self.columns
        due = (c["count"][rows] == 0) | (time - c["learnt"][rows] >= SAMPLE)
        rows, time, level = rows[due], time[due], level[due]
        if not len(rows):
            return
        x, spread = basis(time), self._spread(rows)
        since = np.where(c["count"][rows] == 0, 0, time - c["learnt"][rows])
        spread *= np.minimum(np.exp(np.minimum(since / _FORGETS, 1.0)), 2.0)[:, None, None]
        through = np.einsum("rij,rj->ri", spread, x)
        gain = through / (NOISE**2 + (x * through).sum(1))[:, None]
        c["weights"][rows] += gain * (level - (x * c["weights"][rows]).sum(1))[:, None]
        spread -= gain[:, :, None] * through[:, None, :]
        c["spread"][rows] = 0.5 * (spread + spread.transpose(0, 2, 1))
        c["learnt"][rows] = time
        c["count"][rows] += 1

    def loosen(self, rows: Index) -> None:
        """Forget how high the gauge's zero is, and keep the constituents: it was moved."""
        spread = self._spread(rows)
        spread[:, 0, :] = 0.0
        spread[:, :, 0] = 0.0
        spread[:, 0, 0] = _MEAN**2
        self.columns["spread"][rows] = spread

    def _spread(self, rows: Index) -> Float64:
        """A copy; the prior where nothing is learnt yet."""
        return np.where((self.columns["count"][rows] == 0)[:, None, None], self._prior, self.columns["spread"][rows])
