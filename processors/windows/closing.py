"""Closed windows of the shortest length: from memory to a chunk on disk, and out.

Closing is lazy: a sweep goes through the open rows when ticks or their number ask for it, in
bounded slices, in ascending order of time. What it emits depends on state and input alone.
"""

from __future__ import annotations

import numpy as np

from processors.base import Outputs
from processors.windows import longer, retention, silent
from processors.windows.emission import silence, windows
from processors.windows.memory import Memory
from processors.windows.rows import Rows, ordered, unique
from processors.windows.statistics import summarise
from telemetry.batch import Bool, Index, Int32


def sweep(memory: Memory, out: Outputs, budget: int) -> int:
    """Close what is due, about `budget` rows of it; returns what is left of the budget: above 0
    when all is done. Silent windows go first, so that none follows a late reading's row."""
    budget = silent.drain(memory, out, budget)
    clocks = memory.clocks
    due = np.flatnonzero(clocks.emitted[0, : clocks.size] < clocks.closed[0, : clocks.size])
    latest = int(clocks.closed[0, due].max()) if len(due) else 0
    for start in sorted(memory.open.buckets):
        if budget <= 0:
            return 0
        if memory.open.buckets[start].after or (len(due) and start + memory.config.base <= latest):
            budget -= _close(memory, start, out, budget)
    if budget <= 0:
        return 0
    silent.enqueue(memory, 0, due, clocks.emitted[0, due], clocks.closed[0, due])
    clocks.emitted[0, due] = clocks.closed[0, due]
    memory.swept = memory.open.size
    return silent.drain(memory, out, budget)


def _close(memory: Memory, start: int, out: Outputs, budget: int) -> int:
    """Close one window start for the devices that have passed it; returns what it takes of the budget.

    Where some devices are left for the next call, that is all of it: a later start must not be
    closed for a device whose earlier one is not, or the earlier one would be taken for silent.
    """
    bucket = memory.open.buckets[start]
    device = memory.table.device_of[bucket.series[: bucket.size]]
    ready = memory.clocks.closed[0, device] >= start + memory.config.base
    count = int(np.count_nonzero(ready))
    if not count:
        return 0
    if count > budget:
        ready &= _first_devices(device, ready, budget)
    rows = memory.open.take(start, ready)
    flush(memory, start, ordered(rows), out)
    return max(count, len(rows))


def _first_devices(device: Int32, ready: Bool, budget: int) -> Bool:
    """Rows of the first devices that together have about `budget` ready rows; at least of one."""
    total = np.cumsum(np.bincount(device[ready]))
    last = max(int(np.searchsorted(total, budget, "right")) - 1, int(np.searchsorted(total, 0, "right")))
    return np.asarray(device <= last)


def flush(memory: Memory, start: int, rows: Rows, out: Outputs) -> None:
    """Add `ordered` rows to the chunk at `start`, and emit the windows that they change."""
    clocks, length = memory.clocks, memory.config.base
    end = start + length
    device = memory.table.device_of[rows.series]
    seen = clocks.emitted[0, device] >= end
    first = unique(device[~seen])
    silent.enqueue(memory, 0, first, clocks.emitted[0, first], np.full(len(first), start))
    clocks.emitted[0, first] = end
    begun = clocks.begin[0, device] <= start
    if not begun.all():
        rows, seen = rows.take(begun), seen[begun]
    if not len(rows):
        return
    whole = rows
    if seen.any():
        known = memory.chunks.find(start, unique(rows.series[seen]))
        whole = ordered(Rows.concat([*known, rows]))
    memory.chunks.append(start, rows)
    retention.hold(memory, start, rows.series)
    summary = summarise(whole, 0)
    counter = memory.sensors.counter[summary.series]
    out.windows.append(windows(summary, start, length, memory.ahead(summary.series, start), memory.sensors))
    memory.carry.note(summary, start, end, counter)
    _beside(memory, start, first, summary.series, out)
    longer.note(memory, start, summary.series)


def _beside(memory: Memory, start: int, device: Index | Int32, present: Int32, out: Outputs) -> None:
    """Watched series of devices that have just closed this window, and sent nothing in it."""
    series, _ = memory.watched.of(device)
    series = series[~np.isin(series, present)]
    starts = np.full(len(series), start)
    fine = silent.allowed(memory, 0, memory.table.device_of[series], starts)
    if fine.any():
        out.windows.append(silence(series[fine], starts[fine], memory.config.base, memory.sensors))
