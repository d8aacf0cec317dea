"""Lines that a store refused."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from pipeline.delivery.quarantine import Quarantine
from pipeline.delivery.runner import Quarantined
from tests.pipeline.kit import NOW


def refused(text: str = "water value=1f") -> Quarantined:
    return Quarantined("influx", text, "field type conflict", 1)


def test_a_refused_line_is_kept_with_the_store_s_words(tmp_path: Path) -> None:
    Quarantine(tmp_path / "q", 10**6, lambda: NOW).put(refused('water,zone=é "odd\n'))
    line = json.loads((tmp_path / "q/influx.jsonl").read_text())
    assert line == {"time": NOW, "reason": "field type conflict", "points": 1, "lines": 'water,zone=é "odd\n'}
    assert (tmp_path / "q").stat().st_mode & 0o077 == 0


def test_the_oldest_make_room(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 4_000, lambda: NOW)
    for number in range(100):
        quarantine.put(refused(f"number {number} " + "x" * 60))
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 4_500
    kept = (tmp_path / "influx.jsonl").read_text()
    assert "number 99" in kept or not kept
    assert "number 0 " not in kept + (tmp_path / "influx.1.jsonl").read_text()


def test_a_full_disk_does_not_stop_delivery(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "q").write_text("a file where the folder should be")
    with caplog.at_level(logging.ERROR, "nadi"):
        Quarantine(tmp_path / "q", 10**6, lambda: NOW).put(refused())
    assert "could not be kept" in caplog.text
    assert caplog.records[0].lines == "water value=1f"  # type: ignore[attr-defined]
