"""Scenarios from YAML, checked as a whole: every problem is named at once, with file, line, key and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.problems import Key, Place, Problem, refuse, shown
from config.settings import Section
from config.tree import Tree, from_yaml
from simulators.scenarios.checks import contradictions
from simulators.scenarios.describe import allowed_at, keys_at
from simulators.scenarios.schema import EventSpec, FaultSpec, Scenario
from simulators.scenarios.words import closest
from telemetry.durations import AmountError
from telemetry.errors import SettingsError

SHIPPED = Path(__file__).resolve().parents[2] / "scenarios"
M = TypeVar("M", bound=Section)


def shipped_scenarios() -> dict[str, Path]:
    """The files of the scenarios that come with nadi, by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}


def find_scenario(source: Path | str) -> Path:
    """A file by its path, or a shipped one by its name. Raises SettingsError that lists the shipped ones."""
    path = Path(source)
    if path.exists():
        return path
    shipped = shipped_scenarios()
    if str(source) in shipped:
        return shipped[str(source)]
    meant = closest(path.stem, shipped)
    hint = f"did you mean {meant}? " if meant else ""
    raise SettingsError(f"scenario {shown(str(source))}: no such file; {hint}shipped are {', '.join(shipped)}")


def load_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises SettingsError that names every problem at its line."""
    try:
        text = path.read_bytes()
    except OSError as error:
        refuse([Problem((), f"can't be read: {error.strerror}", Place(str(path)))], "the scenario")
        raise
    return read_scenario(text, str(path))


def read_scenario(text: bytes, source: str) -> Scenario:
    """As load_scenario, from YAML in memory."""
    tree = from_yaml(text, source)
    if not tree.data:
        refuse(tree.problems or [Problem((), "is empty; give at least name, start, duration", Place(source))], _WHAT)
    data = {key: value for key, value in tree.data.items() if value is not None or key not in _SECTIONS}
    problems = list(tree.problems)
    events = _items(tree, data.pop("events", None) or [], "events", EventSpec, problems)
    faults = _items(tree, data.pop("faults", None) or [], "faults", FaultSpec, problems)
    head, wrong = _head(tree, data, problems)
    problems += [
        Problem(found.key, found.text, tree.place(found.key))
        for found in contradictions(head, events, faults)
        if not wrong & {found.key[0], *found.about}
    ]
    refuse(sorted(problems, key=_by_line), _WHAT)
    return head.model_copy(update={"events": tuple(events.values()), "faults": tuple(faults.values())})


_WHAT = "the scenario"
_SOME = {"name": "some", "start": 0, "duration": 864_000_000}
_SECTIONS = frozenset({"city", "weather", "events", "faults", "intervals"})


def _by_line(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


def _items(tree: Tree, items: Any, name: str, model: type[M], problems: list[Problem]) -> dict[int, M]:
    """The items of a list that are sound, by their number: the others must not hide what is wrong with these."""
    if not isinstance(items, list):
        problems.append(Problem((name,), f"{shown(items)} is not allowed; allowed: a list", tree.place((name,))))
        return {}
    sound: dict[int, M] = {}
    for number, item in enumerate(items):
        try:
            sound[number] = model.model_validate(item)
        except ValidationError as error:
            problems += [_explain(tree, details, (name, number)) for details in error.errors(include_url=False)]
    return sound


def _head(tree: Tree, data: dict[str, Any], problems: list[Problem]) -> tuple[Scenario, set[str | int]]:
    """All but the events and faults, and the keys that are wrong in it: these stand there as some other value."""
    try:
        return Scenario.model_validate(data), set()
    except ValidationError as error:
        found = error.errors(include_url=False)
    problems += [_explain(tree, details, ()) for details in found]
    wrong = {details["loc"][0] for details in found}
    sound = {key: value for key, value in data.items() if key not in wrong}
    return Scenario.model_validate(_SOME | sound), wrong


def _explain(tree: Tree, details: ErrorDetails, above: Key) -> Problem:
    key = (*above, *details["loc"])
    place = tree.place(key) or Place(next((place.source for place in tree.places.values()), ""))
    if details["type"] == "extra_forbidden" or key[-1] == "[key]":
        key = key[:-1] if key[-1] == "[key]" else key
        names = keys_at(key[:-1])
        meant = closest(str(key[-1]), names)
        hint = f"did you mean {meant}? " if meant else ""
        return Problem(key, f"no such key; {hint}allowed here: {', '.join(names)}", place)
    allowed = allowed_at(key) or "see docs/simulators.md"
    if details["type"] == "missing":
        return Problem(key, f"is required: {allowed}", place)
    text = f"{_shape(details['input'])} is not allowed; allowed: {allowed}"
    reason = details.get("ctx", {}).get("error")
    if reason and not isinstance(reason, AmountError):
        text += f". {reason}"
    return Problem(key, text, place)


def _shape(value: object) -> str:
    return "null" if value is None else shown(value)
