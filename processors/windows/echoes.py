"""A late reading of a counter may change the delta of a later window.

    closed             closed
    ├──────── w1 ───────┼──────── w2 ───────┤
         a         ✦             b               ✦ comes late: it is now the last reading
                                                 before b, so w2 grew by b - ✦, not b - a

Then w2 gets an echo: a row without a reading, which is stored, emits w2 anew and raises its
revision like a late reading of its own. The rule, one reading after the other: a late reading
that adds, replaces or (by failing) removes a good reading raises the revision of each closed
window that holds the next good reading, and does not hold the late one.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from processors.windows.memory import Memory
from processors.windows.rows import ECHO, FAILED, LATE, Rows
from telemetry.batch import Int32, Int64


def echoes(memory: Memory, rows: Rows, closed: Int64) -> Rows:
    """Echoes of a batch's accepted readings, none of which is stored yet.

    closed: [level, row], how far a late row's device was closed when it came.
    """
    late = (rows.mark & LATE != 0) & memory.sensors.counter[rows.series]
    if not late.any():
        return Rows.empty()
    series = np.unique(rows.series[late])
    good = _good_times(memory, series.astype(np.int32), int(rows.time[late].min()))
    times: list[int] = []
    marks: list[int] = []
    ids: list[int] = []
    for row in np.flatnonzero(np.isin(rows.series, series)).tolist():
        number, time, mark = int(rows.series[row]), int(rows.time[row]), int(rows.mark[row])
        known = good[number]
        place = bisect_left(known, time)
        there = place < len(known) and known[place] == time
        fails = bool(mark & FAILED)
        if late[row] and (there or not fails) and place + there < len(known):
            bits = _changed(memory, time, known[place + there], closed[:, row].tolist())
            if bits:
                ids.append(number)
                times.append(known[place + there])
                marks.append(ECHO | bits)
        if there and fails:
            del known[place]
        elif not there and not fails:
            known.insert(place, time)
    return Rows(np.array(ids, np.int32), np.array(times, np.int64), np.zeros(len(ids)), np.array(marks, np.uint16))


def _changed(memory: Memory, time: int, following: int, closed: list[int]) -> int:
    """Bits of the lengths whose window at `following` was closed and does not hold `time`."""
    bits = 0
    for level, length in enumerate(memory.config.lengths):
        if following < closed[level] and following // length != time // length:
            bits |= 1 << memory.clocks.bits[level]
    return bits


def _good_times(memory: Memory, series: Int32, since: int) -> dict[int, list[int]]:
    """Ascending times of the stored readings that have not failed, by series, from `since` on."""
    base = memory.config.base
    starts = sorted({start for start in (*memory.chunks.chunks, *memory.open.buckets) if start + base > since})
    stored = memory.stored(np.array(starts, np.int64), series)
    stored = stored.take(stored.mark & ECHO == 0)
    good: dict[int, set[int]] = {number: set() for number in series.tolist()}
    failed = (stored.mark & FAILED != 0).tolist()
    for number, time, fails in zip(stored.series.tolist(), stored.time.tolist(), failed, strict=True):
        if fails:
            good[number].discard(time)
        else:
            good[number].add(time)
    return {number: sorted(times) for number, times in good.items()}
