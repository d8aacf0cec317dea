"""What a field of the settings allows, in words: for error messages and for docs/settings.md."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, BeforeValidator, SecretStr
from pydantic.fields import FieldInfo

from config.problems import Key
from config.settings import Section, Settings, parse_duration, parse_size
from telemetry.durations import format_duration, format_size

_PLAIN = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    date: "a date, like 2025-11-21",
    Path: "a path",
    SecretStr: "text",
}


def allowed(field: FieldInfo) -> str:
    """'a duration (number and unit: ms, s, m, h, d), like 90s'"""
    text = _describe(field.annotation, field.metadata)
    return f"{text}; like {field.examples[0]}" if field.examples else text


def _describe(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return "keys and values"
    if origin is Annotated:
        return _describe(arguments[0], [*arguments[1:], *metadata])
    if origin in (Union, types.UnionType):
        return " or ".join("null" if inner is type(None) else _describe(inner, metadata) for inner in arguments)
    if origin is Literal:
        return " or ".join(str(value) for value in arguments)
    if origin is tuple:
        count = _size(metadata) if arguments[-1] is Ellipsis else f" of {len(arguments)}"
        return f"a list{count}; each item {_describe(arguments[0])}"
    if origin is dict:
        return "keys and values" if arguments[1] is Any else f"names, each with {_describe(arguments[1])}"
    parsers = [item.func for item in metadata if isinstance(item, BeforeValidator)]
    if parse_duration in parsers:
        return "a duration (number and unit: ms, s, m, h or d), like 90s"
    if parse_size in parsers:
        return "a size (number and unit: kB, MB, GB or TB), like 64MB"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a section with the keys {', '.join(annotation.model_fields)}"
    return _PLAIN[annotation] + (_lengths(metadata) if annotation is str else _bounds(metadata))


def _bounds(metadata: Iterable[Any]) -> str:
    text = ""
    for bound in metadata:
        if isinstance(bound, annotated_types.Ge):
            text += f", at least {bound.ge}"
        if isinstance(bound, annotated_types.Gt):
            text += f", above {bound.gt}"
        if isinstance(bound, annotated_types.Le):
            text += f", at most {bound.le}"
        if isinstance(bound, annotated_types.Lt):
            text += f", below {bound.lt}"
    return text


def _least_and_most(metadata: Iterable[Any]) -> tuple[int, int | None]:
    """Of characters, or of a list's items."""
    least = [bound.min_length for bound in metadata if isinstance(bound, annotated_types.MinLen)]
    most = [bound.max_length for bound in metadata if isinstance(bound, annotated_types.MaxLen)]
    return max(least, default=0), min(most, default=None)


def _size(metadata: Iterable[Any]) -> str:
    least, most = _least_and_most(metadata := list(metadata))
    return f" of {least}" if least == most else " (not empty)" if least else ""


def _lengths(metadata: Iterable[Any]) -> str:
    least, most = _least_and_most(metadata := list(metadata))
    parts = [f"at most {most} characters"] if most else []
    parts += ["not empty"] if least else []
    parts += [f"matching {pattern}" for item in metadata if (pattern := getattr(item, "pattern", None))]
    return f" ({', '.join(parts)})" if parts else ""


def section_of(key: Key) -> type[Section] | None:
    """The model that holds the fields below `key`: () is all settings, ("mqtt",) the broker's, and
    ("decoders",) or ("decoders", 0) that of each item of the list."""
    model: type[Section] = Settings
    for part in key:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = _inner_models(field.annotation) if field else []
        if not inner:
            return None
        model = inner[0]
    return model


def _inner_models(annotation: Any) -> list[type[Section]]:
    candidates = get_args(annotation) or (annotation,)
    return [one for one in candidates if isinstance(one, type) and issubclass(one, Section)]


def field_of(key: Key) -> FieldInfo | None:
    """The field at `key`; an item of a list counts as its list."""
    names = tuple(part for part in key if isinstance(part, str))
    model = section_of(names[:-1])
    return model.model_fields.get(names[-1]) if model and names else None


def is_list(field: FieldInfo) -> bool:
    """Whether it holds sections, any number of them."""
    return get_origin(field.annotation) is tuple and bool(_inner_models(field.annotation))


def is_choice(field: FieldInfo) -> bool:
    """Whether only a few words are allowed."""
    return get_origin(field.annotation) is Literal or field.annotation is bool


def is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def written(field: FieldInfo, value: Any) -> str:
    """A default as it would be written in YAML."""
    parsers = [item.func for item in _flat(field) if isinstance(item, BeforeValidator)]
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        durations = parse_duration in parsers
        return "[" + ", ".join(format_duration(item) if durations else flow(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return flow(value)
    if parse_duration in parsers:
        return format_duration(value)
    if parse_size in parsers:
        return format_size(value)
    if isinstance(value, str) and not re.fullmatch(r"[a-zA-Z][\w/]*", value):
        return f'"{value}"'
    return str(value)


def flow(value: Any) -> str:
    """A value on one line of YAML (which JSON is)."""
    return json.dumps(value, ensure_ascii=False, default=_as_json)


def _as_json(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _flat(field: FieldInfo) -> list[Any]:
    found = list(field.metadata)
    for argument in get_args(field.annotation):
        found += getattr(argument, "__metadata__", ())
    return found
