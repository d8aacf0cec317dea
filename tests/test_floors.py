"""The house has floors: a folder imports only from lower ones, and those of floor 3 never one another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "telemetry": 1,
    "config": 1,
    "journal": 2,
    "ingest": 3,
    "processors": 3,
    "sinks": 3,
    "simulators": 3,
    "pipeline": 4,
}
GROUND = {("config", "telemetry")}
"""On floor 1, the settings are written in the vocabulary; never the other way round."""


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every absolute import, wherever it stands in the code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]


def against_the_floors(package: str, source: str) -> list[str]:
    """The imports of a file of `package` that it must not have."""
    return [
        f"{line}: {package} (floor {FLOORS[package]}) imports {other} (floor {FLOORS.get(other, 'none')})"
        for line, other in imported(source)
        if other != package
        and (package, other) not in GROUND
        and (other in {"tests", "bench"} or FLOORS.get(other, 0) >= FLOORS[package])
    ]


@pytest.mark.parametrize("package", FLOORS)
def test_a_folder_imports_from_lower_floors_only(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    allowed = {"pipeline/cli.py"}  # starts the tests and the benchmarks
    wrong = {
        str(file.relative_to(ROOT)): found
        for file in files
        if str(file.relative_to(ROOT)) not in allowed and (found := against_the_floors(package, file.read_text()))
    }
    assert not wrong


def test_every_top_level_package_has_a_floor() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "bench"} == set(FLOORS)


@pytest.mark.parametrize(
    ("package", "source", "wrong"),
    [
        ("sinks", "from telemetry.batch import Readings\nimport journal.base", 0),
        ("sinks", "from ingest.wire import x", 1),
        ("journal", "def f():\n    import pipeline.commands.run", 1),
        ("telemetry", "import config.settings", 1),
        ("config", "import telemetry.units", 0),
        ("ingest", "import tests.servers", 1),
        ("pipeline", "import sinks, ingest, numpy", 0),
    ],
)
def test_a_breach_would_be_seen(package: str, source: str, wrong: int) -> None:
    assert len(against_the_floors(package, source)) == wrong
