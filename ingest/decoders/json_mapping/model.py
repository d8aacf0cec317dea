"""A mapping, as it is written: what stands where in JSON that follows no standard.

`docs/mapping.schema.json` is generated from here. Paths are JMESPath; names are templates, in which
{field} is a field of the topic, of `fields`, {topic} itself, or {key} of a value found by `values`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from config.formats import FIELD
from ingest.decoders.json_mapping.paths import compile_path
from ingest.decoders.json_mapping.times import compile_time
from ingest.decoders.json_mapping.topics import Template
from ingest.decoders.json_mapping.values import written

TOPIC: Final = "topic"
KEY: Final = "key"
_LONGEST = 20
"""Problems that one error names."""


class MappingFault(ValueError):
    """A mapping that can't be used; names every key at fault, and its line where the mapping knows it."""


def _path(expression: str) -> str:
    compile_path(expression)
    return expression


def _topic(template: str) -> str:
    Template(template)
    return template


def _name(template: str) -> str:
    if not template.strip():
        raise ValueError("a name can't be blank")
    if "{" in FIELD.sub("", template) or "}" in FIELD.sub("", template):
        raise ValueError(f"{template!r}: a brace without its other half")
    return template


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _time(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


def _text_keys(value: Any) -> Any:
    """7: 0.5 in a file is the same as "7": 0.5."""
    return {written(key): inner for key, inner in value.items()} if isinstance(value, dict) else value


def _number(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


Topic = Annotated[str, AfterValidator(_topic)]
Path = Annotated[str, AfterValidator(_path)]
Name = Annotated[str, AfterValidator(_name)]
Number = Annotated[float, AfterValidator(_number)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeSpec(Section):
    """When a record was measured."""

    path: Path = Field(description="of the time; looked for in the record, then in the document")
    format: str = Field(
        "auto", description="auto (ISO 8601, or an epoch number), s, ms, us or ns since 1970, or a strptime pattern"
    )
    zone: str = Field("UTC", description="IANA time zone of times without an offset, such as Asia/Jakarta")

    @model_validator(mode="after")
    def _check(self) -> TimeSpec:
        compile_time(self.format, self.zone)
        return self


Time = Annotated[TimeSpec, BeforeValidator(_time, json_schema_input_type=str | TimeSpec)]


class ReadingSpec(Section):
    """One value of a record (`value`), or every number in a part of it (`values`)."""

    value: Path | None = Field(None, description="path of one value: a number, text of one, true or false")
    values: Path | None = Field(None, description="path of an object or array: every number in it, at any depth")
    quantity: Name | None = Field(None, description="name; with `values`, {key} is the dotted path below it")
    unit: Name | None = Field(None, description="as any spelling that nadi knows; none: the catalogue's")
    units: dict[str, str] = Field(default_factory=dict, description="with `values`: unit by key")
    scale: Number = Field(1.0, description="value * scale + offset, after `map`")
    offset: Number = Field(0.0, description="value * scale + offset, after `map`")
    map: Annotated[dict[str, Number | None], BeforeValidator(_text_keys)] = Field(
        default_factory=dict, description="numbers for texts, such as ON: 1; null: no reading"
    )
    omit: tuple[str, ...] = Field((), description="with `values`: keys directly below it that are no readings")
    when: Path | None = Field(None, description="only where this is true of the record: not null, false or empty")
    time: Time | None = Field(None, description="of this reading, where it differs from the record's")

    @model_validator(mode="after")
    def _check(self) -> ReadingSpec:
        if (self.value is None) == (self.values is None):
            raise ValueError("write `value` for one value, or `values` for all numbers in a part")
        if self.value is not None:
            if self.quantity is None:
                raise ValueError("`quantity` names the value")
            if self.units or self.omit:
                raise ValueError("`units` and `omit` go with `values`")
        return self


class MappingSpec(Section):
    """Where in JSON messages what stands."""

    topic: Annotated[tuple[Topic, ...], BeforeValidator(_list, json_schema_input_type=str | tuple[str, ...])] = Field(
        (), description="templates of topics: {field}, {splat*}, [optional], + and #; the first that fits counts"
    )
    payload: Literal["json", "text"] = Field("json", description="text: the whole payload is one text, found by @")
    records: Path | None = Field(None, description="path of the records; none: the document, or each of an array")
    fields: dict[str, Path] = Field(
        default_factory=dict, description="values for templates; looked for in the record, then in the document"
    )
    sensor: Name | None = Field(None, description="none: the topic's {device}, or else the topic")
    gateway: Name | None = Field(None, description="through which the messages came")
    labels: dict[str, Name] = Field(
        default_factory=dict, description="for the rules of zones; the topic's fields are labels already"
    )
    time: Time | None = Field(None, description="of the records; none: that of arrival")
    readings: Annotated[tuple[ReadingSpec, ...], Field(min_length=1)]


def read_mapping(mapping: Mapping[str, Any]) -> MappingSpec:
    """The checked mapping. Raises MappingFault."""
    place = getattr(mapping, "place", None)
    try:
        spec = MappingSpec.model_validate(mapping)
    except ValidationError as error:
        problems = [each for each in error.errors() if each["type"] != "too_short" or not each["ctx"]["actual_length"]]
        raise MappingFault("; ".join(_told(problem, place) for problem in problems[:_LONGEST])) from None
    unknown = list(_unknown_fields(spec))
    if unknown:
        raise MappingFault("; ".join(_located(key, text, place) for key, text in unknown[:_LONGEST]))
    return spec


_WORDS: Final = {
    "extra_forbidden": "is not a key of a mapping",
    "missing": "is required",
    "too_short": "needs at least one",
}


def _told(problem: Any, place: Callable[[tuple[Any, ...]], str] | None) -> str:
    text = _WORDS.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        text += "; see docs/mapping.schema.json for those that are"
    return _located(problem["loc"], text, place)


def _located(key: tuple[Any, ...], text: str, place: Callable[[tuple[Any, ...]], str] | None) -> str:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).removeprefix(".")
    where = place(key) if place is not None else ""
    return f"{where}{': ' if where else ''}{name}{': ' if name else ''}{text}"


def _unknown_fields(spec: MappingSpec) -> Any:
    """Templates that name a field which nothing fills."""
    known = {TOPIC, *spec.fields} | {name for template in spec.topic for name in Template(template).fields}
    named: list[tuple[tuple[Any, ...], str | None, set[str]]] = [
        (("sensor",), spec.sensor, known),
        (("gateway",), spec.gateway, known),
        *((("labels", label), text, known) for label, text in spec.labels.items()),
    ]
    for index, reading in enumerate(spec.readings):
        allowed = known | {KEY} if reading.values is not None else known
        named += [(("readings", index, key), getattr(reading, key), allowed) for key in ("quantity", "unit")]
    for key, text, allowed in named:
        for field in FIELD.findall(text or ""):
            if field not in allowed:
                yield key, f"{{{field}}} is not a field; known are {', '.join(sorted(allowed))}"
