"""Snapshots of the processors' state: one file each, inert until a commit names it."""

from __future__ import annotations

import itertools
import logging
import mmap
import os
import re
import struct
import zlib
from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import Final

from journal.segments import contents, sync_folder
from telemetry import faultpoints
from telemetry.errors import Incompatible

log = logging.getLogger("nadi.journal")

_MAGIC: Final = b"nadisnap"
_VERSION: Final = 1
_HEADER = struct.Struct("<8sIIQ")
_STRIDE: Final = 4 << 20
"""Bytes between two syncs. The state of 100,000 series is 170 MB; synced in one go it would hold up
the log's commits, which wait for the same disk, for as long."""
_UNFINISHED: Final = ".part"
"""After the name of a file that is being written: what a kill leaves of it is deleted at the next start."""
_NAME = re.compile(r"\d{10}(-\d+)?")


def cursor_of(name: str, covers: int) -> int:
    """The last input in the snapshot `name`, which a derived entry with `covers` commits."""
    return int(name.partition("-")[2] or covers)


class Snapshots:
    """The folder of snapshots. Its methods block; they run off the event loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._delete(folder.glob(f"*{_UNFINISHED}"))
        self._numbers = itertools.count(1 + max((int(path.name[:10]) for path in self._files()), default=0))

    def save(
        self, blob: Iterable[bytes | memoryview], cursor: int | None, taken: Callable[[], object] = lambda: None
    ) -> str:
        """Write `blob` durably; returns its name. taken: called when the last of it has been read. Raises OSError.

        Whoever made the blob stands still until it is taken: so it is written first, a piece in memory at
        a time, and brought to the disk after that."""
        name = f"{next(self._numbers):010d}" + ("" if cursor is None else f"-{cursor}")
        path = self.folder / f"{name}{_UNFINISHED}"
        try:
            with path.open("wb+", buffering=0) as file:
                size = _write(file.fileno(), blob)
                taken()
                _sync(file.fileno(), size)
            path.rename(self.folder / name)
            sync_folder(self.folder)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        faultpoints.at("snapshot")
        return name

    def load(self, name: str) -> bytes | memoryview | None:
        """The blob, once in memory; None where it is missing or damaged. Raises Incompatible."""
        try:
            data = contents(self.folder / name)
        except FileNotFoundError:
            return None
        if len(data) < _HEADER.size:
            return None
        magic, version, crc, size = _HEADER.unpack_from(data)
        if magic == _MAGIC and version != _VERSION:
            raise Incompatible(
                f"{self.folder / name}: format version {version}, but this nadi reads version {_VERSION}"
            )
        blob = memoryview(data)[_HEADER.size :]
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


def _write(fd: int, blob: Iterable[bytes | memoryview]) -> int:
    """Write the header and all pieces; returns the file's size."""
    crc = size = 0
    os.lseek(fd, _HEADER.size, os.SEEK_SET)
    for piece in blob:
        view = memoryview(piece).cast("B")
        crc = zlib.crc32(view, crc)
        size += len(view)
        while view:
            view = view[os.write(fd, view[:_STRIDE]) :]
    os.pwrite(fd, _HEADER.pack(_MAGIC, _VERSION, crc, size), 0)
    return _HEADER.size + size


def _sync(fd: int, size: int) -> None:
    """Bring a file to the disk, a stride at a time."""
    with mmap.mmap(fd, size, prot=mmap.PROT_READ) as pages:
        for begin in range(0, size, _STRIDE):
            pages.flush(begin, min(_STRIDE, size - begin))
    os.fsync(fd)
