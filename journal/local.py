"""The journal on this machine's disk: one partition, one owner.

append ─▶ queue ─▶ commit thread ─▶ segment file     writer.py, commit.py, frames.py, segments.py
                        │ durable
                        ▼
          futures; tail in memory ─▶ readers          feed.py, tail.py; scan.py to catch up
                        │ lazily
                        ▼
                 journal.sqlite                       book.py, state.py
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from config.settings import JournalSettings
from journal import segments
from journal.base import Assigned, Gap, JournalStats, Position, Revoked, Stored
from journal.book import Book
from journal.commit import Committer, Limits, Request, unwritable
from journal.entries import Input
from journal.feed import Feed
from journal.lock import StateLock
from journal.owner import LocalOwner
from journal.readers import EARLIER, LocalReader, next_boundary
from journal.recovery import Recovered, describe, recover
from journal.segments import Segments
from journal.snapshots import Snapshots
from journal.state import Checkpoint, Cursor, Saved, State
from journal.tail import Tail
from journal.writer import Writer
from telemetry import faultpoints
from telemetry.errors import JournalError
from telemetry.series import Declaration

log = logging.getLogger("nadi.journal")

TAIL_BYTES: Final = 32 << 20
"""Recent entries that are kept in memory for readers, at most."""
MAX_REPORTS: Final = 100
_OVERHEAD: Final = 600
_ROW: Final = 36
"""About what an entry takes in memory beyond its stored form: its objects; a reading's columns."""


class LocalJournal:
    """Satisfies `journal.base.Journal`. Made by `open`; used from one event loop."""

    def __init__(self, opened: _Opened, settings: JournalSettings, tail_bytes: int) -> None:
        found = opened.found
        self._opened = opened
        self._files = opened.files
        self._settings = settings
        self._reports = list(found.reports)
        self._pool = ThreadPoolExecutor(4, "journal")
        self._snapshots = opened.snapshots
        self._book = Book(opened.state, opened.saved, found, self._pool)
        self._book.on_saved = self._forget_snapshots
        newest = self._files.all[-1]
        self._last = found.checkpoint.position if found.checkpoint.position > newest.base else newest.previous_end
        self._tail = Tail(found.checkpoint.position, tail_bytes)
        self._feed = Feed(self._files, self._tail, self._pool, self._report)
        limits = Limits.of(settings.max_bytes, settings.segment_bytes)
        point = found.checkpoint
        self._writer = Writer(Committer(self._files, limits, found.fd, point.position, point.readings), self._committed)
        self._owner = LocalOwner(self._writer, self._book, self._feed, self._snapshots, self._pool, self._add_report)
        self._saver = asyncio.create_task(self._book.run(), name="journal-book")
        self._closed = asyncio.Event()

    @classmethod
    async def open(cls, state_dir: Path, settings: JournalSettings, tail_bytes: int = TAIL_BYTES) -> Self:
        """Lock `state_dir`, mend and scan what is there. Raises Locked, Incompatible, Full, Unavailable."""
        opened = await asyncio.get_running_loop().run_in_executor(None, _open, state_dir)
        for report in opened.found.reports:
            log.warning("%s", report)
        return cls(opened, settings, tail_bytes)

    async def append(self, partition: int, entry: Input, key: bytes | None = None) -> Position:
        if partition != 0:
            raise ValueError(f"partition {partition}: the local journal has only partition 0")
        return await self._writer.submit(entry, key)

    async def claims(self, role: str) -> AsyncIterator[Assigned | Revoked]:
        """The one partition, at once; ends when the journal is closed."""
        yield Assigned(0, self._owner)
        await self._closed.wait()

    def dictionary(self) -> Iterable[Declaration]:
        return self._book.declarations()

    def reader(self, name: str) -> LocalReader:
        self._cursor(name)
        return LocalReader(name, self._book, self._feed, self._files, self._pool)

    def register_cursor(self, name: str, start: Literal["now", "oldest"]) -> None:
        if name not in self._book.cursors:
            self._book.cursors[name] = Cursor(self._book.checkpoint.covers) if start == "now" else self._oldest()
            try:
                self._book.save_now()
            except JournalError:
                del self._book.cursors[name]
                raise

    def drop_cursor(self, name: str) -> None:
        if self._book.cursors.pop(name, None) is not None:
            self._book.save_now()

    def backlog(self, name: str) -> int:
        return max(0, self._tail.end - self._cursor(name))

    async def trim(self) -> None:
        """Only what the state file knows may go: after a crash the log has to make up for the rest.
        What a replay from the snapshot before the newest needs is kept too."""
        await self._book.save()
        saved = self._book.saved
        cursors = {**self._book.cursors, **self._book.saved_cursors}
        below = min([saved.position, saved.previous_cursor, *(each.position for each in cursors.values())])
        try:
            count = await asyncio.get_running_loop().run_in_executor(self._pool, self._files.trim, below)
        except OSError as error:
            log.warning("the journal can't be trimmed: %s", error)
            return
        if count:
            self._tail.forget(self._files.first)
            log.info("trimmed %d segments of the journal", count)
        faultpoints.at("after-trim")

    def stats(self) -> JournalStats:
        held = self._files.all
        trouble = self._writer.trouble
        return JournalStats(
            bytes=self._tail.end - self._files.first + len(held) * segments.HEADER,
            max_bytes=self._settings.max_bytes,
            first=Position(self._files.first),
            last=Position(self._last),
            cursors={name: Position(each.position) for name, each in self._book.cursors.items()},
            commits=self._writer.commits,
            newest_arrival=self._book.checkpoint.newest_arrival,
            reports=tuple(self._reports),
            trouble=None if trouble is None else str(trouble),
        )

    async def close(self) -> None:
        if self._closed.is_set():
            return
        await self._writer.close()
        self._closed.set()
        self._feed.close()
        self._saver.cancel()
        await asyncio.gather(self._saver, return_exceptions=True)
        await self._book.save()
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)
        self._opened.release()

    def _cursor(self, name: str) -> int:
        try:
            return self._book.cursors[name].position
        except KeyError:
            raise JournalError(f"no cursor is named {name!r}; register_cursor makes one") from None

    def _oldest(self) -> Cursor:
        first, end = self._files.first, self._tail.end
        if first == 0:
            return Cursor(0, {EARLIER: 0})
        found = next_boundary(self._files, first, end)
        if found is None:
            return Cursor(max(first, self._book.checkpoint.covers))
        return Cursor(found.covers, {EARLIER: found.stored} if found.stored >= 0 else {})

    def _committed(self, requests: list[Request]) -> None:
        for request in requests:
            size = _OVERHEAD + len(request.encoded.payload) + _ROW * request.encoded.readings
            self._tail.add(Stored(request.position, request.entry), size, request.encoded.readings)
        self._last = requests[-1].position
        self._book.committed(requests)
        self._feed.wake()

    def _report(self, gap: Gap) -> None:
        self._add_report(describe(gap))

    def _add_report(self, words: str) -> None:
        if words not in self._reports and len(self._reports) < MAX_REPORTS:
            self._reports.append(words)
            log.error("%s", words)

    def _forget_snapshots(self, saved: Checkpoint) -> None:
        """What was saved before the last two committed snapshots is of no use once the state file names those."""
        if (oldest := saved.previous or saved.snapshot) is not None:
            self._snapshots.keep_from(oldest)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What opening found, with the lock held."""

    lock: StateLock
    state: State
    files: Segments
    snapshots: Snapshots
    saved: Saved
    found: Recovered

    def release(self) -> None:
        self.state.close()
        self.lock.release()


def _open(state_dir: Path) -> _Opened:
    """Blocking. Whatever fails, the lock is given back."""
    with ExitStack() as undo:
        try:
            lock = StateLock(state_dir)
            undo.callback(lock.release)
            state = State(state_dir / "journal.sqlite")
            undo.callback(state.close)
            saved = state.load()
            files = Segments(state_dir / "journal")
            places = [each.position for each in saved.cursors.values()]
            found = recover(files, saved.checkpoint, max([saved.checkpoint.position, *places]))
            snapshots = Snapshots(state_dir / "journal" / "snapshots")
        except OSError as error:
            raise unwritable(state_dir, error) from error
        points = (saved.checkpoint, found.checkpoint)
        snapshots.keep_only({name for point in points for name in (point.snapshot, point.previous)})
        # A cursor below the floor lagged behind when its entries, delivered, were trimmed.
        cursors = {
            name: each._replace(position=max(each.position, files.floor)) for name, each in saved.cursors.items()
        }
        undo.pop_all()
        return _Opened(lock, state, files, snapshots, Saved(saved.checkpoint, cursors), found)
