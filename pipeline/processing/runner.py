"""The processing role: reads inputs from the journal, runs the processors, commits what they find.

      journal ──▶ coalesce ──▶ quality ─▶ windows ─▶ detector ─▶ silence ─▶ incidents ─▶ ledger ──▶ journal
                                                                                         └─ snapshot, now and then

A derived entry covers the inputs of exactly one round, so that after a crash the inputs
since the last snapshot are replayed in the very same rounds, silently, and the first new
round continues where the last durable one ended.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace

from journal.base import Gap, Owner, Position, SnapshotRef, Stored
from journal.entries import Derived, ReadingsEntry, TickEntry
from pipeline.processing import snapshots
from pipeline.processing.board import Board
from pipeline.processing.chain import Chain
from pipeline.processing.restoring import take_back, tell_of_those_anew
from pipeline.processing.snapshots import Remembering
from processors.ledger import Ledger
from telemetry.errors import Full, Unavailable

log = logging.getLogger("nadi.processing")

ROUND_READINGS = 8_192
"""numpy costs 1.6 us a reading at 20 a round, 0.2 at 200; above this it only adds latency."""
ROUND_SECONDS = 0.05
RETRY_SECONDS = 1.0
RESTART_SECONDS = (2.0, 60.0)
"""First and longest wait before beginning anew from the last snapshot, when a processor's own
files could not be written."""
QUEUED_ROUNDS = 8


class Processing:
    """Runs a chain of processors over one owner's inputs, exactly once in effect."""

    def __init__(
        self,
        owner: Owner,
        build: Callable[[], Chain],
        board: Board,
        snapshot_every: int,
        monotonic: Callable[[], float],
        newest: Callable[[], Position],
    ) -> None:
        """build: a new chain, with nothing in its memory. snapshot_every: ms. newest: the last entry of the log."""
        self.owner = owner
        self.build = build
        self.board = board
        self.snapshot_every = snapshot_every / 1000
        self.monotonic = monotonic
        self.newest = newest
        self.chain = build()
        self.cursor = Position(0)
        self.replayed = 0
        self.caught_up = asyncio.Event()
        """Set when what an earlier run had processed has been replayed."""
        self.problem = ""
        """Why results can't be stored; empty while they can."""
        self.stalled = ""
        """Why nothing is processed; empty while it is."""
        self._unfit: Full | OSError | None = None
        """Why the chain must not go on: it is half made."""
        self._pending: deque[Stored] = deque()
        self._progress = asyncio.Event()
        self._uncommitted: asyncio.Queue[tuple[Derived, SnapshotRef | None]] = asyncio.Queue(QUEUED_ROUNDS)
        # Held from a round (or the end of a snapshot) until its entry is queued: their order is that of `covers`.
        self._order = asyncio.Lock()
        # One snapshot after the other: what is given back after one must not be in use by another.
        self._saving = asyncio.Lock()

    @property
    def ledger(self) -> Ledger:
        return self.chain.ledger

    @property
    def waiting_since(self) -> int:
        """When the oldest input that is read and not processed arrived (ms); 0 if there is none."""
        for item in self._pending:
            if isinstance(item.entry, TickEntry):
                return item.entry.time
            if isinstance(item.entry, ReadingsEntry) and len(item.entry.readings):
                return int(item.entry.readings.arrival[0])
        return 0

    async def run(self) -> None:
        """Restore, replay, then process for ever; cancelled by the caller, at any await.

        Where a processor's own files can't be written its state is half-way: then all begins
        anew from the last snapshot, after a while. Meanwhile inputs wait in the journal.
        """
        first, longest = RESTART_SECONDS
        wait = first
        anew = False
        while True:
            began = self.monotonic()
            try:
                if anew:
                    await self._begin_anew()
                await self._run()
            except (Full, OSError) as error:
                self.caught_up.clear()
                self.stalled = f"the processors' files can't be used: {error}"
                wait = first if self.monotonic() - began > longest else wait
                log.error("processing begins anew from the last snapshot", extra={"why": str(error), "in_s": wait})
                await asyncio.sleep(wait)
                wait = min(2 * wait, longest)
                anew = True

    async def _begin_anew(self) -> None:
        await self.settled()
        self.chain.close()
        self.chain = self.build()
        self._unfit = None

    async def _run(self) -> None:
        entries = await self._restore()
        self.stalled = ""
        self.caught_up.set()
        self._progress.set()
        while True:
            started = self.monotonic()
            await self._process_pending()
            if (left := ROUND_SECONDS - (self.monotonic() - started)) > 0:
                await asyncio.sleep(left)
            self._take(await anext(entries))

    async def _restore(self) -> AsyncIterator[Sequence[Stored | Gap]]:
        """Take the last snapshot back and replay what was processed after it; the inputs that follow."""
        end = self.newest()
        restored = await self.owner.restore()
        if restored.snapshot is not None:
            self._load(restored.snapshot, self.build)
            # It is as large as the state itself, and a replay may take long.
            restored = replace(restored, snapshot=None)
        self._pending.clear()
        self.replayed = 0
        self.cursor = restored.snapshot_cursor
        entries = self.owner.read(restored.snapshot_cursor)
        while self.cursor < restored.cursor:
            batch = await anext(entries)
            await self._replay(batch, restored.cursor)
            last = batch[-1]
            if self.cursor < restored.cursor and (last.upto if isinstance(last, Gap) else last.position) >= end:
                await self._make_up(restored.cursor)
        if self.replayed:
            log.info("replayed", extra={"rounds": self.replayed})
        return entries

    def _remembering(self, chain: Chain) -> list[Remembering]:
        return [*chain.processors, self.board]

    def _load(self, blob: bytes | memoryview, build: Callable[[], Chain]) -> None:
        """Take a snapshot back into the chain, which `build` has made, and where need be makes again."""
        states = snapshots.decode(blob)
        while (unfit := take_back(states, self._remembering(self.chain))) is not None:
            del states[unfit]
            self.chain.close()
            self.chain = build()
        tell_of_those_anew(states, self._remembering(self.chain))

    def _take(self, batch: Sequence[Stored | Gap]) -> None:
        for item in batch:
            if isinstance(item, Gap):
                log.error("the journal has a gap", extra={"after": item.after, "upto": item.upto, "why": item.reason})
            elif not isinstance(item.entry, Derived) and item.position > self.cursor:
                self._pending.append(item)

    async def _replay(self, batch: Sequence[Stored | Gap], upto: Position) -> None:
        """Process again what was processed after the snapshot, in the rounds of the first time."""
        for item in batch:
            if isinstance(item, Stored) and isinstance(item.entry, Derived):
                if item.entry.covers <= upto and (inputs := self._inputs_upto(item.entry.covers)):
                    self._round(inputs)
                    self.replayed += 1
                    await asyncio.sleep(0)
            else:
                self._take([item])

    async def _make_up(self, upto: Position) -> None:
        """Results up to `upto` were durable once, but are not in the log: tell them anew, in one round."""
        log.error(
            "results that had been stored are missing in the journal; they are made once more",
            extra={"after": self.cursor, "upto": upto},
        )
        if inputs := self._inputs_upto(upto):
            await self._uncommitted.put((replace(self._round(inputs), covers=upto), None))
        self.cursor = upto

    def _inputs_upto(self, covers: int) -> list[Stored]:
        inputs = []
        while self._pending and self._pending[0].position <= covers:
            inputs.append(self._pending.popleft())
        return inputs

    async def _process_pending(self) -> None:
        while self._pending:
            async with self._order:
                if self._unfit is not None:
                    raise self._unfit
                await self._uncommitted.put((self._round(self._next_inputs()), None))
            self._progress.set()
            await asyncio.sleep(0)

    def _next_inputs(self) -> list[Stored]:
        """Up to about ROUND_READINGS readings, or everything before that many."""
        inputs = []
        total = 0
        while self._pending and total < ROUND_READINGS:
            item = self._pending.popleft()
            inputs.append(item)
            if isinstance(item.entry, ReadingsEntry):
                total += len(item.entry.readings)
        return inputs

    def _round(self, inputs: Sequence[Stored]) -> Derived:
        derived, readings, out = self.chain.run(inputs, self.cursor)
        self.board.observe(readings, out)
        self.cursor = Position(derived.covers)
        return derived

    async def commit_rounds(self) -> None:
        """Commit derived entries strictly in order, one after the other: were one to fail and
        a later one to succeed, the cursor would pass results that nobody has stored.

        While the journal is full or unavailable nothing further is processed: inputs wait in
        the journal, and the sinks make room.
        """
        while True:
            derived, snapshot = await self._uncommitted.get()
            while True:
                try:
                    await self.owner.commit(derived, Position(derived.covers), snapshot)
                    break
                except (Full, Unavailable) as error:
                    self.problem = str(error)
                    await asyncio.sleep(RETRY_SECONDS)
            self.problem = ""
            self._uncommitted.task_done()

    async def reached(self, position: Position) -> None:
        """Return when every input up to `position` has been processed and its results are durable."""
        while self.cursor < position:
            self._progress.clear()
            await self._progress.wait()
        await self.settled()

    async def settled(self) -> None:
        """Return when every round so far is durable."""
        await self._uncommitted.join()

    async def save_snapshots(self) -> None:
        """Save a snapshot every so often, for ever; processing goes on meanwhile."""
        while True:
            await asyncio.sleep(self.snapshot_every)
            await self.caught_up.wait()
            try:
                await self.save_snapshot()
            except (Full, Unavailable, OSError) as error:
                log.warning("no snapshot could be saved", extra={"why": str(error)})

    async def renew(self, build: Callable[[], Chain]) -> None:
        """Go on with the processors that `build` makes, in the state of the present ones.

        That state is saved first, between two rounds: a replay begins after the change or lies
        before it as a whole, and so gives what the first run gave. Raises Full, Unavailable,
        OSError, Incompatible; then the present processors go on.
        """
        async with self._saving:
            while True:
                await self.caught_up.wait()
                async with self._order:
                    if self.caught_up.is_set():
                        await self._renew(build)
                        return

    async def _renew(self, build: Callable[[], Chain]) -> None:
        chain = self.chain
        state = b"".join(self._encoded(chain))
        await asyncio.to_thread(chain.sync)
        ref = await self.owner.save_snapshot([state], self.cursor)
        await self._uncommitted.put((self._nothing_new(), ref))
        await self.settled()
        await asyncio.to_thread(chain.saved)
        chain.close()
        del chain  # or its memory would be held beside that of the new one
        try:
            self._begin(build, state)
        except Exception:
            self._go_back(state)
            raise
        self.build = build

    def _go_back(self, state: bytes) -> None:
        """The present processors again; where their files can't be used either, from the last snapshot: theirs."""
        try:
            self._begin(self.build, state)
        except (Full, OSError) as error:
            self.caught_up.clear()
            self._unfit = error

    def _begin(self, build: Callable[[], Chain], state: bytes) -> None:
        self.chain = build()
        # The one before holds itself in cycles: a new state would come beside it.
        gc.collect()
        try:
            self._load(state, build)
        except Exception:
            self.chain.close()
            raise

    def _nothing_new(self) -> Derived:
        """What a snapshot is committed with."""
        return Derived(self.cursor, after=self.cursor, stored=self.ledger.stored)

    def _encoded(self, chain: Chain) -> Iterator[bytes | memoryview]:
        return snapshots.encode(snapshots.states_of(self._remembering(chain)))

    async def save_snapshot(self) -> None:
        """Save every processor's state as it is now, durable when this returns. Raises Full,
        Unavailable, OSError. In the middle of a replay nothing is saved: the last one is good."""
        async with self._saving:
            await self._save_snapshot()

    async def _save_snapshot(self) -> None:
        async with self._order:
            if not self.caught_up.is_set():
                return
            cursor, chain, taken = self.cursor, self.chain, asyncio.Event()
            saving = asyncio.create_task(self.owner.save_snapshot(self._encoded(chain), cursor, taken.set))
            saving.add_done_callback(lambda _: taken.set())
            # Nothing is processed while states are read, which is a matter of memory and not of the disk.
            try:
                await taken.wait()
            except asyncio.CancelledError:
                saving.cancel()
                raise
        ref = await saving
        await asyncio.to_thread(chain.sync)
        async with self._order:
            if chain is not self.chain or not self.caught_up.is_set():
                return
            await self._uncommitted.put((self._nothing_new(), ref))
        await self.settled()
        await asyncio.to_thread(chain.saved)
