"""A recording of MQTT messages in one gzip file, written and read as a stream.

    nadi-recording 1\\n                                   first line: what this is, and the format's version
    {"began": 1763769600000, "topics": ["nadi/v1/#"]}\\n   second line: ms UTC, and the filters that were asked for
    frame frame frame ...

    frame:  bytes  big-endian
            4      length of what follows the checksum
            4      CRC32 of that
            8      when the message arrived, us since the epoch, UTC
            1      QoS (bits 0 and 1), retained (bit 2)
            2      length of the topic
            ...    topic (UTF-8), then the payload

The writer ends a deflate block at each `flush` (Z_SYNC_FLUSH): all that came before can be read,
whatever happens to the rest. gzip and not zstd, because the standard library of every supported
Python has it and `zcat` reads it: a day of a city's native messages packs to about a tenth, and
packing costs a few us a message.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from telemetry.errors import RecordingError

MAGIC = b"nadi-recording 1\n"
_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 3
_LENGTHS = struct.Struct(">II")
_FIXED = struct.Struct(">qBH")
_LONGEST = 268_435_455 + _FIXED.size
"""MQTT allows no larger packet."""
_READ = 65_536
_BATCH = 262_144
_HEADER = 1 << 20


class Message(NamedTuple):
    """arrival: us since the epoch."""

    arrival: int
    topic: str
    payload: bytes
    qos: int
    retain: bool


class Writer:
    """Makes a new file; memory is bounded by the largest message and a quarter of a megabyte.
    As a context it leaves no file behind if an error comes before the first message.

    Raises RecordingError for a file that exists, or can't be made or written.
    """

    def __init__(self, path: Path, began: int, topics: Sequence[str]) -> None:
        self.path = path
        self.messages = 0
        self.bytes = 0
        """Before packing."""
        self._dirty = True
        self._gathered = bytearray(MAGIC + json.dumps({"began": began, "topics": list(topics)}).encode() + b"\n")
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        try:
            self._file = path.open("xb", buffering=0)
        except FileExistsError:
            raise RecordingError(f"{path}: exists already; choose another name") from None
        except OSError as error:
            raise RecordingError(f"{path}: can't be made: {error.strerror}") from None
        self.flush()

    def write(self, message: Message) -> None:
        """Append a message; on the disk after the next `flush` at the latest."""
        topic = message.topic.encode()
        fixed = _FIXED.pack(message.arrival, message.qos | message.retain << 2, len(topic))
        body = b"%b%b%b" % (fixed, topic, message.payload)
        self._gathered += _LENGTHS.pack(len(body), zlib.crc32(body)) + body
        self._dirty = True
        self.messages += 1
        self.bytes += len(body)
        if len(self._gathered) >= _BATCH:
            self._put(self._packer.compress(self._take()))

    def flush(self) -> None:
        """What has been written so far can be read from now on."""
        if self._dirty:
            self._put(self._packer.compress(self._take()) + self._packer.flush(zlib.Z_SYNC_FLUSH))
            self._dirty = False

    def close(self) -> None:
        """End the file; without this it is still readable up to the last `flush`."""
        with self._file:
            self._put(self._packer.compress(self._take()) + self._packer.flush())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is not None and not self.messages:
            self.path.unlink()

    def _take(self) -> bytes:
        taken = bytes(self._gathered)
        self._gathered.clear()
        return taken

    def _put(self, data: bytes) -> None:
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise RecordingError(f"{self.path}: can't be written: {error.strerror}") from None


class Reader:
    """Iterates over a file's messages, in memory bounded by the largest.

    A file that was cut off is read up to its last whole message; `cut` then says where it ends.
    Raises RecordingError, naming file and offset, for one that is damaged or is no recording.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cut: str | None = None
        self.began = 0
        self.topics: tuple[str, ...] = ()
        self._read = 0
        """Bytes of the file taken so far."""
        self._count = 0

    def __iter__(self) -> Iterator[Message]:
        pieces = self._pieces()
        buffer = bytearray()
        for piece in pieces:
            buffer += piece
            if self._header(buffer):
                break
        else:
            raise RecordingError(f"{self.path}: is cut off in its header, at byte {self._read}")
        yield from self._messages(buffer)
        for piece in pieces:
            buffer += piece
            yield from self._messages(buffer)
        if buffer and self.cut is None:
            self._cut()

    def _header(self, buffer: bytearray) -> bool:
        """Take the two lines at the front, once they are whole."""
        if buffer[: len(MAGIC)] != MAGIC[: len(buffer)]:
            raise RecordingError(f"{self.path}: is no recording of nadi, or of another version (byte 0)")
        end = buffer.find(b"\n", len(MAGIC))
        if end < 0:
            if len(buffer) > _HEADER:
                raise RecordingError(f"{self.path}: has a header without an end (byte {len(MAGIC)} when unpacked)")
            return False
        try:
            header = json.loads(buffer[len(MAGIC) : end])
            self.began, self.topics = int(header["began"]), tuple(map(str, header["topics"]))
        except (ValueError, KeyError, TypeError):
            raise RecordingError(f"{self.path}: has an unreadable header (byte {len(MAGIC)} when unpacked)") from None
        del buffer[: end + 1]
        return True

    def _messages(self, buffer: bytearray) -> Iterator[Message]:
        """Take the whole frames at the front."""
        at = 0
        while len(buffer) - at >= _LENGTHS.size:
            length, crc = _LENGTHS.unpack_from(buffer, at)
            if not _FIXED.size <= length <= _LONGEST:
                raise self._damaged(f"a message of {length} bytes")
            if len(buffer) - at < _LENGTHS.size + length:
                break
            body = bytes(buffer[at + _LENGTHS.size : at + _LENGTHS.size + length])
            at += _LENGTHS.size + length
            if zlib.crc32(body) != crc:
                raise self._damaged("a checksum that is not its content's")
            yield self._message(body)
        del buffer[:at]

    def _message(self, body: bytes) -> Message:
        arrival, flags, size = _FIXED.unpack_from(body)
        start = _FIXED.size + size
        try:
            topic = body[_FIXED.size : start].decode()
        except UnicodeDecodeError:
            raise self._damaged("a topic that is not UTF-8") from None
        if start > len(body):
            raise self._damaged("a topic that is longer than it")
        self._count += 1
        return Message(arrival, topic, body[start:], flags & 3, bool(flags & 4))

    def _pieces(self) -> Iterator[bytes]:
        """The unpacked bytes."""
        unpacker = zlib.decompressobj(_GZIP)
        try:
            with self.path.open("rb") as file:
                while not unpacker.eof:
                    data = unpacker.unconsumed_tail or file.read(_READ)
                    if not data:
                        yield unpacker.flush()
                        self._cut()
                        return
                    before = self._read
                    fresh = not unpacker.unconsumed_tail
                    self._read += len(data) if fresh else 0
                    try:
                        yield unpacker.decompress(data, _BATCH)
                    except zlib.error as error:
                        reason = str(error).rpartition(": ")[2]
                        raise RecordingError(
                            f"{self.path}: is damaged between bytes {before} and {self._read} ({reason}); "
                            f"the {self._count} messages before that are whole"
                        ) from None
        except OSError as error:
            raise RecordingError(f"{self.path}: can't be read: {error.strerror}") from None

    def _cut(self) -> None:
        self.cut = f"{self.path}: is cut off at byte {self._read}, after {self._count} whole messages"

    def _damaged(self, what: str) -> RecordingError:
        return RecordingError(f"{self.path}: is damaged before byte {self._read}: message {self._count + 1} has {what}")


def matcher(filters: Sequence[str]) -> re.Pattern[str]:
    """Matches (`fullmatch`) the topics that any of these MQTT filters would bring (4.7). Raises ValueError."""
    return re.compile("|".join(map(_pattern, filters)), re.DOTALL)


def _pattern(topic_filter: str) -> str:
    levels = topic_filter.split("/")
    if not topic_filter or any("#" in level for level in levels[:-1]) or not all(map(_sound, levels)):
        raise ValueError(f"{topic_filter!r} is no topic filter: `+` stands for a level, `#` for all the last ones")
    hidden = r"(?!\$)" if levels[0] in ("+", "#") else ""
    last = levels.pop() if levels[-1] == "#" else None
    known = "/".join("[^/]*" if level == "+" else re.escape(level) for level in levels)
    if last is None:
        return f"(?:{hidden}{known})"
    return f"(?:{hidden}{known}(?:/.*)?)" if levels else f"(?:{hidden}.*)"


def _sound(level: str) -> bool:
    return level in ("+", "#") or not ("+" in level or "#" in level)
