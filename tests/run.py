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

CORES = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4)
SLOWEST = ("--durations", "12", "--durations-min", "5")
"""s: told, so that who adds a test sees what it costs; the whole is to stay below a quarter of an hour."""
SIDE_BY_SIDE = (*SLOWEST, "-m", "not alone", "--numprocesses")
MOST = (*SIDE_BY_SIDE, str(CORES + 1), "--dist", "loadfile", "--no-loadscope-reorder", "--ignore", "tests/reliability")
"""One worker more than cores, for half of what tests do is waiting for servers, browsers and clocks. Whole files, in
the order of their names: by itself xdist would begin those with one long test last."""
FAULTS = (*SIDE_BY_SIDE, str(CORES), "--dist", "worksteal", "tests/reliability")
"""These start, kill and await processes of their own, and judge what is stored; so they may disturb one another."""
CHECKS: dict[str, Sequence[str]] = {
    "ruff check": ("ruff", "check", "--quiet", "."),
    "ruff format": ("ruff", "format", "--quiet", "--check", "."),
}
TYPES = ("mypy", "--no-error-summary")
"""Takes longer than the others, and one core: so it runs beside the first tests."""


def main(arguments: Sequence[str]) -> int:
    """Everything that CI runs; `arguments` go to pytest. Returns the exit code."""
    bring_servers()
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    types = _begin(*TYPES)
    *first, last = [tuple(arguments)] if arguments else [MOST, FAULTS, alone()]
    codes = [_run("pytest", *run) for run in first]
    if not ended_well(types):
        failed.append("mypy")
    codes.append(_run("pytest", *last, environ=os.environ | {FAILED_CHECKS: ", ".join(failed)}))
    return max(codes) or bool(failed)


def alone() -> tuple[str, ...]:
    """What runs the tests marked `alone`, once nothing else runs; only their files are collected for it."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    marked = [str(file.relative_to(ROOT)) for file in files if "pytest.mark.alone" in file.read_text()]
    return ("-m", "alone", *marked)


def passes(name: str, command: Sequence[str]) -> bool:
    passed = _run(*command) == 0
    print(f"{name}: {'ok' if passed else 'FAILED'}", flush=True)
    return passed


def ended_well(types: subprocess.Popen[str]) -> bool:
    """Wait for mypy, and show what it says."""
    said, _ = types.communicate()
    print(f"{said}mypy: {'FAILED' if types.returncode else 'ok'}", flush=True)
    return types.returncode == 0


def _begin(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


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
