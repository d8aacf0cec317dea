"""Snapshots of the processors' state: one file each, inert until a commit names it."""

from __future__ import annotations

import itertools
import logging
import os
import re
import struct
import zlib
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Final

from journal.segments import sync_folder
from telemetry import faultpoints
from telemetry.errors import Incompatible

log = logging.getLogger("nadi.journal")

_MAGIC: Final = b"nadisnap"
_VERSION: Final = 1
_HEADER = struct.Struct("<8sIIQ")
_STRIDE: Final = 4 << 20
"""Bytes between two syncs. The state of 100,000 series is 70 MB; synced in one go it would hold up
the log's commits, which wait for the same disk, for as long."""
_NAME = re.compile(r"\d{10}(-\d+)?")


def cursor_of(name: str, covers: int) -> int:
    """The last input in the snapshot `name`, which a derived entry with `covers` commits."""
    return int(name.partition("-")[2] or covers)


class Snapshots:
    """The folder of snapshots. Its methods block; they run off the event loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1 + max((int(path.name[:10]) for path in self._files()), default=0))

    def save(self, blob: Sequence[bytes | memoryview], cursor: int | None) -> str:
        """Write `blob` durably; returns its name. Raises OSError."""
        name = f"{next(self._numbers):010d}" + ("" if cursor is None else f"-{cursor}")
        crc = size = 0
        for piece in blob:
            crc = zlib.crc32(piece, crc)
            size += memoryview(piece).nbytes
        path = self.folder / name
        try:
            with path.open("wb", buffering=0) as file:
                _write(file.fileno(), [_HEADER.pack(_MAGIC, _VERSION, crc, size), *blob])
                os.fsync(file.fileno())
            sync_folder(self.folder)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        faultpoints.at("snapshot")
        return name

    def load(self, name: str) -> bytes | None:
        """The blob; None where it is missing or damaged. Raises Incompatible."""
        try:
            data = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        if len(data) < _HEADER.size:
            return None
        magic, version, crc, size = _HEADER.unpack_from(data)
        if magic == _MAGIC and version != _VERSION:
            raise Incompatible(
                f"{self.folder / name}: format version {version}, but this nadi reads version {_VERSION}"
            )
        blob = data[_HEADER.size :]
        return blob if magic == _MAGIC and len(blob) == size and zlib.crc32(blob) == crc else None

    def exists(self, name: str) -> bool:
        return (self.folder / name).is_file()

    def keep_from(self, name: str) -> None:
        """Delete all snapshots that were saved before `name`."""
        self._delete(path for path in self._files() if path.name < name)

    def keep_only(self, names: Container[str | None]) -> None:
        """Delete all snapshots but those."""
        self._delete(path for path in self._files() if path.name not in names)

    def _delete(self, paths: Iterable[Path]) -> None:
        for path in paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.warning("an old snapshot can't be deleted: %s", error)

    def _files(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]


def _write(fd: int, pieces: Sequence[bytes | memoryview]) -> None:
    """Write all pieces, and bring them to the disk a stride at a time."""
    unsynced = 0
    for piece in pieces:
        view = memoryview(piece).cast("B")
        while view:
            written = os.write(fd, view[:_STRIDE])
            view = view[written:]
            unsynced += written
            if unsynced >= _STRIDE:
                os.fdatasync(fd)
                unsynced = 0
