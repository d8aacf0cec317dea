"""What is known of the log and of its readers, kept in memory and saved lazily.

Saving lags behind by SAVE_EVERY at most: after a crash a cursor is a little old, and a sink is
given again what it has had.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from journal.commit import Request
from journal.entries import Derived, ReadingsEntry, TickEntry
from journal.recovery import Recovered
from journal.snapshots import cursor_of
from journal.state import Checkpoint, Cursor, Saved, State
from telemetry.errors import JournalError
from telemetry.series import Declaration

log = logging.getLogger("nadi.journal")

SAVE_EVERY = 0.2
"""Seconds between two saves, at least."""
RETRY_EVERY = 2.0
"""Seconds before another attempt when saving failed."""
CHECKPOINT_BYTES = 16 << 20
"""Bytes of log that opening may have to scan beyond what was saved."""


class Book:
    """Cursors, checkpoint and the names that the state file does not have yet."""

    def __init__(self, state: State, saved: Saved, found: Recovered, pool: Executor) -> None:
        """`saved` is what the state file has, `found` what the log says beyond that."""
        self.checkpoint = found.checkpoint
        self.cursors = dict(saved.cursors)
        self.saved = saved.checkpoint
        """The checkpoint that is durable."""
        self.saved_cursors = dict(saved.cursors)
        """The cursors that are durable: an entry is needed until it lies before these."""
        self.on_saved: Callable[[Checkpoint], None] = lambda _: None
        """Called in a worker thread after each save."""
        self._state = state
        self._pool = pool
        self._unsaved: list[tuple[int, tuple[Declaration, ...]]] = []
        if found.declared:
            self._unsaved.append((self.checkpoint.position, found.declared))
        self._dirty = asyncio.Event()
        if self.checkpoint != self.saved:
            self._dirty.set()
        self._saving = asyncio.Lock()
        self._failing = False

    async def run(self) -> None:
        """Save whenever there is something to save; ends by being cancelled."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            if await self.save():
                await asyncio.sleep(SAVE_EVERY)
            else:
                self._dirty.set()
                await asyncio.sleep(RETRY_EVERY)

    def committed(self, requests: Sequence[Request]) -> None:
        """Learn from entries that have become durable, in order."""
        point = self.checkpoint
        readings, covers, newest = point.readings, point.covers, point.newest_arrival
        known = point
        for request in requests:
            entry = request.entry
            if isinstance(entry, Derived):
                covers = max(covers, entry.covers)
                if entry.snapshot is not None:
                    known = known.committing(entry.snapshot, cursor_of(entry.snapshot, entry.covers))
            elif isinstance(entry, ReadingsEntry):
                readings += request.encoded.readings
                newest = max(newest, request.encoded.aux)
            if isinstance(entry, ReadingsEntry | TickEntry) and entry.declared:
                self._unsaved.append((request.position, entry.declared))
        position = requests[-1].position
        self.checkpoint = replace(known, position=position, readings=readings, covers=covers, newest_arrival=newest)
        if self._unsaved or known.snapshot != self.saved.snapshot or position - self.saved.position > CHECKPOINT_BYTES:
            self._dirty.set()

    def restored(self, snapshot: str, cursor: int) -> None:
        """That one was whole: where it is not the newest, nothing leans on the newest any more."""
        if snapshot != self.checkpoint.snapshot:
            self.checkpoint = replace(self.checkpoint, snapshot=snapshot, snapshot_cursor=cursor)
            self._dirty.set()

    def advance(self, name: str, position: int, totals: Mapping[str, int] | None = None) -> None:
        """Move the cursor forward, never back, with what was counted on the way; one that was dropped stays away."""
        known = self.cursors.get(name)
        if known is not None and position > known.position:
            self.cursors[name] = Cursor(position, known.totals if totals is None else dict(totals))
            self._dirty.set()

    def declarations(self) -> list[Declaration]:
        """All names declared so far."""
        saved, upto = self._state.declarations()
        return saved + [each for position, names in self._unsaved if position > upto for each in names]

    def save_now(self) -> None:
        """Save, blocking. Raises Full, Unavailable."""
        self._settle(self._save())

    async def save(self) -> bool:
        """Save off the loop; False where that failed, whatever the fault (it is logged once)."""
        async with self._saving:
            try:
                saved = await asyncio.get_running_loop().run_in_executor(self._pool, self._save)
            except Exception as error:
                if not self._failing:
                    known = isinstance(error, JournalError)
                    level, trace = (logging.WARNING, None) if known else (logging.ERROR, error)
                    words = "cursors can't be saved; trying again every %g s: %s"
                    log.log(level, words, RETRY_EVERY, error, exc_info=trace)
                self._failing = True
                return False
        self._settle(saved)
        return True

    def _save(self) -> Saved:
        saved = self._state.save(self._current)
        try:
            self.on_saved(saved.checkpoint)
        except OSError as error:  # what is saved is saved
            log.warning("old snapshots can't be deleted: %s", error)
        return saved

    def _current(self) -> Saved:
        """What to save now. Called in any thread: the checkpoint is read first, names up to it after. Of those,
        another save may have written some that the loop has not been told of yet."""
        point = self.checkpoint
        unsaved, named = tuple(self._unsaved), self._state.named
        declared = [each for position, names in unsaved if named < position <= point.position for each in names]
        return Saved(point, dict(self.cursors), tuple(declared))

    def _settle(self, saved: Saved) -> None:
        self._failing = False
        if saved.checkpoint.position >= self.saved.position:
            self.saved = saved.checkpoint
            self.saved_cursors = saved.cursors
        self._unsaved = [item for item in self._unsaved if item[0] > saved.checkpoint.position]
