"""The log's files: numbered segments, a floor below which all has been given back.

    state_dir/journal/00000000000000000000.log    header (64 bytes), then frames
                      00000000000064012345.log    named by the position at which it begins
                      floor                       the position up to which trimming has gone

Positions count the bytes of frames only, so an entry's place in its file is its position
less the segment's base plus the header. Where a damaged tail was cut, the next segment begins
beyond all that was ever handed out: no position is used twice.
"""

from __future__ import annotations

import errno
import os
import struct
import threading
import zlib
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from telemetry import faultpoints
from telemetry.errors import Incompatible

VERSION: Final = 1
HEADER: Final = 64
_MAGIC: Final = b"nadi-log"
_LEAD = struct.Struct("<8sI")
_HEADER = struct.Struct("<8sI4xQQQ20xI")
_FLOOR = struct.Struct("<8sIQI")
assert _HEADER.size == HEADER


@dataclass(frozen=True, slots=True)
class Segment:
    """One file. `end` is None while it is the one that is written to."""

    path: Path
    base: int
    previous_end: int
    """Where the log ended when this segment was begun: what lies between that and `base` never was."""
    readings_before: int
    """Readings in the log before this segment, trimmed ones included."""
    end: int | None = None


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def contents(path: Path, size: int = -1) -> bytes:
    """The file, or so many bytes of it; none where the disk can't read them, which then count as damage."""
    try:
        with path.open("rb", buffering=0) as file:
            return (file.read(size) if size >= 0 else file.readall()) or b""
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


class Segments:
    """The list of segments. Only the commit thread adds, only `trim` removes; anyone may look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: tuple[Segment, ...] = ()
        self.floor = 0
        self._lock = threading.Lock()
        self._trimming = threading.Lock()

    @property
    def first(self) -> int:
        """The position before the oldest entry that is kept."""
        return self.all[0].base if self.all else self.floor

    def holding(self, position: int) -> Segment:
        """The segment in which the entry after `position` is or will be; the first if that is gone."""
        known = self.all
        return known[max(0, bisect_right(known, position, key=_base) - 1)]

    def load(self) -> list[str]:
        """Find what is there; returns what is wrong with it. Raises Incompatible."""
        self.folder.mkdir(parents=True, exist_ok=True)
        reports: list[str] = []
        found: list[Segment] = []
        self._load_floor(reports)
        for path in sorted(path for path in self.folder.glob("*.log") if path.stem.isdecimal()):
            segment = _open_segment(path, reports)
            if segment is None or segment.base < self.floor:
                path.unlink()
            else:
                found.append(segment)
        self.all = tuple(found)
        if found and found[0].base > self.floor:
            reports.append(
                f"{self.folder}: the segments before {found[0].path.name} are missing; their entries are lost"
            )
        for before, after in pairwise(found):
            if (before.end or 0) < after.previous_end:
                reports.append(f"{before.path}: ends {after.previous_end - (before.end or 0)} bytes too early")
        return reports

    def create(self, base: int, previous_end: int, readings_before: int) -> int:
        """Begin a segment, durably; what was written to before ends at `previous_end`. Returns its descriptor."""
        path = self.folder / f"{base:020d}.log"
        head = _HEADER.pack(_MAGIC, VERSION, base, previous_end, readings_before, 0)[:-4]
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        try:
            os.write(fd, head + zlib.crc32(head).to_bytes(4, "little"))
            os.fsync(fd)
            sync_folder(self.folder)
        except OSError:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        with self._lock:
            before = [
                segment if segment.end is not None else replace(segment, end=previous_end) for segment in self.all
            ]
            self.all = (*before, Segment(path, base, previous_end, readings_before))
        return fd

    def reopen(self) -> int:
        """Go on with the last segment; returns its descriptor."""
        with self._lock:
            self.all = (*self.all[:-1], replace(self.all[-1], end=None))
        return os.open(self.all[-1].path, os.O_RDWR | os.O_CLOEXEC)

    def cut(self, end: int) -> None:
        """Cut the last segment back to `end`, durably."""
        last = self.all[-1]
        with last.path.open("r+b", buffering=0) as file:
            file.truncate(HEADER + end - last.base)
            os.fsync(file.fileno())
        with self._lock:
            self.all = (*self.all[:-1], replace(last, end=end))

    def trim(self, below: int) -> int:
        """Delete the segments that lie wholly at or before `below`, never the last; returns how many."""
        with self._trimming:
            return self._trim(below)

    def _trim(self, below: int) -> int:
        segments = self.all
        count = 0
        while count + 1 < len(segments) and segments[count + 1].base <= below:
            count += 1
        if not count:
            return 0
        self._save_floor(segments[count].base)
        with self._lock:
            self.all = self.all[count:]
        for segment in segments[:count]:
            faultpoints.at("trim")
            segment.path.unlink(missing_ok=True)
        return count

    def _load_floor(self, reports: list[str]) -> None:
        path = self.folder / "floor"
        if not path.exists():
            self._save_floor(0)
            return
        data = contents(path)
        if len(data) == _FLOOR.size and zlib.crc32(data[:-4]) == int.from_bytes(data[-4:], "little"):
            self.floor = _FLOOR.unpack(data)[2]
        else:
            reports.append(f"{path}: damaged; segments trimmed on purpose can't be told from missing ones")

    def _save_floor(self, floor: int) -> None:
        """Overwritten in place: it has to work when the disk is full, for trimming makes the room."""
        data = _FLOOR.pack(_MAGIC, VERSION, floor, 0)[:-4]
        fd = os.open(self.folder / "floor", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.pwrite(fd, data + zlib.crc32(data).to_bytes(4, "little"), 0)
            os.fsync(fd)
        finally:
            os.close(fd)
        self.floor = floor


def _base(segment: Segment) -> int:
    return segment.base


def _open_segment(path: Path, reports: list[str]) -> Segment | None:
    """The segment in `path`, closed; None where its making was cut short."""
    size = path.stat().st_size
    if size < HEADER:
        return None
    head = contents(path, HEADER).ljust(HEADER, b"\0")
    magic, version = _LEAD.unpack_from(head)
    if magic == _MAGIC and version != VERSION:
        raise Incompatible(
            f"{path}: format version {version}, but this nadi reads version {VERSION}; "
            "run the nadi that wrote it until it has delivered everything, or move the state_dir away"
        )
    base = int(path.stem)
    end = base + size - HEADER
    if zlib.crc32(head[:-4]) != int.from_bytes(head[-4:], "little"):
        reports.append(f"{path}: the header is damaged; its entries are used as far as they are whole")
        return Segment(path, base, base, 0, end)
    _, _, base, previous_end, readings_before, _ = _HEADER.unpack(head)
    return Segment(path, base, previous_end, readings_before, end)
