"""One process per `state_dir`."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from telemetry.errors import Locked


class StateLock:
    """An exclusive lock on a folder, gone with the process, however it ends."""

    def __init__(self, state_dir: Path) -> None:
        """Raises Locked, naming the process that has it."""
        state_dir.mkdir(parents=True, exist_ok=True)
        self.path = state_dir / "lock"
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise Locked(
                f"{state_dir} is in use by the process with pid {holder}; stop it, or choose another state_dir"
            ) from error
        with contextlib.suppress(OSError):  # a full disk must not keep us from starting
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._fd)
