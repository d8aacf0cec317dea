"""The page in a real browser: each of its moods, both languages, and that it trusts no name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.web.http import PAGE
from tests.page import sample
from tests.page.browser import FakeNadi, Shown, Status, browse


async def shown(status: Status, folder: Path, query: str = "lang=en") -> Shown:
    nadi = FakeNadi(status)
    async with nadi.serving() as address:
        page = await browse(f"{address}?{query}", folder)
    assert nadi.steps > 3, "it asks again and again"
    assert page.console == []
    assert {path.split("/")[1] for path in nadi.paths} <= {"", "page", "api"}
    return page


async def test_a_city_with_trouble(tmp_path: Path) -> None:
    page = await shown(sample.status, tmp_path)
    assert page.mood == "critical"
    assert "Act now" in page.text
    assert "1 critical and 2 warnings in the last 15 minutes: Water (keputih)" in page.text
    assert sample.anomalies()[0]["reason"] in page.text
    assert re.search(r"\b[89]\d\d readings/s", page.text)
    for word in ("time in the future", "up to date", "9.2% full", "99% within 1 s"):
        assert word in page.text


async def test_each_domain_has_its_values_and_lines(tmp_path: Path) -> None:
    page = await shown(sample.quiet, tmp_path)
    for rows in sample.READINGS.values():
        for zone, device, *_ in rows[:4]:
            assert f"{zone} · {device}" in page.text
    assert len(re.findall(r'class="line"', page.dom)) > 15


@pytest.mark.parametrize(
    ("status", "mood", "words"),
    [
        (sample.quiet, "well", "The city is well"),
        (sample.empty, "silent", "No data has been received yet."),
        (
            lambda step: sample.blind(step) | {"anomalies": []},
            "blind",
            "Part of the city is not seen",
        ),
        (sample.blind, "critical", "sink influx: can't be reached: connection refused"),
    ],
    ids=["well", "empty", "blind", "critical and blind"],
)
async def test_moods(tmp_path: Path, status: Status, mood: str, words: str) -> None:
    page = await shown(status, tmp_path)
    assert page.mood == mood
    assert words in page.text


async def test_data_that_stopped_is_called_stale(tmp_path: Path) -> None:
    def stopped(step: int) -> dict[str, object]:
        made = sample.quiet(step)
        return made | {"now": made["now"] + 600_000}

    page = await shown(stopped, tmp_path)
    assert page.mood == "silent"
    assert "Last data 10 min ago." in page.text


async def test_a_nadi_that_fails_is_called_lost(tmp_path: Path) -> None:
    def failing(step: int) -> dict[str, object]:
        if step > 3:
            raise RuntimeError("out of order")
        return sample.quiet(step)

    nadi = FakeNadi(failing)
    async with nadi.serving() as address:
        page = await browse(f"{address}?lang=en", tmp_path)
    assert page.mood == "lost"
    assert "This page keeps trying." in page.text
    assert "keputih · meter-07" in page.text, "the last known values stay, dimmed"


async def test_indonesian(tmp_path: Path) -> None:
    page = await shown(sample.status, tmp_path, "lang=id")
    assert '<html lang="id"' in page.dom
    for word in ("Perlu tindakan segera", "Air", "Bencana", "debit", "Kelengkapan 99,2%"):
        assert word in page.text


async def test_names_stay_text(tmp_path: Path) -> None:
    page = await shown(sample.hostile, tmp_path)
    assert "<img" not in page.dom
    assert "<title>Act now · nadi</title>" in page.dom


def test_nothing_is_asked_from_elsewhere_and_nothing_is_inline() -> None:
    for path in PAGE.iterdir():
        text = path.read_text()
        assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}, path
        assert "innerHTML" not in text
        assert "eval(" not in text
        if path.suffix == ".html":
            assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", text), path


def test_the_page_is_small() -> None:
    assert sum(path.stat().st_size for path in PAGE.iterdir()) < 60_000


def test_both_languages_have_the_same_words() -> None:
    text = (PAGE / "words.js").read_text()
    indonesian, english = (
        text[text.index("  id: {") : text.index("  en: {")],
        text[text.index("  en: {") : text.index("\n};")],
    )

    def keys(part: str) -> set[str]:
        without_maps = re.sub(r"(reasons|quantities): \{[^}]*\}", r"\1: 0", part)
        return set(re.findall(r"(?:^|, |\s)(\w+): ", re.sub(r'"[^"]*"', '""', without_maps)))

    assert keys(indonesian) - {"id"} == keys(english) - {"en"}
    for key in set(re.findall(r'say\("(\w+)"', "".join(path.read_text() for path in PAGE.glob("*.js")))):
        assert f"{key}: " in english, key
