"""Sags, swells and interruptions of seconds (IEEE 1159), only of meters that report each second or faster.

    pu   1.1 ──────────────────── swell above
         0.9 ──────┐     ┌─────── sag below
         0.1 ──────┼─────┼─────── interruption below
                   └─────┘ told of when it is over: how deep and how long

A reading that comes later than a second after the one before says nothing: in a mean of a minute a
sag is lost. What has been cut off by such a gap is not told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import INFO, VOLTAGES, Grid
from processors.domains.hearing import Ear, Wave
from telemetry.batch import Anomalies, Bool, Float64, Index, Int64

DETECTOR: Final = "sags"
SAG, SWELL, INTERRUPTION = 1, 2, 3
NAMES: Final = ("", "sag", "swell", "interruption")


class Sags:
    """State by slot: what goes on (0 nothing), since when, how far; and how many there were of each kind."""

    name = "sags"

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.columns = Columns(
            kind=(np.int8, 0),
            since=(np.int64, 0),
            extreme=(np.float64, 0.0),
            last=(np.int64, 0),
            count=(np.int32, 0, len(NAMES)),
        )

    def grow(self) -> None:
        self.grid.grow()
        self.columns.grow(len(self.grid.roster))

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.grid.roster.of(*VOLTAGES), self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        c, each, slot = self.columns, self.grid.each, wave.slot
        fast = self._fast(slot, wave.elapsed)
        if not fast.any() and not c["kind"][slot].any():
            return
        share = wave.value / self.grid.slots["nominal"][slot]
        kind = np.where(share < each(slot, "sags.sag"), SAG, 0)
        kind = np.where(share < each(slot, "sags.interruption"), INTERRUPTION, kind)
        kind = np.where(share > each(slot, "sags.swell"), SWELL, kind)
        before = c["kind"][slot]
        concerned = np.flatnonzero((kind > 0) | (before > 0))
        if len(concerned):
            at = concerned
            self._follow(slot[at], wave.time[at], wave.value[at], kind[at], fast[at], out)

    def _fast(self, slot: Index, elapsed: Int64) -> Bool:
        return np.asarray((elapsed > 0) & (elapsed <= self.grid.each(slot, "sags.interval")))

    def _follow(self, slot: Index, time: Int64, value: Float64, kind: Any, fast: Bool, out: Outputs) -> None:
        c = self.columns
        before, nominal = c["kind"][slot], self.grid.slots["nominal"][slot]
        over = fast & (before > 0) & (kind == 0)
        if over.any():
            self._tell(slot[over], time[over], out)
        begins = fast & (before == 0) & (kind > 0)
        goes_on = fast & (before > 0) & (kind > 0)
        further = np.abs(value - nominal) > np.abs(c["extreme"][slot] - nominal)
        c["extreme"][slot] = np.where(begins | (goes_on & further), value, c["extreme"][slot])
        c["since"][slot] = np.where(begins, time, c["since"][slot])
        # A sag that gets as deep as an interruption is one.
        c["kind"][slot] = np.where(begins | goes_on, np.where(goes_on, np.maximum(before, kind), kind), 0)

    def _tell(self, slots: Index, times: Int64, out: Outputs) -> None:
        c, grid = self.columns, self.grid
        kinds, extreme, nominal = c["kind"][slots], c["extreme"][slots], grid.slots["nominal"][slots]
        c["count"][slots, kinds] += 1
        c["last"][slots] = times
        reasons = []
        for slot, kind, end, value in zip(
            slots.tolist(), kinds.tolist(), times.tolist(), extreme.tolist(), strict=True
        ):
            seconds = grid.number((end - int(c["since"][slot])) / 1000.0, 1)
            voltage = grid.measured(value, "voltage", 1)
            words = {"device": grid.identity(slot).device, "voltage": voltage, "seconds": seconds}
            reasons.append(grid.say(f"sags.{NAMES[kind]}", **words))
        out.anomalies.append(
            Anomalies(
                series=grid.roster.series[slots],
                time=c["since"][slots].copy(),
                value=extreme.copy(),
                baseline=nominal.copy(),
                low=grid.each(slots, "sags.sag") * nominal,
                high=grid.each(slots, "sags.swell") * nominal,
                score=np.minimum(1.0, 0.5 + 0.5 * np.abs(extreme / nominal - 1.0)),
                severity=np.full(len(slots), INFO, np.int64),
                detector=(DETECTOR,) * len(slots),
                reason=tuple(reasons),
            )
        )

    def tick(self, now: int, out: Outputs) -> None:
        """Each meter is judged by itself."""

    def indicators(self) -> list[dict[str, Any]]:
        """How many sags, swells and interruptions there were, of each voltage that had one."""
        c = self.columns
        return [
            self.grid.indicator(
                slot,
                int(c["last"][slot]),
                f"{NAMES[kind]}s",
                int(c["count"][slot, kind]),
                "1",
                quantity=self.grid.identity(slot).quantity,
            )
            for slot in np.flatnonzero(c["count"][: c.size].any(1)).tolist()
            for kind in np.flatnonzero(c["count"][slot]).tolist()
        ]

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.restore(state)
