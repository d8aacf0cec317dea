"""Numerators and denominators by indicator, place and local day; a month is the sum of its days.

    day      │ -2 │ -1 │ today │ +1 │     open: what comes late, or from a clock that is ahead, has its place
    month  ◀─┘ a day that leaves is added to its month

A number is told when it has changed since it was told last; of a day that leaves, as it leaves.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np

from processors.anomaly.localtime import LocalDay
from processors.base import State
from processors.indicators.places import WHOLE, Places
from telemetry.batch import Bool, Float64, Index, Indicators, Int64
from telemetry.indicators import NUMBER, TABLE

DAY: Final = 86_400_000
DAYS: Final = 4
BACK: Final = 2
"""Days before today that are open."""
MONTHS: Final = 2
_EPOCH: Final = date(1970, 1, 1).toordinal()
_STANDS: Final = np.array([each.stands for each in TABLE])
_PEAK: Final = np.array([each.kind == "peak" for each in TABLE])
_SCALE: Final = np.array([each.scale for each in TABLE])
_SUMMED: Final = np.flatnonzero([not each.own for each in TABLE])
_PERCENT: Final = np.array([each.unit == "%" for each in TABLE])
_FACTOR: Final = np.array([each.factor if each.kind == "ratio" else np.nan for each in TABLE])


class Cells:
    """num, den: float64[indicator, day modulo DAYS, row]; changed: since they were told. months: those that folded
    days have been added to, and `month` which month (months since year 0) stands in each of its two places."""

    names = ("num", "den", "changed", "month_num", "month_den", "month_changed")
    """Of the arrays that grow with places."""

    def __init__(self, places: Places, local: LocalDay) -> None:
        self.places, self.local = places, local
        self.today = -1
        """The local day, counted from 1970; -1 before the first tick."""
        self.num: Float64 = np.zeros((len(TABLE), DAYS, 0))
        self.den: Float64 = np.zeros((len(TABLE), DAYS, 0))
        self.changed: Bool = np.zeros((len(TABLE), DAYS, 0), np.bool_)
        self.month: Int64 = np.full(MONTHS, -1, np.int64)
        self.month_num: Float64 = np.zeros((len(TABLE), MONTHS, 0))
        self.month_den: Float64 = np.zeros((len(TABLE), MONTHS, 0))
        self.month_changed: Bool = np.zeros((len(TABLE), MONTHS, 0), np.bool_)
        self.left: list[Indicators] = []
        """Of days that have left since `told`, what had changed."""

    def grow(self) -> None:
        """Room for all places."""
        more = len(self.places) - self.num.shape[2]
        if more:
            for name in self.names:
                setattr(self, name, np.pad(getattr(self, name), ((0, 0), (0, 0), (0, more))))

    def days(self, time: Int64) -> Int64:
        """Local days of times (ms)."""
        days: Int64 = (time + self.local.offsets(time)) // DAY
        return days

    def day(self, time: int) -> int:
        return int(self.days(np.array([time]))[0])

    def open(self) -> Int64:
        """The open days."""
        return np.arange(self.today - BACK, self.today - BACK + DAYS)

    def roll(self, day: int) -> None:
        """Let `day` be today; days that are no longer open go to their months."""
        if self.today < 0:
            self.today = day
        for old in range(self.today - BACK, min(day, self.today + DAYS) - BACK):
            self._fold(old)
        self.today = max(self.today, day)

    def add(self, name: str, rows: Index, days: Int64 | int, num: Float64, den: Float64) -> None:
        """Add to cells, a row may stand several times. Days that are not open are left out."""
        if not (num.any() or den.any()):
            return
        days = np.broadcast_to(np.asarray(days), rows.shape)
        chosen = self._open(days) & ((num != 0) | (den != 0))
        if not chosen.any():
            return
        number, width = NUMBER[name], self.num.shape[2]
        places = (days[chosen] % DAYS) * width + rows[chosen]
        for cells, amount in ((self.num, num), (self.den, den)):
            cells[number] += np.bincount(places, amount[chosen], DAYS * width).reshape(DAYS, width)
        self.changed[number].reshape(-1)[places] = True

    def put(self, name: str, rows: Index, day: int, num: Float64, den: Float64) -> None:
        """Let cells of a day be these; of rows that stand several times the sum."""
        if not self._open(np.array([day]))[0]:
            return
        if self.places.shared:
            rows, which = np.unique(rows, return_inverse=True)
            num, den = _summed(which, num), _summed(which, den)
        number, slot = NUMBER[name], day % DAYS
        differs = (self.num[number, slot, rows] != num) | (self.den[number, slot, rows] != den)
        self.num[number, slot, rows], self.den[number, slot, rows] = num, den
        self.changed[number, slot, rows] |= differs

    def due(self, name: str, day: int) -> Float64:
        """float64[rows]: the denominators of an open day."""
        return np.asarray(self.den[NUMBER[name], day % DAYS])

    def stand(self, name: str, rows: Index, size: Float64) -> None:
        """Let the denominators of today be these sizes; of rows that stand several times the sum."""
        if self.places.shared:
            rows, which = np.unique(rows, return_inverse=True)
            size = _summed(which, size)
        self.put(name, rows, self.today, self.num[NUMBER[name], self.today % DAYS, rows], size)

    def raise_to(self, name: str, rows: Index, day: int, num: Float64) -> None:
        """Let the greatest of a day be at least `num`."""
        if self._open(np.array([day]))[0]:
            before = self.num[NUMBER[name], day % DAYS, rows]
            self.put(name, rows, day, np.maximum(before, num), np.ones(len(rows)))

    def told(self) -> Indicators | None:
        """What has changed since the last call, days and then months, cities beside their zones."""
        batches, self.left = self.left, []
        days = range(self.today - BACK, self.today + DAYS - BACK)
        for day in days:
            slot = day % DAYS
            if self.changed[:, slot].any():
                parts = self.num[:, slot], self.den[:, slot], self.changed[:, slot]
                batches.append(self._batch("day", day, *parts))
        for month in sorted({_month(day) for day in days} | set(self.month[self.month >= 0].tolist())):
            slots = [day % DAYS for day in days if _month(day) == month]
            changed: Bool = np.asarray(self.changed[:, slots].any(1))
            if self.month[month % MONTHS] == month:
                changed |= self.month_changed[:, month % MONTHS]
            if changed.any():
                batches.append(self._batch("month", _first(month), *self._so_far(month, slots), changed))
        self.changed[:] = False
        self.month_changed[:] = False
        batches = [batch for batch in batches if len(batch)]
        return Indicators.concat(batches) if batches else None

    def _open(self, days: Int64) -> Bool:
        known: Bool = (days >= self.today - BACK) & (days < self.today - BACK + DAYS)
        return known if self.today >= 0 else np.zeros_like(known)

    def _fold(self, day: int) -> None:
        slot, month = day % DAYS, _month(day)
        place = month % MONTHS
        if self.month[place] != month:
            self.month[place] = month
            self.month_num[:, place], self.month_den[:, place], self.month_changed[:, place] = 0.0, 0.0, False
        kept = self.month_num[:, place], self.month_den[:, place]
        self.month_num[:, place], self.month_den[:, place] = _joined(kept, (self.num[:, slot], self.den[:, slot]))
        if self.changed[:, slot].any():
            # Nothing was told since, as after a stop of days: it must not leave unsaid.
            self.left.append(self._batch("day", day, self.num[:, slot], self.den[:, slot], self.changed[:, slot]))
            self.month_changed[:, place] |= self.changed[:, slot]
        self.num[:, slot], self.den[:, slot], self.changed[:, slot] = 0.0, 0.0, False

    def _so_far(self, month: int, slots: list[int]) -> tuple[Float64, Float64]:
        """A month's folded days and its open ones. slots: in the order of days."""
        place = month % MONTHS
        empty = np.zeros_like(self.month_num[:, place])
        total = (self.month_num[:, place], self.month_den[:, place]) if self.month[place] == month else (empty, empty)
        for slot in slots:
            total = _joined(total, (self.num[:, slot], self.den[:, slot]))
        return total

    def _batch(self, period: str, day: int, num: Float64, den: Float64, changed: Bool) -> Indicators:
        num, den, changed = np.where(_PERCENT[:, None], np.minimum(num, den), num), den.copy(), changed.copy()
        parts = np.flatnonzero(self.places.whole != WHOLE)
        whole = self.places.whole[parts]
        for cells in (num, den):
            cells[_SUMMED] += _by_city(cells[np.ix_(_SUMMED, parts)], whole, cells.shape[1])
        changed[_SUMMED] |= _by_city(changed[np.ix_(_SUMMED, parts)], whole, changed.shape[1]) > 0
        which, rows = np.nonzero(changed & (den > 0))
        scale = _SCALE[which]
        num, den = num[which, rows] / scale, den[which, rows] / scale
        factor = _FACTOR[which]
        places = [self.places.places[row] for row in rows.tolist()]
        begins = int(self.local.from_wall(np.array([day * DAY]))[0])
        return Indicators(
            time=np.full(len(rows), begins, np.int64),
            numerator=num,
            denominator=den,
            value=np.where(np.isnan(factor), num, factor * num / den),
            city=tuple(place[0] for place in places),
            domain=tuple(place[1] for place in places),
            zone=tuple(place[2] for place in places),
            indicator=tuple(TABLE[each].name for each in which.tolist()),
            period=(period,) * len(rows),
            unit=tuple(TABLE[each].unit for each in which.tolist()),
        )

    def snapshot(self) -> State:
        arrays = {name: getattr(self, name).copy() for name in (*self.names, "month")}
        return {"today": np.array([self.today]), **arrays}

    def restore(self, state: State) -> None:
        """Raises ValueError for a state of other indicators."""
        if state["num"].shape[:2] != (len(TABLE), DAYS):
            raise ValueError(f"indicators: {state['num'].shape[0]} are remembered, {len(TABLE)} are known")
        # Before it was remembered of months what has changed, it was told with their days.
        state = {"month_changed": np.zeros(state["month_num"].shape, np.bool_), **state}
        self.today = int(state["today"][0])
        for name in (*self.names, "month"):
            setattr(self, name, state[name].copy())
        self.grow()


def _joined(one: tuple[Any, Any], later: tuple[Any, Any]) -> tuple[Float64, Float64]:
    """Two spans of time, (numerators, denominators) [indicator, row] each, as one."""
    stands, peak = _STANDS[:, None], _PEAK[:, None]
    num = np.where(peak, np.maximum(one[0], later[0]), one[0] + later[0])
    # Of a size the greatest: where sensors fall silent before a month ends, its last day knows of few bins.
    return num, np.where(stands | peak, np.maximum(one[1], later[1]), one[1] + later[1])


def _summed(which: Index, parts: Float64) -> Float64:
    return np.asarray(np.bincount(which, parts), np.float64)


def _by_city(cells: Any, whole: Any, rows: int) -> Float64:
    """[indicator, part] summed to [indicator, row]."""
    summed = np.zeros((len(cells), rows))
    for part, row in enumerate(whole.tolist()):
        summed[:, row] += cells[:, part]
    return summed


def _month(day: int) -> int:
    when = date.fromordinal(_EPOCH + day)
    return when.year * 12 + when.month - 1


def _first(month: int) -> int:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal() - _EPOCH
