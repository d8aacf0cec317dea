"""Frames: how one entry lies in a segment, and how the next one is found after damage.

    magic | crc | length kind marks - readings position aux | payload (its length a multiple of 8)

`crc` is zlib.crc32 of the payload, then of the header after it. `position` is where the frame
ends in the log (as if all segments, without their headers, were one file), so that a frame
can't be taken for one that belongs elsewhere.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from journal.codec import Encoded

MAGIC: Final = b"nadE"
HEADER: Final = 40
_LEAD = struct.Struct("<4sI")
_REST = struct.Struct("<IBBHQQq")
assert _LEAD.size + _REST.size == HEADER


class Frame(NamedTuple):
    """One entry as it is stored. `position` is its end in the log."""

    position: int
    kind: int
    marks: int
    readings: int
    aux: int
    payload: memoryview


def size_of(encoded: Encoded) -> int:
    """Bytes that the entry takes in a segment."""
    return HEADER + len(encoded.payload)


def header(encoded: Encoded, payload_crc: int, position: int) -> bytes:
    """The frame's header; `payload_crc` is zlib.crc32 of the payload."""
    rest = _REST.pack(len(encoded.payload), encoded.kind, encoded.marks, 0, encoded.readings, position, encoded.aux)
    return _LEAD.pack(MAGIC, zlib.crc32(rest, payload_crc)) + rest


def frame_at(buffer: memoryview, offset: int, start: int) -> Frame | int | None:
    """The frame at `offset` of `buffer`, which is `start` in the log.

    The number of bytes it would need, where `buffer` ends before it does; None where there is
    no whole frame.
    """
    left = len(buffer) - offset
    if left < HEADER:
        return HEADER
    magic, crc = _LEAD.unpack_from(buffer, offset)
    length, kind, marks, _, readings, position, aux = _REST.unpack_from(buffer, offset + _LEAD.size)
    whole = HEADER + length
    if magic != MAGIC or position != start + whole:
        return None
    if left < whole:
        return HEADER + int(length)
    payload = buffer[offset + HEADER : offset + whole]
    rest = buffer[offset + _LEAD.size : offset + HEADER]
    if zlib.crc32(rest, zlib.crc32(payload)) != crc:
        return None
    return Frame(position, kind, marks, readings, aux, payload)


def next_frame(buffer: bytes, offset: int, start: int) -> int | None:
    """Where, from `offset` of `buffer` on, the next whole frame begins. buffer[0] is `start` in the log."""
    view = memoryview(buffer)
    while True:
        offset = buffer.find(MAGIC, offset)
        if offset < 0:
            return None
        if isinstance(frame_at(view, offset, start + offset), Frame):
            return offset
        offset += 1


def frames(buffer: bytes, start: int, limit: int) -> Iterator[Frame]:
    """The whole frames at the beginning of `buffer`, which is `start` in the log, about `limit` readings."""
    view = memoryview(buffer)
    offset = readings = 0
    while readings < limit and isinstance(found := frame_at(view, offset, start + offset), Frame):
        yield found
        readings += max(1, found.readings)
        offset = found.position - start
