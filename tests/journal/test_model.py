"""The journal against a model of a few lists: random operations, kills and restarts anywhere."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from config.settings import JournalSettings
from journal.base import START, Gap, Owner, Position, Stored
from journal.entries import Derived, Entry, ReadingsEntry
from journal.local import LocalJournal
from tests.journal.samples import collect, entry, everything, owner_of, same, series


class JournalMachine(RuleBasedStateMachine):
    """Cursors `one` and `two`; the model knows what was promised, not how it is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="nadi-model-"))
        self.runner = asyncio.Runner()
        self.patches = ExitStack()
        # No power fails here, so nothing need reach the disk itself; and nothing else comes to ride with.
        for name, value in {"os.fsync": os.fstat, "os.RWF_DSYNC": 0, "journal.writer.RIDE": 0.001}.items():
            self.patches.enter_context(mock.patch(name, value))
        self.life = 0
        self.log: list[tuple[int, Entry]] = []
        self.cursors: dict[str, int] = {}
        self.covers = 0
        self.snapshot: tuple[bytes, int] | None = None
        self.previous: tuple[bytes, int] | None = None
        self.names: set[int] = set()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    @initialize(tail=st.sampled_from([1, 3000, 1 << 20]))
    def begin(self, tail: int) -> None:
        self.tail = tail
        self.open()

    def open(self) -> None:
        state = self.folder / str(self.life)
        limits = JournalSettings(segment_bytes=3000)
        self.journal: LocalJournal = self.run(LocalJournal.open(state, limits, self.tail))
        self.owner: Owner = self.run(owner_of(self.journal))

    @rule(sizes=st.lists(st.sampled_from([0, 1, 5, 30, 600]), min_size=1, max_size=4), named=st.booleans())
    def append(self, sizes: list[int], named: bool) -> None:
        entries: list[ReadingsEntry] = []
        for size in sizes:
            declared = [series(len(self.names))] if named else []
            self.names.update(each.id for each in declared)
            entries.append(entry(size, len(self.log) + len(entries), declared))

        async def all_at_once() -> list[Position]:
            return await asyncio.gather(*(self.journal.append(0, each) for each in entries))

        self.log += zip(self.run(all_at_once()), entries, strict=True)

    @precondition(lambda self: self.log)
    @rule(ahead=st.integers(0, 5), saved=st.sampled_from(["nothing", "with it", "before it", "uncommitted"]))
    def commit(self, ahead: int, saved: str) -> None:
        """Cover up to `ahead` more entries, with or without a snapshot."""
        later = [place for place, _ in self.log if place > self.covers][:ahead]
        covers = Position(later[-1] if later else self.covers)
        blob, cursor = b"state at %d" % covers, covers
        results = Derived(covers, counts={"n": len(self.log)})

        async def work() -> Position:
            ref = None
            if saved == "before it":
                ref = await self.owner.save_snapshot([blob], Position(self.covers))
            elif saved != "nothing":
                ref = await self.owner.save_snapshot([blob[:3], memoryview(blob)[3:]])
            return await self.owner.commit(results, covers, None if saved == "uncommitted" else ref)

        place = self.run(work())
        if saved in ("with it", "before it"):
            cursor = covers if saved == "with it" else Position(self.covers)
            self.previous, self.snapshot = self.snapshot, (blob, cursor)
        self.covers = covers
        self.log.append((place, results))

    @rule(name=st.sampled_from(["one", "two"]), start=st.sampled_from(["now", "oldest"]))
    def register(self, name: str, start: Any) -> None:
        self.journal.register_cursor(name, start)
        if name not in self.cursors:
            place = self.journal.reader(name).cursor
            assert place <= self.covers or place == self.journal.stats().first
            if start == "now":
                assert place == self.covers
            self.cursors[name] = place

    @rule(name=st.sampled_from(["one", "two"]))
    def drop(self, name: str) -> None:
        self.journal.drop_cursor(name)
        self.cursors.pop(name, None)

    @precondition(lambda self: self.cursors and self.log)
    @rule(data=st.data())
    def advance(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.cursors)))
        place = data.draw(st.sampled_from([place for place, _ in self.log]))
        self.run(self.journal.reader(name).advance(Position(place), {"delivered": place}))
        self.cursors[name] = max(self.cursors[name], place)

    @precondition(lambda self: self.cursors)
    @rule(data=st.data(), keep=st.integers(0, 10_000))
    def skip(self, data: st.DataObject, keep: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.cursors)))
        reader = self.journal.reader(name)
        before = reader.cursor
        dropped = self.run(reader.skip(keep))
        after = reader.cursor
        passed = [each for place, each in self.log if before < place <= after]
        assert dropped == sum(len(each.readings) for each in passed if isinstance(each, ReadingsEntry))
        if after != before:
            assert self.journal.backlog(name) <= keep
            assert after in {each.covers for _, each in self.log if isinstance(each, Derived)}
        self.cursors[name] = after

    @rule()
    def trim(self) -> None:
        self.run(self.journal.trim())
        needed = min([*self.cursors.values(), self.previous[1] if self.previous else 0])
        assert self.journal.stats().first <= needed

    @rule()
    def restart(self) -> None:
        self.run(self.journal.close())
        self.open()
        assert self.journal.stats().cursors == self.cursors

    @rule()
    def die(self) -> None:
        """Go on from what was on the disk at this moment; the old process is of no account."""
        following = self.folder / str(self.life + 1)

        async def copy() -> None:
            # A copy takes its time, and a kill would stop the thread that saves and deletes: test_kills.py has some.
            async with self.journal._book._saving:
                # Without the shared memory of SQLite, which a real kill would leave consistent.
                shutil.copytree(self.folder / str(self.life), following, ignore=shutil.ignore_patterns("*-shm"))

        self.run(copy())
        self.run(self.journal.close())
        shutil.rmtree(self.folder / str(self.life))
        self.life += 1
        self.open()
        found = self.journal.stats().cursors
        assert set(found) == set(self.cursors), "registering and dropping are durable at once"
        assert all(place <= self.cursors[name] for name, place in found.items())
        for name, place in found.items():
            assert self.journal.reader(name).totals.get("delivered", place) == place, "both are of one moment"
        self.cursors = {name: int(place) for name, place in found.items()}

    @invariant()
    def nothing_is_missing(self) -> None:
        if not hasattr(self, "journal"):
            return
        stats = self.journal.stats()
        assert stats.reports == ()
        expected = [(place, each) for place, each in self.log if place > stats.first]
        found = self.run(everything(self.journal, stats.first))
        assert not any(isinstance(item, Gap) for item in found)
        assert [item.position for item in found] == [place for place, _ in expected]
        for item, (_, each) in zip(found, expected, strict=True):
            assert _like(item, each)
        restored = self.run(self.owner.restore())
        blob, cursor = self.snapshot or (None, START)
        assert (restored.cursor, restored.snapshot, restored.snapshot_cursor) == (self.covers, blob, cursor)
        assert {each.id for each in self.journal.dictionary()} == self.names

    @invariant()
    def readers_get_all_after_their_cursor(self) -> None:
        for name, cursor in self.cursors.items():
            expected = [place for place, _ in self.log if place > cursor]
            if expected:
                found = self.run(collect(self.journal.reader(name).read(100), expected[-1]))
                assert [item.position for item in found] == expected

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.run(self.journal.close())
        self.runner.close()
        self.patches.close()
        shutil.rmtree(self.folder)


def _like(item: Stored, given: Entry) -> bool:
    """Equal; the name of a snapshot is the journal's own affair."""
    if isinstance(item.entry, Derived):
        return same(replace(item.entry, snapshot=None), given)
    return same(item.entry, given)


TestModel = JournalMachine.TestCase
TestModel.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
