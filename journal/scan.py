"""Reading frames from the segments, over damage, within bounds of memory."""

from __future__ import annotations

import errno
import os
from bisect import bisect_right
from collections.abc import Iterator

from journal import segments
from journal.base import Gap, Position
from journal.frames import Frame, frame_at, frames, next_frame
from journal.segments import Segment, Segments

CHUNK = 1 << 19
"""Bytes that are read at a time."""
_NO_LIMIT = 1 << 62
SECTOR = 4096
"""Bytes that are given up where the disk can't be read."""


def walk(log: Segments, after: int, upto: int) -> Iterator[Frame | Gap]:
    """All frames and gaps in (after, upto]."""
    while after < upto:
        found, following = chunk(log, after, upto, _NO_LIMIT)
        yield from found
        if following == after:
            return
        after = following


def chunk(log: Segments, after: int, upto: int, limit: int) -> tuple[list[Frame | Gap], int]:
    """The next frames after `after`, about CHUNK bytes and `limit` readings of them, and where the
    following ones are to be looked for; `after` again only at the end, or when
    the segment is being trimmed. Raises OSError."""
    known = log.all
    if not known or after < known[0].base:
        first = known[0].base if known else upto
        return [Gap(Position(after), Position(first), "trimmed")], first
    index = bisect_right(known, after, key=_base) - 1
    segment = known[index]
    end = upto if segment.end is None else min(segment.end, upto)
    if after < end:
        try:
            return _read(segment, after, end, limit)
        except FileNotFoundError:
            if segment not in log.all:
                return [], after
            return [Gap(Position(after), Position(end), f"{segment.path.name} is missing")], end
    if index + 1 == len(known):
        return [], after
    following = known[index + 1]
    if after < following.previous_end:
        return [
            Gap(Position(after), Position(following.base), f"lost at the end of {segment.path.name}")
        ], following.base
    return [], following.base


def _base(segment: Segment) -> int:
    return segment.base


def _read(segment: Segment, after: int, end: int, limit: int) -> tuple[list[Frame | Gap], int]:
    """Frames of one segment from `after` on; a gap where there is damage."""
    with segment.path.open("rb", buffering=0) as file:
        fd = file.fileno()
        place = segments.HEADER + after - segment.base
        data = _pread(fd, min(CHUNK, end - after), place)
        needed = frame_at(memoryview(data), 0, after)
        if isinstance(needed, int) and len(data) < needed <= end - after:
            data = _pread(fd, needed, place)
        found: list[Frame | Gap] = list(frames(data, after, limit))
        if found:
            return found, found[-1].position if isinstance(found[-1], Frame) else after
        rest = _pread(fd, end - after, place)
    offset = next_frame(rest, 1, after)
    upto = end if offset is None else after + offset
    return [Gap(Position(after), Position(upto), f"damaged in {segment.path.name}")], upto


def _pread(fd: int, size: int, place: int) -> bytes:
    """The bytes there; zeros for sectors that the disk can't read, which then count as damage."""
    try:
        return os.pread(fd, size, place)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
    if size <= SECTOR:
        return bytes(size)
    return b"".join(_pread(fd, min(SECTOR, size - done), place + done) for done in range(0, size, SECTOR))
