"""Every input that was ever kept, and a bounded run that looks for new ones."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.targets import CORPUS, TARGETS

SECONDS = int(os.environ.get("NADI_FUZZ_SECONDS", "20"))
NO_ATHERIS = importlib.util.find_spec("atheris") is None


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_the_kept_corpus_holds(target: str) -> None:
    inputs = sorted((CORPUS / target).iterdir())
    assert inputs, "the corpus is gone"
    for path in inputs:
        try:
            TARGETS[target](path.read_bytes())
        except AssertionError as error:
            raise AssertionError(f"{path}: {error}") from error


@pytest.mark.skipif(NO_ATHERIS, reason="FUZZING SKIPPED: atheris has no wheel for this platform and Python")
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_nothing_new_is_found(target: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = tmp_path / "found"
    found.mkdir()
    code = fuzz(target, SECONDS, tmp_path / "work", found)
    said = capfd.readouterr().err
    kept = {path.name: path.read_bytes() for path in found.iterdir()}
    assert code == 0, f"kept for you: copy it to {CORPUS / target}\n{kept}\n{said[-4000:]}"
    assert "stat::number_of_executed_units" in said
