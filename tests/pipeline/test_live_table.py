"""The demo's view: nothing is cut off where it matters, on any terminal."""

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from pipeline.demo.table import (
    AnomalyLine,
    DemoStatus,
    DomainStatus,
    LiveTable,
    SinkStatus,
    draw,
    human_bytes,
    human_duration,
    plain,
    render_svg,
)

REASON = "Tekanan turun ke 141 kPa: pembacaan terakhir sekitar 311,2 kPa, dan serendah 300 kPa masih wajar."
STATUS = DemoStatus(
    city="Surabaya",
    uptime=27.4,
    page="http://127.0.0.1:8080",
    broker="mqtt://127.0.0.1:40213",
    clients=15,
    messages=3511,
    domains=[
        DomainStatus("water", 30, 96.0, 2510, 12, 11, REASON, "warning"),
        DomainStatus("energy", 36, 240.0, 6480, 0, 0),
        DomainStatus("waste", 48, 96.0, 2592, 0, 14, "Suhu 103,2 °C jauh melampaui batas atas 60 °C.", "critical"),
        DomainStatus("disaster", 18, 36.0, 972, 0, 5, "Curah hujan 0,9 mm melampaui batas atas 0,5 mm.", "info"),
    ],
    journal_bytes=1_240_000,
    commits=412,
    commit_ms=2.4,
    sinks=[SinkStatus("historian", 12_554, 204, 0.4)],
    anomalies=[AnomalyLine("14:03:22", "warning", "water", "Gubeng", "meter-01", REASON)] * 12,
    end_to_end_ms=84.0,
)


def drawn(status: DemoStatus, width: int, height: int = 50) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False).print(draw(status, width, height))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_figure_is_there_and_no_line_is_too_long(width: int) -> None:
    lines = drawn(STATUS, width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for wanted in (
        "Surabaya",
        "http://127.0.0.1:8080",
        "0:27",
        "2,510",
        "6,480",
        "14:03:22",
        "1.2 MB",
        "2.4 ms",
        "204",
    ):
        assert wanted in text
    for title in ("readings/s", "stored", "windows", "anomalies"):
        assert title in text


def test_it_fits_a_terminal_of_24_lines() -> None:
    assert len(drawn(STATUS, 80, 24)) < 24


def test_problems_are_shown() -> None:
    troubled = replace(
        STATUS, problems=["mqtt: connection refused"], sinks=[SinkStatus("influx", 0, 9, 61.0, "no route")]
    )
    text = "\n".join(drawn(troubled, 80))
    assert "mqtt: connection refused" in text
    assert "no route" in text


def test_the_plain_line_says_the_same() -> None:
    line = plain(STATUS)
    assert "\n" not in line
    for wanted in ("468 readings/s", "12,554 stored", "12 windows", "waste 14", "historian 12,554"):
        assert wanted in line


async def test_without_a_terminal_there_are_plain_lines_only() -> None:
    out = io.StringIO()
    stop = asyncio.Event()
    stop.set()
    await LiveTable(lambda: STATUS, Console(file=out, force_terminal=False)).run(stop)
    assert out.getvalue() == plain(STATUS) + "\n"


async def test_a_terminal_keeps_the_last_view() -> None:
    out = io.StringIO()
    stop = asyncio.Event()
    stop.set()
    console = Console(file=out, force_terminal=True, width=80, height=24, _environ={"TERM": "xterm"})
    await LiveTable(lambda: STATUS, console).run(stop)
    assert "2,510" in out.getvalue()


def test_the_picture_is_svg_that_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    render_svg(STATUS, tmp_path / "demo.svg")
    text = (tmp_path / "demo.svg").read_text()
    ElementTree.fromstring(text)
    assert "@font-face" not in text
    assert "Surabaya" in text


def test_units_for_people() -> None:
    assert [human_bytes(number) for number in (999, 1_240_000, 3.2e9)] == ["999 B", "1.2 MB", "3.2 GB"]
    assert [human_duration(seconds) for seconds in (7, 67.9, 3_725)] == ["0:07", "1:07", "1:02:05"]
