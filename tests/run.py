"""`./nadi test`: ruff, mypy and pytest, with the real servers that the tests want."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.packages import find, missing, on_ci

ROOT = Path(__file__).resolve().parent.parent
POLICY = Path("/usr/sbin/policy-rc.d")
FAILED_CHECKS = "NADI_TEST_FAILED_CHECKS"
"""Tells pytest's summary (tests/conftest.py) which checks before it failed."""

SIDE_BY_SIDE = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--ignore", "tests/reliability")
ALONE = ("tests/reliability",)
"""These load the machine themselves, and judge what a process takes of it."""
CHECKS: dict[str, Sequence[str]] = {
    "ruff check": ("ruff", "check", "--quiet", "."),
    "ruff format": ("ruff", "format", "--quiet", "--check", "."),
    "mypy": ("mypy", "--no-error-summary"),
}


def main(arguments: Sequence[str]) -> int:
    """Everything that CI runs; `arguments` go to pytest. Returns the exit code."""
    bring_servers()
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    environ = os.environ | {FAILED_CHECKS: ", ".join(failed)}
    runs = [tuple(arguments)] if arguments else [SIDE_BY_SIDE, ALONE]
    codes = [_run("pytest", *run, environ=environ) for run in runs]
    return max(codes) or bool(failed)


def passes(name: str, command: Sequence[str]) -> bool:
    passed = _run(*command) == 0
    print(f"{name}: {'ok' if passed else 'FAILED'}", flush=True)
    return passed


def _run(module: str, *arguments: str, environ: dict[str, str] | None = None) -> int:
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environ, check=False).returncode


def bring_servers() -> None:
    """Install the missing servers from Debian's packages, as root; otherwise say how to."""
    absent = missing()
    if not absent:
        return
    packages = sorted(set(absent.values()))
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.geteuid() == 0 and find("apt-get"):
        print(f"installing what the tests need: {' '.join(packages)}", flush=True)
        with services_not_started(POLICY):
            _apt("apt-get", "--quiet", "update")
            _apt(*command, "--quiet", "--option", "DPkg::Lock::Timeout=120")
    for program, package in missing().items():
        fate = "its tests will FAIL" if on_ci() else "its tests will be skipped"
        print(f"{program} is missing ({fate}); to have it:  sudo apt-get install {package}", flush=True)


def _apt(*command: str) -> None:
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=False)


@contextmanager
def services_not_started(policy: Path) -> Iterator[None]:
    """While packages are installed, Debian's policy script forbids their services to start (exit code 101)."""
    before = policy.read_bytes() if policy.exists() else None
    mode = policy.stat().st_mode if before is not None else 0o755
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        if before is None:
            policy.unlink()
        else:
            policy.write_bytes(before)
            policy.chmod(mode)
