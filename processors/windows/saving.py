"""The memory as named arrays, and back, also under other settings than it was saved with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processors.base import State
from processors.windows.chunks import Chunk, ChunkStore, Part
from processors.windows.config import MAX_LENGTHS, WindowsConfig
from processors.windows.memory import Job, Memory, Span
from processors.windows.rows import NEVER
from processors.windows.watermark import bits_of
from telemetry.batch import Int32, Int64

LAYOUT = 1
"""Of the chunks' files, which the state names: what is in them has no head of its own."""
_NUMBERS = ("swept", "unfinished", "planning")


def pieces(memory: Memory) -> Iterator[State]:
    """All that is remembered, much of it as it stands."""
    size = len(memory.table)
    memory.chunks.snapshots += 1
    yield {
        "layout": np.array([LAYOUT], np.int64),
        "lengths": np.array(memory.config.lengths, np.int64),
        "numbers": np.array([getattr(memory, name) for name in _NUMBERS], np.int64),
        "waited": memory.waited,
        **_save_chunks(memory.chunks),
        **_save_spans(memory.spans),
        **_save_jobs(memory.jobs),
        **_save_again(memory.again),
    }
    yield {"newest": memory.newest.time[:size]}
    yield memory.clocks.save()
    yield memory.carry.save(size)
    yield from memory.open.save()


def load(memory: Memory, state: State) -> None:
    """Take a saved state back, into a new memory."""
    if (layout := int(state["layout"][0]) if "layout" in state else 1) != LAYOUT:
        raise ValueError(f"chunks of layout {layout}, this nadi reads layout {LAYOUT}")
    lengths = tuple(state["lengths"].tolist())
    for name, number in zip(_NUMBERS, state["numbers"].tolist(), strict=True):
        setattr(memory, name, number)
    memory.newest.grow(len(state["newest"]))
    memory.newest.time[: len(state["newest"])] = state["newest"]
    memory.carry.load(state)
    memory.open.load(state)
    _load_chunks(memory.chunks, state)
    if lengths == memory.config.lengths:
        memory.clocks.load(state)
        memory.waited = state["waited"].copy()
        memory.spans = _load_spans(state)
        memory.jobs = _load_jobs(state)
        memory.again = _load_again(state)
    else:
        _other_lengths(memory, lengths, state)


def _other_lengths(memory: Memory, lengths: tuple[int, ...], state: State) -> None:
    """Windows of a new length begin at each device's next boundary; what was to be done for the others
    goes on. With another shortest length the chunks are of no use, so that windows in progress are given
    up as well."""
    config = memory.config
    same_base = lengths[0] == config.base
    memory.clocks.load(adapted(state, lengths, config, same_base))
    memory.unfinished, memory.planning = 1, 1
    if same_base:
        level = {old: config.lengths.index(length) for old, length in enumerate(lengths) if length in config.lengths}
        memory.spans = [replace(span, level=level[span.level]) for span in _load_spans(state) if span.level in level]
        memory.jobs = [replace(job, level=level[job.level]) for job in _load_jobs(state) if job.level in level]
        memory.again = {(level[old], at): pieces for (old, at), pieces in _load_again(state).items() if old in level}
    else:
        memory.chunks.clear()
        for last in (memory.carry.closed, memory.carry.dropped):
            last.time[last.time > NEVER] = NEVER + 1


def adapted(state: State, lengths: tuple[int, ...], config: WindowsConfig, same_base: bool) -> State:
    """The clocks' columns for other lengths."""
    greatest, closed = state["clock.greatest"], state["clock.closed"]
    reached = np.maximum(closed[0], np.where(same_base, greatest + 1, closed[0]))
    rows: dict[str, list[Int64]] = {"closed": [], "emitted": [], "begin": []}
    for length in config.lengths:
        if length in lengths and same_base:
            level = lengths.index(length)
            for name, column in rows.items():
                column.append(state[f"clock.{name}"][level])
            continue
        known = closed[0] > NEVER
        passed = np.where(known, closed[0] // length * length, NEVER)
        rows["closed"].append(passed)
        rows["emitted"].append(passed)
        rows["begin"].append(np.where(greatest > NEVER, -(-reached // length) * length, NEVER))
    bits = bits_of(state, len(lengths)) if same_base else []
    columns = {f"clock.{name}": np.stack(column) for name, column in rows.items()}
    return {**state, **columns, "clock.bits": np.array(adapted_bits(bits, lengths, config.lengths), np.int64)}


def adapted_bits(bits: list[int], lengths: tuple[int, ...], wanted: tuple[int, ...]) -> list[int]:
    """Lengths that stay keep their bits (none where `bits` is empty). New ones take what is free, whatever it stood
    for: no row that there is lies in their windows."""
    kept = {length: bit for length, bit in zip(lengths, bits, strict=False) if length in wanted}
    free = iter(sorted(set(range(MAX_LENGTHS)) - set(kept.values())))
    return [kept[length] if length in kept else next(free) for length in wanted]


def _joined(arrays: list[Int32] | list[Int64], dtype: str) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *arrays]).astype(dtype)


def _split(state: State, column: str, sizes: str) -> list[NDArray[Any]]:
    return np.split(state[column], np.cumsum(state[sizes])[:-1]) if len(state[sizes]) else []


def _save_chunks(store: ChunkStore) -> State:
    chunks = list(store.chunks.items())
    parts = [part for _, chunk in chunks for part in chunk.parts]
    return {
        "store": np.array([store.length, store.segment, store.at, store.snapshots], np.int64),
        "store.doomed": np.array(store.doomed, np.int64).reshape(-1, 2),
        "chunk": np.array([(start, len(chunk.parts), chunk.blocker) for start, chunk in chunks], np.int64).reshape(
            -1, 3
        ),
        "part": np.array(
            [(part.segment, part.at, part.rows, part.series, len(part.index)) for part in parts], np.int64
        ).reshape(-1, 5),
        "part.index": _joined([part.index for part in parts], "i4"),
    }


def _load_chunks(store: ChunkStore, state: State) -> None:
    _, store.segment, store.at, store.snapshots = state["store"].tolist()
    store.doomed = [(segment, when) for segment, when in state["store.doomed"].tolist()]
    ends = np.cumsum(state["part"][:, 4]).tolist()
    parts = [
        Part(segment, at, rows, series, state["part.index"][end - entries : end].copy())
        for (segment, at, rows, series, entries), end in zip(state["part"].tolist(), ends, strict=True)
    ]
    for start, count, blocker in state["chunk"].tolist():
        store.chunks[start] = Chunk(parts[:count], blocker)
        parts = parts[count:]
    store.reopen()


def _save_spans(spans: list[Span]) -> State:
    return {
        "span": np.array([(span.level, len(span.device)) for span in spans], np.int64).reshape(-1, 2),
        "span.device": _joined([span.device for span in spans], "i4"),
        "span.after": _joined([span.after for span in spans], "i8"),
        "span.upto": _joined([span.upto for span in spans], "i8"),
    }


def _load_spans(state: State) -> list[Span]:
    state = {**state, "span.size": state["span"][:, 1]}
    columns = (_split(state, f"span.{name}", "span.size") for name in ("device", "after", "upto"))
    return [Span(level, *arrays) for level, *arrays in zip(state["span"][:, 0].tolist(), *columns, strict=True)]


def _save_jobs(jobs: list[Job]) -> State:
    head = [(job.level, job.start, job.done, len(job.series), len(job.silent)) for job in jobs]
    return {
        "job": np.array(head, np.int64).reshape(-1, 5),
        "job.series": _joined([job.series for job in jobs], "i4"),
        "job.silent": _joined([job.silent for job in jobs], "i4"),
    }


def _load_jobs(state: State) -> list[Job]:
    state = {**state, "job.many": state["job"][:, 3], "job.few": state["job"][:, 4]}
    columns = (_split(state, "job.series", "job.many"), _split(state, "job.silent", "job.few"))
    return [
        Job(level, start, series, silent, done)
        for (level, start, done, _, _), series, silent in zip(state["job"].tolist(), *columns, strict=True)
    ]


def _save_again(again: dict[tuple[int, int], list[Int32]]) -> State:
    pieces = [np.unique(np.concatenate(series)) for series in again.values()]
    head = [(level, start, len(piece)) for (level, start), piece in zip(again, pieces, strict=True)]
    return {"again": np.array(head, np.int64).reshape(-1, 3), "again.series": _joined(pieces, "i4")}


def _load_again(state: State) -> dict[tuple[int, int], list[Int32]]:
    state = {**state, "again.size": state["again"][:, 2]}
    pieces = _split(state, "again.series", "again.size")
    return {(level, start): [piece] for (level, start, _), piece in zip(state["again"].tolist(), pieces, strict=True)}
