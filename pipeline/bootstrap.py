"""Makes `.venv` from the locks. Run by the launcher before anything is installed: standard library only.

A lock counts as installed when a copy of it lies in `.venv`. The copy is written last, so an
interrupted installation is seen, and begun anew; two starts at once wait for each other.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
RUNTIME_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"


class BootstrapError(Exception):
    """What is missing, and the one line that mends it."""


def say(text: str) -> None:
    print(f"nadi: {text}", file=sys.stderr, flush=True)


def installed(lock: Path) -> bool:
    """Whether `.venv` holds just what this lock asks for. Where its interpreter is gone, as after an upgrade of the
    system, it holds nothing that can be used."""
    copy = VENV / lock.name
    return (VENV / "bin" / "python").exists() and copy.exists() and copy.read_bytes() == lock.read_bytes()


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """One installation at a time; the kernel lets go if the process dies."""
    with lock.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another start is installing; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """An empty `.venv`, on the real interpreter: a link to `python3` would outlive an upgrade of it."""
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise BootstrapError(
            "Python's venv module is not installed; on Debian or Ubuntu:"
            f"  sudo apt install python3-venv  (or python{version}-venv)"
        )
    command = [os.path.realpath(sys.executable), "-I", "-m", "venv", "--clear", str(VENV)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise BootstrapError(f"{VENV} could not be made:\n{made.stdout.strip()}")


def fill_venv(lock: Path) -> None:
    """The lock's packages, each checked against its hash. Raises BootstrapError."""
    copy = VENV / lock.name
    copy.unlink(missing_ok=True)
    pip = [str(VENV / "bin" / "python"), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-input", "--no-deps", "--require-hashes", "--requirement", str(lock)]
    if subprocess.run([*pip, *options], stdout=sys.stderr, check=False).returncode:  # noqa: S603
        raise BootstrapError(
            f"the packages of {lock.name} could not be installed (see above); run it again when mended"
        )
    scratch = copy.with_suffix(".new")
    shutil.copyfile(lock, scratch)
    scratch.replace(copy)


def install(lock: Path) -> None:
    """See to it that `.venv` holds the packages of `lock`. Raises BootstrapError."""
    if installed(lock):
        return
    with alone(RUNTIME_LOCK):
        if installed(lock):
            return
        started = time.monotonic()
        say(f"installing the packages of {lock.name} into .venv (once; about a minute)")
        if lock == RUNTIME_LOCK and not ((VENV / lock.name).exists() and (VENV / "bin" / "python").exists()):
            make_venv()
        fill_venv(lock)
        say(f"installed in {time.monotonic() - started:.0f} s")


def main() -> int:
    try:
        install(RUNTIME_LOCK)
    except BootstrapError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"{VENV} could not be made: {error}")
        return 1
    except KeyboardInterrupt:
        say("installation interrupted; the next start begins it anew")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
