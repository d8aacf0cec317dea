"""The processing role: reads inputs from the journal, runs the processors, commits what they find.

          journal ──▶ coalesce ──▶ quality ─▶ windows ─▶ detector ─▶ ledger ──▶ journal (derived)
                                                                   └─ snapshot, every few seconds

A derived entry covers the inputs of exactly one round, so that after a crash the inputs
since the last snapshot are replayed in the very same rounds, silently, and the first new
round continues where the last durable one ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from journal.base import Gap, Owner, Position, SnapshotRef, Stored
from journal.entries import Derived, ReadingsEntry, TickEntry
from pipeline import snapshots
from processors.base import Outputs, Processor
from processors.ledger import Ledger
from telemetry.batch import Anomalies, Readings
from telemetry.errors import Full, Unavailable

log = logging.getLogger("nadi.processing")

ROUND_READINGS = 8_192
"""numpy costs 1.6 us a reading at 20 a round, 0.2 at 200; above this it only adds latency."""
ROUND_SECONDS = 0.05
RETRY_SECONDS = 1.0
QUEUED_ROUNDS = 8


class Processing:
    """Runs a chain of processors over one owner's inputs, exactly once in effect."""

    def __init__(
        self,
        owner: Owner,
        chain: Sequence[Processor],
        ledger: Ledger,
        snapshot_every: int,
        monotonic: Callable[[], float],
        observe: Callable[[Sequence[Readings], Outputs], None],
        sync: Callable[[], None],
    ) -> None:
        """sync: makes durable what the processors keep in files of their own; called in a thread."""
        self.owner = owner
        self.chain = chain
        self.ledger = ledger
        self.snapshot_every = snapshot_every / 1000
        self.monotonic = monotonic
        self.observe = observe
        self.sync = sync
        self.cursor = Position(0)
        self.replayed = 0
        self.caught_up = asyncio.Event()
        self.problem = ""
        self.gaps: list[str] = []
        self._pending: list[Stored] = []
        self._progress = asyncio.Event()
        self._uncommitted: asyncio.Queue[tuple[Derived, SnapshotRef | None]] = asyncio.Queue(QUEUED_ROUNDS)

    async def run(self) -> None:
        """Restore, replay, then process for ever; cancelled by the caller, at any await."""
        restored = await self.owner.restore()
        if restored.snapshot is not None:
            states = snapshots.decode(restored.snapshot)
            for processor in self._everyone():
                if processor.name in states:
                    processor.restore(states[processor.name])
        self.cursor = restored.snapshot_cursor
        entries = self.owner.read(restored.snapshot_cursor)
        live = restored.cursor <= restored.snapshot_cursor
        if not live:
            live = await self._replay(entries, restored.cursor)
        self.caught_up.set()
        while True:
            started = self.monotonic()
            await self._process_pending()
            if self.monotonic() - started < ROUND_SECONDS:
                await asyncio.sleep(ROUND_SECONDS - (self.monotonic() - started))
            batch = await anext(entries)
            self._take(batch)

    def _everyone(self) -> list[Processor]:
        return [*self.chain, self.ledger]

    def _take(self, batch: Sequence[Stored | Gap]) -> None:
        for item in batch:
            if isinstance(item, Gap):
                log.error("the journal has a gap", extra={"after": item.after, "upto": item.upto, "why": item.reason})
                self.gaps.append(item.reason)
            elif not isinstance(item.entry, Derived) and item.position > self.cursor:
                self._pending.append(item)

    async def _replay(self, entries: AsyncIterator[Sequence[Stored | Gap]], upto: Position) -> bool:
        """Process again what was processed after the snapshot, in the rounds of the first time."""
        async for batch in entries:
            for item in batch:
                if isinstance(item, Stored) and isinstance(item.entry, Derived):
                    if self.cursor < item.entry.covers <= upto:
                        self._round(self._inputs_upto(item.entry.covers))
                        self.replayed += 1
                else:
                    self._take([item])
            if self.cursor >= upto:
                log.info("replayed", extra={"rounds": self.replayed})
                return True
            await asyncio.sleep(0)
        return False

    def _inputs_upto(self, covers: int) -> list[Stored]:
        ready = [item for item in self._pending if item.position <= covers]
        self._pending = self._pending[len(ready) :]
        return ready

    async def _process_pending(self) -> None:
        while self._pending:
            inputs = self._next_inputs()
            derived, readings, out = self._round(inputs)
            self.observe(readings, out)
            await self._uncommitted.put((derived, None))
            self._progress.set()
            await asyncio.sleep(0)

    def _next_inputs(self) -> list[Stored]:
        """Up to about ROUND_READINGS readings, or everything before that many."""
        total = 0
        for number, item in enumerate(self._pending):
            if isinstance(item.entry, ReadingsEntry):
                total += len(item.entry.readings)
            if total >= ROUND_READINGS:
                inputs, self._pending = self._pending[: number + 1], self._pending[number + 1 :]
                return inputs
        inputs, self._pending = self._pending, []
        return inputs

    def _round(self, inputs: list[Stored]) -> tuple[Derived, list[Readings], Outputs]:
        """Run the chain over `inputs`: readings in one batch between ticks, each tick in its place."""
        out = Outputs()
        batches: list[Readings] = []
        processed: list[tuple[Readings, Readings]] = []
        for item in inputs:
            if isinstance(item.entry, ReadingsEntry):
                self.ledger.note(item.entry)
                if len(item.entry.readings):
                    batches.append(item.entry.readings)
            elif isinstance(item.entry, TickEntry):
                self._run_batches(batches, processed, out)
                for processor in self._everyone():
                    processor.tick(item.entry, out)
        self._run_batches(batches, processed, out)
        self.cursor = inputs[-1].position
        after = [readings for _, readings in processed]
        flags = None
        if any(then.flags is not first.flags for first, then in processed):
            flags = Readings.concat(after).flags
        anomalies = Anomalies.concat(out.anomalies) if out.anomalies else None
        return Derived(self.cursor, flags, tuple(out.windows), anomalies, dict(out.counts)), after, out

    def _run_batches(self, batches: list[Readings], processed: list[tuple[Readings, Readings]], out: Outputs) -> None:
        if not batches:
            return
        before = readings = Readings.concat(batches)
        for processor in self._everyone():
            readings = processor.process(readings, out)
        processed.append((before, readings))
        batches.clear()

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
        await self.caught_up.wait()
        while True:
            await asyncio.sleep(self.snapshot_every)
            try:
                await self.save_snapshot()
            except (Full, Unavailable) as error:
                log.warning("no snapshot could be saved", extra={"why": str(error)})

    async def save_snapshot(self) -> None:
        """Save every processor's state as it is now, durable when this returns. Raises Full, Unavailable."""
        cursor = self.cursor
        blob = snapshots.encode({processor.name: processor.snapshot() for processor in self._everyone()})
        await asyncio.to_thread(self.sync)
        ref = await self.owner.save_snapshot(blob, cursor)
        await self._uncommitted.put((Derived(self.cursor), ref))
        await self.settled()
