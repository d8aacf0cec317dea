"""Windows longer than the shortest, computed from the raw rows in the chunks.

A length is looked through when no further device becomes due, or after a while: devices
pass a window's end one by one, and each pass reads the chunks of the whole window.
"""

from __future__ import annotations

import numpy as np

from processors.base import Outputs
from processors.windows import silent
from processors.windows.emission import silence, windows
from processors.windows.memory import Job, Memory
from processors.windows.rows import Rows, ordered
from processors.windows.statistics import summarise
from telemetry.batch import Index, Int32

SLICE = 131_072
"""Rows that are read at once; a single series may have more."""


def note(memory: Memory, start: int, series: Int32) -> None:
    """The rows of these series (ascending) in the shortest window at `start` have changed."""
    device = memory.table.device_of[series]
    for level, length in enumerate(memory.config.lengths[1:], 1):
        begin = start // length * length
        clocks = memory.clocks
        changed = (clocks.emitted[level, device] >= begin + length) & (clocks.frozen[device] <= begin)
        changed &= clocks.begin[level, device] <= begin
        if changed.any():
            memory.again.setdefault((level, begin), []).append(series[changed])


def due(memory: Memory) -> int:
    """How many devices have closed longer windows that have not been looked through."""
    clocks = memory.clocks
    return int(np.count_nonzero(clocks.emitted[1:, : clocks.size] < clocks.closed[1:, : clocks.size]))


def plan(memory: Memory) -> None:
    """Make jobs of all windows that have been closed since the last call. The shortest ones
    must have been swept, so that all their rows are in the chunks."""
    starts = memory.chunks.starts()
    for level, length in enumerate(memory.config.lengths[1:], 1):
        clocks = memory.clocks
        emitted, closed = clocks.emitted[level], clocks.closed[level]
        devices = np.flatnonzero(emitted[: clocks.size] < closed[: clocks.size])
        if not len(devices):
            continue
        for begin in np.unique(starts // length * length).tolist():
            passed = devices[(emitted[devices] < begin + length) & (closed[devices] >= begin + length)]
            if len(passed):
                silent.enqueue(memory, level, passed, emitted[passed], np.full(len(passed), begin))
                emitted[passed] = begin + length
                _plan_window(memory, level, begin, passed)
        silent.enqueue(memory, level, devices, emitted[devices], closed[devices])
        emitted[devices] = closed[devices]


def _plan_window(memory: Memory, level: int, begin: int, devices: Index) -> None:
    devices = devices[memory.clocks.begin[level, devices] <= begin]
    chosen = np.zeros(len(memory.table.devices) + 1, np.bool_)
    chosen[devices] = True
    series = np.flatnonzero(chosen[memory.table.device_of[: len(memory.table)]]).astype(np.int32)
    watched, place = memory.watched.of(devices)
    fine = silent.allowed(memory, level, devices[place].astype(np.int32), np.full(len(place), begin))
    if len(series):
        memory.jobs.append(Job(level, begin, series, np.sort(watched[fine])))


def plan_again(memory: Memory) -> None:
    """Make jobs of emitted windows that late readings have changed."""
    for (level, begin), pieces in memory.again.items():
        memory.jobs.append(Job(level, begin, np.unique(np.concatenate(pieces)), np.empty(0, np.int32)))
    memory.again.clear()


def work(memory: Memory, out: Outputs, budget: int) -> int:
    """Compute jobs, about `budget` rows; returns what is left of it."""
    while memory.jobs and budget > 0:
        job = memory.jobs[0]
        budget -= _step(memory, job, out)
        if job.done >= len(job.series):
            memory.jobs.pop(0)
    return budget


def _step(memory: Memory, job: Job, out: Outputs) -> int:
    """One slice of a job."""
    length, base = memory.config.lengths[job.level], memory.config.base
    starts = [start for start in range(job.start, job.start + length, base) if start in memory.chunks.chunks]
    series = job.series[job.done :]
    while len(series) > 1:
        size = sum(memory.chunks.count(start, series) for start in starts)
        if size <= SLICE:
            break
        series = series[: max(1, min(len(series) * 7 // 8, len(series) * SLICE // size))]
    job.done += len(series)
    rows = ordered(Rows.concat([piece for start in starts for piece in memory.chunks.find(start, series)]))
    if len(rows):
        summary = summarise(rows, memory.clocks.bits[job.level])
        ahead = memory.ahead(summary.series, job.start)
        out.windows.append(windows(summary, job.start, length, ahead, memory.sensors))
    quiet = job.silent[np.searchsorted(job.silent, series[0]) : np.searchsorted(job.silent, series[-1], "right")]
    quiet = quiet[~np.isin(quiet, rows.series)]
    if len(quiet):
        out.windows.append(silence(quiet, np.full(len(quiet), job.start), length, memory.sensors))
    return len(rows) + len(quiet) + 1
