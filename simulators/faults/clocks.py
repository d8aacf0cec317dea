"""Devices whose clocks are wrong: only what they say of the time changes."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from simulators.faults.base import CLOCK, Fault, Rows
from simulators.feed import Int64, RawMessage, Samples

_RATE = 0.002
"""7.2 s an hour: a cheap oscillator in the sun is ten times better, a timer in software is not."""
_JUMP = 3_600_000.0
"""ms: an hour, as when a time zone is mistaken."""


class ClockFault(Fault):
    stage: ClassVar[int] = CLOCK

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        time = samples.time.copy()
        time[rows] += self.off(samples.arrival[rows] - self.case.start)
        return Samples(samples.fleet, samples.device, time, samples.arrival, samples.values)

    @abstractmethod
    def off(self, since: Int64) -> Int64:
        """int64[rows], ms that the clock is ahead. since: ms from the fault's start."""


class ClockSkew(ClockFault):
    """Runs fast: 7.2 s an hour; below strength 0 slow."""

    def off(self, since: Int64) -> Int64:
        return np.round(_RATE * self.case.strength * since).astype(np.int64)


class ClockJump(ClockFault):
    """An hour behind at once; below strength 0 ahead."""

    def off(self, since: Int64) -> Int64:
        return np.full(len(since), -round(_JUMP * self.case.strength), np.int64)
