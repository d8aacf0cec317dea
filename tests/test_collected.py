"""Every process collects the same tests, and `./nadi test` runs each of them once."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import run
from tests.collected import pytest_make_parametrize_id, readable

ROOT = Path(__file__).resolve().parent.parent
NAMED = """
import gzip, time, pytest
NOW = time.time()
@pytest.mark.parametrize("packed", [b"plain", gzip.compress(b"body", mtime=NOW), gzip.compress(b"other", mtime=NOW)])
def test_packed(packed): ...
"""
UNSORTED = """
import pytest
@pytest.mark.parametrize("name", {"a", "b"})
def test_name(name): ...
"""
ELSEWHERE = """
from kit import mark
@mark
def test_cost(): ...
"""


def collect(folder: Path, source: str, *options: str) -> tuple[int, list[str]]:
    """pytest's exit code and what it said of a file with `source`."""
    (folder / "test_it.py").write_text(source)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.collected",
        "-p",
        "no:cacheprovider",
        "--collect-only",
        "-q",
    ]
    environ = os.environ | {"PYTHONPATH": f"{ROOT}:{folder}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ini = ["--rootdir", str(folder), "-c", os.devnull, "-o", "markers=alone"]
    made = subprocess.run([*command, *ini, *options, str(folder)], capture_output=True, text=True, env=environ)
    return made.returncode, (made.stdout + made.stderr).splitlines()


def test_what_was_packed_is_known_by_its_place(tmp_path: Path) -> None:
    code, said = collect(tmp_path, NAMED)
    assert code == 0
    names = [line.partition("[")[2] for line in said if "::" in line]
    assert names == ["plain]", "packed0]", "packed1]"]


@pytest.mark.parametrize(
    ("val", "told"),
    [
        (b'{"type": "Property", "value": {"@type": "decimal", "@value": 1}}', True),
        (b"m v=1 1763769600000", True),
        (b"", True),
        (b"m v=\xff", False),
        (b"a\n", False),
        (gzip.compress(b""), False),
        (base64.b64encode(gzip.compress(b"")), False),
        (base64.urlsafe_b64encode(gzip.compress(b"body")), False),
    ],
)
def test_only_what_can_be_read_is_told_as_it_is(val: bytes, told: bool) -> None:
    assert readable(val) == told
    assert pytest_make_parametrize_id(val, "name") == (None if told else "name")


def test_texts_and_numbers_are_told_as_ever() -> None:
    assert [pytest_make_parametrize_id(val, "name") for val in ("a", 1, 1.5, None, "H4sI" * 9)] == [None] * 5


def test_a_set_is_refused(tmp_path: Path) -> None:
    code, said = collect(tmp_path, UNSORTED)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert any("test_it.py::test_name[" in line and "sort it" in line for line in said)


def test_a_mark_that_the_second_run_would_not_find_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kit.py").write_text("import pytest\nmark = pytest.mark.alone\n")
    code, said = collect(tmp_path, ELSEWHERE, "-m", "not alone")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert any("test_it.py::test_cost" in line and "write the mark into its file" in line for line in said)


def test_each_run_leaves_out_what_another_runs() -> None:
    most, faults, alone = run.MOST, run.FAULTS, run.alone()
    assert [each[each.index("-m") + 1] for each in (most, faults, alone)] == ["not alone", "not alone", "alone"]
    assert most[most.index("--ignore") + 1] == faults[-1] == "tests/reliability"
    assert "tests/reliability/test_memory.py" in alone
    assert not {"tests/reliability/test_crash_loop.py", "tests/config/test_loader.py"} & set(alone)
    assert all((ROOT / name).is_file() for name in alone[2:])
