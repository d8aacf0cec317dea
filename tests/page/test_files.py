"""The page's files: small, nothing inline, nothing from elsewhere, and the same words in both languages."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from pipeline.web.assets import PAGE
from processors.kinds import KINDS
from telemetry import flags
from telemetry.batch import INCIDENT_EVENTS, INCIDENT_STATES
from telemetry.units import CANONICAL

OURS = [path for path in PAGE.rglob("*") if path.is_file() and "vendor" not in path.parts]
MODULES = [path for path in OURS if path.suffix == ".js"]
MOST_LINES = 200
MOST_PACKED = 70_000


def test_nothing_is_asked_from_elsewhere_and_nothing_is_inline() -> None:
    for path in OURS:
        text = path.read_text()
        assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}, path
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert forbidden not in text, path
        if path.suffix == ".html":
            assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", text), path


def test_files_are_small() -> None:
    assert [path.name for path in MODULES if path.read_text().count("\n") > MOST_LINES] == []
    assert sum(len(gzip.compress(path.read_bytes())) for path in OURS) < MOST_PACKED


def test_the_vendored_library_has_its_licence() -> None:
    names = {path.name for path in (PAGE / "vendor").iterdir()}
    assert names == {"uPlot.iife.min.js", "uPlot.min.css", "uPlot.LICENSE"}
    assert "MIT License" in (PAGE / "vendor" / "uPlot.LICENSE").read_text()


def test_every_module_is_fetched_at_once() -> None:
    """Otherwise the browser finds them one behind the other."""
    needed: set[Path] = set()
    waiting = [PAGE / "app.js"]
    while waiting:
        path = waiting.pop()
        for name in re.findall(r'from "(\.[^"]+)"', path.read_text()):
            found = (path.parent / name).resolve()
            if found not in needed:
                needed.add(found)
                waiting.append(found)
    told = re.findall(r'rel="modulepreload" href="/page/([^"]+)"', (PAGE / "index.html").read_text())
    assert {PAGE / name for name in told} == needed


def words(language: str) -> dict[str, object]:
    """Keys of a language, those of its maps as map.key."""
    text = (PAGE / f"words.{language}.js").read_text()
    text = re.sub(r'"(?:[^"\\]|\\.)*"(?=\s*:)', lambda quoted: quoted[0].strip('"'), text)
    found: dict[str, object] = {}
    stack: list[str] = []
    for name, opening, closing in re.findall(r'([\w-]+): (\{)?|(\})|"(?:[^"\\]|\\.)*"', text):
        if closing:
            stack = stack[:-1]
        elif name:
            found[".".join([*stack, name])] = True
            if opening:
                stack.append(name)
    return found


def test_both_languages_have_the_same_words() -> None:
    indonesian, english = words("id"), words("en")
    assert indonesian.keys() == english.keys()
    assert len(english) > 250
    said = set(re.findall(r'say\("([\w-]+)"', "".join(path.read_text() for path in MODULES)))
    assert said - english.keys() == set()


def test_what_nadi_can_name_has_a_word() -> None:
    english = words("en").keys()
    assert {f"kinds.{kind}" for kind in KINDS} <= english
    assert {f"quantities.{quantity}" for _, quantity in CANONICAL} <= english
    assert {f"events.{event}" for event in INCIDENT_EVENTS} <= english
    assert {f"states.{state}" for state in INCIDENT_STATES} <= english
    bits = [value for name, value in vars(flags).items() if name.isupper() and isinstance(value, int)]
    stored = {bit for bit in bits if bit & flags.STORED_MASK == bit and bit.bit_count() == 1}
    assert {f"flags.{bit}" for bit in stored} <= english
