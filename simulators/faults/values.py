"""Sensors that say something wrong: one quantity of each device; counters unless named are spared.

Amounts are shares of the quantity's usual span (see `base.span`), times the fault's strength. What
comes out stays in the sensor's range and resolution, but for a mistaken unit.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from simulators.base import Fleet
from simulators.faults.base import VALUE, Case, Fault, Rows, column_of, span
from simulators.feed import Float64, Int64, RawMessage, Samples

_DAY = 86_400_000.0


class ValueFault(Fault):
    """Changes values only."""

    stage: ClassVar[int] = VALUE

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        fleet = samples.fleet
        column = column_of(fleet, self.case.quantity)
        if column is None:
            return samples
        values = samples.values.copy()
        values[rows, column] = self.wrong(fleet, column, samples, rows)
        return Samples(fleet, samples.device, samples.time, samples.arrival, values)

    @abstractmethod
    def wrong(self, fleet: Fleet, column: int, samples: Samples, rows: Rows) -> Float64:
        """float64[rows]: what is said instead; NaN stays NaN."""


class OffsetFault(ValueFault):
    """Adds an amount, float64[rows] in spans, and keeps to what the sensor can say."""

    def wrong(self, fleet: Fleet, column: int, samples: Samples, rows: Rows) -> Float64:
        quantity, device = fleet.quantities[column], samples.device[rows]
        amount = self.amount(samples.arrival[rows] - self.case.start) * span(fleet, quantity)[device]
        lowest, highest = (np.broadcast_to(bound, len(fleet))[device] for bound in (quantity.min, quantity.max))
        wrong = np.clip(samples.values[rows, column] + self.case.strength * amount, lowest, highest)
        return np.asarray(np.round(wrong, quantity.decimals))

    @abstractmethod
    def amount(self, since: Int64) -> Float64:
        """float64[rows], spans at strength 1. since: ms from the fault's start."""


class Drift(OffsetFault):
    """A fifth of the span more each day."""

    def amount(self, since: Int64) -> Float64:
        return np.asarray(0.2 * since / _DAY, np.float64)


class Bias(OffsetFault):
    """A fifth of the span too high, from one moment to the next."""

    def amount(self, since: Int64) -> Float64:
        return np.full(len(since), 0.2)


class Noise(OffsetFault):
    """Normal noise of an eighth of the span."""

    def amount(self, since: Int64) -> Float64:
        return 0.125 * self.rng.standard_normal(len(since))


class Spikes(OffsetFault):
    """One reading in twenty is off by half a span to a whole one, up or down."""

    def amount(self, since: Int64) -> Float64:
        size = len(since)
        height = self.rng.uniform(0.5, 1.0, size) * self.rng.choice((-1.0, 1.0), size)
        return np.where(self.rng.random(size) < 0.05, height, 0.0)


class Stuck(ValueFault):
    """The first value since the fault's start, again and again."""

    def __init__(self, case: Case, seed: tuple[int, ...]) -> None:
        super().__init__(case, seed)
        self._first: dict[Fleet, Float64] = {}

    def wrong(self, fleet: Fleet, column: int, samples: Samples, rows: Rows) -> Float64:
        device, said = samples.device[rows], samples.values[rows, column]
        first = self._first.setdefault(fleet, np.full(len(fleet), np.nan))
        new = np.isnan(first[device]) & np.isfinite(said)
        if new.any():
            fresh, at = np.unique(device[new], return_index=True)
            first[fresh] = said[new][at]
        return np.where(np.isnan(said), np.nan, first[device])


_MISTAKES: dict[str, tuple[float, float]] = {
    "L/s": (3.6, 0.0),  # said in m3/h
    "kPa": (0.01, 0.0),  # in bar
    "m": (100.0, 0.0),  # in cm
    "m3": (1000.0, 0.0),  # in L
    "cm": (0.01, 0.0),  # in m
    "mm": (0.1, 0.0),  # in cm
    "degC": (1.8, 32.0),  # in degF
    "kW": (1000.0, 0.0),  # in W
    "kWh": (1000.0, 0.0),  # in Wh
    "V": (0.001, 0.0),  # in kV
    "A": (1000.0, 0.0),  # in mA
    "cm/s2": (0.01, 0.0),  # in m/s2
    "ug/m3": (0.001, 0.0),  # in mg/m3
    "kg": (1000.0, 0.0),  # in g
}
_FRACTION = (0.01, 0.0)
"""A share between 0 and 1 for what should be percent; anything else is off by as much."""


class UnitMistake(ValueFault):
    """Said in another unit than the catalogue's, without naming it. Its strength does not matter."""

    def wrong(self, fleet: Fleet, column: int, samples: Samples, rows: Rows) -> Float64:
        factor, offset = _MISTAKES.get(fleet.quantities[column].unit, _FRACTION)
        return np.asarray(np.round(samples.values[rows, column] * factor + offset, 6))
