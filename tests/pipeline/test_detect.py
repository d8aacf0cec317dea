"""`nadi detect`: one answer a line, from the lines before it only, however they come."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.offline.detecting import Detecting, Style, is_header

START = 1_763_769_600


def lines(count: int = 400, spike: int = 350) -> list[str]:
    values = 50 + np.random.default_rng(1).normal(0, 1, count)
    values[spike] += 60
    return [f"{START + 300 * number},{value:.3f}" for number, value in enumerate(values)]


def answer(given_: list[str], style: Style = "full", blocks: int = 10_000, zone: str = "UTC") -> list[str]:
    subject = Detecting(zone, "en", style)
    told: list[str] = []
    for at in range(0, len(given_), blocks):
        told += subject.answer(given_[at : at + blocks], at + 1, lambda number, why: None).split("\n")[:-1]
    return told


def complaints(given_: list[str]) -> list[tuple[int, str]]:
    said: list[tuple[int, str]] = []
    Detecting("UTC", "en", "full").answer(given_, 1, lambda number, why: said.append((number, why)))
    return said


def test_a_spike_is_explained() -> None:
    told = list(csv.reader(answer(lines())))
    [row] = [row for row in told if row[3] in ("warning", "critical")]
    assert row[0] == str(START + 300 * 350)
    assert float(row[2]) > 0.6
    assert row[4].startswith("Value rose to 11")


def test_scores_are_numbers_in_0_to_1_one_for_each_data_line() -> None:
    told = answer(["timestamp,value", *lines()], "scores")
    assert len(told) == 400
    scores = [float(one) for one in told]
    assert 0 == min(scores) < 0.5 < max(scores) < 1
    assert scores.index(max(scores)) == 350
    assert scores[:100] == [0.0] * 100, "no verdict in the warm-up"


@pytest.mark.parametrize("style", ["full", "scores"])
@pytest.mark.parametrize("blocks", [1, 7, 64])
def test_how_lines_come_changes_nothing(style: Style, blocks: int) -> None:
    given_ = ["timestamp,value", *lines()]
    assert answer(given_, style, blocks) == answer(given_, style)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 400))
def test_an_answer_depends_only_on_the_lines_before_it(length: int) -> None:
    assert answer(lines()[:length]) == answer(lines())[:length]


@pytest.mark.parametrize(
    ("first", "header"),
    [
        ("timestamp,value", True),
        ("time,value,note", True),
        ("1763769600,5", False),
        ("x", False),
        ("1763769600,", False),
    ],
)
def test_a_header_is_a_first_line_without_a_number(first: str, header: bool) -> None:
    assert is_header(first) == header
    assert (answer([first, "1763769600,5"])[0] == "timestamp,value,score,severity,reason") == header


def test_times_may_be_written_in_many_ways() -> None:
    same = [
        "2025-11-22T00:00:00Z,1",
        "2025-11-22T07:00:00+07:00,1",
        "2025-11-22 07:00:00,1",
        "2025-11-22T07:00:00.000,1",
        "1763769600,1",
        "1763769600000,1",
        "1763769600.0,1",
    ]
    subject = Detecting("Asia/Jakarta", "en", "full")
    time, value = subject._columns([line.split(",") for line in same])
    assert time.tolist() == [1_763_769_600_000] * len(same)
    assert value.tolist() == [1.0] * len(same)


def test_bad_lines_are_named_and_answered() -> None:
    given_ = ["1763769600,1", "nonsense", "", "yesterday,1", "1763769900,nan", "1763769900,x", "1763769900,2"]
    told = answer(given_)
    assert told == [line + ",,," for line in given_[:1]] + [
        "nonsense,,,,",
        ",,,,",
        *(line + ",,," for line in given_[3:]),
    ]
    assert answer(given_, "scores") == ["0.000000"] * 7
    assert [number for number, _ in complaints(given_)] == [2, 3, 4, 5, 6]
    assert complaints(given_)[0][1] == "'nonsense' is not timestamp,value"


def test_an_earlier_time_has_no_verdict_and_leaves_no_trace() -> None:
    plain = lines()
    mixed = [*plain[:300], f"{START},9000", *plain[300:]]
    told = answer(mixed)
    assert told[300] == f"{START},9000,,,"
    assert told[:300] + told[301:] == answer(plain)


def test_the_same_time_twice_is_judged_twice() -> None:
    given_ = lines()
    given_[349] = f"{START + 300 * 350},50"
    assert all(line.split(",")[2] for line in answer(given_)[200:])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet='0123456789-:,.eTZ+nai "\r', max_size=24), max_size=30))
def test_any_text_gets_as_many_answers(given_: list[str]) -> None:
    with np.errstate(all="ignore"):
        assert len(answer(given_)) == len(given_)
        header = bool(given_) and is_header(given_[0])
        scores = answer(given_, "scores")
    assert len(scores) == len(given_) - header
    assert all(0 <= float(one) <= 1 for one in scores)


def test_the_command_reads_a_file_and_draws(tmp_path: Path) -> None:
    source, picture = tmp_path / "series.csv", tmp_path / "out.png"
    source.write_text("\ufefftimestamp,value\r\n" + "\r\n".join(lines()))
    result = CliRunner().invoke(app, ["detect", str(source), "--plot", str(picture), "--language", "id"])
    assert result.exit_code == 0, result.output
    told = list(csv.reader(io.StringIO(result.stdout)))
    assert len(told) == 401
    assert any(row[4].startswith("Nilai naik ke") for row in told)
    assert size_of(picture.read_bytes()) == (1200, 520)


def size_of(image: bytes) -> tuple[int, int]:
    """Width and height of a PNG whose parts are whole."""
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    at, parts = 8, {}
    while at < len(image):
        length = int.from_bytes(image[at : at + 4], "big")
        kind, data = image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        assert int.from_bytes(image[at + 8 + length : at + 12 + length], "big") == zlib.crc32(kind + data)
        parts[kind] = data
        at += 12 + length
    width, height = (int.from_bytes(parts[b"IHDR"][place : place + 4], "big") for place in (0, 4))
    rows = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    assert len(np.unique(rows[:, 1:].reshape(-1, 3), axis=0)) > 4, "more than an empty canvas"
    return width, height


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["detect", "/nowhere/series.csv"], "No such file"),
        (["detect", "-", "--timezone", "Asia/Jakart"], "not a time zone"),
        (["detect", "-", "--plot", "/nowhere/out.png"], "there is no folder"),
    ],
)
def test_what_cannot_work_is_said(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, arguments, input="")
    assert said in str(result.exception)


def test_each_line_is_answered_at_once() -> None:
    """Over a pipe that stays open: the answer must come before the next line is sent."""
    command = [sys.executable, "-m", "pipeline", "detect", "-", "--scores"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        patience = threading.Timer(30, process.kill)
        patience.start()
        for line in lines(5, 0):
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"0.000000\n"
        process.stdin.close()
        assert process.wait() == 0
        patience.cancel()


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    source = tmp_path / "series.csv"
    source.write_text("\n".join(lines() * 200))
    command = [sys.executable, "-m", "pipeline", "detect", str(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        os.read(process.stdout.fileno(), 10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
