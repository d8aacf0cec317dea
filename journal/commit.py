"""The commit thread: takes everything that is queued, writes it, syncs it once, tells the loop.

While one commit is under way the next gathers in the queue, so no timer is needed.
One write with RWF_DSYNC and write + fdatasync take equally long (ext4, 20 readings, beside a
thread that never rests: median 0.98 and 0.97 ms); the single call asks for the GIL only once.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from asyncio import Future
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from journal import frames, segments
from journal.base import START, Position
from journal.codec import Encoded
from journal.entries import Entry, ReadingsEntry
from journal.segments import Segments
from telemetry import faultpoints
from telemetry.errors import Full, JournalError, Unavailable

log = logging.getLogger("nadi.journal")

MAX_COMMIT: Final = 16 << 20
"""Bytes after which a commit takes no more from the queue, so that its first waiters need not wait long."""
_MAX_BUFFERS: Final = 1024
"""IOV_MAX of Linux."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(slots=True, eq=False)
class Request:
    """One entry on its way into the log."""

    entry: Entry
    encoded: Encoded
    crc: int
    size: int
    future: Future[Position]
    lane: int
    epoch: int
    """How many failures of its lane the loop had seen when this was queued."""
    key: bytes | None = None
    position: Position = START
    error: JournalError | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of log beyond which each lane is refused: inputs stop first, or the results of what
    is already in the log could not be written, nothing would be delivered and no room made."""

    lanes: tuple[int, int]
    segment_bytes: int

    @classmethod
    def of(cls, max_bytes: int, segment_bytes: int) -> Limits:
        """Segments small enough that the last one, which is never trimmed, can't fill the journal."""
        return cls((max_bytes - max_bytes // 16, max_bytes), min(segment_bytes, max_bytes // 8))


INPUT: Final = 0
DERIVED: Final = 1
"""Lanes: a failure in one fails what was queued behind it in that lane, and only there."""

Settle = Callable[[list[Request]], None]


class Committer:
    """Writes requests to the last segment. All methods but `put` and `stop` are the thread's own."""

    def __init__(self, log_files: Segments, limits: Limits, fd: int, end: int, readings: int) -> None:
        """`fd` is open for writing at `end` of the last segment, which `readings` precede."""
        self.files = log_files
        self.limits = limits
        self.end = end
        self.readings = readings
        self._fd = fd
        self._torn = False
        self._failed: list[tuple[int, JournalError | None]] = [(-1, None), (-1, None)]
        self._queue: SimpleQueue[Request | None] = SimpleQueue()
        self.thread: threading.Thread | None = None

    def start(self, settle: Settle) -> None:
        """`settle` is called in the thread with each batch: those without an error are durable."""
        self.thread = threading.Thread(target=self._run, args=(settle,), name="journal-commit", daemon=True)
        self.thread.start()

    def put(self, request: Request) -> None:
        self._queue.put(request)

    def stop(self) -> None:
        """End after what is queued, and wait for that."""
        self._queue.put(None)
        if self.thread is not None:
            self.thread.join()

    def _run(self, settle: Settle) -> None:
        while True:
            batch, more = self._take()
            if batch:
                self._guard(batch)
                settle(batch)
            if not more:
                break
        os.close(self._fd)

    def _take(self) -> tuple[list[Request], bool]:
        """Everything that is queued, up to a size; False when it is time to stop."""
        batch: list[Request] = []
        size = 0
        request = self._queue.get()
        try:
            while request is not None:
                batch.append(request)
                size += request.size
                if size >= min(MAX_COMMIT, self.limits.segment_bytes):
                    break
                request = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, request is not None

    def _guard(self, batch: list[Request]) -> None:
        """Whatever goes wrong, those who wait are told, and the thread goes on."""
        try:
            self._commit(batch)
        except Exception as error:
            log.exception("a commit failed for a reason that is nadi's own")
            self._cut_back()
            for request in batch:
                self._refuse(request, Unavailable(f"the commit failed: {error!r}"))

    def _commit(self, batch: list[Request]) -> None:
        """Write what may be written; the error of each other request is set."""
        admitted = self._admit(batch)
        if not admitted:
            return
        if any(isinstance(request.entry, ReadingsEntry) for request in admitted):
            faultpoints.at("before-commit")
        try:
            self._write(admitted)
        except OSError as error:
            self._cut_back()
            for request in admitted:
                self._refuse(request, unwritable(self.files.folder, error))
        else:
            faultpoints.at("after-commit")

    def _admit(self, batch: list[Request]) -> list[Request]:
        """Those within the limits, and not behind one of their lane that failed."""
        used = self.end - self.files.first
        admitted = []
        for request in batch:
            limit = self.limits.lanes[request.lane]
            epoch, error = self._failed[request.lane]
            if error is not None and request.epoch <= epoch:
                request.error = error
            elif used + request.size > limit:
                full = f"{self.files.folder} holds {used} bytes of {limit} (journal.max_bytes): a sink is behind"
                self._refuse(request, Full(full))
            else:
                used += request.size
                admitted.append(request)
        return admitted

    def _refuse(self, request: Request, error: JournalError) -> None:
        request.error = error
        self._failed[request.lane] = (request.epoch, error)

    def _write(self, batch: Sequence[Request]) -> None:
        """One durable write of all of `batch`; the end moves only when it has succeeded."""
        if self._torn:
            self._truncate()
        if self._place() > segments.HEADER and self._place() + sum(r.size for r in batch) > self.limits.segment_bytes:
            self._roll()
        end, readings = self.end, self.readings
        buffers: list[bytes] = []
        for request in batch:
            end += request.size
            readings += request.encoded.readings
            request.position = Position(end)
            buffers.append(frames.header(request.encoded, request.crc, end))
            buffers.append(request.encoded.payload)
        write_durably(self._fd, buffers, self._place())
        self.end, self.readings = end, readings

    def _place(self) -> int:
        return segments.HEADER + self.end - self.files.all[-1].base

    def _roll(self) -> None:
        fd = self.files.create(self.end, self.end, self.readings)
        os.close(self._fd)
        self._fd = fd

    def _cut_back(self) -> None:
        """Nothing half-written stays: the file ends with the last whole commit."""
        self._torn = True
        try:
            self._truncate()
        except OSError:
            log.warning("the journal's tail could not be cut back; tried again before the next commit")

    def _truncate(self) -> None:
        os.ftruncate(self._fd, self._place())
        self._torn = False


def write_durably(fd: int, buffers: Sequence[bytes], place: int) -> None:
    """Write all of `buffers` at `place` and have it on the disk. Raises OSError."""
    if len(buffers) > _MAX_BUFFERS:
        buffers = [b"".join(buffers)]
    left = sum(map(len, buffers))
    written = os.pwritev(fd, buffers, place, os.RWF_DSYNC)
    if written < left:
        whole = memoryview(b"".join(buffers))
        while written < left:
            written += os.pwritev(fd, [whole[written:]], place + written, os.RWF_DSYNC)


def unwritable(folder: Path, error: OSError) -> JournalError:
    """The journal's error for what the disk said."""
    place = error.filename or folder
    if error.errno in _NO_ROOM:
        return Full(f"{place}: no room on the disk ({error.strerror})")
    return Unavailable(f"{place}: can't be used ({error.strerror})")
