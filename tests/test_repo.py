"""What the repository must not hold, whatever is committed: addresses of registries, paths of a machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONG_FILE, LONG_LINES = 300, 120

REGISTRIES = re.compile(r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|(deb|security)[.]debian[.]org|index-url[ =]")
MACHINE_PATHS = re.compile(r"(?<![\w.-])/(?:home|Users)/(?!nadi\b)\w+/|(?<![\w.-])/(?:work|root|workspace)/\w+")
UNTRACKED = {".git", ".venv", "state", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    """Every file under version control (or, without git, all that is not ignored) that is text."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        files = [ROOT / name for name in listed.split("\0") if name]
    else:
        files = [path for path in ROOT.rglob("*") if not UNTRACKED & set(path.relative_to(ROOT).parts)]
    found: dict[Path, str] = {}
    for file in files:
        if file.is_file():
            content = file.read_bytes()
            if b"\0" not in content:
                found[file.relative_to(ROOT)] = content.decode(errors="replace")
    assert len(found) > 50
    return found


def places(texts: dict[Path, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {match[0]}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := pattern.search(line))
    ]


def test_no_registry_is_named(texts: dict[Path, str]) -> None:
    assert not places(texts, REGISTRIES)


def test_no_path_of_a_machine_is_named(texts: dict[Path, str]) -> None:
    assert not places(texts, MACHINE_PATHS)


def test_a_path_or_a_registry_would_be_seen() -> None:
    bad = {Path("x"): "see /wor" + "k/main\nfrom https://py" + "pi.org/simple\nin /hom" + "e/ann/nadi\n"}
    assert len(places(bad, MACHINE_PATHS)) == 2
    assert len(places(bad, REGISTRIES)) == 1
    assert not places(
        {Path("x"): "/var/lib/nadi /home/nadi/x network/root/y https://nadi.example/work/1"}, MACHINE_PATHS
    )


def test_locks_have_a_hash_for_every_package_and_no_address() -> None:
    for lock in (ROOT / "requirements.lock", ROOT / "requirements-test.lock"):
        text = lock.read_text()
        assert "://" not in text
        packages = re.split(r"\n(?=\S)", text.strip())
        assert len(packages) > 20
        for package in packages:
            assert re.match(r"[\w.-]+==\S+", package), package
            assert "--hash=sha256:" in package, package


def test_test_lock_agrees_with_the_lock() -> None:
    """What both pin is installed into one .venv."""

    def pins(name: str) -> set[tuple[str, str]]:
        return set(re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text()))

    names = {name for name, _ in pins("requirements.lock")}
    shared = {pin for pin in pins("requirements-test.lock") if pin[0] in names}
    assert shared <= pins("requirements.lock")


def test_scripts_can_be_run() -> None:
    assert [name for name in ("nadi", ".ci/run") if not (ROOT / name).stat().st_mode & 0o111] == []


def test_long_files_are_questioned(texts: dict[Path, str]) -> None:
    """Not a limit: a warning, so that someone asks whether the file does two things."""
    for path, text in texts.items():
        if path.suffix == ".py" and (length := text.count("\n")) > LONG_FILE:
            warnings.warn(f"{path} has {length} lines", stacklevel=1)
