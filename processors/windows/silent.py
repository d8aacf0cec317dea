"""Windows of catalogued series that sent nothing: count 0, completeness 0 (none where no reading was due).

A device's silent windows begin with the one in which it was first known. At most the
lateness is filled when its clock jumps ahead: `Clocks.gaps` says what is left out.
"""

from __future__ import annotations

import numpy as np

from processors.base import Outputs
from processors.windows.emission import silence
from processors.windows.memory import Memory, Span
from telemetry.batch import Bool, Index, Int32, Int64


def allowed(memory: Memory, level: int, device: Int32, start: Int64) -> Bool:
    """Whether a silent window of `device` at `start` is to be emitted."""
    clocks, length = memory.clocks, memory.config.lengths[level]
    fine = (start + length > clocks.since[device]) & (start >= clocks.begin[level, device])
    if clocks.gaps.shape[1] and len(device):
        who, begin, end = clocks.gaps[:, np.lexsort((clocks.gaps[1], clocks.gaps[0]))]
        low = min(int(begin.min()), int(start.min()))
        span = max(int(begin.max()), int(start.max())) - low + 1
        gap = np.searchsorted(who * span + (begin - low), device.astype(np.int64) * span + (start - low), "right") - 1
        inside = (gap >= 0) & (who[gap] == device) & (start + length <= end[gap])
        fine &= ~inside
    return np.asarray(fine)


def enqueue(memory: Memory, level: int, device: Int32 | Index, after: Int64, upto: Int64) -> None:
    """Windows that end in after..upto hold no reading of these devices (each named once)."""
    chosen = memory.watched.devices[device] & (after < upto)
    if not chosen.any():
        return
    who = device[chosen].astype(np.int32)
    clocks, length = memory.clocks, memory.config.lengths[level]
    after = np.maximum(after[chosen], np.maximum(clocks.since[who], clocks.begin[level, who]))
    who, after, upto = _without_gaps(clocks.gaps, who, after, upto[chosen], length)
    some = after // length < upto // length
    if some.any():
        memory.spans.append(Span(level, who[some], after[some], upto[some]))


def _without_gaps(gaps: Int64, who: Int32, after: Int64, upto: Int64, length: int) -> tuple[Int32, Int64, Int64]:
    """Cut the windows that lie whole within a gap out of each device's span."""
    place = np.full(int(max(who.max(), gaps[0].max(initial=0))) + 1, -1, np.intp)
    place[who] = np.arange(len(who))
    at = place[gaps[0]]
    known = (at >= 0) & (gaps[1] < upto[at]) & (gaps[2] > after[at])
    if not known.any():
        return who, after, upto
    device, begin, end = gaps[:, known]
    before_gap = np.minimum((begin + length - 1) // length * length, upto[at[known]])
    after_gap = np.maximum(np.maximum(end, before_gap), after[at[known]])
    starts_of = np.concatenate([who, device.astype(np.int32)])
    starts = np.concatenate([after, after_gap])
    ends = np.concatenate([upto, np.maximum(before_gap, after[at[known]])])
    order = np.lexsort((starts, starts_of))
    return starts_of[order], starts[order], ends[np.lexsort((ends, starts_of))]


def drain(memory: Memory, out: Outputs, budget: int) -> int:
    """Emit what is in the queue, until about `budget` rows are out; returns what is left of it."""
    while memory.spans and budget > 0:
        span = memory.spans.pop(0)
        length = memory.config.lengths[span.level]
        windows = span.upto // length - span.after // length
        first = memory.watched.first
        rows = np.cumsum(windows * (first[span.device + 1] - first[span.device]))
        cut = max(1, int(np.searchsorted(rows, budget, "right")))
        if cut < len(rows):
            rest = Span(span.level, span.device[cut:], span.after[cut:], span.upto[cut:])
            memory.spans.insert(0, rest)
        budget -= _emit(memory, span.level, span.device[:cut], span.after[:cut], windows[:cut], out)
    return budget


def _emit(memory: Memory, level: int, device: Int32, after: Int64, windows: Int64, out: Outputs) -> int:
    length = memory.config.lengths[level]
    place = np.repeat(np.arange(len(device)), windows)
    within = np.arange(len(place)) - np.repeat(np.cumsum(windows) - windows, windows)
    start = (after[place] // length + within) * length
    fine = allowed(memory, level, device[place], start)
    place, start = place[fine], start[fine]
    series, pair = memory.watched.of(device[place])
    if len(series):
        out.windows.append(silence(series, start[pair], length, memory.sensors))
    return len(series)
