"""Thresholds from a YAML file, checked as a whole; every problem is named at once, with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from config.describe import allowed
from config.problems import Key, Place, Problem, nearest, refuse, shown
from config.settings import Section
from config.thresholds.model import SiteThresholds, Thresholds, merged
from config.thresholds.scope import DEPTHS, Scope, scope_of
from config.tree import Tree, from_yaml
from telemetry.errors import SettingsError

_WHAT = "the thresholds"
_FOR: Final[Mapping[Scope, str]] = {
    "city": "for the whole city only; set it outside `sites`",
    "zone": "for a whole zone only; set it under `sites` by city/zone",
}


def load_thresholds(path: Path | None, changes: Sequence[str] = ()) -> Thresholds:
    """The thresholds of `path` (none: defaults), with `changes` such as `water.burst.z=5` over them.

    Raises SettingsError, which names every wrong key or value with its line, what is allowed, and
    the nearest key.
    """
    tree = Tree() if path is None else _read(path)
    for change in changes:
        key, value = _change(tree, change)
        tree.data = merged(tree.data, _nested(key, value))
        for depth in range(1, len(key) + 1):
            tree.places.setdefault(key[:depth], Place(f"--set {change}"))
        tree.places[key] = Place(f"--set {change}")
    refuse(tree.problems, _WHAT)
    tree.data = _without_empty(Thresholds, tree.data)
    if tree.data.get("sites", {}) is None:
        del tree.data["sites"]
    problems = _check(tree, Thresholds, tree.data, ())
    sites = tree.data.get("sites")
    if isinstance(sites, dict):
        for name, site in sites.items():
            if name.count("/") not in (1, 2):
                text = f"{shown(name)} is no site; allowed: city/zone or city/zone/device"
                problems.append(Problem(("sites", name), text, tree.place(("sites", name))))
            if isinstance(site, dict):
                problems += _check(tree, SiteThresholds, site, ("sites", name))
                problems += _too_near(tree, SiteThresholds, site, ("sites", name))
    refuse(problems, _WHAT)
    thresholds = Thresholds.model_validate(tree.data)
    refuse(list(_together(tree, thresholds)), _WHAT)
    return thresholds


def _too_near(tree: Tree, model: type[BaseModel], data: Mapping[str, Any], at: Key) -> Iterator[Problem]:
    """The keys of a site that can't differ there: accepted they would do nothing."""
    for name, value in data.items():
        field, key = model.model_fields.get(name), (*at, name)
        section = field.annotation if field is not None else None
        if isinstance(section, type) and issubclass(section, Section):
            if isinstance(value, Mapping):
                yield from _too_near(tree, section, value, key)
        elif field is not None and issubclass(model, Section):
            scope = scope_of(model, name)
            if len(str(at[1]).split("/")) > DEPTHS[scope]:
                yield Problem(key, _FOR[scope], tree.place(key))


def _together(tree: Tree, thresholds: Thresholds) -> Iterator[Problem]:
    """Values of a site that are allowed by themselves, but not over those of its zone and city."""
    for name in thresholds.sites:
        try:
            thresholds.at(*name.split("/"))
        except ValidationError as error:
            for details in error.errors(include_url=False):
                reason = details.get("ctx", {}).get("error", details["msg"])
                key: Key = ("sites", name, *details["loc"])
                yield Problem(key, f"with what holds around it: {reason}", tree.place(key))


def _read(path: Path) -> Tree:
    try:
        return from_yaml(path.read_bytes(), str(path))
    except OSError as error:
        refuse([Problem((), f"can't be read: {error.strerror}", Place(str(path)))], _WHAT)
        raise


def _change(tree: Tree, text: str) -> tuple[Key, Any]:
    """Its key and value; a value that begins as a list or section is read as in a file."""
    name, equals, written = text.partition("=")
    key, value = tuple(name.strip().split(".")), written.strip()
    if not equals or not all(key) or not value:
        raise SettingsError(f"--set {text!r}: give a key and a value, like water.burst.z=5")
    if value[0] not in "[{":
        return key, None if value in ("null", "~") else value
    inner = from_yaml(f"value: {value}".encode(), f"--set {text}")
    tree.problems += [Problem(key, problem.text, Place(f"--set {text}")) for problem in inner.problems]
    return key, inner.data.get("value")


def _nested(key: Key, value: Any) -> dict[str, Any]:
    tree: Any = value
    for part in reversed(key):
        tree = {str(part): tree}
    return dict(tree)


def _without_empty(model: type[BaseModel], data: dict[str, Any]) -> dict[str, Any]:
    """Without sections that hold nothing but comments: they are left at their defaults."""
    kept = {}
    for name, value in data.items():
        field = model.model_fields.get(name)
        section = field.annotation if field is not None else None
        if not (isinstance(section, type) and issubclass(section, BaseModel)):
            kept[name] = value
        elif value is not None:
            kept[name] = _without_empty(section, value) if isinstance(value, dict) else value
    return kept


def _check(tree: Tree, model: type[BaseModel], data: Any, at: Key) -> list[Problem]:
    try:
        model.model_validate(data)
    except ValidationError as error:
        return [_explain(tree, model, details, at) for details in error.errors(include_url=False)]
    return []


def _explain(tree: Tree, model: type[BaseModel], details: ErrorDetails, at: Key) -> Problem:
    inner: Key = details["loc"]
    key = (*at, *inner)
    place = tree.place(key)
    if details["type"] == "extra_forbidden":
        names = list(_model_at(model, inner[:-1]).model_fields)
        meant = nearest(str(inner[-1]), names)
        hint = f"did you mean {meant}? " if meant else ""
        return Problem(key, f"no such key; {hint}allowed here: {', '.join(names)}", place)
    field = _field_at(model, inner)
    if field is None:
        return Problem(key, f"{shown(details['input'])}: {details['msg']}", place)
    if details["type"] == "missing":
        return Problem(key, f"is required: {allowed(field)}", place)
    text = f"{shown(details['input'])} is not allowed; allowed: {allowed(field)}"
    reason = details.get("ctx", {}).get("error")
    return Problem(key, f"{text}. {reason}" if reason else text, place)


def _field_at(model: type[BaseModel], key: Key) -> FieldInfo | None:
    names = [part for part in key if isinstance(part, str)]
    return _model_at(model, tuple(names[:-1])).model_fields.get(names[-1]) if names else None


def _model_at(model: type[BaseModel], key: Key) -> type[BaseModel]:
    """The model that holds the fields below `key`; list places are passed over."""
    for part in key:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        inner = _inner(field.annotation) if field else None
        model = inner or model
    return model


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for argument in get_args(annotation) if (found := _inner(argument))), None)
