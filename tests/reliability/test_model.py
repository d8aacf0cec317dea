"""Journal, processing and windows together against the oracle: random operations, and a crash at any step.

What the machine keeps outside is what a city has outside: the events that were acknowledged, and
a store that takes rows as they come, at least once. In the end the store's windows and the
ledger must be those of the oracle, which knows neither journal nor crash.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from config.settings import JournalSettings
from journal.base import Gap, Position
from journal.entries import Derived, Input, ReadingsEntry, Refusal, TickEntry
from journal.local import LocalJournal
from telemetry import flags
from telemetry.batch import Readings, Windows
from tests.journal.samples import collect, owner_of
from tests.processors.test_windows_streaming import T0, Event, batch, ending, expected, same, streams
from tests.reliability.life import QUICK, WAIT, Inline, Life, sizes
from tests.reliability.stage import FULL

SINK = "store"
NOBODY = Refusal(0, "nadi/v1/x/water/z/a", b"{", "json", "")

Windowed = dict[tuple[int, int, int], dict[str, Any]]


class City(RuleBasedStateMachine):
    """`log` is what was acknowledged, in order; `store` what the sink has taken."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="nadi-model-"))
        self.runner = asyncio.Runner()
        self.patches = ExitStack()
        self.runner.get_loop().set_default_executor(Inline())
        for name, value in QUICK.items():
            self.patches.enter_context(mock.patch(name, value))
        self.number = 0
        self.events: list[Event] = []
        self.log: list[Event] = []
        self.refused = 0
        self.last = Position(0)
        self.store: Windowed = {}
        self.raw: dict[tuple[int, int], float] = {}
        self.life: Life

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(self.unless_dead(work))

    async def unless_dead(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of `work`, or why processing has ended."""
        task = asyncio.ensure_future(work)
        others = self.life.tasks if hasattr(self, "life") else []
        await asyncio.wait({task, *others}, timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            for other in others:
                if other.done():
                    other.result()
            task.cancel()
            raise AssertionError(f"not done in {WAIT} s")
        return task.result()

    # What happens.

    @initialize(events=streams(), tail=st.sampled_from([1, 2000, 1 << 20]), readings=st.sampled_from([4, 8192]))
    def begin(self, events: list[Event], tail: int, readings: int) -> None:
        """readings: of a round; tail: bytes of the log that are kept in memory."""
        self.events, self.tail = events, tail
        self.patches.enter_context(mock.patch("pipeline.processing.runner.ROUND_READINGS", readings))
        self.run(self.open())
        self.life.journal.register_cursor(SINK, "oldest")

    async def open(self) -> None:
        state = self.folder / str(self.number)
        journal = await LocalJournal.open(state, JournalSettings(segment_bytes=3000), self.tail)
        self.life = Life(journal, await owner_of(journal), state)

    @precondition(lambda self: self.events)
    @rule(number=st.integers(1, 12), refused=st.booleans())
    def append(self, number: int, refused: bool) -> None:
        """The next events are acknowledged."""
        self.run(self.acknowledged(self.take(number), refused))

    def take(self, number: int) -> list[Event]:
        taken, self.events = self.events[:number], self.events[number:]
        return taken

    async def acknowledged(self, events: list[Event], refused: bool) -> None:
        for entry, part in entries(events, refused):
            self.last = await self.life.journal.append(0, entry)
            self.note(entry, part)

    def note(self, entry: Input, events: list[Event]) -> None:
        self.log += events
        self.refused += len(entry.refusals) if isinstance(entry, ReadingsEntry) else 0

    @rule()
    def process(self) -> None:
        self.run(self.life.processing.reached(self.last))
        self.check_ledger()

    @rule()
    def snapshot(self) -> None:
        self.run(self.life.processing.save_snapshot())

    @rule()
    def trim(self) -> None:
        self.run(self.life.journal.trim())

    @rule()
    def deliver(self) -> None:
        self.run(self.delivered())

    async def delivered(self) -> None:
        """The store takes all that is covered; then the cursor moves."""
        await self.life.processing.settled()
        reader = self.life.journal.reader(SINK)
        upto = self.life.journal.stats().last
        if upto <= reader.cursor:
            return
        for item in await collect(reader.read(50), upto):
            assert not isinstance(item, Gap), item
            if isinstance(item.entry, ReadingsEntry):
                self.take_raw(item.entry.readings)
            elif isinstance(item.entry, Derived):
                for rows in item.entry.windows:
                    self.take_rows(rows)
                await reader.advance(Position(item.entry.covers))

    def take_raw(self, readings: Readings) -> None:
        columns = (readings.series.tolist(), readings.time.tolist(), readings.value.tolist())
        self.raw |= {(series, time): value for series, time, value in zip(*columns, strict=True)}

    def take_rows(self, rows: Windows) -> None:
        names = [name for name in Windows.__slots__ if name not in ("length", "series", "start")]
        columns = zip(*(getattr(rows, name).tolist() for name in names), strict=True)
        for series, start, values in zip(rows.series.tolist(), rows.start.tolist(), columns, strict=True):
            self.store[rows.length, series, start] = dict(zip(names, values, strict=True))

    @rule(number=st.integers(0, 12), steps=st.integers(0, 40), saving=st.integers(-1, 6), power=st.booleans())
    def crash(self, number: int, steps: int, saving: int, power: bool) -> None:
        """After so many steps of all that is under way; without power, what was not synced is gone too.

        saving: the step at which a snapshot begins; -1: none."""
        events = self.take(number)
        under_way = self.run(self.interrupted(events, steps, saving))
        following = self.folder / str(self.number + 1)
        shutil.copytree(self.folder / str(self.number), following, ignore=shutil.ignore_patterns("*-shm"))
        if power:
            for name, size in sizes(following / "chunks").items():
                os.truncate(following / "chunks" / name, min(size, self.life.synced.get(name, 0)))
        for task in under_way:
            task.cancel()
        self.runner.run(self.life.end())
        shutil.rmtree(self.folder / str(self.number))
        self.number += 1
        self.runner.run(self.open())
        self.life.synced = sizes(following / "chunks")
        self.run(self.sent_again(events))

    async def interrupted(self, events: list[Event], steps: int, saving: int) -> list[asyncio.Task[Any]]:
        async def append() -> None:
            for entry, _ in entries(events, refused=False):
                await self.life.journal.append(0, entry)

        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(append())]
        for step in range(steps):
            if step == saving:
                tasks.append(asyncio.create_task(self.life.processing.save_snapshot()))
            await asyncio.sleep(0)
        return tasks

    async def sent_again(self, events: list[Event]) -> None:
        """Of what was not acknowledged some entries may be in the log; the broker sends the others again."""
        waiting = list(entries(events, refused=False))
        last = self.life.journal.stats().last
        if last > self.last:
            for item in await collect(self.life.journal._owner.read(self.last), last):
                assert not isinstance(item, Gap), item
                if not isinstance(item.entry, Derived):
                    self.note(*waiting.pop(0))
                    self.last = item.position
        for entry, part in waiting:
            self.last = await self.life.journal.append(0, entry)
            self.note(entry, part)

    # What must hold.

    def check_ledger(self) -> None:
        _, added = expected(self.log)
        counts = [sum((bits & flag) != 0 for bits in added) for flag in (flags.DUPLICATE, flags.LATE, flags.EXPIRED)]
        stored = [bits for bits in added if not bits & flags.DUPLICATE]
        books = self.life.processing.ledger.totals()["all"]
        assert books["received"] == len(added) + self.refused
        assert books["rejected"] == self.refused
        assert books["stored"] == len(stored)
        assert books["duplicate"] == counts[0]
        assert books["late"] == sum((bits & flags.LATE) != 0 for bits in stored)
        assert books["expired"] == sum((bits & flags.EXPIRED) != 0 for bits in stored)

    def teardown(self) -> None:
        try:
            if hasattr(self, "life"):
                self.run(self.acknowledged(self.take(len(self.events)), refused=False))
                self.run(self.acknowledged(ending(self.log), refused=False))
                self.process()
                self.deliver()
                self.check_store()
        finally:
            if hasattr(self, "life"):
                self.runner.run(self.life.end())
            self.runner.close()
            self.patches.close()
            shutil.rmtree(self.folder)

    def check_store(self) -> None:
        """Every reading that was acknowledged, and the oracle's windows."""
        last = {(event[0], event[1]): event[2] for event in self.log if event[0] != "tick"}
        assert self.raw == last
        rows = expected(self.log)[0].rows()
        assert sorted(self.store) == sorted(rows)
        for key, row in rows.items():
            assert same(self.store[key], row), (key, self.store[key], row)


def entries(events: list[Event], refused: bool) -> list[tuple[Input, list[Event]]]:
    """Entries with the events that they hold: readings between ticks together."""
    made: list[tuple[Input, list[Event]]] = []
    pending: list[Event] = []

    def flush() -> None:
        if pending:
            refusals = (NOBODY,) if refused else ()
            made.append((ReadingsEntry(batch(pending), refusals=refusals, messages=len(pending)), list(pending)))
            pending.clear()

    for event in events:
        if event[0] == "tick":
            flush()
            made.append((TickEntry(event[1], event[2]), [event]))
        else:
            pending.append(event)
    flush()
    return made


def test_a_wait_that_begins_before_a_replay_ends_with_it() -> None:
    """Found by the machine: the replay moved the cursor and told nobody who waited for it."""
    city = City()
    start = T0 + 3600_000
    city.begin([(0, start + second * 1000, 1.0, False, start + second * 1000) for second in range(60)], 1 << 20, 4)
    for _ in range(20):
        city.append(3, refused=False)
    city.process()
    city.crash(number=0, steps=0, saving=-1, power=False)
    city.process()
    city.teardown()


TestModel = City.TestCase
TestModel.settings = settings(
    max_examples=200 if FULL else 15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
