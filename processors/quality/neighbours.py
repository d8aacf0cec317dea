"""Neighbours: the same quantity of the sensors around, at the same time.

Groups are the sensors of a quantity in a zone, or where these are too few, in the city. At ticks
the median of a group's latest values is taken; how far a sensor usually is from it is learned, so
that a hill or another pipe is no disagreement. Medians, so that a few broken sensors are not heard.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Final

import numpy as np

from processors.base import State
from processors.quality.memory import Memory
from processors.quality.pairs import Pairs, any_of
from processors.quality.rules import ACQUAINTED, DRIFT, FAR, FEWEST_NEIGHBOURS, LOOKS, NOISES, SETTLED, STALE
from telemetry import flags
from telemetry.batch import Bool, Float64, Index, Int32, UInt32
from telemetry.sensors import SensorTable

SHARED: Final = frozenset(
    {
        *(("water", name) for name in ("pressure", "chlorine", "turbidity", "ph", "temperature")),
        *(("energy", name) for name in ("voltage", "frequency")),
        *(("waste", name) for name in ("temperature",)),
        *(("disaster", name) for name in ("pm25", "pm10", "soil_moisture")),
    }
)
"""What the sensors of a zone have in common, more or less. A flow or a load is each one's own."""
ALONE: Final = -1


class Neighbours:
    """group: int32[series], ALONE where not judged; reference: the median of each group, NaN while unknown."""

    def __init__(self, sensors: SensorTable, memory: Memory) -> None:
        self.sensors = sensors
        self.memory = memory
        self.group: Int32 = np.zeros(0, np.int32)
        self.slices: list[Index] = []
        """The series of the groups that are looked at together."""
        self.reference: Float64 = np.zeros(0)
        self.stale = False
        """Whether there are series that have no group yet."""

    def sync(self) -> None:
        """Anew from the table, so that it is the same after a restart."""
        self.stale = False
        identities = self.sensors.table.identities[: self.sensors.size]
        keys = [
            None if identity is None or (identity.domain, identity.quantity) not in SHARED else identity
            for identity in identities
        ]
        sizes = Counter((each.city, each.domain, each.zone, each.quantity) for each in keys if each)
        numbers: dict[tuple[str, str, str, str], int] = {}
        found = []
        for each in keys:
            if each is None:
                found.append(ALONE)
                continue
            zone = (each.city, each.domain, each.zone, each.quantity)
            key = zone if sizes[zone] >= FEWEST_NEIGHBOURS else (each.city, each.domain, "*", each.quantity)
            found.append(numbers.setdefault(key, len(numbers)))
        self.group = np.array(found, np.int32)
        order = np.argsort(self.group, kind="stable")
        cuts = np.searchsorted(self.group[order], np.arange(len(numbers) + 1))
        members = [order[begin:end] for begin, end in pairwise(cuts.tolist())]
        self.slices = [np.concatenate([*members[turn::LOOKS], order[:0]]) for turn in range(LOOKS)]
        self.reference = np.full(len(numbers), np.nan)

    def look(self, turn: int, now: int) -> None:
        """The medians of a slice of the groups."""
        if not len(self.reference):
            return
        rows = self.slices[turn]
        rows = rows[np.abs(now - self.memory["newest"][rows]) < STALE]
        value, group = self.memory["last"][rows].astype(np.float64), self.group[rows]
        value = value[np.lexsort((value, group))]
        size = np.bincount(group, minlength=len(self.reference))[turn::LOOKS]
        # Sorted by group, then by value: the middle of each group is its median.
        begin = np.cumsum(size) - size
        enough = size >= FEWEST_NEIGHBOURS
        lower, upper = begin[enough] + (size[enough] - 1) // 2, begin[enough] + size[enough] // 2
        reference = np.full(len(size), np.nan)
        reference[enough] = (value[lower] + value[upper]) / 2.0
        self.reference[turn::LOOKS] = reference

    def learn(self, rows: Index) -> None:
        """Series with a new block: how far they are from their neighbours, and whether that is too far."""
        rows = rows[self.group[rows] != ALONE]
        if not len(rows):
            return
        c = self.memory
        apart = (c["last"][rows] - self.reference[self.group[rows]]).astype(np.float32)
        known = np.isfinite(apart)
        rows, apart = rows[known], apart[known]
        offset, spread, looks = c["offset"][rows], c["spread"][rows], c["looks"][rows]
        first = np.isnan(offset)
        away = np.where(first, np.float32(0.0), apart - offset)
        reach = self.reach(rows)
        odd = (np.abs(away) > reach) & (looks >= ACQUAINTED)
        rate = np.maximum(np.float32(DRIFT), np.float32(1.0) / (looks + 1)).astype(np.float32)
        heard = np.where(odd, np.float32(0.0), away)
        c["offset"][rows] = np.where(first, apart, offset + rate * heard)
        wide = np.minimum(np.abs(away), np.where(looks < ACQUAINTED, np.float32(np.inf), 4 * spread))
        pace = np.maximum(rate, np.float32(1 / 64))
        c["spread"][rows] = np.where(
            first, np.float32(0.0), spread + np.where(odd, np.float32(0.0), pace * (wide - spread))
        )
        c["looks"][rows] = np.minimum(looks + 1, 10_000)
        off = c["off"][rows]
        back = np.where(off >= SETTLED, 0, np.maximum(off - 1, 0))
        c["off"][rows] = np.where(odd, np.minimum(off + 1, SETTLED), back)

    def reach(self, series: Index) -> Float64:
        """How far from its neighbours each may be; infinite (NaN in warm-up compares false)."""
        c = self.memory
        return np.maximum(FAR * c["spread"].take(series), NOISES * c["scale"].take(series))

    def test(self, found: Pairs) -> tuple[Index, UInt32] | None:
        """The rows that disagree, and their flags."""
        if not len(self.reference):
            return None
        group = self.group.take(found.series)
        mine = any_of((group != ALONE) & (self.memory["looks"].take(found.series) >= ACQUAINTED))
        if mine is None:
            return None
        series = found.series[mine]
        expected = self.reference.take(group[mine]) + self.memory["offset"].take(series)
        odd: Bool = np.abs(found.runs.value[mine] - expected) > self.reach(series)
        if not odd.any():
            return None
        rows = mine[odd]
        return rows, np.full(len(rows), flags.SUSPECT | flags.NEIGHBOUR, np.uint32)

    def snapshot(self) -> State:
        return {"reference": self.reference.copy()}

    def restore(self, state: State) -> None:
        if len(state["reference"]) == len(self.reference):
            self.reference = state["reference"].copy()
