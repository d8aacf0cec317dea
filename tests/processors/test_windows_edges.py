"""Windows at their edges, drawn. `[` belongs to the window, `)` does not.

Lengths 10 s, 30 s and 90 s, grace 4 s, idle_close 20 s, lateness 60 s; times in seconds from T0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from processors.base import Outputs
from processors.runs import UNSEEN, sort_runs
from processors.windows import WindowsConfig, WindowsProcessor, chunks, longer, processor
from processors.windows.counters import Ahead, deltas
from processors.windows.rows import Rows
from telemetry import flags
from telemetry.errors import JournalError
from telemetry.sensors import FASTEST
from telemetry.series import Declaration, Identity
from tests.processors.test_windows_streaming import CONFIG, SECOND, T0, Run, batch, tables

FLOW, LEVEL, VOLUME, ENERGY, WATCHED, WATCHED_COUNTER = range(6)


def at(series: int, seconds: float, value: float = 1.0, failed: bool = False) -> tuple[Any, ...]:
    """A reading that arrives when it is made."""
    time = T0 + round(seconds * SECOND)
    return series, time, value, failed, time


def tick(seconds: float, connected: float = 0) -> tuple[Any, ...]:
    return "tick", T0 + round(seconds * SECOND), T0 + round(connected * SECOND)


def config(*lengths: int) -> WindowsConfig:
    return WindowsConfig(tuple(length * SECOND for length in lengths), 4 * SECOND, 20 * SECOND, 120 * SECOND)


def again(run: Run, folder: Path, config: WindowsConfig) -> None:
    """A new start from what is remembered, under other settings."""
    state = run.processor.snapshot()
    run.processor.sync()
    run.processor = WindowsProcessor(config, *tables(), folder)
    run.processor.restore(state)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def row(run: Run, series: int, start: float, length: int = 10) -> dict[str, Any] | None:
    return run.final.get((length * SECOND, series, T0 + round(start * SECOND)))


def present(run: Run, series: int, start: float, length: int = 10) -> dict[str, Any]:
    found = row(run, series, start, length)
    assert found is not None
    return found


def test_the_start_belongs_to_the_window_and_the_end_to_the_next(run: Run) -> None:
    #   0          10         20         30
    #   [──────────)[─────────)[─────────)
    #   a         b c                 d        b is at 9.999
    run.feed([at(FLOW, 0, 1), at(FLOW, 9.999, 2), at(FLOW, 10, 3), at(FLOW, 34, 4), tick(35), tick(35)])
    assert present(run, FLOW, 0)["count"] == 2
    assert present(run, FLOW, 10)["first"] == 3
    assert row(run, FLOW, 20) is None, "no reading, and nobody waits for one"


def test_a_window_closes_when_the_watermark_reaches_its_end(run: Run) -> None:
    #   0          10    14
    #   [──────────)┄┄┄┄┄│ grace          watermark = greatest - 4
    #   a          │    b c               b at 13.999 leaves it open, c at 14 closes it
    run.feed([at(FLOW, 1), at(FLOW, 13.999), tick(14), tick(14)])
    assert row(run, FLOW, 0) is None
    run.feed([at(FLOW, 14), tick(14), tick(14)])
    assert present(run, FLOW, 0)["count"] == 1


def test_late_is_below_the_closed_end_and_not_at_it(run: Run) -> None:
    #   0          10    14
    #   [──────────)      closed by the reading at 14
    #             b c     b at 9.999 is late, c at 10 is not
    run.feed([at(FLOW, 1), at(FLOW, 14), at(FLOW, 9.999), at(FLOW, 10)])
    assert run.flags == [0, 0, flags.LATE, 0]
    run.feed([tick(15), tick(15)])
    assert (present(run, FLOW, 0)["count"], present(run, FLOW, 0)["revision"]) == (2, 1)


def test_the_horizon_is_the_last_that_counts(run: Run) -> None:
    #        36                                100
    #   ──────[──────────── lateness ─────┤grace├──   100 - 4 - 60 = 36
    #       b a                                       b at 35.999 has expired
    run.feed([at(FLOW, 100), at(FLOW, 36), at(FLOW, 35.999)])
    assert run.flags == [0, flags.LATE, flags.LATE | flags.EXPIRED]
    assert run.counts == {"late": 2, "expired": 1}


def test_a_late_reading_emits_every_closed_length_anew(run: Run) -> None:
    #   0         10        20        30
    #   [─────────)[────────)[────────)   10 s
    #   [─────────────────────────────)   30 s, closed at 34
    #   a         b         c ✦       d
    run.feed([at(FLOW, 0, 1), at(FLOW, 10, 2), at(FLOW, 20, 3), at(FLOW, 35, 4), *[tick(36)] * 4])
    assert (present(run, FLOW, 0, 30)["count"], present(run, FLOW, 0, 30)["revision"]) == (3, 0)
    run.feed([at(FLOW, 25, 9), tick(37), tick(37)])
    assert (present(run, FLOW, 20)["max"], present(run, FLOW, 20)["revision"]) == (9, 1)
    assert (present(run, FLOW, 0, 30)["max"], present(run, FLOW, 0, 30)["revision"]) == (9, 1)


def test_one_devices_clock_closes_nothing_for_another(run: Run) -> None:
    run.feed([at(FLOW, 1), at(VOLUME, 5000), at(FLOW, 2), tick(5), tick(5)])
    assert run.flags == [0, 0, 0]
    assert row(run, FLOW, 0) is None


def test_silence_closes_the_window_of_the_last_reading(run: Run) -> None:
    #   0          10                  30
    #   [──────────)                   │ 10 + idle_close
    #     a  then silence              tick
    run.feed([at(FLOW, 2), tick(29.999), tick(29.999)])
    assert row(run, FLOW, 0) is None
    run.feed([tick(30), tick(30)])
    assert present(run, FLOW, 0)["count"] == 1


def test_silence_is_measured_only_while_connected(run: Run) -> None:
    run.feed([at(FLOW, 2), tick(500, -float(T0) / SECOND), tick(501, 490), tick(501, 490)])
    assert row(run, FLOW, 0) is None
    run.feed([tick(510, 490), tick(510, 490)])
    assert present(run, FLOW, 0)["count"] == 1


def test_a_packed_backfill_after_silence_finds_its_short_windows_open(run: Run) -> None:
    #   0         10        20        30        40        50             90
    #   [─────────)         closed no further than the last reading's own window: 10
    #   [─────────────────────────────────────────────────────────────────)   90 s: closed too
    #     a                             b         c         d   come at 150
    run.feed([at(FLOW, 2), *[tick(150)] * 3])
    run.feed([(FLOW, T0 + second * SECOND, 1.0, False, T0 + 150 * SECOND) for second in (31, 42, 53)])
    assert run.flags == [0, flags.LATE, flags.LATE, flags.LATE]
    run.feed([tick(200)] * 5)
    assert [present(run, FLOW, start)["revision"] for start in (30, 40, 50)] == [0, 0, 0]
    assert (present(run, FLOW, 0, 90)["count"], present(run, FLOW, 0, 90)["revision"]) == (4, 3)


def test_a_long_window_is_final_once_its_rows_are_gone(run: Run) -> None:
    #   silent for more than lateness + longest + idle_close = 170: frozen up to 10
    run.feed([at(FLOW, 2), *[tick(200)] * 3])
    run.feed([(FLOW, T0 + second * SECOND, 1.0, False, T0 + 200 * SECOND) for second in (5, 31)])
    assert run.flags == [0, flags.LATE | flags.EXPIRED, flags.LATE]
    run.feed([tick(300)] * 5)
    assert present(run, FLOW, 30)["count"] == 1
    assert (present(run, FLOW, 0, 90)["count"], present(run, FLOW, 0, 90)["revision"]) == (1, 0)


def test_a_repeat_is_counted_once_and_the_last_value_wins(run: Run) -> None:
    run.feed([at(FLOW, 1, 5), at(FLOW, 1, 5), at(FLOW, 1, 7), at(FLOW, 20), tick(21), tick(21)])
    assert run.flags == [0, flags.DUPLICATE, flags.DUPLICATE, 0]
    assert (present(run, FLOW, 0)["count"], present(run, FLOW, 0)["mean"]) == (1, 7)
    run.feed([at(FLOW, 1, 7), at(FLOW, 1, 8), tick(22), tick(22)])
    assert run.flags[4:] == [flags.DUPLICATE, flags.DUPLICATE | flags.LATE]
    assert (present(run, FLOW, 0)["mean"], present(run, FLOW, 0)["revision"]) == (8, 1)


def test_a_failed_reading_enters_no_statistic(run: Run) -> None:
    run.feed(
        [at(FLOW, 1, 5), at(FLOW, 2, 999, failed=True), at(LEVEL, 3, 1, failed=True), at(FLOW, 20), *[tick(21)] * 2]
    )
    assert (present(run, FLOW, 0)["count"], present(run, FLOW, 0)["failed"], present(run, FLOW, 0)["max"]) == (1, 1, 5)
    only = present(run, LEVEL, 0)
    assert (only["count"], only["failed"]) == (0, 1)
    assert np.isnan(only["mean"])


def test_a_late_repeat_that_fails_takes_the_reading_out(run: Run) -> None:
    run.feed([at(FLOW, 1, 5), at(FLOW, 2, 6), at(FLOW, 20), at(FLOW, 2, 6, failed=True), tick(21), tick(21)])
    assert run.flags[-1] == flags.FAIL | flags.DUPLICATE | flags.LATE
    found = present(run, FLOW, 0)
    assert (found["count"], found["failed"], found["last"], found["revision"]) == (1, 1, 5, 1)


def test_an_open_window_takes_what_lies_below_the_horizon(tmp_path: Path) -> None:
    #   0          10       19      lateness 0: the horizon is 19 - 4 = 15
    #   [──────────)[───✦────┤)     ✦ at 12 is below it, but its window is still open
    run = Run(tmp_path, WindowsConfig((10 * SECOND,), 4 * SECOND, 20 * SECOND, 0))
    run.feed([at(FLOW, 19), at(FLOW, 12), at(FLOW, 9), tick(50), tick(50)])
    assert run.flags == [0, 0, flags.LATE | flags.EXPIRED]
    assert present(run, FLOW, 10)["count"] == 2


def test_the_reading_before_a_window_may_be_of_a_chunk_dropped_before_older_ones(run: Run) -> None:
    #   50       60   80       90          300      310
    #   [─ a f ──)    [── b ───)           [── c ───)     a, b, c of one counter, f of a device
    #   kept, for f   dropped: no f in it                  that stays at 55
    run.feed([at(FLOW, 55), at(VOLUME, 55, 10), at(VOLUME, 85, 20), at(VOLUME, 300, 26), *[tick(100, 1)] * 6])
    assert [(start - T0) // SECOND for start in run.processor.memory.chunks.chunks] == [50]
    run.feed([at(VOLUME, 340, 30), *[tick(101, 1)] * 4])
    assert present(run, VOLUME, 300, 30)["delta"] == 6


def test_a_late_last_reading_changes_the_next_delta(run: Run) -> None:
    #   0             10            20             24
    #   [── a=10 ─────)[── b=30 ────)                closed
    #            ✦=25                                late, and now the last before b
    run.feed([at(VOLUME, 2, 10), at(VOLUME, 12, 30), at(VOLUME, 25, 31), tick(25), tick(25)])
    assert present(run, VOLUME, 10)["delta"] == 20
    run.feed([at(VOLUME, 8, 25), tick(26), tick(26)])
    assert (present(run, VOLUME, 0)["delta"], present(run, VOLUME, 0)["revision"]) == (15, 1)
    assert (present(run, VOLUME, 10)["delta"], present(run, VOLUME, 10)["revision"]) == (5, 1)


@pytest.mark.parametrize(
    ("series", "values", "delta"),
    [
        pytest.param(VOLUME, [100, 130, 1, 11], 30 + 1 + 10, id="reset"),
        pytest.param(ENERGY, [970, 999.75, 0.25, 10], 29.75 + 0.5 + 9.75, id="rollover at 1000"),
        pytest.param(ENERGY, [400, 420, 0.5], 20 + 0.5, id="a small fall is a reset"),
        pytest.param(VOLUME, [5210, 5209.9, 5210.1], 0.2, id="a fall by rounding was counted before"),
        pytest.param(VOLUME, [0.03, 0.01, 0.02], 0.01, id="rounding near 0"),
        pytest.param(ENERGY, [600, 0, 0.1], 0.1, id="a new meter is no rollover"),
        pytest.param(VOLUME, [60_000, 12_345, 12_345.5], 0.5, id="what a used meter had counted is not ours"),
        pytest.param(VOLUME, [10, -3, 4], 7, id="no counter begins below 0"),
        pytest.param(VOLUME, [70], 0, id="a first reading adds nothing"),
    ],
)
def test_counters(run: Run, series: int, values: list[float], delta: float) -> None:
    run.feed([at(series, 1 + number, value) for number, value in enumerate(values)])
    run.feed([at(series, 20, values[-1]), tick(21), tick(21)])
    assert present(run, series, 0)["delta"] == pytest.approx(delta)
    assert np.isnan(_plain_delta(run))


def _plain_delta(run: Run) -> float:
    run.feed([at(FLOW, 1), at(FLOW, 20), tick(22), tick(22)])
    return float(present(run, FLOW, 0)["delta"])


def test_a_silent_watched_series_has_rows_beside_an_active_one(run: Run) -> None:
    run.feed([at(WATCHED, 1), at(WATCHED, 14), tick(15), tick(15)])
    silent = present(run, WATCHED_COUNTER, 0)
    assert (silent["count"], silent["completeness"], silent["expected"], silent["revision"]) == (0, 0, 2, 0)
    assert np.isnan(silent["mean"])
    active = present(run, WATCHED, 0)
    assert (active["count"], active["expected"], active["completeness"]) == (1, 5, 20)


def test_a_device_never_heard_of_has_rows_by_ticks_from_the_connection_on(run: Run) -> None:
    #   0         10        20        30          tick 50, connected since 5
    #   [─ known from 5 ─)[────)[─────)│ 50 - idle_close
    run.feed([tick(6, 5), *[tick(50, 5)] * 3])
    assert [start for start in range(-20, 60, 10) if row(run, WATCHED, start)] == [0, 10, 20]
    assert present(run, WATCHED, 0, 30)["expected"] == 15
    run.feed([at(WATCHED, 15, 3), *[tick(51, 5)] * 2])
    assert (present(run, WATCHED, 10)["count"], present(run, WATCHED, 10)["revision"]) == (1, 1)


def test_at_most_the_lateness_is_filled_when_a_clock_jumps(run: Run) -> None:
    run.feed([at(WATCHED, 1), at(WATCHED, 1004), *[tick(1005, 1004)] * 3])
    assert [start for start in range(0, 1010, 10) if row(run, WATCHED, start)] == [0, 940, 950, 960, 970, 980, 990]


@pytest.mark.parametrize("values", [[1e9 + n * 1e-3 for n in range(9)], [20, 21, 1e15, 22, 20.5], [1e15, 1, 2, 3]])
def test_offsets_and_spikes_cost_no_digits(run: Run, values: list[float]) -> None:
    run.feed([at(FLOW, 1 + n, value) for n, value in enumerate(values)])
    run.feed([at(FLOW, 30), tick(31), tick(31)])
    found = present(run, FLOW, 0)
    assert found["mean"] == pytest.approx(np.mean(values), rel=1e-12)
    assert found["std"] == pytest.approx(np.std(values), rel=1e-9)
    assert (found["p50"], found["p95"]) == pytest.approx(tuple(np.percentile(values, [50, 95])), rel=1e-12)


def test_a_window_after_a_spike_is_as_if_it_had_never_been(run: Run) -> None:
    run.feed([at(FLOW, 1, 1e300), at(FLOW, 11, 5), at(FLOW, 12, 5), at(FLOW, 30), tick(31), tick(31)])
    assert (present(run, FLOW, 10)["mean"], present(run, FLOW, 10)["std"]) == (5, 0)


def test_chunks_and_their_files_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "SEGMENT_BYTES", 200)
    run = Run(tmp_path)
    for second in range(0, 2000, 5):
        run.feed([at(FLOW, second), tick(second + 1)])
        if second % 20 == 0:
            run.processor.snapshot()
            run.processor.sync()
            run.processor.saved()
    kept = (60 + 90) // 10
    assert len(run.processor.memory.chunks.chunks) <= kept + 5
    assert 1 < len(list(tmp_path.glob("*.rows"))) <= kept + 10


def test_files_stay_until_a_snapshot_without_them_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots are taken and can't be stored, as on a full disk; a restart begins from the last good one."""
    monkeypatch.setattr(chunks, "SEGMENT_BYTES", 200)
    run = Run(tmp_path)
    for second in range(0, 100, 5):
        run.feed([at(FLOW, second), tick(second + 1)])
    good = run.processor.snapshot()
    run.processor.sync()
    run.processor.saved()
    named = {path.name for path in tmp_path.glob("*.rows")}
    for second in range(100, 1000, 5):
        run.feed([at(FLOW, second), tick(second + 1)])
        run.processor.snapshot()
        run.processor.sync()
    assert named <= {path.name for path in tmp_path.glob("*.rows")}
    again = Run(tmp_path)
    again.processor.restore(good)
    for start in again.processor.memory.chunks.starts().tolist():
        assert again.processor.memory.chunks.series(start)


def test_an_id_that_is_given_to_another_series_begins_anew(run: Run) -> None:
    run.feed([at(VOLUME, 1, 900), at(VOLUME, 20, 950), tick(400), tick(400)])
    other = Identity("x", "water", "z", "new", "volume")
    run.processor.memory.table.restore([Declaration(VOLUME, 3, identity=other)])
    run.feed([at(VOLUME, 500, 3), at(VOLUME, 530, 4), tick(531, 500), tick(531, 500)])
    assert present(run, VOLUME, 500)["delta"] == 0
    assert run.flags == [0] * 4


def test_files_of_an_earlier_life_are_swept_away(run: Run, tmp_path: Path) -> None:
    (tmp_path / "00000007.rows").write_bytes(b"old")
    run.feed([at(FLOW, 1), at(FLOW, 20), tick(21), tick(21)])
    assert [path.name for path in tmp_path.iterdir()] == ["00000000.rows"]


def test_a_chunk_that_is_cut_short_is_named(run: Run, tmp_path: Path) -> None:
    run.feed([at(FLOW, 1), at(FLOW, 20), tick(21), tick(21)])
    (tmp_path / "00000000.rows").write_bytes(b"")
    with pytest.raises(JournalError, match=r"00000000\.rows"):
        run.feed([at(FLOW, 2), tick(22)])


@pytest.mark.parametrize("lengths", [(5, 30), (10, 30, 120), (10,), (20, 40)])
def test_other_lengths_after_a_restart(lengths: tuple[int, ...], tmp_path: Path) -> None:
    """New windows begin at the next boundary, whole; old ones go on."""
    events = [at(FLOW, second, second) for second in range(400)]
    run = Run(tmp_path)
    run.feed(events[:105])
    state = run.processor.snapshot()
    run.processor.sync()
    config = WindowsConfig(tuple(length * SECOND for length in lengths), 4 * SECOND, 20 * SECOND, 60 * SECOND)
    other = Run(tmp_path, config)
    other.processor.restore(state)
    other.feed([*events[105:], *[tick(700)] * 4])
    for length in lengths:
        starts = [start for start in range(0, 400, length) if row(other, FLOW, start, length)]
        assert starts, length
        assert starts == list(range(starts[0], 400, length))
        assert all(present(other, FLOW, start, length)["count"] == length for start in starts if start + length <= 400)
        assert starts[0] <= 120 + length


@pytest.mark.parametrize("lengths", [(10, 20, 30, 90), (10, 20, 30), (10, 30)])
def test_revisions_go_on_under_other_lengths(lengths: tuple[int, ...], tmp_path: Path) -> None:
    """Stores go by them; `Run.note` looks whether what has changed has a higher one."""
    #  0          30         60         90
    #  [─── 3 late ─)[───────────)             the window of 90 s is open all the while
    run = Run(tmp_path, config(10, 30, 90))
    run.feed([*(at(FLOW, second) for second in range(0, 60, 2)), *[tick(61)] * 6])
    for second in (1, 3, 5):
        run.feed([at(FLOW, second, 50), *[tick(62)] * 6])
    assert present(run, FLOW, 0, 30)["revision"] == 3
    again(run, tmp_path, config(*lengths))
    run.feed([at(FLOW, 7, 60), *[tick(63)] * 6])
    assert (present(run, FLOW, 0, 30)["count"], present(run, FLOW, 0, 30)["revision"]) == (19, 4)


def test_longer_windows_that_are_not_computed_yet_go_on_under_other_lengths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(tmp_path, config(10, 30, 90))
    run.feed([at(series, second) for second in range(100) for series in (FLOW, LEVEL)])
    monkeypatch.setattr(processor, "BUDGET", 5)
    monkeypatch.setattr(longer, "SLICE", 5)
    while not run.processor.memory.jobs:
        run.feed([tick(101)])
    assert row(run, FLOW, 0, 90) is None
    monkeypatch.undo()
    again(run, tmp_path, config(10, 20, 90))
    run.feed([at(FLOW, 101), *[tick(400)] * 4])
    assert [present(run, series, 0, 90)["count"] for series in (FLOW, LEVEL)] == [90, 90]


@pytest.mark.parametrize("wrong", [(), (0,), (60, 90), (60, 60), (120, 60), tuple(range(1, 20)), (2**32,)])
def test_lengths_that_can_not_be_are_refused(wrong: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="windows: "):
        WindowsConfig(wrong)


def test_the_tables_of_these_tests_are_as_they_say() -> None:
    table, sensors = tables()
    sensors.sync()
    assert [identity.quantity for identity in table.identities if identity] == [
        "flow",
        "level",
        "volume",
        "energy",
        "flow",
        "volume",
    ]
    assert CONFIG.lengths == (10_000, 30_000, 90_000)
    assert float(sensors.modulus[ENERGY]) == 1000


def test_what_the_broker_kept_without_a_time_is_in_no_window(run: Run) -> None:
    fresh = batch([at(FLOW, 1, 1.0), at(FLOW, 2, 100.0), at(FLOW, 3, 3.0)])
    bits = np.array([flags.NO_TIME, flags.NO_TIME | flags.RETAINED, flags.RETAINED], np.uint32)
    result = run.processor.process(fresh.with_flags(bits), Outputs())
    assert result.flags.tolist() == bits.tolist()
    run.feed([at(FLOW, 34), tick(35), tick(35)])
    window = present(run, FLOW, 0)
    assert (window["count"], window["max"]) == (2, 3.0)
    assert len(sort_runs(fresh.with_flags(bits), np.full(8, UNSEEN))) == 2


@pytest.mark.parametrize(
    ("values", "step", "delta"),
    [
        pytest.param([99_999.0, 1.0], 60_000, 2.0, id="rollover"),
        pytest.param([60_000.0, 0.0, 0.1], 60_000, 0.1, id="a new meter: none counts 40,000 kWh in a minute"),
        pytest.param([60_000.0, 5.0], 60_000, 5.0, id="a new meter that has counted since"),
        pytest.param([60_000.0, 0.0], 86_400_000, 0.0, id="a new meter after a day without one"),
        pytest.param([80_000.0, 1000.0], 86_400_000, 21_000.0, id="a feeder's rollover in a day's gap"),
    ],
)
def test_a_rollover_is_what_a_meter_can_count(values: list[float], step: int, delta: float) -> None:
    """An energy meter that rolls over at 100,000 kWh, each `step` ms."""
    size = len(values) - 1
    times = T0 + step * np.arange(1, size + 1, dtype=np.int64)
    good = Rows(np.zeros(size, np.int32), times, np.array(values[1:]), np.zeros(size, np.uint16))
    before = Ahead(np.array([T0], np.int64), np.array(values[:1]))
    modulus, fastest = np.array([1e5]), np.array([FASTEST["energy", "energy"]])
    assert deltas(good, before, modulus, fastest).tolist() == pytest.approx([delta])
