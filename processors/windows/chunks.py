"""Raw rows of closed windows on disk.

Rows are appended, sorted, as parts to segment files; which part belongs to which window, and
a coarse index of its series, is kept in memory and in the snapshot. A segment is deleted when
no window needs a part of it. Nothing is synced until `sync`, before a snapshot that names the
parts is committed: what lies beyond a snapshot is written anew by the replay.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from processors.windows.rows import Rows, members
from telemetry.batch import Index, Int32
from telemetry.errors import Full, Incompatible

STRIDE = 256
"""Rows from one entry of a part's index to the next."""
SEGMENT_BYTES = 32_000_000

_COLUMNS = (("i4", 4), ("i8", 8), ("f8", 8), ("u2", 2))
ROW_BYTES = sum(size for _, size in _COLUMNS)


@dataclass(slots=True)
class Part:
    """`rows` rows at byte `at` of a segment, column after column; index: the series of every
    STRIDE-th row; series: how many there are."""

    segment: int
    at: int
    rows: int
    series: int
    index: Int32


@dataclass(slots=True)
class Chunk:
    """All rows of the windows of the shortest length at one start. blocker: a device that still
    needs it, -1 where none is known."""

    parts: list[Part] = field(default_factory=list)
    blocker: int = -1


class ChunkStore:
    """Files in `folder`, which belongs to this store alone. `length`: of the shortest window, ms."""

    def __init__(self, folder: Path, length: int) -> None:
        self.folder = folder
        self.length = length
        self.chunks: dict[int, Chunk] = {}
        self.segment = -1
        self.at = 0
        self.snapshots = 0
        self.live: dict[int, int] = {}
        self.doomed: list[tuple[int, int]] = []
        self._committed = 0
        self._files: dict[int, int] = {}
        self._dirty: set[int] = set()

    def append(self, start: int, rows: Rows) -> None:
        """Store `ordered` rows of one window start as a part."""
        if self.segment < 0 or self.at >= SEGMENT_BYTES:
            self._next_segment()
        columns: list[NDArray[Any]] = [rows.series, rows.time, rows.value, rows.mark]
        blob = b"".join(np.ascontiguousarray(column).tobytes() for column in columns)
        self._write(blob)
        distinct = 1 + int(np.count_nonzero(rows.series[1:] != rows.series[:-1]))
        chunk = self.chunks.setdefault(start, Chunk())
        chunk.parts.append(Part(self.segment, self.at, len(rows), distinct, rows.series[::STRIDE].copy()))
        self.live[self.segment] += 1
        self.at += len(blob)
        self._dirty.add(self.segment)

    def _write(self, blob: bytes) -> None:
        done = 0
        try:
            while done < len(blob):
                done += os.pwrite(self._file(self.segment), blob[done:], self.at + done)
        except OSError as error:
            raise Full(f"{self._path(self.segment)} can't take {len(blob)} bytes: {error.strerror}") from error

    def find(self, start: int, wanted: Int32) -> list[Rows]:
        """Rows of the wanted series (sorted ids) at one start: a piece a part, oldest part first."""
        chunk = self.chunks.get(start)
        if chunk is None or not len(wanted):
            return []
        pieces = []
        for part in chunk.parts:
            low, high = self._range(part, wanted)
            if low < high:
                rows = self._read(part, low, high)
                pieces.append(_chosen(rows, wanted))
        return pieces

    def count(self, start: int, wanted: Int32) -> int:
        """An upper bound of how many rows `find` would read."""
        chunk = self.chunks.get(start)
        if chunk is None or not len(wanted):
            return 0
        return sum(high - low for low, high in (self._range(part, wanted) for part in chunk.parts))

    def series(self, start: int) -> list[Int32]:
        """The series column of every part at one start."""
        return [self._column(part, 0, 0, part.rows) for part in self.chunks[start].parts]

    def drop(self, start: int) -> None:
        """Forget the rows of one start."""
        for part in self.chunks.pop(start).parts:
            self.live[part.segment] -= 1
            self._retire(part.segment)

    def clear(self) -> None:
        for start in list(self.chunks):
            self.drop(start)

    def _retire(self, segment: int) -> None:
        if segment != self.segment and self.live.get(segment) == 0:
            del self.live[segment]
            self.doomed.append((segment, self.snapshots))

    @staticmethod
    def _range(part: Part, wanted: Int32) -> tuple[int, int]:
        """Rows low..high of a part among which all of the wanted series lie."""
        first = int(part.index.searchsorted(wanted[0], "left")) - 1
        last = int(part.index.searchsorted(wanted[-1], "right"))
        return max(first, 0) * STRIDE, min(last * STRIDE, part.rows)

    def _read(self, part: Part, low: int, high: int) -> Rows:
        series, time, value, mark = (self._column(part, number, low, high) for number in range(len(_COLUMNS)))
        return Rows(series, time, value, mark)

    def _column(self, part: Part, number: int, low: int, high: int) -> NDArray[Any]:
        dtype, size = _COLUMNS[number]
        before = sum(width for _, width in _COLUMNS[:number]) * part.rows
        wanted = (high - low) * size
        blob = os.pread(self._file(part.segment), wanted, part.at + before + low * size)
        if len(blob) != wanted:
            raise Incompatible(
                f"{self._path(part.segment)} holds fewer rows than the snapshot names: it was cut short or deleted;"
                " restore it, or delete the snapshot so that windows begin anew"
            )
        return np.frombuffer(blob, dtype)

    def _path(self, segment: int) -> Path:
        return self.folder / f"{segment:08d}.rows"

    def _file(self, segment: int) -> int:
        if segment not in self._files:
            self._files[segment] = os.open(self._path(segment), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._files[segment]

    def _next_segment(self) -> None:
        before, self.segment, self.at = self.segment, self.segment + 1, 0
        self.live[self.segment] = 0
        if before < 0:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep_folder()
        else:
            self._retire(before)
        os.truncate(self._file(self.segment), 0)

    def reopen(self) -> None:
        """Go on where a snapshot was taken, after its chunks have been put back."""
        self._committed = self.snapshots
        self.live = {} if self.segment < 0 else {self.segment: 0}
        for chunk in self.chunks.values():
            for part in chunk.parts:
                self.live[part.segment] = self.live.get(part.segment, 0) + 1
        if self.segment >= 0:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep_folder()

    def _sweep_folder(self) -> None:
        """Delete files of an earlier life that no part of ours lies in."""
        known = {*self.live, *(segment for segment, _ in self.doomed)}
        for path in self.folder.glob("*.rows"):
            if not path.stem.isdigit() or int(path.stem) not in known:
                path.unlink()

    def sync(self) -> None:
        """Make all parts durable. May run in a thread beside the other methods. Raises OSError."""
        while self._dirty:
            segment = self._dirty.pop()
            try:
                os.fsync(self._file(segment))
            except OSError:
                self._dirty.add(segment)
                raise

    def saved(self) -> None:
        """The last snapshot taken is durable and committed: delete the files that only snapshots before
        the one committed before it name. That one is kept in case the last is damaged, so a restart
        may need its files. May run in a thread like `sync`."""
        needed, self._committed = self._committed, self.snapshots
        for item in [item for item in self.doomed if item[1] < needed]:
            self.doomed.remove(item)
            descriptor = self._files.pop(item[0], None)
            if descriptor is not None:
                os.close(descriptor)
            self._path(item[0]).unlink(missing_ok=True)

    def close(self) -> None:
        while self._files:
            os.close(self._files.popitem()[1])

    def starts(self) -> Index:
        """Starts of all chunks, ascending."""
        return np.array(sorted(self.chunks), np.int64)


def _chosen(rows: Rows, wanted: Int32) -> Rows:
    """Those of the wanted series (sorted ids), from rows that are sorted by series."""
    begin, end = rows.series.searchsorted(wanted[0], "left"), rows.series.searchsorted(wanted[-1], "right")
    rows = rows.take(slice(begin, end))
    if int(wanted[-1]) - int(wanted[0]) + 1 == len(wanted):
        return rows
    chosen = members(rows.series, wanted)
    return rows if chosen.all() else rows.take(chosen)
