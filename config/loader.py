"""Settings from a YAML file and the environment, checked as a whole; every problem is named at once.

The environment is read here and not by pydantic-settings: a wrong NADI_ variable must be named
like a wrong line of the file, with what is allowed and the nearest key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.checks import contradictions
from config.describe import allowed, field_of, is_secret, section_of
from config.problems import Key, Place, Problem, dotted, nearest, refuse, shown
from config.settings import Section, Settings, home_path
from config.tree import Tree, from_yaml, overlay_environment
from telemetry.durations import AmountError

_LARGEST_SECRET = 65_536


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of `path` (none: defaults), with NADI_… variables over them.

    Raises SettingsError, which names every wrong key or value with file, line, column, what is
    allowed, and the nearest key. A secret's value is in no message.
    """
    tree = Tree() if path is None else _read(path)
    if not tree.data:
        refuse(tree.problems, "the settings")
    overlay_environment(tree, environ)
    _drop_empty_sections(tree.data)
    _read_secrets(tree)
    problems = list(tree.problems)
    settings, found = _validate(tree)
    problems += found
    if settings is None:
        settings = _without(tree, found)
    if settings is not None:
        wrong = {part for problem in problems for part in _concerned(problem.key)}
        for problem in contradictions(settings):
            if not wrong & set(problem.about):
                problems.append(Problem(problem.key, problem.text, tree.place(problem.key)))
    refuse(list(dict.fromkeys(problems)), "the settings")
    assert settings is not None
    return settings


def _read(path: Path) -> Tree:
    try:
        return from_yaml(path.read_bytes(), str(path))
    except OSError as error:
        refuse([Problem((), f"can't be read: {error.strerror}", Place(str(path)))], "the settings")
        raise


def _drop_empty_sections(data: dict[str, Any]) -> None:
    """`mqtt:` with nothing but comments below it is a section left at its defaults."""
    for name, field in Settings.model_fields.items():
        if name in data and data[name] is None and field.default_factory is not None:
            del data[name]


def _read_secrets(tree: Tree) -> None:
    """Where `password_file` is given, its content becomes `password`."""
    for name in Settings.model_fields:
        found, model = tree.data.get(name), section_of((name,))
        sections = (
            [((name, at), each) for at, each in enumerate(found)] if isinstance(found, list) else [((name,), found)]
        )
        for key, section in sections:
            if isinstance(section, dict) and model:
                for secret in (inner for inner, field in model.model_fields.items() if is_secret(field)):
                    _read_secret(tree, (*key, secret), section)


def _read_secret(tree: Tree, key: Key, section: dict[str, Any]) -> None:
    name = str(key[-1])
    path = section.get(f"{name}_file")
    if not isinstance(path, str):
        return
    file_key = (*key[:-1], f"{name}_file")
    if section.get(name) is not None:
        tree.problems.append(
            Problem(file_key, f"given beside {dotted(key)}; give only one of the two", tree.place(file_key))
        )
        return
    try:
        with home_path(Path(path)).open("rb") as file:
            content = file.read(_LARGEST_SECRET + 1)
        text = content.decode().rstrip("\r\n")
        if not text or len(content) > _LARGEST_SECRET:
            raise ValueError("it is empty" if not text else "it is too long for a secret")
    except OSError as error:
        tree.problems.append(Problem(file_key, f"{shown(path)} can't be read: {error.strerror}", tree.place(file_key)))
    except ValueError as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        tree.problems.append(Problem(file_key, f"{shown(path)} holds no secret: {reason}", tree.place(file_key)))
    else:
        section[name] = text


def _validate(tree: Tree) -> tuple[Settings | None, list[Problem]]:
    try:
        return Settings.model_validate(tree.data), []
    except ValidationError as error:
        found = error.errors(include_url=False)
        return None, [_explain(tree, details) for details in found if not _follows(details, found)]


def _follows(details: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    """A list is not too short that has an item which is not allowed."""
    key = details["loc"]
    return details["type"] == "too_short" and any(each["loc"][: len(key)] == key != each["loc"] for each in found)


def _without(tree: Tree, problems: list[Problem]) -> Settings | None:
    """The settings without what is wrong in them, so that contradictions in the rest show too."""
    for problem in problems:
        section: Any = tree.data
        names = [part for part in problem.key if isinstance(part, str)]
        if any(isinstance(part, int) for part in problem.key):
            names = names[:1] if isinstance(tree.data.get(names[0]), list) else names
        for name in names[:-1]:
            section = section.get(name, {}) if isinstance(section, dict) else {}
        if isinstance(section, dict) and names:
            section.pop(names[-1], None)
    return _validate(tree)[0]


def _concerned(key: Key) -> list[str]:
    """The keys a problem may be about: its own, and for an unknown key the one that was meant."""
    names = [str(part) for part in key if isinstance(part, str)]
    parent = section_of(tuple(names[:-1]))
    meant = nearest(names[-1], parent.model_fields) if names and parent else None
    return [dotted(tuple(names)), *([dotted((*names[:-1], meant))] if meant else []), *names[:1]]


def _explain(tree: Tree, details: ErrorDetails) -> Problem:
    key = details["loc"]
    place = tree.place(key)
    if details["type"] == "extra_forbidden":
        return Problem(key, _unknown_key(key), place)
    field = field_of(key)
    if field is None and field_of(key[:-1]) is not None:
        key = key[:-1]  # one of the types that the value might have had
        field = field_of(key)
    if details["type"] == "missing":
        return Problem(key, f"is required: {allowed(field)}" if field else "is required", place)
    if field is None:
        return Problem(key, details["msg"], place)
    value = "the value (not shown: a secret)" if is_secret(field) else _shape(details["input"])
    text = f"{value} is not allowed; allowed: {allowed(field)}"
    reason = details.get("ctx", {}).get("error")
    if reason and not isinstance(reason, AmountError):
        text += f". {reason}"
    return Problem(key, text, place)


def _shape(value: object) -> str:
    """A wrong value; of a whole section or list only the kind, for secrets may be in it."""
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return "null" if value is None else shown(value)


def _unknown_key(key: Key) -> str:
    parent = section_of(key[:-1])
    names = list((parent or Section).model_fields)
    meant = nearest(str(key[-1]), names)
    hint = f"did you mean {meant}? " if meant else ""
    return f"no such key; {hint}allowed here: {', '.join(names)}"
