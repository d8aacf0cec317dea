"""The part of the conformance suite about reading, cursors and trimming: see conformance.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from journal.base import START, Gap, Stored
from journal.entries import Derived
from telemetry.errors import JournalError, Unavailable
from tests.journal.conformance import Open
from tests.journal.samples import (
    NOW,
    collect,
    entry,
    everything,
    full_entry,
    owner_of,
    positions,
    series,
    until,
)  # fmt: skip


class CursorConformance:
    """Reading, cursors, names, trimming, closing."""

    async def test_readers_wait_for_more_and_miss_nothing(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        journal.register_cursor("sink", "now")
        found: list[list[Stored | Gap]] = [[], [], []]

        async def follow(items: AsyncIterator[Sequence[Stored | Gap]], heard: list[Stored | Gap]) -> None:
            async for batch in items:
                heard += batch

        iterators = (owner.read(START), journal.reader("sink").read(), owner.read(START, limit=1))
        reading = [asyncio.create_task(follow(*each)) for each in zip(iterators, found, strict=True)]
        placed = [await journal.append(0, entry(2, seed)) for seed in range(20)]
        # Whoever is behind when the journal is closed is ended where it stands.
        await until(lambda: min(map(len, found)) >= 20)
        await journal.close()
        await asyncio.gather(*reading)
        assert [positions(each) for each in found] == [placed] * 3

    async def test_a_limit_bounds_a_batch(self, open_journal: Open) -> None:
        journal = await open_journal()
        for seed in range(10):
            await journal.append(0, entry(10, seed))
        for _ in range(2):
            async for batch in (await owner_of(journal)).read(START, limit=25):
                assert len(batch) == 3
                break
            await journal.close()
            journal = await open_journal()
        await journal.close()

    async def test_a_cursor_moves_forward_only_and_survives(self, open_journal: Open) -> None:
        journal = await open_journal()
        journal.register_cursor("sink", "now")
        early, late, last = [await journal.append(0, entry()) for _ in range(3)]
        reader = journal.reader("sink")
        await reader.advance(late, {"delivered": 2})
        await reader.advance(early, {"delivered": 1})
        assert reader.cursor == late
        await journal.close()
        again = await open_journal()
        again.register_cursor("sink", "oldest")
        assert (again.reader("sink").cursor, dict(again.reader("sink").totals)) == (late, {"delivered": 2})
        assert positions(await collect(again.reader("sink").read(), last)) == [last]
        await again.close()

    async def test_a_new_cursor_starts_where_results_end(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        place = await journal.append(0, entry())
        await owner.commit(Derived(place), place)
        await journal.append(0, entry())
        journal.register_cursor("new", "now")
        journal.register_cursor("old", "oldest")
        assert journal.reader("new").cursor == place
        assert journal.reader("old").cursor == START
        await journal.close()

    async def test_a_cursor_that_is_not_there_is_named(self, open_journal: Open) -> None:
        journal = await open_journal()
        journal.register_cursor("sink", "now")
        journal.drop_cursor("sink")
        journal.drop_cursor("sink")
        with pytest.raises(JournalError, match="sink"):
            journal.reader("sink")
        await journal.close()
        again = await open_journal()
        assert again.stats().cursors == {}
        await again.close()

    async def test_names_survive_a_restart(self, open_journal: Open) -> None:
        journal = await open_journal()
        await journal.append(0, full_entry())
        await journal.append(0, entry(1, declared=[series(5)]))
        assert list(journal.dictionary()) == [*full_entry().declared, series(5)]
        for _ in range(2):
            await journal.close()
            journal = await open_journal()
            assert list(journal.dictionary()) == [*full_entry().declared, series(5)]
        await journal.close()

    async def test_trimming_keeps_what_a_cursor_or_a_replay_needs(self, open_journal: Open) -> None:
        journal = await open_journal(segment_bytes=4096)
        owner = await owner_of(journal)
        journal.register_cursor("fast", "oldest")
        journal.register_cursor("slow", "oldest")
        placed = [await journal.append(0, entry(20, seed, [series(seed)])) for seed in range(50)]
        await journal.reader("fast").advance(placed[40])
        await journal.reader("slow").advance(placed[30])
        await journal.trim()
        assert journal.stats().first == START, "without a snapshot everything may have to be replayed"
        await owner.commit(Derived(placed[33]), placed[33], await owner.save_snapshot([b"state"]))
        await journal.trim()
        assert journal.stats().first == START, "the only snapshot may turn out to be damaged"
        await owner.commit(Derived(placed[35]), placed[35], await owner.save_snapshot([b"state"]))
        await journal.trim()
        assert START < journal.stats().first <= placed[30]
        assert positions(await everything(journal, placed[30]))[:19] == placed[31:]
        lost, *kept = await everything(journal)
        assert isinstance(lost, Gap)
        assert lost.upto == journal.stats().first
        assert positions(kept)[0] <= placed[31]
        await journal.close()
        again = await open_journal(segment_bytes=4096)
        assert list(again.dictionary()) == [series(number) for number in range(50)]
        assert positions(await collect(again.reader("slow").read(), placed[-1]))[:19] == placed[31:]
        assert again.stats().reports == ()
        await again.close()

    async def test_the_oldest_start_after_trimming_is_where_results_end(self, open_journal: Open) -> None:
        journal = await open_journal(segment_bytes=4096)
        owner = await owner_of(journal)
        covered = []
        for seed in range(60):
            place = await journal.append(0, entry(20, seed))
            if seed % 7 == 0:
                covered.append(place)
                await owner.commit(Derived(place), place)
        for _ in range(2):
            await owner.commit(Derived(covered[-1]), covered[-1], await owner.save_snapshot([b"state"]))
        await journal.trim()
        journal.register_cursor("late", "oldest")
        assert journal.reader("late").cursor in covered
        assert journal.reader("late").cursor >= journal.stats().first > START
        await journal.close()

    async def test_backlog_and_giving_up_the_oldest(self, open_journal: Open) -> None:
        journal = await open_journal(segment_bytes=4096)
        owner = await owner_of(journal)
        journal.register_cursor("sink", "now")
        assert journal.backlog("sink") == 0
        placed = [await journal.append(0, entry(20, seed)) for seed in range(30)]
        await asyncio.gather(*(owner.commit(Derived(place), place) for place in placed))
        whole = journal.backlog("sink")
        reader = journal.reader("sink")
        assert await reader.skip(whole) == 0
        dropped = await reader.skip(whole // 2)
        assert reader.cursor in placed
        assert dropped == 20 * (placed.index(reader.cursor) + 1)
        assert whole // 2 - whole // 30 <= journal.backlog("sink") <= whole // 2
        await journal.close()

    async def test_the_newest_arrival_is_known_at_once(self, open_journal: Open) -> None:
        journal = await open_journal()
        await journal.append(0, full_entry())
        newest = journal.stats().newest_arrival
        assert newest >= NOW + 9
        await journal.append(0, entry(1, seed=5_000))
        assert journal.stats().newest_arrival > newest
        await journal.close()
        again = await open_journal()
        assert again.stats().newest_arrival == journal.stats().newest_arrival
        await again.close()

    async def test_closing_commits_what_is_queued_and_ends_everything(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        place = await journal.append(0, entry())
        waiting = asyncio.create_task(collect(owner.read(START), 10**9))
        queued = [asyncio.create_task(journal.append(0, entry(1, seed))) for seed in range(50)]
        riding = asyncio.create_task(owner.commit(Derived(place), place))
        await asyncio.sleep(0)
        await journal.close()
        await journal.close()
        placed = [place, *await asyncio.gather(*queued), await riding]
        # Whoever reads is ended where it stands, which may be before the last; nothing is lost by that.
        read = positions(await waiting)
        assert read == placed[: len(read)]
        with pytest.raises(Unavailable, match="closed"):
            await journal.append(0, entry())
        again = await open_journal()
        assert positions(await everything(again)) == placed
        await again.close()
