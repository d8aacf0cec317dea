"""nadi itself as a child process, awaited by its own HTTP interface."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.process import Server, ServerFailed

ROOT = Path(__file__).resolve().parents[2]


class Nadi(Server):
    """`./nadi run` with `settings` (a dict as in the YAML file; state and address are filled in)."""

    program = "python3"

    def __init__(self, folder: Path, settings: dict[str, Any], environ: dict[str, str] | None = None) -> None:
        super().__init__(folder)
        self.path = sys.executable
        self.settings = settings
        self.environ = environ or {}

    def command(self) -> Sequence[str]:
        settings = {
            "state_dir": str(self.folder / "state"),
            "http": {"listen": f"127.0.0.1:{self.port}"},
            **self.settings,
        }
        path = self.folder / "nadi.yaml"
        path.write_text(yaml.safe_dump(settings))
        extra = [f"{key}={value}" for key, value in self.environ.items()]
        return ["env", "-C", str(ROOT), *extra, self.path, "-m", "pipeline", "run", "--config", str(path)]

    def answers(self) -> bool:
        return self.get("healthz") == b"alive\n"

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=30) as reply:
            body: bytes = reply.read()
            return body

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.get("api/v1/status"))
        return answer

    def terminate(self, timeout: float = 120) -> int:
        """SIGTERM; the exit code when it has ended."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"nadi did not end within {timeout} s:\n{self.log_tail()}") from None

    def die(self, at: str, timeout: float = 180) -> int:
        """Start with NADI_TEST_KILL_AT=`at` and wait for the end; the exit code. Later starts are whole again."""
        before, self.environ = self.environ, {**self.environ, "NADI_TEST_KILL_AT": at}
        try:
            with contextlib.suppress(ServerFailed):  # it may be gone before it answers
                self.start()
            assert self._process is not None
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"nadi still runs after {timeout} s with {at}:\n{self.log_tail()}") from None
        finally:
            self.environ = before

    def wait_until(self, condition: Callable[[dict[str, Any]], bool], timeout: float = 180) -> dict[str, Any]:
        """The status for which `condition` holds; fails with the last one otherwise."""
        deadline = time.monotonic() + timeout
        status: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                status = self.status()
            except (urllib.error.URLError, OSError):
                if not self.running:
                    break
            else:
                if condition(status):
                    return status
            time.sleep(0.05)
        shown = json.dumps(status, indent=1)[:3000]
        raise AssertionError(f"not reached within {timeout} s; status: {shown}\nlog: {self.log_tail()}")
