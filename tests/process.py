"""A server that tests start: awaited by asking it, stopped, killed, frozen and started again.

Its output is kept in `folder/<program>.log`; the end of it is in the error when it does not come up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import pytest

from tests.packages import PACKAGES, find, on_ci

START_SECONDS = 120.0
_reserved: deque[socket.socket] = deque(maxlen=64)


def require(program: str) -> str:
    """The program's path. Skips the test by the program's name where it is missing; on CI, fails it."""
    path = find(program)
    if path is None:
        reason = f"{program} is not on this machine (apt-get install {PACKAGES[program]})"
        if on_ci():
            pytest.fail(reason, pytrace=False)
        pytest.skip(f"SKIPPED FOR WANT OF A SERVER: {reason}")
    return path


def reserved() -> socket.socket:
    """Bound to a loopback port that nobody listens on, and which until it is closed the kernel gives to nobody else
    who asks for a free one, or connects. A server that names the port gets it: all set SO_REUSEADDR, as this does."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    return place


def free_port() -> int:
    """A loopback port that nobody listens on, `reserved` for a good while."""
    _reserved.append(reserved())
    return int(_reserved[-1].getsockname()[1])


class ServerFailed(AssertionError):
    """A real server did not start; the message holds the end of its log."""


class Server(ABC):
    """A child process that is awaited, can be stopped, killed, frozen and started again."""

    program: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.path = require(self.program)
        self.folder = folder
        self.port = 0
        self._place: socket.socket | None = None
        self.log = folder / f"{self.program}.log"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Write what configuration is needed for `self.port`, and say how to run the server."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server does its work now; OSError counts as no."""

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.program} is not running"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start and wait until it answers. The first start picks the port, later ones keep it."""
        assert not self.running, f"{self.program} is running already"
        if not self.port:
            # Kept while the server is away, too: it is started again on the same port.
            self._place = reserved()
            self.port = int(self._place.getsockname()[1])
        environ = {key: value for key, value in os.environ.items() if not key.startswith("INFLUX")}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env=environ
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers_quietly():
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise ServerFailed(f"{self.program} did not start; the end of {self.log}:\n{self.log_tail()}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.01)
        return self

    def _answers_quietly(self) -> bool:
        try:
            return self.answers()
        except OSError:
            return False

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that does not end it. Safe to call twice."""
        if self._process is None:
            return
        self.resume()
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL: what the server had not saved is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """SIGSTOP: alive on the network, yet silent."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self.running:
            os.kill(self.pid, signal.SIGCONT)

    def log_tail(self, size: int = 4000) -> str:
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
