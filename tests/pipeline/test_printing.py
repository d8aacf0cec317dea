"""What commands print can be read whole: through a pipe, on a narrow terminal, in any character set."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from journal.entries import Refusal
from pipeline import cli, printing
from pipeline.cli import app
from pipeline.refusals.deadletters import DeadLetters
from simulators.scoring.figures import figures
from simulators.scoring.table import tables
from tests.pipeline.kit import NOW
from tests.simulators.scoring.kit import event, matched, report

TOPIC = "nadi/v1/3578/water/Genteng/meter-pelanggan-dengan-nama-yang-panjang-sekali-0000001"


def test_names_are_escaped_where_the_character_set_lacks_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / "kota-é…💧.yaml"
    settings.write_text(f"historian: {tmp_path}/h.duckdb\nstate_dir: {tmp_path}/state\n")
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "iso8859-1"))
    monkeypatch.setattr(sys, "argv", ["nadi", "check", "--config", str(settings)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    sys.stdout.flush()
    assert ended.value.code == 0
    assert "/kota-é\\u2026\\ud83d\\udca7.yaml are fine" in raw.getvalue().decode("iso8859-1")


def test_json_stays_json_in_any_character_set(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    printing.speak()
    print(json.dumps("é…💧\udc80", ensure_ascii=False))
    sys.stdout.flush()
    assert json.loads(raw.getvalue()) == "é…💧\udc80"


def test_a_pipe_is_wide_and_a_width_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert printing.console().width == printing.WIDE
    monkeypatch.setenv("COLUMNS", "40")
    assert printing.console().width == 40


def test_dead_letters_are_listed_with_their_whole_topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = DeadLetters(tmp_path / "dead_letters.sqlite", 1_000_000)
    letters.put([(1, 0, Refusal(NOW, TOPIC, b"{", "json", "unreadable"))], NOW)
    letters.close()
    for width in ("240", "80"):
        monkeypatch.setenv("COLUMNS", width)
        told = CliRunner().invoke(app, ["deadletters", "list", "--state-dir", str(tmp_path)], catch_exceptions=False)
        columns = [line.split("│")[3].strip() for line in told.stdout.splitlines() if line.count("│") == 6]
        assert "".join(columns) == TOPIC


def test_a_score_cuts_nothing_off() -> None:
    one = figures([matched([event()], [report()])])
    out = Console(width=60, file=io.StringIO())
    out.print(tables({"everything-at-once": one}, one))
    assert isinstance(out.file, io.StringIO)
    assert "…" not in out.file.getvalue()
