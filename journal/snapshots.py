"""Snapshots of the processors' state: one file each, inert until a commit names it."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from journal.segments import sync_folder
from telemetry import faultpoints
from telemetry.errors import Incompatible

_MAGIC: Final = b"nadisnap"
_VERSION: Final = 1
_HEADER = struct.Struct("<8sIIQ")


def cursor_of(name: str, covers: int) -> int:
    """The last input in the snapshot `name`, which a derived entry with `covers` commits."""
    return int(name.partition("-")[2] or covers)


class Snapshots:
    """The folder of snapshots. Its methods block; they run off the event loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._number = max((int(path.name.partition("-")[0]) for path in self._files()), default=0)

    def save(self, blob: Sequence[bytes | memoryview], cursor: int | None) -> str:
        """Write `blob` durably; returns its name. Raises OSError."""
        self._number += 1
        name = f"{self._number:010d}" if cursor is None else f"{self._number:010d}-{cursor}"
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

    def keep_from(self, name: str | None) -> None:
        """Delete all snapshots that were saved before `name`."""
        for path in self._files():
            if name is not None and path.name < name:
                path.unlink(missing_ok=True)

    def keep_only(self, name: str | None) -> None:
        """Delete all snapshots but the committed one."""
        for path in self._files():
            if path.name != name:
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return list(self.folder.glob("[0-9]*"))


def _write(fd: int, pieces: Sequence[bytes | memoryview]) -> None:
    for piece in pieces:
        view = memoryview(piece).cast("B")
        while view:
            view = view[os.write(fd, view) :]
