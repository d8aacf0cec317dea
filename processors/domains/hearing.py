"""Readings as rules hear them: in waves, each cut to the series that a rule listens to.

    slot 3   a b c d      wave 0: a e g      whoever listens to slots 3 and 7 hears: a g, b h, c, d
    slot 5   e f          wave 1: b f h
    slot 7   g h          wave 2: c
                          wave 3: d

A call of numpy costs the same for one reading as for a hundred, so all that can be done for all waves at once is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from processors.base import Outputs
from processors.domains.roster import Int8
from processors.runs import UNSEEN, grouping, latest_before, starts_of
from telemetry.batch import Bool, Float64, Index, Int32, Int64


@dataclass(slots=True)
class Wave:
    """Some readings, a row each; each slot at most once, each newer than the slot's one before.

    quantity: index into the roster's quantities. elapsed: ms since the slot's reading before; 0 for the first.
    local: `time` on the city's clock, where somebody has looked it up.
    Nobody changes them; that they are not frozen is for speed, for thousands are made.
    """

    slot: Index
    quantity: Int8
    time: Int64
    value: Float64
    elapsed: Int64
    local: Int64 | None = None

    def __len__(self) -> int:
        return len(self.slot)

    def of(self, *quantities: int) -> Wave:
        """The rows of some quantities only."""
        chosen = self.quantity == quantities[0]
        for quantity in quantities[1:]:
            chosen |= self.quantity == quantity
        rows = np.flatnonzero(chosen)
        if len(rows) == len(self):
            return self
        return self.take(rows)

    def take(self, rows: Index) -> Wave:
        # np.take of rows is several times as fast as a mask on each column.
        return Wave(
            self.slot.take(rows),
            self.quantity.take(rows),
            self.time.take(rows),
            self.value.take(rows),
            self.elapsed.take(rows),
            None if self.local is None else self.local.take(rows),
        )

    def between(self, begin: int, end: int) -> Wave:
        """Some rows in turn: views."""
        rows = slice(begin, end)
        local = None if self.local is None else self.local[rows]
        return Wave(self.slot[rows], self.quantity[rows], self.time[rows], self.value[rows], self.elapsed[rows], local)


class Ear(NamedTuple):
    """What a rule listens to. slots: bool[slots], whose readings; heard: is given them, wave by wave."""

    slots: Bool
    heard: Callable[[Wave, Outputs], None]


class Waves:
    """Waves that stand one after the other in `rows`. number: int[rows], of the wave of each, ascending."""

    def __init__(self, rows: Wave, number: Index, count: int) -> None:
        """count: of the waves, those that have no rows here among them."""
        self.rows = rows
        self.number = number
        self.count = count
        self._begins: list[int] = np.searchsorted(number, np.arange(count + 1)).tolist()
        self._last: tuple[int, Wave | None] = (-1, None)

    def __getitem__(self, number: int) -> Wave | None:
        """None where it has no rows. Asked again it is the same one."""
        if self._last[0] != number:
            begin, end = self._begins[number], self._begins[number + 1]
            self._last = number, self.rows.between(begin, end) if begin < end else None
        return self._last[1]

    def take(self, rows: Index) -> Waves:
        """Of the same waves some rows."""
        if len(rows) == len(self.rows):
            return self
        return Waves(self.rows.take(rows), self.number.take(rows), self.count)

    def among(self, slots: Bool) -> Waves:
        """The rows of some slots (a mask over all)."""
        return self.take(np.flatnonzero(slots.take(self.rows.slot)))


def gather(readings: tuple[Int32, Int64, Float64], quantity: Int8, newest: Int64, within: int) -> tuple[Waves, Waves]:
    """The k-th reading of each slot is in wave k, by slot: those newer than all before them; and those that a newer one
    overtook, by `within` ms at the most, with an `elapsed` of 0.

    readings: slots, times and values in log order. quantity: int8[slots]. newest: int64[slots], is brought up to date.
    """
    slot, time, value = readings
    size = len(slot)
    order = grouping(slot)
    slots: Index = slot.take(order).astype(np.intp)
    time, value = time.take(order), value.take(order)
    starts = starts_of(slots)
    before, number = newest.take(slots), np.zeros(size, np.int64)
    if len(starts) < size:
        before = np.maximum(before, latest_before(time, starts))
        number = np.arange(size) - np.repeat(starts, np.diff(np.append(starts, size)))
    ends = np.append(starts[1:], size) - 1
    newest[slots[ends]] = np.maximum(before[ends], time[ends])
    newer = time > before
    older = (time < before) & (before - time <= within)
    elapsed = np.where(newer & (before != UNSEEN), time - before, 0)
    whole = Wave(slots, quantity.take(slots), time, value, elapsed)
    if len(starts) < size:
        # By number and then by slot.
        order = grouping(number)
        whole, number, newer, older = whole.take(order), number.take(order), newer.take(order), older.take(order)
    waves = Waves(whole, number, int(number[-1]) + 1)
    return waves.take(np.flatnonzero(newer)), waves.take(np.flatnonzero(older))


def tell(turns: Sequence[tuple[Waves, Callable[[Wave, Outputs], None]]], out: Outputs) -> None:
    """Let all hear the waves one after the other; each wave in the order of `turns`, whose waves count alike."""
    turns = [turn for turn in turns if len(turn[0].rows)]
    for number in range(turns[0][0].count if turns else 0):
        for waves, heard in turns:
            wave = waves[number]
            if wave is not None:
                heard(wave, out)
