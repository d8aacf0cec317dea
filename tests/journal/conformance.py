"""What every journal must do, whatever it is made of.

An implementation's tests inherit LogConformance and CursorConformance (conformance_cursors.py) and
give the fixture `open_journal`: an async function (max_bytes, segment_bytes) that opens the same
log each time it is called.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from journal.base import START, Journal, Position, Stored
from journal.entries import Derived, Input
from telemetry.errors import Full, TooLarge
from tests.journal.samples import (
    derived,
    entry,
    everything,
    full_entry,
    owner_of,
    positions,
    same,
    tick,
)  # fmt: skip

Open = Callable[..., Awaitable[Journal]]


async def fill(journal: Journal) -> Position:
    """Append until the journal refuses; the last position."""
    place = START
    with contextlib.suppress(Full):
        for seed in range(1000):
            place = await journal.append(0, entry(100, seed))
    assert journal.stats().trouble is not None
    return place


class LogConformance:
    """Appending, committing, restoring."""

    async def test_what_is_appended_is_read_back_whole(self, open_journal: Open) -> None:
        journal = await open_journal()
        entries: list[Input] = [full_entry(), tick(), entry(1000, 3), entry(0)]
        placed = [await journal.append(0, each) for each in entries]
        assert placed == sorted(set(placed))
        assert min(placed) > START
        live = await everything(journal)
        await journal.close()
        again = await open_journal()
        stored = await everything(again)
        for found in (live, stored):
            assert positions(found) == placed
            assert all(isinstance(item, Stored) for item in found)
            assert all(same(item.entry, each) for item, each in zip(found, entries, strict=True))  # type: ignore[union-attr]
        await again.close()

    async def test_derived_entries_are_read_back_whole(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        place = await journal.append(0, entry(4))
        results = derived(place)
        await owner.commit(results, place)
        await owner.commit(Derived(place), place)
        await journal.close()
        again = await open_journal()
        found = await everything(again)
        assert same(found[1].entry, results)  # type: ignore[union-attr]
        assert same(found[2].entry, Derived(place))  # type: ignore[union-attr]
        await again.close()

    async def test_appends_in_flight_keep_their_order(self, open_journal: Open) -> None:
        journal = await open_journal()
        placed = await asyncio.gather(*(journal.append(0, entry(1, seed)) for seed in range(200)))
        assert placed == sorted(set(placed))
        arrivals = [item.entry.readings.arrival[0] for item in await everything(journal)]  # type: ignore[union-attr]
        assert arrivals == [entry(1, seed).readings.arrival[0] for seed in range(200)]
        await journal.close()

    async def test_a_key_is_stored_once(self, open_journal: Open) -> None:
        journal = await open_journal()
        first, second = await asyncio.gather(
            journal.append(0, entry(1), key=b"batch-1"), journal.append(0, entry(1), key=b"batch-1")
        )
        third = await journal.append(0, entry(1), key=b"batch-1")
        other = await journal.append(0, entry(1), key=b"batch-2")
        assert [first, second, third] == [first] * 3
        assert positions(await everything(journal)) == [first, other]
        await journal.close()

    async def test_a_key_whose_first_caller_gave_up_is_stored_once(self, open_journal: Open) -> None:
        journal = await open_journal()
        first = asyncio.create_task(journal.append(0, entry(1), key=b"k"))
        await asyncio.sleep(0)
        first.cancel()
        second = await journal.append(0, entry(1), key=b"k")
        assert positions(await everything(journal)) == [second]
        await journal.close()

    async def test_an_entry_that_can_never_fit_is_too_large(self, open_journal: Open) -> None:
        journal = await open_journal(max_bytes=100_000)
        with pytest.raises(TooLarge, match="append less"):
            await journal.append(0, entry(20_000))
        await journal.append(0, entry(1))
        await journal.close()

    async def test_a_full_journal_refuses_inputs_takes_results_and_recovers(self, open_journal: Open) -> None:
        journal = await open_journal(max_bytes=200_000, segment_bytes=20_000)
        owner = await owner_of(journal)
        journal.register_cursor("sink", "oldest")
        place = await fill(journal)
        assert journal.stats().bytes <= 200_000
        for _ in range(2):
            await owner.commit(derived(place, flags=3000), place, await owner.save_snapshot([b"state"]))
        await journal.reader("sink").advance(place)
        await journal.trim()
        assert await journal.append(0, entry(100)) > place
        assert journal.stats().trouble is None
        await journal.close()

    async def test_a_failure_fails_what_was_appended_behind_it(self, open_journal: Open) -> None:
        """Or a retry would put the failed one after those."""
        journal = await open_journal(max_bytes=100_000)
        await fill(journal)
        results = await asyncio.gather(
            journal.append(0, entry(1000)), journal.append(0, entry(1)), return_exceptions=True
        )
        assert [type(result) for result in results] == [Full, Full]
        assert await journal.append(0, entry(1))
        await journal.close()

    async def test_a_result_becomes_durable_without_any_input(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        place = await journal.append(0, entry())
        async with asyncio.timeout(60):
            await owner.commit(Derived(place), place)
        await journal.close()

    async def test_results_keep_their_order_among_inputs(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        place = await journal.append(0, entry())
        first, second, third = await asyncio.gather(
            owner.commit(Derived(place), place), journal.append(0, entry()), owner.commit(Derived(place), place)
        )
        assert first < second < third
        await journal.close()

    async def test_a_new_journal_has_nothing_to_restore(self, open_journal: Open) -> None:
        journal = await open_journal()
        restored = await (await owner_of(journal)).restore()
        assert (restored.cursor, restored.snapshot, restored.snapshot_cursor) == (START, None, START)
        assert journal.stats().newest_arrival == 0
        await journal.close()

    async def test_the_cursor_is_what_durable_results_cover(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        place = await journal.append(0, entry())
        await journal.append(0, entry())
        await owner.commit(Derived(place), place)
        await journal.close()
        again = await open_journal()
        assert (await (await owner_of(again)).restore()).cursor == place
        await again.close()

    async def test_a_commit_whose_cursor_is_not_what_it_covers_is_a_mistake(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        place = await journal.append(0, entry())
        with pytest.raises(ValueError, match="cover"):
            await owner.commit(Derived(place), Position(place + 8))
        await journal.close()

    async def test_a_snapshot_is_inert_until_a_commit_names_it(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        place = await journal.append(0, entry())
        first = await owner.save_snapshot([b"one, ", memoryview(b"in pieces")])
        await owner.commit(Derived(place), place, first)
        await owner.save_snapshot([b"two"])
        await journal.close()
        again = await open_journal()
        restored = await (await owner_of(again)).restore()
        assert (restored.snapshot, restored.snapshot_cursor) == (b"one, in pieces", place)
        await again.close()

    async def test_the_last_committed_snapshot_counts_with_its_own_cursor(self, open_journal: Open) -> None:
        journal = await open_journal()
        owner = await owner_of(journal)
        early, late = [await journal.append(0, entry()) for _ in range(2)]
        await owner.commit(Derived(early), early, await owner.save_snapshot([b"one"]))
        slow = await owner.save_snapshot([b"two"], early)
        await owner.commit(Derived(late), late, slow)
        for _ in range(2):
            await journal.close()
            journal = await open_journal()
            restored = await (await owner_of(journal)).restore()
            assert (restored.cursor, restored.snapshot, restored.snapshot_cursor) == (late, b"two", early)
        await journal.close()
