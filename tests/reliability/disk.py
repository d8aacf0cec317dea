"""Disks that are really full: a small tmpfs (as root), or a limit on the size of files."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.process import Nadi
from tests.packages import on_ci


class Disk(ABC):
    """Where nadi's state lies, with a means to take its room away and give it back."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir

    @abstractmethod
    def fill(self, nadi: Nadi, room: int) -> None:
        """Leave about `room` bytes."""

    @abstractmethod
    def free(self, nadi: Nadi) -> None:
        """Give the room back."""


class Tmpfs(Disk):
    """Something else fills the file system."""

    def __init__(self, mount: Path) -> None:
        super().__init__(mount / "state")
        self.ballast = mount / "ballast"

    def fill(self, nadi: Nadi, room: int) -> None:
        block = b"\0" * 4096
        with self.ballast.open("ab", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(block)
            file.truncate(max(0, file.tell() - room))

    def free(self, nadi: Nadi) -> None:
        self.ballast.unlink()


class FileSizes(Disk):
    """No file of nadi's may grow beyond the largest and `room`: RLIMIT_FSIZE, no root needed."""

    def fill(self, nadi: Nadi, room: int) -> None:
        largest = max(path.stat().st_size for path in self.state_dir.rglob("*") if path.is_file())
        resource.prlimit(nadi.pid, resource.RLIMIT_FSIZE, (largest + room, resource.RLIM_INFINITY))

    def free(self, nadi: Nadi) -> None:
        resource.prlimit(nadi.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextlib.contextmanager
def tmpfs(folder: Path, size: str = "8m") -> Iterator[Tmpfs]:
    """Skips where one can't be mounted."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True)
    if made.returncode:
        reason = f"a tmpfs can't be mounted here (uid {os.getuid()}): {made.stderr.decode().strip()}"
        pytest.fail(reason) if on_ci() and not os.getuid() else pytest.skip(reason)
    try:
        yield Tmpfs(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
