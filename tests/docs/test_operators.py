"""The guides for operators call buttons, states and headings what the page calls them, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "tests" / "page" / "test_demo.py"
GUIDES = {"en": "operators.md", "id": "operators.id.md"}
BUTTONS = ("acknowledge", "comment", "shelve", "out-of-service")

languages = pytest.mark.parametrize("language", GUIDES)


def guide(language: str) -> str:
    return (ROOT / "docs" / GUIDES[language]).read_text()


def words(language: str) -> dict[str, str]:
    text = (ROOT / "pipeline" / "page" / f"words.{language}.js").read_text()
    flat = re.sub(r"\w+: \{[^{}]*\}", "", text)
    return {key.strip('"'): word for key, word in re.findall(r'("?[\w-]+"?): "([^"]*)"', flat)}


def states(language: str) -> dict[str, str]:
    text = (ROOT / "pipeline" / "page" / f"words.{language}.js").read_text()
    found = re.search(r"states: \{(.*?)\}", text)
    assert found is not None
    return {key.strip('"'): word for key, word in re.findall(r'("?[\w-]+"?): "([^"]*)"', found[1])}


def tables(text: str) -> list[list[str]]:
    """The first column of each table, without its head."""
    found = re.findall(r"(?m)^\|.*\|\n\|[-|]+\|\n((?:\|.*\|\n)+)", text)
    return [[line.split("|")[1].strip() for line in rows.splitlines()] for rows in found]


@languages
def test_buttons(language: str) -> None:
    assert [cell.strip("*") for cell in tables(guide(language))[0]] == [words(language)[name] for name in BUTTONS]


@languages
def test_states(language: str) -> None:
    known = set(states(language).values())
    cells = tables(guide(language))[1]
    assert {name for cell in cells for name in ([cell] if cell in known else cell.split(", "))} == known


@languages
def test_headings_that_an_incident_has(language: str) -> None:
    """What stands in bold there, or is quoted, is to be found on the page."""
    known = [re.sub(r" \(.*?\)", "", word) for word in words(language).values()]
    text = guide(language)
    told = re.findall(r"(?m)^- \*\*(.*?)\*\*", text) + re.findall(r"(?<!^- )\*\*([^*]+)\*\*", text.split("## ")[-1])
    assert len(told) >= 7
    assert [name for name in told if name not in known] == []


@languages
def test_pictures_are_in_the_language_of_the_guide(language: str) -> None:
    """As the test that makes them opens the page; an operator looks for the words of the picture."""
    made: dict[str, str] = {}
    spoken = ""
    for line in DEMO.read_text().splitlines():
        if found := re.search(r'\.go\(.*lang="(\w\w)"', line):
            spoken = found[1]
        elif found := re.search(r'picture\(visit, pictures, "([^"]+)"', line):
            made[found[1]] = spoken
    assert len(made) == 5
    shown = re.findall(r"\]\(pictures/([^)]+)\)", guide(language))
    assert len(shown) >= 2
    assert {name: made[name] for name in shown} == dict.fromkeys(shown, language)
