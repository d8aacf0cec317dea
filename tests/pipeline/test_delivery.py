"""The delivery runner against a scripted sink: nothing lost, everything accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import log2
from typing import Any

import numpy as np
import pytest

from journal.base import Gap, Position, Stored
from journal.entries import Derived, ReadingsEntry
from pipeline.delivery.backoff import Waits
from pipeline.delivery.runner import DeliveryOptions, DeliveryRunner, Quarantined
from sinks.base import Denied, Outcome, Refused, Throttled, Unreachable
from telemetry import flags
from tests.ends import ListReader, ListSink, readings
from tests.sinks.samples import windows_of


class FakeTime:
    """Time that passes only by sleeping, one turn of the loop a sleep."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds * 1000
        self.on_sleep()
        await asyncio.sleep(0)

    def clock(self) -> int:
        return int(self.now)


def noting(seen: list[Any], look: Callable[[], Any], outcome: Outcome) -> Callable[[], Outcome]:
    """An outcome that first notes what `look` sees at the moment of the attempt."""

    def attempt() -> Outcome:
        seen.append(look())
        return outcome

    return attempt


class Bench:
    """A runner between a ListReader and a ListSink, with fake time."""

    def __init__(self, sink: ListSink | None = None, **options: Any) -> None:
        self.sink = sink or ListSink()
        self.reader = ListReader()
        self.time = FakeTime()
        self.letters: list[Quarantined] = []
        self.latencies: list[int] = []
        self.runner = DeliveryRunner(
            self.sink,
            self.reader,
            DeliveryOptions(**{"linger": 0.0, **options}),
            backlog=self.reader.backlog,
            quarantine=self.letters.append,
            observe=lambda arrival, written: self.latencies.extend((written - arrival).tolist()),
            clock=self.time.clock,
            sleep=self.time.sleep,
            jitter=lambda: 1.0,
        )

    async def run(self) -> None:
        """Deliver everything that is in the log."""
        self.reader.end()
        await asyncio.wait_for(self.runner.run(), 60)

    @property
    def values(self) -> list[float]:
        return [row[3] for row in self.sink.stored]


async def test_readings_are_written_with_the_flags_of_the_entry_that_covers_them() -> None:
    bench = Bench()
    bench.reader.append(ReadingsEntry(readings([1.0])))
    covers = bench.reader.append(ReadingsEntry(readings([2.0, 3.0])))
    bench.reader.append(ReadingsEntry(readings([4.0])))
    bench.reader.append(Derived(covers, flags=np.array([0, flags.FAIL, 0], np.uint32)))
    await bench.run()
    assert bench.values == [1.0, 2.0, 3.0]
    assert bench.sink.flags == [0, flags.FAIL, 0]
    assert bench.reader.cursor == covers
    assert bench.runner.pending == 1


async def test_the_cursor_moves_only_after_everything_is_written() -> None:
    bench = Bench()
    moved_before: list[list[Position]] = []
    bench.sink.script = [noting(moved_before, lambda: list(bench.reader.advanced), Unreachable("down"))]
    covers = bench.reader.add(readings([1.0]))
    await bench.run()
    assert moved_before == [[]]
    assert bench.reader.advanced == [covers]


async def test_derived_entries_at_or_before_the_cursor_are_skipped() -> None:
    bench = Bench()
    covers = bench.reader.add(readings([1.0]), windows=(windows_of([{"count": 1, "mean": 1.0}]),))
    await bench.reader.advance(covers)
    bench.reader.add(readings([2.0]), windows=(windows_of([{"count": 1, "mean": 2.0}]),))
    await bench.run()
    assert [(kind, value) for kind, *_, value in bench.sink.stored] == [("reading", 2.0), ("window", 2.0)]


async def test_a_duplicate_is_written_but_not_counted() -> None:
    bench = Bench()
    bench.reader.add(readings([1.0, 2.0]), flags=np.array([0, flags.DUPLICATE], np.uint32))
    await bench.run()
    assert bench.values == [1.0, 2.0]
    assert bench.runner.account.delivered == 1


async def test_without_raw_the_readings_are_left_out_and_count_as_delivered() -> None:
    bench = Bench(raw="omit")
    bench.reader.add(readings([1.0, 2.0]))
    await bench.run()
    assert bench.sink.attempts == []
    assert bench.runner.account.delivered == 2


async def test_after_a_gap_the_last_flags_belong_to_what_is_left() -> None:
    bench = Bench()
    bench.reader.items.append(Gap(Position(0), Position(5), "trimmed"))
    bench.reader.add(readings([2.0, 3.0]), flags=np.array([flags.FAIL, 0, flags.LATE], np.uint32))
    await bench.run()
    assert bench.sink.flags == [0, flags.LATE]


async def test_a_gap_in_between_leaves_the_flags_behind_it() -> None:
    bench = Bench()
    bench.reader.append(ReadingsEntry(readings([1.0])))
    bench.reader.items.append(Gap(Position(10), Position(15), "damaged"))
    covers = bench.reader.append(ReadingsEntry(readings([3.0])))
    bench.reader.append(Derived(covers, flags=np.array([0, 0, flags.FAIL], np.uint32)))
    await bench.run()
    assert bench.values == [1.0, 3.0]
    assert bench.sink.flags == [0, flags.FAIL]


async def test_with_its_beginning_known_both_ends_of_a_range_with_a_gap_have_their_flags() -> None:
    bench = Bench()
    bench.reader.append(ReadingsEntry(readings([1.0])))
    bench.reader.items.append(Gap(Position(10), Position(15), "damaged"))
    covers = bench.reader.append(ReadingsEntry(readings([4.0])))
    final = np.array([flags.SUSPECT, flags.DUPLICATE, flags.DUPLICATE, flags.FAIL], np.uint32)
    bench.reader.append(Derived(covers, flags=final, after=0))
    await bench.run()
    assert bench.values == [1.0, 4.0]
    assert bench.sink.flags == [flags.SUSPECT, flags.FAIL]


async def test_flags_are_not_given_to_readings_whose_own_were_lost() -> None:
    """R1 D(R1) R2 R3 D(R2, R3), a gap from before D(R1) to behind R2: as many flags as readings, but not theirs."""
    bench = Bench()
    bench.reader.append(ReadingsEntry(readings([1.0])))
    bench.reader.items.append(Gap(Position(10), Position(19), "damaged"))
    covers = bench.reader.append(ReadingsEntry(readings([3.0])))
    bench.reader.append(Derived(covers, flags=np.array([flags.DUPLICATE, flags.FAIL], np.uint32), after=12))
    await bench.run()
    assert bench.values == [1.0, 3.0]
    assert bench.sink.flags == [0, flags.FAIL]


@pytest.mark.parametrize("outcome", [Unreachable("down"), Throttled(None), Denied("wrong token")])
async def test_what_could_not_be_written_is_written_later(outcome: Outcome) -> None:
    bench = Bench(ListSink(script=[outcome] * 5))
    bench.reader.add(readings([1.0, 2.0]))
    await bench.run()
    assert bench.values == [1.0, 2.0]
    assert bench.runner.stats.retries == 5
    assert bench.runner.stats.last_error
    assert bench.runner.problem == ""


async def test_back_off_doubles_up_to_its_limit() -> None:
    bench = Bench(ListSink(script=[Unreachable("down")] * 6), waits=Waits(first=0.25, most=2.0))
    bench.reader.add(readings([1.0]))
    await bench.run()
    assert [seconds for seconds in bench.time.slept if seconds] == [0.25, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]


async def test_retry_after_is_obeyed_within_reason() -> None:
    bench = Bench(ListSink(script=[Throttled(7.0), Throttled(1e9)]), waits=Waits(asked=20.0))
    bench.reader.add(readings([1.0]))
    await bench.run()
    assert sum(bench.time.slept) == pytest.approx(27.0)


async def test_denied_is_logged_once_and_retried_slowly(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(ListSink(script=[Denied("wrong token")] * 10), waits=Waits(denied=30.0))
    bench.reader.add(readings([1.0]))
    await bench.run()
    assert sum("wrong token" in record.message for record in caplog.records) == 1
    assert sum(bench.time.slept) == pytest.approx(300.0)


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("place", [0, 1, 1777, 4094, 4095])
async def test_a_refused_line_is_found_in_log2_requests(place: int, partial: bool) -> None:
    count = 4096
    bench = Bench(ListSink(bad=frozenset({float(place)}), partial=partial))
    bench.reader.add(readings([float(n) for n in range(count)]))
    await bench.run()
    assert [letter.points for letter in bench.letters] == [1]
    assert f" {float(place)})" in bench.letters[0].text
    assert bench.letters[0].reason == "field type conflict"
    assert set(bench.values) == {float(n) for n in range(count)} - {float(place)}
    assert len(bench.sink.attempts) <= 2 * log2(count) + 1
    assert (bench.runner.account.delivered, bench.runner.account.quarantined) == (count - 1, 1)


async def test_after_a_good_half_the_other_is_known_to_be_refused() -> None:
    bench = Bench(ListSink(bad=frozenset({4095.0})))
    bench.reader.add(readings([float(n) for n in range(4096)]))
    await bench.run()
    assert len(bench.sink.attempts) == 1 + log2(4096) + 1


@pytest.mark.parametrize("count", [2, 7, 1000])
async def test_a_refusal_that_no_line_has_caused_costs_none(count: int) -> None:
    bench = Bench(ListSink(script=[Refused("400 Bad Request, of a proxy")]))
    bench.reader.add(readings([float(n) for n in range(count)]))
    await bench.run()
    assert bench.letters == []
    assert bench.values == [float(n) for n in range(count)]


async def test_several_refused_lines_are_each_isolated(caplog: pytest.LogCaptureFixture) -> None:
    bad = frozenset({3.0, 4.0, 500.0, 999.0})
    bench = Bench(ListSink(bad=bad))
    bench.reader.add(readings([float(n) for n in range(1000)]))
    await bench.run()
    assert sum(letter.points for letter in bench.letters) == 4
    assert set(bench.values) == {float(n) for n in range(1000)} - bad
    assert bench.values == sorted(bench.values)
    assert [record.message for record in caplog.records] == ["sink list refuses 4 points, last: field type conflict"]


async def test_a_store_that_refuses_every_other_line_is_not_asked_for_each() -> None:
    bad = frozenset(float(n) for n in range(0, 8192, 2))
    bench = Bench(ListSink(bad=bad, partial=True))
    bench.reader.add(readings([float(n) for n in range(8192)]))
    await bench.run()
    assert len(bench.sink.attempts) < 400
    assert set(bench.values) == {float(n) for n in range(1, 8192, 2)}
    assert (bench.runner.account.delivered, bench.runner.account.quarantined) == (4096, 4096)


async def test_a_payload_refused_as_a_whole_is_put_away_at_once() -> None:
    bench = Bench(ListSink(bad=frozenset(map(float, range(1000))), partial=True))
    bench.reader.add(readings([float(n) for n in range(1000)]))
    await bench.run()
    assert len(bench.sink.attempts) == 1
    assert bench.runner.account.quarantined == 1000


async def test_oversized_is_split_and_one_line_too_large_is_quarantined() -> None:
    bench = Bench(ListSink(largest=100))
    bench.reader.add(readings([float(n) for n in range(1000)]))
    await bench.run()
    assert bench.values == [float(n) for n in range(1000)]
    nothing_fits = Bench(ListSink(largest=0))
    nothing_fits.reader.add(readings([1.0, 2.0]))
    await nothing_fits.run()
    assert [letter.points for letter in nothing_fits.letters] == [1, 1]
    assert nothing_fits.runner.account.quarantined == 2


async def test_failures_in_the_middle_of_a_bisection_lose_nothing() -> None:
    bench = Bench(ListSink(script=[Refused("one is bad"), Unreachable("down"), Throttled(1.0)], bad=frozenset({5.0})))
    bench.reader.add(readings([float(n) for n in range(10)]))
    await bench.run()
    assert set(bench.values) == set(map(float, range(10))) - {5.0}
    assert len(bench.letters) == 1


async def test_drop_oldest_gives_up_the_oldest_and_counts_them() -> None:
    bench = Bench(when_full="drop_oldest", backlog=500)
    dead = True
    bench.sink.script = [lambda: Unreachable("down")] * 10_000
    for number in range(10):
        bench.reader.add(readings([float(100 * number + n) for n in range(100)]))

    def wake() -> None:
        nonlocal dead
        if dead and bench.runner.account.dropped:
            bench.sink.script.clear()
            dead = False

    bench.time.on_sleep = wake
    await bench.run()
    stats = bench.runner.account
    assert bench.values == [float(n) for n in range(stats.dropped, 1000)]
    assert stats.dropped >= 500
    assert stats.delivered + stats.dropped == 1000


async def test_block_drops_nothing_and_says_why_it_blocks() -> None:
    bench = Bench(when_full="block", backlog=150)
    seen: list[str | None] = []
    bench.sink.script = [noting(seen, lambda: bench.runner.blocking, Unreachable("connection refused"))] * 2
    for _ in range(2):
        bench.reader.add(readings([1.0] * 100))
    await bench.run()
    assert seen[1] is not None
    assert "list" in seen[1]
    assert "connection refused" in seen[1]
    assert bench.runner.blocking is None
    assert bench.runner.account.delivered == 200


async def test_lag_is_that_of_the_oldest_not_written() -> None:
    bench = Bench()
    lags: list[float] = []
    bench.sink.script = [noting(lags, lambda: bench.runner.lag_seconds, Unreachable("down"))]
    bench.time.now = 61_000.0
    bench.reader.add(readings([1.0, 2.0], start=1_000))
    await bench.run()
    assert lags == [60.0]
    assert bench.runner.lag_seconds == 0.0
    assert bench.latencies == [60_250, 59_250]


async def test_a_dead_sink_delays_no_other() -> None:
    dead, well = Bench(ListSink(script=[Unreachable("down")] * 10**6)), Bench()
    for bench in (dead, well):
        bench.reader.add(readings([1.0, 2.0]))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(dead.runner.run())
        await well.run()
        assert dead.runner.pending == 2
        task.cancel()
    assert well.values == [1.0, 2.0]
    assert dead.values == []


async def test_delivered_waits_for_a_position() -> None:
    bench = Bench()
    covers = bench.reader.add(readings([1.0]))
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(bench.runner.delivered(covers))
        await asyncio.sleep(0)
        assert not waiting.done()
        await bench.run()
    assert bench.values == [1.0]


async def test_small_entries_are_written_together() -> None:
    bench = Bench(max_points=1000)
    for number in range(100):
        bench.reader.add(readings([float(number)]))
    await bench.run()
    assert len(bench.sink.attempts) == 1


async def test_large_entries_are_written_in_bounded_pieces() -> None:
    bench = Bench(max_points=1000)
    bench.reader.add(readings([float(n) for n in range(4500)]))
    await bench.run()
    assert max(piece.points for piece in bench.sink.attempts) == 1000
    assert bench.values == [float(n) for n in range(4500)]
    assert len(bench.reader.advanced) == 1


async def test_positions_are_opaque() -> None:
    bench = Bench()
    bench.reader.items.append(Stored(Position(7), ReadingsEntry(readings([1.0]))))
    bench.reader.items.append(Stored(Position(10**12), Derived(8)))
    await bench.run()
    assert bench.values == [1.0]
    assert bench.reader.cursor == 8
