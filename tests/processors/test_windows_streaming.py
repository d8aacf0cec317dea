"""Streaming against the oracle: any order, any cut into batches, any crash and replay."""

from __future__ import annotations

import itertools
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.entries import TickEntry
from processors.base import Outputs
from processors.windows import WindowsConfig, WindowsProcessor, longer, processor
from telemetry import flags
from telemetry.batch import Readings, Windows
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.oracle import Oracle

SECOND = 1000
T0 = 1_700_000_000_000 // 3_600_000 * 3_600_000
CONFIG = WindowsConfig((10 * SECOND, 30 * SECOND, 90 * SECOND), 4 * SECOND, 20 * SECOND, 60 * SECOND)

Event = tuple[Any, ...]


def tables() -> tuple[SeriesTable, SensorTable]:
    """Three devices: a plain one, one with counters, one watched."""
    table = SeriesTable()
    names = [("a", "flow"), ("a", "level"), ("b", "volume"), ("b", "energy"), ("c", "flow"), ("c", "volume")]
    identities = [Identity("x", "water", "z", device, quantity) for device, quantity in names]
    for identity in identities:
        table.intern(identity)
    sensors = [
        Sensor(identities[3], counter=True, modulus=1000.0),
        Sensor(identities[4], interval=2 * SECOND),
        Sensor(identities[5], interval=5 * SECOND),
    ]
    return table, SensorTable(table, sensors)


def batch(readings: list[Event]) -> Readings:
    columns = list(zip(*readings, strict=True))
    return Readings(
        series=np.array(columns[0], np.int32),
        time=np.array(columns[1], np.int64),
        value=np.array(columns[2], np.float64),
        flags=np.where(columns[3], flags.FAIL, 0).astype(np.uint32),
        arrival=np.array(columns[4], np.int64),
        gateway=np.full(len(readings), -1, np.int32),
    )


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Readings (series, time, value, failed, arrival) and ticks, in log order."""
    events: list[Event] = []
    now = T0
    skew = [0, draw(st.sampled_from([0, -300, 25])) * SECOND, 0]
    # The time between the first connection and now must pass for silence to count.
    for _ in range(draw(st.integers(1, 40))):
        kind = draw(st.sampled_from(["read"] * 8 + ["tick", "repeat", "jump", "late"]))
        if kind == "tick":
            now += draw(st.sampled_from([1, 5, 30])) * SECOND
            events.append(("tick", now, draw(st.sampled_from([T0, T0, T0 - 3600 * SECOND, 0]))))
            continue
        if kind == "jump":
            now += draw(st.sampled_from([20, 70, 200, 1000])) * SECOND
        past = [event for event in events if event[0] != "tick"]
        if kind == "repeat" and past:
            series, time, value, failed, _ = draw(st.sampled_from(past))
            if draw(st.booleans()):
                value, failed = draw(st.integers(0, 1000)) / 4, draw(st.booleans())
            events.append((series, time, value, failed, now))
            continue
        series = draw(st.integers(0, 5))
        back = draw(st.integers(0, 90 if kind == "late" else 6)) * SECOND
        time = now + skew[series // 2] - back + draw(st.sampled_from([0, 0, 1, 999]))
        now += draw(st.sampled_from([0, 1, 3])) * SECOND
        events.append((series, time, draw(st.integers(0, 4000)) / 4, draw(st.integers(0, 9)) == 0, now))
    return events


def ending(events: list[Event]) -> list[Event]:
    """Ticks after which every window is closed and all work is done."""
    now = max([T0, *(event[1] if event[0] == "tick" else max(event[1], event[4]) for event in events)])
    return [("tick", now + 300 * SECOND, T0)] * 8


class Run:
    """A processor with all that it emits."""

    def __init__(self, folder: Path, config: WindowsConfig = CONFIG) -> None:
        table, sensors = tables()
        self.processor = WindowsProcessor(config, table, sensors, folder)
        self.final: dict[tuple[int, int, int], dict[str, Any]] = {}
        self.flags: list[int] = []
        self.counts: dict[str, int] = {}

    def feed(self, events: list[Event]) -> None:
        """One round, whose rows become the final ones unless later ones replace them."""
        for rows in self.round(events):
            self.note(rows)

    def round(self, events: list[Event]) -> list[Windows]:
        """Readings between ticks in one batch; returns what is emitted."""
        pending: list[Event] = []
        out = Outputs()
        for event in [*events, None]:
            if event is not None and event[0] != "tick":
                pending.append(event)
                continue
            if pending:
                self.flags += self.processor.process(batch(pending), out).flags.tolist()
                pending = []
            if event is not None:
                self.processor.tick(TickEntry(event[1], event[2]), out)
        for name, number in out.counts.items():
            self.counts[name] = self.counts.get(name, 0) + number
        return out.windows

    def note(self, rows: Windows) -> None:
        names = [name for name in Windows.__slots__ if name not in ("length", "series", "start")]
        columns = zip(*(getattr(rows, name).tolist() for name in names), strict=True)
        for series, start, values in zip(rows.series.tolist(), rows.start.tolist(), columns, strict=True):
            row = dict(zip(names, values, strict=True))
            before = self.final.get((rows.length, series, start))
            if before is not None and row["revision"] <= before["revision"]:
                assert same(row, before), f"changed without a higher revision: {before} {row}"
            self.final[rows.length, series, start] = row


def identity(rows: Windows) -> tuple[int, list[bytes]]:
    """All bits of a batch of rows."""
    return rows.length, [getattr(rows, name).tobytes() for name in Windows.__slots__ if name != "length"]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(value == pytest.approx(other[name], rel=1e-9, abs=1e-9, nan_ok=True) for name, value in one.items())


def expected(events: list[Event], config: WindowsConfig = CONFIG) -> tuple[Oracle, list[int]]:
    oracle = Oracle(config, *tables())
    added = []
    for event in events:
        if event[0] == "tick":
            oracle.tick(TickEntry(event[1], event[2]))
        else:
            added.append(oracle.reading(*event) | (flags.FAIL if event[3] else 0))
    return oracle, added


def check(run: Run, events: list[Event], config: WindowsConfig = CONFIG) -> None:
    oracle, added = expected(events, config)
    rows = oracle.rows()
    assert run.flags == added
    assert sorted(run.final) == sorted(rows)
    for key, row in rows.items():
        assert same(run.final[key], row), (key, run.final[key], row)


def cut(events: list[Event], places: list[int]) -> list[list[Event]]:
    edges = [0, *sorted({place % (len(events) + 1) for place in places}), len(events)]
    return [events[begin:end] for begin, end in itertools.pairwise(edges) if begin < end]


relaxed = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@relaxed
@given(streams(), st.lists(st.integers(0, 200), max_size=12))
def test_any_cut_equals_the_oracle(events: list[Event], places: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        whole = events + ending(events)
        for piece in cut(whole, places):
            run.feed(piece)
        check(run, whole)
        late = sum(bool(flag & flags.LATE) for flag in run.flags)
        assert run.counts.get("late", 0) == late


@settings(relaxed, max_examples=8)
@given(streams(), st.lists(st.integers(0, 200), max_size=12), st.integers(4, 12), st.integers(2, 6))
def test_work_in_slices_equals_the_oracle(events: list[Event], places: list[int], budget: int, size: int) -> None:
    """What a city of 100,000 series meets: closing takes many calls, and late readings come in between."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(processor, "BUDGET", budget)
        patch.setattr(longer, "SLICE", size)
        run = Run(Path(folder))
        whole = events + ending(events) * 15
        for piece in cut(whole, places):
            run.feed(piece)
        check(run, whole)


@relaxed
@given(streams(), st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_crash_and_replay(events: list[Event], places: list[int], saved_at: int, lost_at: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = events + ending(events)
        pieces = cut(whole, places)
        saved_at, lost_at = sorted((saved_at % (len(pieces) + 1), lost_at % (len(pieces) + 1)))
        run = Run(Path(folder))
        for piece in pieces[:saved_at]:
            run.feed(piece)
        state = run.processor.snapshot()
        run.processor.sync()
        flags_then = len(run.flags)
        first_time = [run.round(piece) for piece in pieces[saved_at:lost_at]]
        for rows in itertools.chain(*first_time):
            run.note(rows)
        table, sensors = tables()
        run.processor = WindowsProcessor(CONFIG, table, sensors, Path(folder))
        run.processor.restore(state)
        del run.flags[flags_then:]
        for piece, before in zip(pieces[saved_at:lost_at], first_time, strict=True):
            assert list(map(identity, run.round(piece))) == list(map(identity, before))
        for piece in pieces[lost_at:]:
            run.feed(piece)
        check(run, whole)


def test_nan_is_a_failed_reading(tmp_path: Path) -> None:
    run = Run(tmp_path)
    events: list[Event] = [
        (0, T0 + 1, 5.0, False, T0),
        (0, T0 + 2, math.nan, False, T0),
        (0, T0 + 3, math.inf, False, T0),
    ]
    run.feed(events + ending(events))
    row = run.final[CONFIG.base, 0, T0]
    assert (row["count"], row["failed"], row["mean"]) == (1, 2, 5.0)
