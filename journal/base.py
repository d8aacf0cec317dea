"""The journal's contract: an ordered durable log, owned by one processor per partition.

    ingest ── append ──▶ LOG ── Owner.read ──▶ processors ── Owner.commit(derived, cursor) ──▶ LOG
                          └──── Reader.read ──▶ sinks, each with a cursor of its own

Nothing outside `journal/` knows whether the log is files or a cluster. A `Position` is
opaque: ordered within a partition, gaps allowed, never `+ 1`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NewType, Protocol

from journal.entries import Derived, Entry, Input
from telemetry.series import Declaration

Position = NewType("Position", int)
START = Position(0)
"""Before the first entry of any log."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry at its place in the log."""

    position: Position
    entry: Entry


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries that should be there are not (trimmed too early, or damaged): after, up to."""

    after: Position
    upto: Position
    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """Where a processor left off.

    `snapshot` holds its state after every input up to `snapshot_cursor`; inputs after that up
    to `cursor` were processed too, and their outputs are in the log: replay them silently,
    cut into the same batches (the `covers` of the derived entries), then go on live.
    """

    cursor: Position
    snapshot: bytes | memoryview | None
    snapshot_cursor: Position


@dataclass(frozen=True, slots=True)
class SnapshotRef:
    """A saved snapshot, inert until a commit names it."""

    name: str
    cursor: Position | None = None
    """The last input in the saved state, where that is before the commit that names it."""


@dataclass(frozen=True, slots=True)
class Assigned:
    partition: int
    owner: Owner


@dataclass(frozen=True, slots=True)
class Revoked:
    partition: int


@dataclass(frozen=True, slots=True)
class JournalStats:
    """Sizes in bytes; may be stale by a moment."""

    bytes: int
    max_bytes: int
    first: Position
    last: Position
    cursors: dict[str, Position]
    commits: int
    newest_arrival: int
    """Greatest arrival time (ms) in the log; 0 if none."""
    reports: tuple[str, ...] = ()
    """What was damaged and how it was mended, in words for an operator."""
    trouble: str | None = None
    """Why the log can't be written at the moment; None while it can."""


class Owner(Protocol):
    """The one processor of a partition."""

    async def restore(self) -> Restored: ...

    def read(self, after: Position, limit: int = 65536) -> AsyncIterator[Sequence[Stored | Gap]]:
        """Inputs and derived entries after `after`, in order, about `limit` readings at a time;
        waits for more when it has caught up, and never ends by itself."""
        ...

    async def commit(self, derived: Derived, cursor: Position, snapshot: SnapshotRef | None = None) -> Position:
        """Outputs and cursor in one atomic append. It may ride in the next append's commit,
        and resolves when durable. Raises Fenced, Full, TooLarge, Unavailable."""
        ...

    async def save_snapshot(
        self,
        blob: Iterable[bytes | memoryview],
        cursor: Position | None = None,
        taken: Callable[[], None] = lambda: None,
    ) -> SnapshotRef:
        """Durable when it returns. `cursor` is the last input in it, where saving goes on beside
        further commits; without it, the cursor of the commit that names it. `blob` is read once, in another
        thread; when it has been, `taken` is called in the loop, and what its pieces view may change again.
        Raises Full, Unavailable."""
        ...


class Reader(Protocol):
    """A named cursor over committed entries, for a sink. At least once, in order."""

    def read(self, limit: int = 65536) -> AsyncIterator[Sequence[Stored | Gap]]:
        """Entries after the cursor, once. A reader that delivers raw readings with the flags of
        the derived entry that covers them sets its cursor to that entry's `covers`, and on
        its next start skips derived entries whose `covers` is not beyond the cursor."""
        ...

    async def advance(self, position: Position, totals: Mapping[str, int] | None = None) -> None:
        """Never moves backwards. Durable soon (it may lag: redelivery is idempotent). `totals` (JSON)
        are what the reader has counted up to there: they become durable together with the cursor."""
        ...

    async def skip(self, keep: int) -> int:
        """Give up the oldest entries, so that at most about `keep` bytes lie behind the cursor:
        moves it to a place where a derived entry ends (its `covers`). Returns the number of
        readings given up, less the repeats (`duplicates` in the derived entries' counts); 0
        where nothing can be. They are added to the total `dropped`. Call `read` anew afterwards."""
        ...

    @property
    def cursor(self) -> Position: ...

    @property
    def totals(self) -> Mapping[str, int]:
        """As given to `advance` last. A new cursor has `earlier`: the readings stored (`Derived.stored`)
        before the place where it begins; where that is not known it has no totals."""
        ...


class Journal(Protocol):
    async def append(self, partition: int, entry: Input, key: bytes | None = None) -> Position:
        """Resolved means durable. Several may be in flight; they are committed in call order.
        A retry with the same key is idempotent. Raises Full, TooLarge, Unavailable; then all
        that was appended after it, before the error was delivered, fails as well, so that a
        retry in the same order keeps the order. Derived entries go through Owner.commit."""
        ...

    def claims(self, role: str) -> AsyncIterator[Assigned | Revoked]: ...

    def dictionary(self) -> Iterable[Declaration]:
        """Every series and gateway declared in the log so far, trimmed parts included."""
        ...

    def reader(self, name: str) -> Reader: ...

    def register_cursor(self, name: str, start: Literal["now", "oldest"]) -> None:
        """Retain entries for `name` from now on; a known name keeps its place.

        A new cursor starts where a derived entry ends (at its `covers`), so that flags and the
        readings that they belong to are met together: the newest such place, or the oldest."""
        ...

    def backlog(self, name: str) -> int:
        """Bytes of log between the cursor `name` and the end."""
        ...

    def drop_cursor(self, name: str) -> None: ...

    async def trim(self) -> None:
        """Give back what no cursor and no replay needs."""
        ...

    def stats(self) -> JournalStats: ...

    async def close(self) -> None:
        """Commits what is queued; ends all `read` and `claims` iterations."""
        ...
