"""When a chunk is dropped; only ever on ticks, so that a replay drops the same ones.

    ├─ chunk ─┤◀────── lateness + longest ──────▶│ watermark of every device with rows in it

Nothing late can reach it then, nor a longer window that it belongs to. Devices that fell
silent would hold it for ever: one that has sent nothing for lateness + longest + idle_close
of ticks is frozen (`Clocks.freeze`) and holds nothing any more.
"""

from __future__ import annotations

import numpy as np

from processors.windows.memory import Memory
from processors.windows.rows import Rows, unique
from telemetry.batch import Bool, Index, Int32


def hold(memory: Memory, start: int, series: Int32) -> None:
    """Rows of these series have been added: remember a device that needs the chunk."""
    chunk = memory.chunks.chunks[start]
    if chunk.blocker < 0:
        device = memory.table.device_of[series]
        chunk.blocker = int(device[np.argmin(memory.clocks.greatest[device])])


def retain(memory: Memory) -> None:
    """Drop what nobody needs any more."""
    config = memory.config
    wanted = [(begin, config.lengths[level]) for level, begin in memory.again]
    wanted += [(job.start, config.lengths[job.level]) for job in memory.jobs]
    # Of all chunks at once: a hundred are kept, and asking for each would take 3 ms a tick.
    starts = memory.chunks.starts()
    blockers = np.array([memory.chunks.chunks[start].blocker for start in starts.tolist()], np.int32)
    for start in starts[~_needed(memory, starts, blockers)].tolist():
        if start in memory.open.buckets or any(begin <= start < begin + length for begin, length in wanted):
            continue
        _judge(memory, start)


def _needed(memory: Memory, start: int | Index, device: Int32) -> Bool:
    """Devices which a late reading may still bring back to the chunk at `start` (one for all, or one
    each), or which have a window, of any length, that holds it and was not emitted yet."""
    config, clocks = memory.config, memory.clocks
    reach = start + config.base + config.lateness + config.longest
    reached = (clocks.greatest[device] - config.grace <= reach) & (clocks.frozen[device] <= start)
    for level, length in enumerate(config.lengths):
        reached |= clocks.emitted[level, device] < start // length * length + length
    return np.asarray(reached)


def _judge(memory: Memory, start: int) -> None:
    """Drop the chunk at `start`, or find another device that needs it."""
    chunk, clocks = memory.chunks.chunks[start], memory.clocks
    series = unique(np.concatenate(memory.chunks.series(start)))
    device = unique(memory.table.device_of[series])
    needed = device[_needed(memory, start, device)]
    if len(needed):
        chunk.blocker = int(needed[np.argmin(clocks.greatest[needed])])
        return
    counters = series[memory.sensors.counter[series]]
    memory.carry.retire(Rows.concat(memory.chunks.find(start, counters)))
    memory.chunks.drop(start)


def forget_gaps(memory: Memory) -> None:
    """Drop jumps of clocks that all windows have been looked through beyond."""
    gaps, clocks = memory.clocks.gaps, memory.clocks
    if gaps.shape[1]:
        memory.clocks.gaps = gaps[:, (clocks.emitted[:, gaps[0]] < gaps[2]).any(axis=0)]
