"""What the documentation names exists: commands and their options, files, headings, settings and thresholds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from typer.main import get_command

from config.settings import Settings
from config.thresholds import Thresholds
from config.tree import NOT_OURS
from pipeline.cli import app
from pipeline.service.changes import AT_ONCE

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
OUTSIDE = re.compile(r"deploy/(secrets|data|tls|gateways\.csv)")
"""Made by deploy/make-secrets, or put there by who runs it."""
FOLDERS = "bench|config|deploy|docs|ingest|journal|pipeline|processors|scenarios|simulators|sinks|telemetry|tests"

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def options(command: Any) -> set[str]:
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"-h", "--help"}


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """(command, what follows it), as in `./nadi deadletters replay`."""
    for found in re.finditer(r"\./nadi ([a-z][^\n`|#;&>]*)", text.replace("\\\n", "")):
        name, *rest = (word.strip(".,:()[]'\"") for word in found[1].split())
        yield name, rest


@pages
def test_commands_and_their_options_exist(page: Path) -> None:
    known: Any = get_command(app)
    wrong = []
    for name, rest in commands(page.read_text()):
        command = known.commands.get(name)
        inner = getattr(command, "commands", {})
        if inner and rest:
            command = inner.get(rest[0], command)
        if command is None:
            wrong.append(name)
        elif name not in ("bench", "test"):
            given = [word.split("=")[0] for word in rest if re.match("--[a-z]", word)]
            wrong += [f"{name} {option}" for option in given if option not in options(command)]
    assert wrong == []


def headings(page: Path) -> set[str]:
    """As GitHub writes them into addresses."""
    found = re.findall(r"(?m)^#+ (.*)$", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-") for text in found}


@pages
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        file, _, place = link.partition("#")
        target = page.parent / file if file else page
        if "://" not in link and not (target.exists() and (not place or place in headings(target))):
            wrong.append(link)
    assert wrong == []


@pages
def test_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    named = {name for name in re.findall(rf"`((?:{FOLDERS})/[\w./*-]+)`", text) if not OUTSIDE.match(name)}
    wrong = {name for name in named if not any(ROOT.glob(name.rstrip("/")))}
    wrong |= {name for name in re.findall(r"`(test_\w+\.py)`", text) if not any((ROOT / "tests").rglob(name))}
    assert wrong == set()


def has(model: type[BaseModel], parts: list[str]) -> bool:
    field = model.model_fields.get(parts[0])
    if field is None or len(parts) == 1:
        return field is not None
    inner = [each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type)]
    return any(issubclass(each, BaseModel) and has(each, parts[1:]) for each in inner)


@pages
def test_settings_and_thresholds_that_are_named_exist(page: Path) -> None:
    text, tops = page.read_text(), {*Settings.model_fields, *Thresholds.model_fields}
    keys = [key.split(".") for key in re.findall(r"`([a-z_]+(?:\.[a-z_0-9]+)+)(?:: [^`]*)?`", text)]
    keys = [key for key in keys if key[0] in tops and not {"py", "yaml", "sqlite", "json"} & set(key)]
    variables = {name for name in re.findall(r"\bNADI_[A-Z_]+\b", text) if not NOT_OURS.fullmatch(name)}
    keys += [name.removeprefix("NADI_").lower().split("__") for name in variables]
    assert [".".join(key) for key in keys if not has(Settings, key) and not has(Thresholds, key)] == []


def test_what_a_reload_takes_over_at_once_is_told() -> None:
    told = re.search(r"(?m)^- at once: (.*)$", (ROOT / "docs" / "operations.md").read_text())
    assert told is not None
    named = set(re.findall(r"`([\w.]+)`", told[1]))
    assert {key for key in AT_ONCE if not {key, key.removeprefix("mqtt.")} & named} == set()
    assert {key for key in named if key not in AT_ONCE and f"mqtt.{key}" not in AT_ONCE} == set()
